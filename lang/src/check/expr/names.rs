//! Bare names: what they stand for, and where they may stand.

use super::super::checker::{Binding, Checker, Place};
use super::super::modules::Found;
use super::super::suggest;
use super::unknown;
use crate::catalogue::Type;
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, ExprKind};
use crate::syntax::tree::{self, Ident, StepKind};

/// What a `let` may not be called, because every step's record has it (L14).
pub(in super::super) const STEP_RECORD: [&str; 7] =
    ["fired", "since", "best", "confidence", "verdict", "changes", "because"];

impl Checker<'_> {
    /// A bare name as a value.
    pub(super) fn name(&mut self, name: &Ident, want: Option<&Type>) -> Expr {
        let span = name.span;
        let make = |kind, typ| Expr { kind, typ, span };
        if let Some(local) = self.frame.locals.iter().rev().find(|l| l.name == name.name) {
            return make(ExprKind::Local(local.unique.clone()), local.typ.clone());
        }
        if let Some(word) = self.word(name, want) {
            return word;
        }
        if self.frame.module.is_none() {
            if let Some(info) = self.frame.lets.get(&name.name) {
                let typ = self.narrowed(&name.name, info.typ.clone());
                return match self.frame.step {
                    Some(step) => make(ExprKind::StepLet { step, name: name.name.clone(), soft: false }, typ),
                    // The lets of an `escalate` belong to no step.
                    None => make(ExprKind::Local(name.name.clone()), typ),
                };
            }
            if let Some(typ) = self.frame.trigger.get(&name.name) {
                return make(ExprKind::Trigger(name.name.clone()), typ.clone());
            }
        }
        match name.name.as_str() {
            "now" if self.frame.module.is_none() && self.frame.place != Place::Constant => {
                return make(ExprKind::Now, Type::Time);
            }
            "risk" if self.frame.place == Place::Approval => {
                return make(ExprKind::Local("risk".to_owned()), Type::enumeration("risk"));
            }
            "run" => {
                self.report(
                    Diagnostic::error("H0201", span, "`run` is a record; name one of its fields")
                        .help("for instance `run.url`"),
                );
                return unknown(span);
            }
            _ => {}
        }
        if self.frame.module.is_none()
            && let Some(named) = self.names.get(&name.name).cloned()
        {
            return self.bound(name, &named.binding);
        }
        self.unknown_name(name, want);
        unknown(span)
    }

    /// A name of the playbook as a value.
    fn bound(&mut self, name: &Ident, binding: &Binding) -> Expr {
        let span = name.span;
        if self.frame.place == Place::DefaultTell {
            self.only_run(name);
            return unknown(span);
        }
        let make = |kind, typ| Expr { kind, typ, span };
        let text = name.name.clone();
        match binding {
            Binding::Input(typ) => make(ExprKind::Input(text), typ.clone()),
            Binding::Secret => make(ExprKind::Secret(text), Type::Secret(Box::new(Type::String))),
            Binding::Target(kind) => make(ExprKind::Target(text), Type::target(kind)),
            Binding::Let(typ) => {
                let typ = self.narrowed(&name.name, typ.clone().unwrap_or(Type::Unknown));
                make(ExprKind::PlaybookLet(text), typ)
            }
            Binding::Step(id) => {
                let kind = self.step_kind(*id);
                let hint = match kind {
                    StepKind::Detect => format!("ask how it ended, as in `{text}.fired`, or name one of its lets"),
                    StepKind::Diagnose => format!("ask for a cause, as in `{text} is …`, or name one of its lets"),
                    _ => format!("name one of its lets, as in `{text}.…`"),
                };
                self.report(Diagnostic::error("H0201", span, format!("`{text}` is a step, not a value")).help(hint));
                unknown(span)
            }
            Binding::Ladder => {
                self.report(Diagnostic::error("H0201", span, format!("`{text}` is a ladder, not a value")));
                unknown(span)
            }
        }
    }

    /// In `defaults.escalate` nothing of a playbook is known.
    pub(super) fn only_run(&mut self, name: &Ident) {
        self.report(
            Diagnostic::error("H0201", name.span, format!("`{}` is not known here", name.name))
                .note("`defaults.escalate` serves every playbook, so only `run` is in scope")
                .help("name a field of `run`, as in `run.url`"),
        );
    }

    /// A word of an enum, where that enum is expected (L13).
    fn word(&mut self, name: &Ident, want: Option<&Type>) -> Option<Expr> {
        let wanted = match want? {
            Type::Optional(t) => t,
            t => t,
        };
        let Type::Enum(enumeration) = wanted else {
            return None;
        };
        let (words, _) = self.words(enumeration)?;
        if !words.contains(&name.name) {
            return None;
        }
        if self.frame.module.is_none()
            && let Some(named) = self.names.get(&name.name).cloned()
        {
            self.report(
                Diagnostic::error(
                    "H0202",
                    name.span,
                    format!("`{}` is a word of `{enumeration}` and a name of this playbook", name.name),
                )
                .at(format!("a word of `{enumeration}` is expected here"))
                .label(named.span, format!("{} of the same name", named.binding.noun()))
                .help("rename the one in the playbook"),
            );
        }
        Some(Expr { kind: ExprKind::Word(name.name.clone()), typ: wanted.clone(), span: name.span })
    }

    /// Every name that could stand here, for suggestions.
    fn in_scope(&self) -> Vec<String> {
        let mut all: Vec<String> = self.frame.locals.iter().map(|l| l.name.clone()).collect();
        match self.frame.module {
            Some(m) => {
                if let Some(m) = self.modules.get(m) {
                    all.extend(m.named().map(|(n, _)| n.to_owned()));
                }
            }
            None => {
                all.extend(self.frame.lets.keys().cloned());
                all.extend(self.frame.trigger.keys().cloned());
                all.extend(self.names.keys().cloned());
            }
        }
        all
    }

    pub(super) fn unknown_name(&mut self, name: &Ident, want: Option<&Type>) {
        let text = &name.name;
        if self.frame.place == Place::DefaultTell {
            self.only_run(name);
            return;
        }
        // A let of a step is known elsewhere by its full name only (L14).
        if self.frame.module.is_none() {
            let owner = self
                .steps
                .iter()
                .find(|s| s.tree.body.items.iter().any(|i| matches!(i, tree::Item::Let(l) if l.name.name == *text)));
            if let Some(owner) = owner {
                let step = owner.tree.name.name.clone();
                let own = self.frame.step == self.step_id(&step);
                let d = Diagnostic::error("H0214", name.span, format!("`{text}` is not in scope here"));
                let d = if own {
                    d.help(format!(
                        "`let {text}` stands further down in this step; a value can only use what is above it"
                    ))
                } else {
                    d.fix(
                        name.span,
                        format!("{step}.{text}"),
                        format!("a `let` of another step is read as `{step}.{text}`"),
                    )
                };
                self.report(d);
                return;
            }
            if let Some(found) = self.modules.first().and_then(|m| m.find(text)) {
                let d = match found {
                    Found::Fn(_) | Found::Script(_) => {
                        Diagnostic::error("H0201", name.span, format!("`{text}` is a function; call it: `{text}(…)`"))
                    }
                    Found::Profile(_) => {
                        Diagnostic::error("H0201", name.span, format!("`{text}` is a profile, not a value"))
                    }
                    Found::Use(..) => {
                        Diagnostic::error("H0201", name.span, format!("`{text}` is a file that is used, not a value"))
                            .help(format!("name something in it, as in `{text}.…`"))
                    }
                };
                self.report(d);
                return;
            }
        } else if self.in_a_playbook(text) {
            self.report(
                Diagnostic::error("H0201", name.span, format!("a function does not see `{text}` of the playbook"))
                    .help("hand it in as a parameter"),
            );
            return;
        }
        let wanted = match want {
            Some(Type::Optional(t)) => Some(&**t),
            other => other,
        };
        if let Some(Type::Enum(e)) = wanted
            && let Some((words, _)) = self.words(e)
        {
            let mut d = Diagnostic::error("H0213", name.span, format!("`{text}` is no word of `{e}`"));
            d = match suggest::nearest(text, &words) {
                Some(near) => d.fix(name.span, near, format!("did you mean `{near}`?")),
                None => d.help(format!("the words are {}", suggest::list(&words))),
            };
            self.report(d);
            return;
        }
        let scope = self.in_scope();
        let mut d = Diagnostic::error("H0201", name.span, format!("there is no `{text}` here"));
        if let Some(near) = suggest::nearest(text, &scope) {
            d = d.fix(name.span, near, format!("did you mean `{near}`?"));
        } else if let Some(full) = self.catalogue_name_like(text) {
            d = d.help(format!("actions and functions are called by their full name: `{full}(…)`"));
        }
        self.report(d);
    }

    /// Whether a playbook of the root file declares the name.
    fn in_a_playbook(&self, name: &str) -> bool {
        let items = self.modules.first().into_iter().flat_map(|m| &m.file.items);
        items
            .filter_map(|i| match i {
                tree::Top::Playbook(p) => Some(&p.body.items),
                _ => None,
            })
            .flatten()
            .any(|i| match i {
                tree::Item::Input(x) => x.name.name == name,
                tree::Item::Secret(x) => x.name.name == name,
                tree::Item::Target(x) => x.name.name == name,
                tree::Item::Let(x) => x.name.name == name,
                tree::Item::Step(x) => x.name.name == name,
                _ => false,
            })
    }

    /// Whether some step has a `let` of that name.
    pub(super) fn let_of_a_step(&self, name: &str) -> bool {
        self.steps
            .iter()
            .flat_map(|s| &s.tree.body.items)
            .any(|i| matches!(i, tree::Item::Let(l) if l.name.name == name))
    }

    /// `kubernetes.logs` for `logs`.
    fn catalogue_name_like(&self, short: &str) -> Option<String> {
        self.cat
            .actions
            .keys()
            .chain(self.cat.functions.keys())
            .find(|full| full.rsplit('.').next() == Some(short))
            .cloned()
    }
}
