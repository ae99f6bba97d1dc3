//! Reads leave the expression they stand in: what is left is pure (L15). `before(x)` likewise.

use super::super::checker::{Checker, Place};
use super::super::{constant, walk};
use super::arguments::Bound;
use super::{path_of, unknown};
use crate::catalogue::{ActionDecl, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Backoff, Before, ErrorClass, Expr, ExprKind, NamedArg, ReadCall, ReadId, Retry};
use crate::source::Span;
use crate::syntax::tree::{self, StepKind};

/// How reads are tried where nothing else is said: three attempts, after 1s and 2s (L49).
pub(in super::super) fn default_read_retry() -> Retry {
    Retry {
        attempts: 3,
        backoff: Backoff::Exponential { first_ms: 1_000, factor: 2.0, max_ms: 60_000 },
        jitter: true,
        on: vec![ErrorClass::Transient, ErrorClass::Throttled],
    }
}

/// One attempt and no other.
pub(in super::super) fn once() -> Retry {
    Retry { attempts: 1, ..default_read_retry() }
}

impl<'a> Checker<'a> {
    /// How long one attempt of a call may take: its own `timeout`, its step's, or the default; plus what the action
    /// itself waits for.
    pub(in super::super) fn timeout_of(&mut self, decl: &ActionDecl, bound: &Bound) -> u64 {
        let base = self.frame.timeout_ms.unwrap_or(self.options.defaults.timeout_ms);
        let Some(param) = &decl.timeout_from else {
            return base;
        };
        let Some(value) = bound.get(param) else {
            return base;
        };
        match constant::number(value) {
            Some(seconds) => base.saturating_add(constant::milliseconds(seconds)),
            None => {
                if !matches!(value.kind, ExprKind::None) {
                    self.report(
                        Diagnostic::error("H0308", value.span, format!("`{param}` must be written as a duration"))
                            .note("how long a run can take is known before it starts"),
                    );
                }
                base
            }
        }
    }

    /// Puts the arguments of the `fn`s that are being inlined around an expression that leaves their bodies.
    fn close(&self, e: Expr) -> Expr {
        let mut closed = e;
        for (name, value) in self.frame.binds.iter().rev() {
            if walk::any(&closed, &|x| matches!(&x.kind, ExprKind::Local(n) if n == name)) {
                closed = Expr {
                    typ: closed.typ.clone(),
                    span: closed.span,
                    kind: ExprKind::Bind {
                        name: name.clone(),
                        value: Box::new((**value).clone()),
                        body: Box::new(closed),
                    },
                };
            }
        }
        closed
    }

    /// The read as a call of its step, and a reference in its place.
    pub(super) fn lift(
        &mut self,
        decl: &'a ActionDecl,
        bound: Bound,
        asserted: bool,
        typ: Type,
        callee: Span,
        span: Span,
    ) -> Expr {
        if let Some(d) = self.no_reads_here(decl, callee) {
            self.report(d);
            return Expr { typ, ..unknown(span) };
        }
        let timeout_ms = self.timeout_of(decl, &bound);
        let args: Vec<NamedArg> =
            bound.args.into_iter().map(|a| NamedArg { name: a.name, value: self.close(a.value) }).collect();
        let mut after = std::collections::BTreeSet::new();
        for a in &args {
            after.extend(self.reads_of(&a.value));
        }
        let free_local = |e: &Expr| {
            walk::any(e, &|x| matches!(&x.kind, ExprKind::Local(n) if self.frame.locals.iter().any(|l| l.unique == *n)))
        };
        if self.frame.stack.is_empty() && args.iter().any(|a| free_local(&a.value)) {
            self.report(
                Diagnostic::error("H0403", callee, "a read cannot depend on the item of a `for`")
                    .help("read before the `for`, for the whole list"),
            );
        }
        let retry = match (&self.frame.retry, asserted, &self.options.defaults.retry) {
            (Some(written), _, _) => written.clone(),
            (None, true, _) => once(),
            (None, false, Some(default)) => default.clone(),
            (None, false, None) => default_read_retry(),
        };
        let id = ReadId(u32::try_from(self.frame.reads.len()).unwrap_or(u32::MAX));
        self.frame.reads.push(ReadCall {
            id,
            action: decl.name.clone(),
            args,
            after: after.into_iter().collect(),
            asserted,
            evidence: decl.evidence,
            timeout_ms,
            retry,
            name: self.frame.current_let.clone(),
            span,
        });
        Expr { kind: ExprKind::Read(id), typ, span }
    }

    /// Why nothing can be read here.
    fn no_reads_here(&self, decl: &ActionDecl, span: Span) -> Option<Diagnostic> {
        let d = |why: &str| {
            Diagnostic::error("H0403", span, format!("`{}` reads the world, and {why}", decl.name)).at("a read")
        };
        if self.frame.in_lambda {
            return Some(
                d("a function that is called for each element cannot")
                    .help("read once, before: `let all = …`, and look into it here"),
            );
        }
        Some(match self.frame.place {
            Place::Body(_) | Place::Fn => return None,
            Place::Playbook => d("a value of the playbook is known before any step")
                .help("read in a `detect` or `diagnose` step; share the query itself with a `let` here"),
            Place::Trigger => d("a trigger is only a hint").help("read in a `detect` step"),
            Place::When => d("`when` is judged before anything of the step is read")
                .help("read in a `detect` or `diagnose` step, and name its value here"),
            Place::Undo => d("an undo uses what was there when the change was made")
                .help("read before the change, with a `let` in the step"),
            Place::Approval => d("an approval depends on the risk alone"),
            Place::Tell | Place::DefaultTell => d("a message must not depend on an answer")
                .help("use a value that a step has read, as in `${step?.value ?? \"unknown\"}`"),
            Place::Constant => d("this must be known before the run"),
        })
    }

    /// `before(x)`: the value right before the change (L48).
    pub(super) fn before(&mut self, args: &'a [tree::Arg], span: Span) -> Expr {
        if self.frame.place != Place::Body(StepKind::Verify) || self.frame.in_lambda {
            self.report(Diagnostic::error(
                "H0403",
                span,
                "`before` compares with the time before a change, and only `verify` does that",
            ));
            return unknown(span);
        }
        let [tree::Arg { label: None, value }] = args else {
            self.report(Diagnostic::error("H0207", span, "`before` takes one value").help("as in `before(traffic)`"));
            return unknown(span);
        };
        let typed = self.expr(value, None);
        if typed.typ == Type::Unknown {
            return unknown(span);
        }
        let reads = self.reads_of(&typed);
        if reads.is_empty() {
            self.report(
                Diagnostic::error("H0403", value.span, "nothing is read here, so there is nothing to compare with")
                    .help("name a `let` of this verify that reads"),
            );
            return unknown(span);
        }
        let name = path_of(value).unwrap_or_else(|| self.sources.slice(value.span).to_owned());
        let typ = typed.typ.clone();
        let index = match self.frame.befores.iter().position(|b| b.name == name && b.value == typed) {
            Some(known) => known,
            None => {
                self.frame.befores.push(Before { value: typed, name, reads: reads.into_iter().collect() });
                self.frame.befores.len() - 1
            }
        };
        Expr { kind: ExprKind::Before(u32::try_from(index).unwrap_or(u32::MAX)), typ, span }
    }
}
