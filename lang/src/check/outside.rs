//! Text from outside (R67): where it enters, and that it arrives only where a declaration takes it.
//!
//! What is outside is declared: what a trigger binds, fields of records, logs and untyped data. What a parameter takes is
//! declared too. No action is named here.

use super::checker::Checker;
use super::walk;
use crate::catalogue::{Catalogue, Outside, ParamDecl, Type, reads_code};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind, HandlerOp, NamedArg, Piece, Plan, Step, StepBody, StepId};
use crate::source::Span;
use std::collections::BTreeMap;

/// Where text from outside enters.
#[derive(Clone, Debug)]
struct Entry {
    span: Span,
    /// `alert.labels` …: continued by "is text from outside".
    what: String,
}

/// Names of lambdas, `for` and inlined functions, with what their values hold.
type Locals = BTreeMap<String, Option<Entry>>;

/// Lets of the playbook and of steps: what they stand for, and whose text is in it.
type Lets<'p> = BTreeMap<(Option<StepId>, &'p str), (&'p Expr, Option<Entry>)>;

struct Taint<'p> {
    cat: &'p Catalogue,
    inputs: BTreeMap<String, Entry>,
    lets: Lets<'p>,
}

/// Text from outside reaches only what takes it.
pub(super) fn check(c: &mut Checker<'_>, plan: &Plan) {
    let cat = c.cat;
    let mut taint = Taint { cat, inputs: BTreeMap::new(), lets: BTreeMap::new() };
    taint.enter(plan);
    let mut found = Vec::new();
    for target in &plan.targets {
        if let Some(decl) = cat.targets.get(&target.kind) {
            taint.arrive(&target.kind, &decl.params, &target.args, &Locals::new(), &mut found);
        }
    }
    let mut call = |name: &str, args: &[NamedArg], locals: &Locals| {
        if let Some(decl) = cat.actions.get(name) {
            taint.arrive(name, &decl.params, args, locals, &mut found);
        }
    };
    let none = Locals::new();
    for step in &plan.steps {
        step.reads.iter().for_each(|read| call(&read.action, &read.args, &none));
        match &step.body {
            StepBody::Remediate(r) => {
                let locals: Locals =
                    r.each.iter().map(|each| (each.name.clone(), taint.of(&each.list, &none))).collect();
                for change in &r.calls {
                    call(&change.action, &change.args, &locals);
                    change.undo.iter().for_each(|undo| call(&undo.action, &undo.args, &locals));
                }
            }
            StepBody::Verify(v) => {
                for op in v.handlers.values().flatten() {
                    if let HandlerOp::Tell(tell) = op {
                        call(&tell.action, &tell.args, &none);
                    }
                }
            }
            _ => {}
        }
    }
    for tell in plan.escalate.iter().chain(plan.handlers.values().flatten()) {
        call(&tell.action, &tell.args, &none);
    }
    found.into_iter().for_each(|d| c.report(d));
}

/// Whether a value of the type can be or hold text. A target is looked up or refused where it is made; a query has its
/// holes escaped.
fn holds_text(typ: &Type) -> bool {
    match typ {
        Type::String | Type::Text(_) | Type::Json | Type::Logs | Type::Record(_) => true,
        Type::List(t) | Type::Map(t) | Type::Optional(t) => holds_text(t),
        _ => false,
    }
}

/// Text of these is nobody's in particular.
fn raw(typ: &Type) -> bool {
    match typ {
        Type::Logs | Type::Json | Type::String => true,
        Type::Optional(t) | Type::List(t) => raw(t),
        _ => false,
    }
}

fn bare(typ: &Type) -> &Type {
    match typ {
        Type::Optional(t) => t,
        t => t,
    }
}

impl<'p> Taint<'p> {
    /// Inputs and lets, each once and in order.
    fn enter(&mut self, plan: &'p Plan) {
        for bind in plan.triggers.iter().flat_map(|t| &t.binds) {
            if let Some(entry) = self.of(&bind.value, &Locals::new()) {
                self.inputs.entry(bind.name.clone()).or_insert(entry);
            }
        }
        for input in plan.inputs.iter().filter(|i| i.env_is_outside() && holds_text(&i.typ)) {
            let var = input.env.as_deref().unwrap_or_default();
            let what = format!("`{var}`, from the environment of CI,");
            self.inputs.entry(input.name.clone()).or_insert(Entry { span: input.span, what });
        }
        for l in &plan.lets {
            let entry = self.of(&l.value, &Locals::new());
            self.lets.insert((None, &l.name), (&l.value, entry));
        }
        // A step's lets see those of any other step; steps stand in no order. Each round can only add.
        loop {
            let before = self.tainted_lets();
            for step in &plan.steps {
                self.lets_of(step);
            }
            if self.tainted_lets() == before {
                break;
            }
        }
    }

    fn tainted_lets(&self) -> usize {
        self.lets.values().filter(|(_, entry)| entry.is_some()).count()
    }

    fn lets_of(&mut self, step: &'p Step) {
        for l in &step.lets {
            let entry = self.of(&l.value, &Locals::new());
            self.lets.insert((Some(step.id), &l.name), (&l.value, entry));
        }
    }

    /// Where the text in a value comes from, if any of it comes from outside.
    fn of(&self, e: &Expr, locals: &Locals) -> Option<Entry> {
        if let ExprKind::Lambda { body, .. } = &e.kind {
            return self.of(body, locals);
        }
        if !holds_text(&e.typ) {
            return None;
        }
        let entry = |what: String| Some(Entry { span: e.span, what });
        match &e.kind {
            ExprKind::Trigger(name) => entry(format!("what `{name}` brings")),
            ExprKind::Input(name) => self.inputs.get(name).cloned(),
            ExprKind::Local(name) => locals.get(name).cloned().flatten(),
            ExprKind::PlaybookLet(name) => self.let_entry(None, name),
            ExprKind::StepLet { step, name, .. } => self.let_entry(Some(*step), name),
            ExprKind::Read(_) | ExprKind::Change(_) if raw(&e.typ) => entry("the answer".to_owned()),
            ExprKind::StepField { field, .. } => self.field_of_run(field).then(|| entry(format!("`{field}`")))?,
            ExprKind::Run(field) => self.field_of_run(field).then(|| entry(format!("`run.{field}`")))?,
            ExprKind::Field { base, name, .. } => match bare(&base.typ) {
                Type::Record(record) => {
                    let decl = self.cat.records.get(record).and_then(|r| r.fields.get(name))?;
                    let outside = decl.outside || matches!(bare(&decl.typ), Type::Logs | Type::Json);
                    if outside { entry(format!("`{name}` of `{record}`")) } else { self.of(base, locals) }
                }
                _ => self.of(base, locals),
            },
            // Whatever was in it, and whoever wrote it.
            ExprKind::As(base) => self.of(base, locals).or_else(|| entry("text out of untyped data".to_owned())),
            ExprKind::Bind { name, value, body } => {
                let mut inner = locals.clone();
                inner.insert(name.clone(), self.of(value, locals));
                self.of(body, &inner)
            }
            ExprKind::Method { receiver, args, .. } => {
                let of = self.of(receiver, locals);
                let through = args.iter().find_map(|arg| match &arg.value.kind {
                    ExprKind::Lambda { param, body } => {
                        let mut inner = locals.clone();
                        inner.insert(param.clone(), of.clone());
                        self.of(body, &inner)
                    }
                    _ => self.of(&arg.value, locals),
                });
                of.or(through)
            }
            // The condition chooses, and what it chooses among is written here.
            ExprKind::If { then, otherwise, .. } => self.of(then, locals).or_else(|| self.of(otherwise, locals)),
            ExprKind::Index { base, .. } => self.of(base, locals),
            _ => walk::children(e).into_iter().find_map(|child| self.of(child, locals)),
        }
    }

    fn let_entry(&self, step: Option<StepId>, name: &str) -> Option<Entry> {
        self.lets.get(&(step, name)).and_then(|(_, entry)| entry.clone())
    }

    /// A built-in of a step or the run that repeats words from outside.
    fn field_of_run(&self, field: &str) -> bool {
        self.cat.records.get("run").and_then(|r| r.fields.get(field)).is_some_and(|f| f.outside)
    }

    fn arrive(&self, what: &str, params: &[ParamDecl], args: &[NamedArg], locals: &Locals, out: &mut Vec<Diagnostic>) {
        for arg in args {
            let Some(param) = params.iter().find(|p| p.name == arg.name) else { continue };
            let found = match &param.outside {
                Outside::Data => None,
                Outside::Never => self.of(&arg.value, locals).map(|entry| {
                    let place = format!("`{}` of `{what}`", param.name);
                    refused(&arg.value, &entry, &place, "it would say what is read, asked or changed there")
                }),
                Outside::Argv { code } => self.argv(&arg.value, code, locals),
            };
            out.extend(found);
        }
    }

    /// A whole argument that is no option, of a program that does not read its arguments as code.
    fn argv(&self, value: &Expr, code: &[String], locals: &Locals) -> Option<Diagnostic> {
        let ExprKind::List(items) = &self.written(value).kind else {
            let entry = self.of(value, locals)?;
            return Some(refused(value, &entry, "a whole command line", "its first word is the program"));
        };
        let program = items.first()?;
        if let Some(entry) = self.of(program, locals) {
            return Some(refused(program, &entry, "the program", "it could be any program of the machine"));
        }
        let arguments = &items[1..];
        let entries = arguments.iter().map(|item| (item, self.of(item, locals)));
        let (item, entry) = entries.clone().find_map(|(item, entry)| Some((item, entry?)))?;
        // Behind `timeout` or `nice` the program that reads is an argument itself.
        let mut words = std::iter::once(literal(self.written(program)))
            .chain(entries.filter(|(_, entry)| entry.is_none()).map(|(item, _)| literal(self.written(item))));
        if words.clone().next().flatten().is_none() {
            let why = "which program it is stands nowhere in the playbook, and it may read its arguments as code";
            return Some(refused(item, &entry, "an argument of any program", why));
        }
        if let Some(name) = words.find_map(|word| word.filter(|word| reads_code(code, word))) {
            let place = format!("an argument of `{name}`");
            return Some(refused(item, &entry, &place, &format!("`{name}` reads its arguments as code")));
        }
        arguments.iter().find_map(|item| {
            let entry = self.of(item, locals)?;
            let option = matches!(&self.written(item).kind, ExprKind::Text { pieces, .. }
                if !matches!(pieces.first(), Some(Piece::Text(text)) if !text.starts_with('-')) && pieces.len() > 1);
            option.then(|| refused(item, &entry, "an option", "only a whole argument of its own is safe"))
        })
    }

    /// The expression that a name stands for.
    fn written<'e>(&'e self, e: &'e Expr) -> &'e Expr {
        let key = match &e.kind {
            ExprKind::PlaybookLet(name) => (None, name.as_str()),
            ExprKind::StepLet { step, name, .. } => (Some(*step), name.as_str()),
            _ => return e,
        };
        // Lets stand in no circle: what one stands for is found in the end.
        self.lets.get(&key).map_or(e, |(value, _)| self.written(value))
    }
}

/// A text without holes.
fn literal(e: &Expr) -> Option<String> {
    let ExprKind::Text { pieces, .. } = &e.kind else { return None };
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => Some(text.as_str()),
            Piece::Hole { .. } => None,
        })
        .collect()
}

fn refused(value: &Expr, entry: &Entry, place: &str, why: &str) -> Diagnostic {
    let mut d = Diagnostic::error("H0411", value.span, format!("text from outside becomes {place}"));
    // Spans compare as equal (plans do without them): the places themselves are compared.
    let here = (entry.span.file, entry.span.range()) == (value.span.file, value.span.range());
    d = if here {
        d.at(format!("{} is text from outside", entry.what))
    } else {
        d.at("arrives here").label(entry.span, format!("enters here: {} is text from outside", entry.what))
    };
    d.note(format!("anyone may have written it, and {why}"))
        .help("let it choose among what the playbook names: `if x == \"a\" then \"…\" else \"…\"`; or take an input that a person gives")
}
