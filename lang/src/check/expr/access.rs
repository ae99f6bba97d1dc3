//! Fields, indexes, `exists` and `as`; and what `exists` narrows.

use super::super::checker::{Binding, Checker, LetInfo, Place};
use super::super::evidence::Weight;
use super::super::suggest;
use super::unknown;
use crate::catalogue::{Evidence, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind, StepId};
use crate::source::Span;
use crate::syntax::tree::{self, BinaryOp, Ident, StepKind, TypeExpr, UnaryOp};

/// The fields of `run`, and whether they are known only when the run ends.
const RUN_FIELDS: [(&str, bool); 8] = [
    ("id", false),
    ("url", false),
    ("playbook", false),
    ("environment", false),
    ("outcome", true),
    ("because", true),
    ("world", true),
    ("verify", true),
];

/// Records that the language itself returns.
pub(in super::super) fn builtin_record(name: &str) -> Option<&'static [(&'static str, Type)]> {
    const CAUSE: [(&str, Type); 2] = [("name", Type::String), ("confidence", Type::RATIO)];
    (name == "Cause").then_some(&CAUSE)
}

/// `a.b.c` as text, for narrowing: only plain names and fields.
pub(in super::super) fn path_of(e: &tree::Expr) -> Option<String> {
    match &e.kind {
        tree::ExprKind::Name(n) => Some(n.name.clone()),
        tree::ExprKind::Field { base, name, .. } => Some(format!("{}.{}", path_of(base)?, name.name)),
        tree::ExprKind::Group(inner) => path_of(inner),
        _ => None,
    }
}

/// The paths that are there if the condition holds, and if it does not.
pub(super) fn facts(e: &tree::Expr) -> (Vec<String>, Vec<String>) {
    match &e.kind {
        tree::ExprKind::Group(inner) => facts(inner),
        tree::ExprKind::Exists(base) => (path_of(base).into_iter().collect(), Vec::new()),
        tree::ExprKind::Unary { op: UnaryOp::Not, operand } => {
            let (yes, no) = facts(operand);
            (no, yes)
        }
        tree::ExprKind::Binary { op: BinaryOp::And, left, right, .. } => {
            let (mut yes, _) = facts(left);
            yes.extend(facts(right).0);
            (yes, Vec::new())
        }
        tree::ExprKind::Binary { op: BinaryOp::Or, left, right, .. } => {
            let (_, mut no) = facts(left);
            no.extend(facts(right).1);
            (Vec::new(), no)
        }
        _ => (Vec::new(), Vec::new()),
    }
}

impl<'a> Checker<'a> {
    /// The type of a path, without its `?` where it is known to be there.
    pub(super) fn narrowed(&self, path: &str, typ: Type) -> Type {
        match typ {
            Type::Optional(inner) if self.frame.facts.iter().any(|f| f == path) => *inner,
            other => other,
        }
    }

    /// `base.name`
    pub(super) fn field(&mut self, whole: &'a tree::Expr, base: &'a tree::Expr, name: &Ident, soft: bool) -> Expr {
        let span = whole.span;
        if let tree::ExprKind::Name(head) = &base.kind
            && let Some(found) = self.special_field(head, name, soft, whole)
        {
            return found;
        }
        let base = self.expr(base, None);
        let (typ, optional) = match (&base.typ, soft) {
            (Type::Optional(inner), true) => ((**inner).clone(), true),
            (Type::Optional(_), false) => {
                let d = self.absent(&base, &format!("`.{}` needs a value", name.name));
                let help = format!("`?.{}` gives an absent value then; or ask first with `exists`", name.name);
                self.report(d.help(help));
                return unknown(span);
            }
            (t, _) => (t.clone(), false),
        };
        let Some(found) = self.field_type(&typ, name) else {
            return unknown(span);
        };
        let typ = if optional { found.optional() } else { found };
        let typ = match path_of(whole) {
            Some(path) => self.narrowed(&path, typ),
            None => typ,
        };
        Expr { kind: ExprKind::Field { base: Box::new(base), name: name.name.clone(), soft }, typ, span }
    }

    /// Fields of what is no value of its own: steps, modules, `run`.
    fn special_field(&mut self, head: &Ident, name: &Ident, soft: bool, whole: &'a tree::Expr) -> Option<Expr> {
        let span = whole.span;
        let shadowed = self.frame.locals.iter().any(|l| l.name == head.name)
            || (self.frame.module.is_none()
                && (self.frame.lets.contains_key(&head.name) || self.frame.trigger.contains_key(&head.name)));
        if shadowed {
            return None;
        }
        if head.name == "run" {
            return Some(self.run_field(name, span));
        }
        if self.frame.module.is_none()
            && let Some(Binding::Step(id)) = self.names.get(&head.name).map(|n| n.binding.clone())
        {
            if self.frame.place == Place::DefaultTell {
                self.only_run(head);
                return Some(unknown(span));
            }
            return Some(self.step_field(id, head, name, soft, whole));
        }
        if self.frame.module.is_none() && self.names.contains_key(&head.name) {
            return None;
        }
        let module = self.frame.module.unwrap_or(0);
        let found = self.modules.get(module).and_then(|m| m.find(&head.name));
        if let Some(super::super::modules::Found::Use(..)) = found {
            self.report(Diagnostic::error("H0201", span, format!("`{}.{}` is no value", head.name, name.name)).help(
                format!(
                    "functions are called: `{}.{}(…)`; profiles stand in settings: `retry = {}.{}`",
                    head.name, name.name, head.name, name.name
                ),
            ));
            return Some(unknown(span));
        }
        if found.is_none() && self.is_family(&head.name) {
            self.report(
                Diagnostic::error("H0204", span, format!("`{}.{}` is not called", head.name, name.name))
                    .help(format!("actions and functions need their parentheses: `{}.{}(…)`", head.name, name.name)),
            );
            return Some(unknown(span));
        }
        None
    }

    /// Whether catalogue names begin with `family.`
    pub(super) fn is_family(&self, family: &str) -> bool {
        let begins = |n: &String| n.strip_prefix(family).is_some_and(|rest| rest.starts_with('.'));
        self.cat.actions.keys().any(begins)
            || self.cat.functions.keys().any(begins)
            || self.cat.targets.keys().any(begins)
    }

    fn run_field(&mut self, name: &Ident, span: Span) -> Expr {
        let Some((field, late)) = RUN_FIELDS.iter().find(|(f, _)| *f == name.name) else {
            self.unknown("H0208", name.span, "field of `run` called", &name.name, RUN_FIELDS.iter().map(|(f, _)| *f));
            return unknown(span);
        };
        let speaks = matches!(self.frame.place, Place::Tell | Place::DefaultTell);
        if *late && !speaks {
            self.report(
                Diagnostic::error("H0201", span, format!("`run.{field}` is known only at the end of a run"))
                    .help("it can stand in `escalate` and in handlers"),
            );
            return unknown(span);
        }
        Expr { kind: ExprKind::Run((*field).to_owned()), typ: Type::String, span }
    }

    /// `step.name`: a let, or a built-in of the step's record.
    fn step_field(&mut self, id: StepId, head: &Ident, name: &Ident, soft: bool, whole: &'a tree::Expr) -> Expr {
        let span = whole.span;
        let Some(info) = self.steps.get(id.0 as usize) else {
            return unknown(span);
        };
        let (kind, checked) = (info.tree.kind, info.checked);
        if self.frame.step == Some(id) {
            self.report(
                Diagnostic::error("H0201", span, format!("inside of `{}` its values have no prefix", head.name)).fix(
                    span,
                    name.name.clone(),
                    format!("write `{}`", name.name),
                ),
            );
            return unknown(span);
        }
        let info: Option<LetInfo> = info.lets.get(&name.name).cloned();
        let declared = self.steps[id.0 as usize]
            .tree
            .body
            .items
            .iter()
            .any(|i| matches!(i, tree::Item::Let(l) if l.name.name == name.name));
        let (kind_of, typ) = if let Some(info) = info {
            (ExprKind::StepLet { step: id, name: name.name.clone(), soft }, info.typ)
        } else if declared && !checked {
            // Part of a circle of steps, which is reported as one.
            (ExprKind::StepLet { step: id, name: name.name.clone(), soft }, Type::Unknown)
        } else if let Some(typ) = step_record(kind, &name.name) {
            (ExprKind::StepField { step: id, field: name.name.clone(), soft }, typ)
        } else {
            self.unknown_step_field(id, head, name);
            return unknown(span);
        };
        if matches!(self.frame.place, Place::Tell) && !soft {
            self.report(
                Diagnostic::error("H0503", span, "a message must not depend on a step that may not have run")
                    .at(format!("if `{}` was skipped, nobody would be called", head.name))
                    .fix(
                        Span { start: head.span.end, end: name.span.start, ..span },
                        "?.",
                        format!("write `{}?.{}`, and what to say instead with `?? …`", head.name, name.name),
                    ),
            );
        }
        if soft {
            self.frame.soft.insert(id);
        } else {
            self.frame.needs.insert(id);
        }
        let typ = if soft { typ.optional() } else { typ };
        let typ = match path_of(whole) {
            Some(path) => self.narrowed(&path, typ),
            None => typ,
        };
        Expr { kind: kind_of, typ, span }
    }

    fn unknown_step_field(&mut self, id: StepId, head: &Ident, name: &Ident) {
        let Some(info) = self.steps.get(id.0 as usize) else {
            return;
        };
        let kind = info.tree.kind;
        let mut known: Vec<String> = info
            .tree
            .body
            .items
            .iter()
            .filter_map(|i| match i {
                tree::Item::Let(l) => Some(l.name.name.clone()),
                _ => None,
            })
            .collect();
        known.extend(
            super::names::STEP_RECORD.iter().filter(|f| step_record(kind, f).is_some()).map(|f| (*f).to_owned()),
        );
        let what = format!("`let` or end of the {} `{}` called", kind.word(), head.name);
        self.unknown("H0208", name.span, &what, &name.name, known.iter().map(String::as_str));
    }

    /// The type of a field; reports an unknown one.
    pub(super) fn field_type(&mut self, base: &Type, name: &Ident) -> Option<Type> {
        match base {
            Type::Unknown => None,
            Type::Record(record) => {
                if let Some(fields) = builtin_record(record) {
                    if let Some((_, t)) = fields.iter().find(|(n, _)| *n == name.name) {
                        return Some(t.clone());
                    }
                    self.unknown(
                        "H0208",
                        name.span,
                        &format!("field in `{record}` called"),
                        &name.name,
                        fields.iter().map(|(n, _)| *n),
                    );
                    return None;
                }
                let cat = self.cat;
                let decl = cat.records.get(record)?;
                self.uses.insert(record.clone());
                if let Some(field) = decl.fields.get(&name.name) {
                    return Some(field.typ.clone());
                }
                self.unknown(
                    "H0208",
                    name.span,
                    &format!("field in `{record}` called"),
                    &name.name,
                    decl.fields.keys().map(String::as_str),
                );
                None
            }
            Type::Map(value) => Some(if self.frame.place == Place::Trigger {
                // A missing label starts no run and says so (L21): here it is simply there.
                (**value).clone()
            } else {
                (**value).clone().optional()
            }),
            Type::Target(kind) => {
                let cat = self.cat;
                let params = cat.targets.get(kind).map_or(&[][..], |t| &t.params);
                if let Some(p) = params.iter().find(|p| p.name == name.name) {
                    return Some(p.typ.clone());
                }
                self.unknown(
                    "H0208",
                    name.span,
                    &format!("field of the target `{kind}` called"),
                    &name.name,
                    params.iter().map(|p| p.name.as_str()),
                );
                None
            }
            Type::Json => {
                self.report(
                    Diagnostic::error("H0208", name.span, "untyped data has no fields that are known")
                        .help(format!("open it by its key and say what is expected: `x[\"{}\"] as string`", name.name)),
                );
                None
            }
            Type::Optional(_) => None,
            other => {
                let methods = self.methods_of(other);
                let mut d = Diagnostic::error("H0208", name.span, format!("a {other} has no field `{}`", name.name));
                if methods.contains(&name.name) {
                    d = d.help(format!("it is a method: `.{}(…)`", name.name));
                } else if let Some(near) = suggest::nearest(&name.name, &methods) {
                    d = d.help(format!("there is a method `.{near}(…)`"));
                }
                self.report(d);
                None
            }
        }
    }

    /// `base[index]`
    pub(super) fn index(&mut self, base: &'a tree::Expr, index: &'a tree::Expr, span: Span) -> Expr {
        let base = self.expr(base, None);
        let (index, typ) = match &base.typ {
            Type::Unknown => (self.expr(index, None), Type::Unknown),
            Type::List(t) => {
                let typ = (**t).clone().optional();
                (self.demand(index, &Type::Int, "the place in a list"), typ)
            }
            Type::Map(t) => {
                let typ = (**t).clone().optional();
                (self.demand(index, &Type::String, "the key of a map"), typ)
            }
            Type::Json => {
                let index = self.expr(index, None);
                if !matches!(index.typ, Type::String | Type::Int | Type::Text(_) | Type::Unknown) {
                    self.mismatch(&index, &Type::String, "a key of untyped data");
                }
                (index, Type::Json)
            }
            Type::Optional(_) => {
                let d = self.absent(&base, "an index needs a value");
                self.report(d);
                return unknown(span);
            }
            other => {
                self.report(Diagnostic::error("H0304", span, format!("a {other} has no elements")));
                return unknown(span);
            }
        };
        Expr { kind: ExprKind::Index { base: Box::new(base), index: Box::new(index) }, typ, span }
    }

    /// `e exists`
    pub(super) fn exists(&mut self, base: &'a tree::Expr, span: Span) -> Expr {
        let base = self.expr(base, None);
        if !matches!(base.typ, Type::Optional(_) | Type::None | Type::Unknown | Type::Json) {
            self.report(
                Diagnostic::warning("H0318", span, "this is always there")
                    .at(format!("a {}", base.typ))
                    .help("leave `exists` away; missing data is unknown, and spreads by itself"),
            );
        }
        Expr { kind: ExprKind::Exists(Box::new(base)), typ: Type::Bool, span }
    }

    /// `j as T`
    pub(super) fn as_type(&mut self, base: &'a tree::Expr, typ: &TypeExpr, span: Span) -> Expr {
        let base = self.expr(base, None);
        let to = self.type_of(typ, None);
        if !matches!(base.typ, Type::Json | Type::Unknown) {
            self.report(
                Diagnostic::error("H0304", span, format!("`as` opens untyped data, and this is a {}", base.typ))
                    .help("leave `as` away"),
            );
            return unknown(span);
        }
        let openable = matches!(
            &to,
            Type::Unknown
                | Type::Bool
                | Type::Int
                | Type::Quantity(_)
                | Type::String
                | Type::Time
                | Type::Json
                | Type::List(_)
                | Type::Map(_)
        );
        if !openable {
            self.report(
                Diagnostic::error("H0304", typ.span, format!("untyped data cannot be opened as a {to}")).help(
                    "open it as `string`, `int`, `number`, `bool`, `time`, a quantity, or a list or map of those",
                ),
            );
            return unknown(span);
        }
        Expr { kind: ExprKind::As(Box::new(base)), typ: to.optional(), span }
    }

    /// What a reference weighs as evidence; none for what is made of parts.
    pub(super) fn leaf_weight(&self, e: &Expr) -> Option<Weight> {
        let of = |evidence: Evidence| match evidence {
            Evidence::Text => Weight::Text,
            Evidence::State => Weight::State,
        };
        match &e.kind {
            ExprKind::Read(id) => self.frame.reads.get(id.0 as usize).map(|r| of(r.evidence)),
            ExprKind::StepLet { step, name, .. } => {
                let lets = if Some(*step) == self.frame.step {
                    &self.frame.lets
                } else {
                    &self.steps.get(step.0 as usize)?.lets
                };
                lets.get(name).map(|l| l.weight)
            }
            ExprKind::StepField { step, .. } | ExprKind::EndIs { step, .. } => {
                let info = self.steps.get(step.0 as usize)?;
                Some(match info.tree.kind {
                    StepKind::Detect => info.fire,
                    StepKind::Diagnose => info.causes.iter().map(|(_, w)| *w).min().unwrap_or(Weight::Nothing),
                    _ => Weight::State,
                })
            }
            ExprKind::CauseIs { step, cause, .. } => {
                let info = self.steps.get(step.0 as usize)?;
                info.causes.iter().find(|(c, _)| c == cause).map(|(_, w)| *w)
            }
            ExprKind::Trigger(_) => Some(Weight::Text),
            _ => None,
        }
    }
}

/// The built-ins of a step's record by its kind (L14).
fn step_record(kind: StepKind, field: &str) -> Option<Type> {
    Some(match (kind, field) {
        (StepKind::Detect, "fired") => Type::Bool,
        (StepKind::Detect, "since") => Type::Time.optional(),
        (StepKind::Detect, "confidence") | (StepKind::Diagnose, "confidence") => Type::RATIO.optional(),
        (StepKind::Diagnose, "best") => Type::record("Cause").optional(),
        (StepKind::Verify, "verdict") => Type::String.optional(),
        (StepKind::Remediate, "changes") => Type::String.list(),
        (_, "because") => Type::String.optional(),
        _ => return None,
    })
}
