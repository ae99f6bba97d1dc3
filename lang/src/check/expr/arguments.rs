//! Arguments to parameters: one positional at most, the rest named, defaults filled in (L11).

use super::super::checker::{Checker, Local};
use super::super::suggest;
use super::super::types::{Vars, fits, substitute};
use super::{unknown, widen};
use crate::catalogue::{DefaultValue, ParamDecl, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind, NamedArg, Piece};
use crate::source::Span;
use crate::syntax::tree;

/// Arguments that found their parameters.
pub(in super::super) struct Bound {
    /// In order of the declaration, defaults filled in.
    pub(in super::super) args: Vec<NamedArg>,
    /// What the signature's variables stand for.
    pub(super) vars: Vars,
}

impl Bound {
    /// The argument of that name.
    pub(in super::super) fn get(&self, name: &str) -> Option<&Expr> {
        self.args.iter().find(|a| a.name == name).map(|a| &a.value)
    }
}

/// A default as an expression.
fn default_value(value: &DefaultValue, typ: &Type, span: Span) -> Expr {
    let inner = match typ {
        Type::Optional(t) => &**t,
        t => t,
    };
    let make = |kind, typ: Type| Expr { kind, typ, span };
    match value {
        DefaultValue::None => make(ExprKind::None, typ.clone().optional()),
        DefaultValue::Bool(b) => make(ExprKind::Bool(*b), Type::Bool),
        #[allow(clippy::cast_possible_truncation, reason = "whole numbers of declarations are small")]
        DefaultValue::Number(n) if inner == &Type::Int => make(ExprKind::Int(*n as i64), Type::Int),
        DefaultValue::Number(n) => make(ExprKind::Number(*n), inner.clone()),
        DefaultValue::Text(t) => {
            let language = match inner {
                Type::Query(l) => Some(*l),
                _ => None,
            };
            make(ExprKind::Text { pieces: vec![Piece::Text(t.clone())], language }, inner.clone())
        }
        DefaultValue::Word(w) => make(ExprKind::Word(w.clone()), inner.clone()),
        DefaultValue::EmptyList => make(ExprKind::List(Vec::new()), inner.clone()),
        DefaultValue::EmptyMap => make(ExprKind::Record(Vec::new()), inner.clone()),
    }
}

impl<'a> Checker<'a> {
    /// Binds the arguments of a call. `what` names the callee in backticks; labels in `special` are the caller's
    /// business; `vars` may already hold what a receiver bound.
    pub(in super::super) fn arguments(
        &mut self,
        what: &str,
        params: &[ParamDecl],
        args: &'a [tree::Arg],
        span: Span,
        special: &[&str],
        mut vars: Vars,
    ) -> Bound {
        let (found, meant) = self.assign(what, params, args, special);
        let mut bound = Vec::new();
        let mut missing: Vec<&ParamDecl> = Vec::new();
        for (i, param) in params.iter().enumerate() {
            let value = match found.get(i).copied().flatten() {
                Some(arg) => self.argument(what, param, &arg.value, &mut vars),
                None => match &param.default {
                    Some(default) => {
                        let value = default_value(default, &param.typ, span);
                        fits(&value.typ, &param.typ, &mut vars);
                        value
                    }
                    None => {
                        missing.push(param);
                        unknown(span)
                    }
                },
            };
            bound.push(NamedArg { name: param.name.clone(), value });
        }
        // What was given under a wrong name was reported as that.
        missing.retain(|p| !meant.contains(&p.name));
        if !missing.is_empty() {
            let names: Vec<&str> = missing.iter().map(|p| p.name.as_str()).collect();
            let code = if names.contains(&"expect") { "H0405" } else { "H0206" };
            let mut d =
                Diagnostic::error(code, span, format!("{what} also needs {}", suggest::list(names.iter().copied())));
            for p in &missing {
                d = d.note(format!("`{}`: {}", p.name, p.doc));
            }
            if code == "H0405" {
                d = d.help(
                    "a change names what it expects to find, so that it stops where the world moved: `expect: …`",
                );
            }
            self.report(d);
        }
        Bound { args: bound, vars }
    }

    /// Which argument belongs to which parameter; and the names of parameters that were probably meant by the others.
    fn assign(
        &mut self,
        what: &str,
        params: &[ParamDecl],
        args: &'a [tree::Arg],
        special: &[&str],
    ) -> (Vec<Option<&'a tree::Arg>>, Vec<String>) {
        let mut found: Vec<Option<&'a tree::Arg>> = vec![None; params.len()];
        let mut meant: Vec<String> = Vec::new();
        let mut positional: Option<Span> = None;
        for arg in args {
            let index = match &arg.label {
                Some(label) if special.contains(&label.name.as_str()) => continue,
                Some(label) => match params.iter().position(|p| p.name == label.name) {
                    Some(i) => i,
                    None => {
                        let known: Vec<&str> =
                            params.iter().map(|p| p.name.as_str()).chain(special.iter().copied()).collect();
                        meant.extend(suggest::nearest(&label.name, known.iter().copied()).map(str::to_owned));
                        self.unknown("H0205", label.span, &format!("parameter of {what} called"), &label.name, known);
                        self.expr_quietly(&arg.value);
                        continue;
                    }
                },
                None => {
                    if let Some(first) = positional {
                        let rest: Vec<&str> = params.iter().filter(|p| !p.subject).map(|p| p.name.as_str()).collect();
                        self.report(
                            Diagnostic::error(
                                "H0207",
                                arg.value.span,
                                "only the first argument stands without its name",
                            )
                            .at("this one needs its name")
                            .label(first, "the subject of the call")
                            .help(format!("write it as `name: …`; {what} takes {}", suggest::list(rest))),
                        );
                        self.expr_quietly(&arg.value);
                        continue;
                    }
                    positional = Some(arg.value.span);
                    match params.iter().position(|p| p.subject) {
                        Some(i) => i,
                        None => {
                            let names: Vec<&str> = params.iter().map(|p| p.name.as_str()).collect();
                            let mut d = Diagnostic::error(
                                "H0207",
                                arg.value.span,
                                format!("{what} has no subject; its arguments are named"),
                            );
                            d = match names.as_slice() {
                                [] => d.help("it takes no arguments"),
                                [one] => d.help(format!("write `{one}: …`")),
                                many => d.help(format!("it takes {}", suggest::list(many.iter().copied()))),
                            };
                            self.report(d);
                            self.expr_quietly(&arg.value);
                            continue;
                        }
                    }
                }
            };
            match found[index] {
                Some(first) => {
                    let name = &params[index].name;
                    self.report(
                        Diagnostic::error("H0207", arg.value.span, format!("`{name}` is given twice"))
                            .label(first.value.span, "first here"),
                    );
                }
                None => found[index] = Some(arg),
            }
        }
        (found, meant)
    }

    /// An expression whose place is already wrong: only its own mistakes are of interest.
    fn expr_quietly(&mut self, e: &'a tree::Expr) {
        if !matches!(e.kind, tree::ExprKind::Lambda { .. } | tree::ExprKind::Name(_)) {
            let made = self.diagnostics.len();
            self.expr(e, None);
            // An enum word or a read there would be reported for lack of its parameter.
            self.diagnostics.truncate(made);
        }
    }

    fn argument(&mut self, what: &str, param: &ParamDecl, e: &'a tree::Expr, vars: &mut Vars) -> Expr {
        let name = format!("the parameter `{}` of {what}", param.name);
        let function = match &param.typ {
            Type::Optional(t) => t,
            t => t,
        };
        if let Type::Lambda(takes, gives) = function {
            return self.lambda(&name, takes, gives, e, vars);
        }
        let wanted = substitute_known(&param.typ, vars);
        let value = self.expr(e, Some(&wanted));
        let value = if fits(&value.typ, &param.typ, vars) {
            let typ = substitute(&param.typ, vars);
            widen(value, &typ)
        } else {
            let typ = substitute(&param.typ, vars);
            self.settle(value, &typ, &name)
        };
        let is_literal = matches!(
            value.kind,
            ExprKind::Word(_) | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Number(_) | ExprKind::Text { .. }
        );
        if param.literal && !is_literal && value.typ != Type::Unknown {
            self.report(
                Diagnostic::error("H0308", value.span, format!("{name} must be written as a literal"))
                    .note("the type of the result depends on it"),
            );
        }
        value
    }

    /// `p => …` where a function of one value is expected.
    fn lambda(&mut self, name: &str, takes: &Type, gives: &Type, e: &'a tree::Expr, vars: &mut Vars) -> Expr {
        let tree::ExprKind::Lambda { param, body } = &e.kind else {
            self.report(
                Diagnostic::error("H0321", e.span, format!("{name} is a function of one value"))
                    .help("write it as `x => …`"),
            );
            return unknown(e.span);
        };
        self.free_name(param, "a parameter");
        let takes = substitute(takes, vars);
        let unique = self.unique(&param.name);
        self.frame.locals.push(Local { name: param.name.clone(), unique: unique.clone(), typ: takes.clone() });
        let outer = std::mem::replace(&mut self.frame.in_lambda, true);
        let wanted = substitute_known(gives, vars);
        let body = self.expr(body, Some(&wanted));
        self.frame.in_lambda = outer;
        self.frame.locals.pop();
        let body = if fits(&body.typ, gives, vars) {
            let typ = substitute(gives, vars);
            widen(body, &typ)
        } else {
            let typ = substitute(gives, vars);
            self.settle(body, &typ, &format!("what {name} gives"))
        };
        let typ = Type::Lambda(Box::new(takes), Box::new(body.typ.clone()));
        Expr { kind: ExprKind::Lambda { param: unique, body: Box::new(body) }, typ, span: e.span }
    }
}

/// Variables that are bound are replaced, others stay: a hint must not say more than is known.
fn substitute_known(t: &Type, vars: &Vars) -> Type {
    match t {
        Type::Var(v) => vars.get(v).cloned().unwrap_or_else(|| t.clone()),
        Type::List(t) => Type::List(Box::new(substitute_known(t, vars))),
        Type::Map(t) => Type::Map(Box::new(substitute_known(t, vars))),
        Type::Optional(t) => substitute_known(t, vars).optional(),
        other => other.clone(),
    }
}
