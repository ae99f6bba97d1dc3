//! `retry`, `breaker` and `approval`, in a step or as a profile with a name; scripts, loaded and checked once.

use super::checker::{Checker, Frame, Place};
use super::modules::{Found, Loaded, load_error, nearest_in};
use super::options::{Options, ScriptChecker};
use super::types::Vars;
use super::{constant, expr, suggest};
use crate::catalogue::{Catalogue, DefaultValue, Outside, ParamDecl, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{Approval, Backoff, Breaker, ErrorClass, ExprKind, Retry, ScriptDef};
use crate::source::{Loader, Sources, Span};
use crate::syntax::tree::{self, Body, Item, ProfileKind, ScriptSource, Setting};
use std::collections::BTreeMap;

/// The breaker of a remediation that writes none (R28): the second failure within an hour opens it for one.
pub(super) const DEFAULT_BREAKER: Breaker =
    Breaker { failures: 2, within_ms: 3_600_000, open_for_ms: 3_600_000, written: false };

/// How long an approval is waited for where its block does not say.
const APPROVAL_WITHIN_MS: u64 = 15 * 60_000;

/// The words of `on = […]`.
const CLASSES: [(&str, ErrorClass); 6] = [
    ("transient", ErrorClass::Transient),
    ("throttled", ErrorClass::Throttled),
    ("permanent", ErrorClass::Permanent),
    ("denied", ErrorClass::Denied),
    ("conflict", ErrorClass::Conflict),
    ("uncertain", ErrorClass::Uncertain),
];

fn duration_param(name: &str, subject: bool, default: Option<f64>) -> ParamDecl {
    ParamDecl {
        name: name.to_owned(),
        typ: Type::DURATION,
        default: default.map(DefaultValue::Number),
        subject,
        literal: true,
        outside: Outside::Data,
        doc: String::new(),
    }
}

impl<'a> Checker<'a> {
    /// A profile on its own, whoever uses it.
    pub(super) fn profile(&mut self, p: &'a tree::Profile) {
        match p.kind {
            ProfileKind::Retry => {
                self.retry(&p.body);
            }
            ProfileKind::Breaker => {
                self.breaker(&p.body);
            }
            ProfileKind::Approval => {
                self.approval(None, &p.body);
            }
        }
    }

    /// The profile that a setting names: `retry = profiles.gentle`.
    pub(super) fn named_profile(&mut self, s: &'a Setting, kind: ProfileKind) -> Option<&'a tree::Profile> {
        let word = match kind {
            ProfileKind::Retry => "retry",
            ProfileKind::Breaker => "breaker",
            ProfileKind::Approval => "approval",
        };
        let modules = self.modules;
        let root = modules.first()?;
        let (module, name) = match &s.value.kind {
            tree::ExprKind::Name(n) => (root, n),
            tree::ExprKind::Field { base, name, .. } => match &base.kind {
                tree::ExprKind::Name(head) => match root.find(&head.name) {
                    Some(Found::Use(index, _)) => (modules.get(index)?, name),
                    _ => {
                        let known: Vec<&str> =
                            root.named().filter(|(_, f)| matches!(f, Found::Use(..))).map(|(n, _)| n).collect();
                        self.unknown("H0201", head.span, "file that is used as", &head.name, known);
                        return None;
                    }
                },
                _ => return self.no_profile(s, word),
            },
            _ => return self.no_profile(s, word),
        };
        if module.broken {
            return None;
        }
        match module.find(&name.name) {
            Some(Found::Profile(p)) if p.kind == kind => Some(p),
            Some(found) => {
                self.report(
                    Diagnostic::error("H0201", name.span, format!("`{}` is not a `{word}` profile", name.name))
                        .label(found.span(), "this is what the name stands for"),
                );
                None
            }
            None => {
                let mut d =
                    Diagnostic::error("H0201", name.span, format!("there is no `{word}` profile `{}`", name.name));
                d = match nearest_in(module, &name.name) {
                    Some(near) => d.fix(name.span, near, format!("did you mean `{near}`?")),
                    None => {
                        d.help(format!("a profile is declared at the top of a file: `{word} {} {{ … }}`", name.name))
                    }
                };
                self.report(d);
                None
            }
        }
    }

    fn no_profile(&mut self, s: &Setting, word: &str) -> Option<&'a tree::Profile> {
        self.report(
            Diagnostic::error("H0209", s.value.span, format!("`{word} =` names a profile"))
                .help(format!("write its settings as a block: `{word} {{ … }}`")),
        );
        None
    }

    /// Everything but settings is in the wrong place.
    fn only_settings(&mut self, body: &'a Body, owner: &str) {
        for item in &body.items {
            if !matches!(item, Item::Setting(_)) {
                self.misplaced(item, owner);
            }
        }
    }

    /// `retry { attempts = 3; backoff = exponential(5s); jitter = none; on = [transient] }`
    pub(super) fn retry(&mut self, body: &'a Body) -> Retry {
        self.only_settings(body, "`retry`");
        let settings = self.settings(&body.items, &["attempts", "backoff", "jitter", "on"], "`retry`");
        let mut retry = expr::default_read_retry();
        if let Some(n) = self.count_of(&settings, "attempts", 1, 100) {
            retry.attempts = n;
        }
        if let Some(s) = settings.get("backoff")
            && let Some(b) = self.backoff(&s.value)
        {
            retry.backoff = b;
        }
        if let Some(s) = settings.get("jitter") {
            match &s.value.kind {
                tree::ExprKind::None => retry.jitter = false,
                tree::ExprKind::Bool(b) => retry.jitter = *b,
                tree::ExprKind::Name(n) if n.name == "full" => retry.jitter = true,
                _ => {
                    self.report(Diagnostic::error("H0213", s.value.span, "`jitter` is `full` or `none`").note(
                        "full: each wait is drawn from 0 to its formula, which keeps many from coming back at once",
                    ))
                }
            }
        }
        if let Some(s) = settings.get("on") {
            retry.on = self.classes(&s.value);
        }
        retry
    }

    fn classes(&mut self, e: &'a tree::Expr) -> Vec<ErrorClass> {
        let tree::ExprKind::List(items) = &e.kind else {
            self.report(
                Diagnostic::error("H0301", e.span, "`on` is a list").help("as in `on = [transient, throttled]`"),
            );
            return Vec::new();
        };
        let mut all = Vec::new();
        for item in items {
            let tree::ExprKind::Name(n) = &item.kind else {
                self.report(
                    Diagnostic::error("H0213", item.span, "a class of error is a word")
                        .help("as in `on = [transient, throttled]`"),
                );
                continue;
            };
            match CLASSES.iter().find(|(w, _)| *w == n.name) {
                Some((_, ErrorClass::Uncertain)) => self.report(
                    Diagnostic::error("H0607", n.span, "what is uncertain is never tried again")
                        .note("the first attempt may have done its work: a probe finds out, not a second attempt"),
                ),
                Some((_, class)) => all.push(*class),
                None => {
                    self.unknown("H0213", n.span, "class of error called", &n.name, CLASSES.iter().map(|(w, _)| *w))
                }
            }
        }
        all
    }

    /// `exponential(5s, factor: 2, max: 1m)`, `constant(5s)`
    fn backoff(&mut self, e: &'a tree::Expr) -> Option<Backoff> {
        let call = match &e.kind {
            tree::ExprKind::Call { callee, args } => match &callee.kind {
                tree::ExprKind::Name(n) => Some((n, args)),
                _ => None,
            },
            _ => None,
        };
        let Some((name, args)) = call else {
            self.report(
                Diagnostic::error("H0301", e.span, "a backoff says how waits grow")
                    .help("`exponential(5s, factor: 2, max: 1m)` or `constant(5s)`"),
            );
            return None;
        };
        let number = |bound: &expr::Bound, key: &str| bound.get(key).and_then(constant::number);
        match name.name.as_str() {
            "constant" => {
                let params = [duration_param("wait", true, None)];
                let bound = self.arguments("`constant`", &params, args, e.span, &[], Vars::new());
                Some(Backoff::Constant { wait_ms: constant::milliseconds(number(&bound, "wait")?) })
            }
            "exponential" => {
                let factor = ParamDecl { typ: Type::NUMBER, ..duration_param("factor", false, Some(2.0)) };
                let params = [duration_param("first", true, None), factor, duration_param("max", false, Some(60.0))];
                let bound = self.arguments("`exponential`", &params, args, e.span, &[], Vars::new());
                let factor = number(&bound, "factor")?;
                if factor < 1.0 {
                    self.report(
                        Diagnostic::error("H0607", e.span, "waits that shrink are no backoff")
                            .help("`factor` is at least 1"),
                    );
                    return None;
                }
                Some(Backoff::Exponential {
                    first_ms: constant::milliseconds(number(&bound, "first")?),
                    factor,
                    max_ms: constant::milliseconds(number(&bound, "max")?),
                })
            }
            other => {
                self.unknown("H0204", name.span, "backoff called", other, ["exponential", "constant"]);
                None
            }
        }
    }

    /// `breaker { failures = 2; within = 1h; open_for = 30m }`
    pub(super) fn breaker(&mut self, body: &'a Body) -> Breaker {
        self.only_settings(body, "`breaker`");
        let settings = self.settings(&body.items, &["failures", "within", "open_for"], "`breaker`");
        Breaker {
            failures: self.count_of(&settings, "failures", 1, 1_000).unwrap_or(DEFAULT_BREAKER.failures),
            within_ms: self.duration_of(&settings, "within").unwrap_or(DEFAULT_BREAKER.within_ms),
            open_for_ms: self.duration_of(&settings, "open_for").unwrap_or(DEFAULT_BREAKER.open_for_ms),
            written: true,
        }
    }

    /// `approval when risk >= high { from = group("sre"); need = 2; within = 15m }`
    pub(super) fn approval(&mut self, when: Option<&'a tree::Expr>, body: &'a Body) -> Approval {
        self.only_settings(body, "`approval`");
        let when = when.map(|w| {
            self.within(Frame::new(Place::Approval, None), |c| c.condition(w, "the condition of an approval")).0
        });
        let settings = self.settings(&body.items, &["from", "need", "within", "not_requester"], "`approval`");
        let mut approval = Approval {
            when,
            groups: Vec::new(),
            people: Vec::new(),
            need: self.count_of(&settings, "need", 1, 20).unwrap_or(1),
            within_ms: self.duration_of(&settings, "within").unwrap_or(APPROVAL_WITHIN_MS),
            not_requester: false,
        };
        match settings.get("from") {
            Some(s) => self.approvers(&s.value, &mut approval),
            None => self.report(
                Diagnostic::error(
                    "H0206",
                    Span { end: body.span.start + 1, ..body.span },
                    "an approval says from whom",
                )
                .help("as in `from = group(\"sre\")`"),
            ),
        }
        if let Some(s) = settings.get("not_requester") {
            let value = self.constant(&s.value, &Type::Bool, "`not_requester`");
            approval.not_requester = matches!(value.kind, ExprKind::Bool(true));
        }
        approval
    }

    /// `group("sre")`, `person("ada")`, or a list of both.
    fn approvers(&mut self, e: &'a tree::Expr, approval: &mut Approval) {
        match &e.kind {
            tree::ExprKind::List(items) => items.iter().for_each(|i| self.approvers(i, approval)),
            tree::ExprKind::Group(inner) => self.approvers(inner, approval),
            tree::ExprKind::Call { callee, args } if matches!(callee.kind, tree::ExprKind::Name(_)) => {
                let tree::ExprKind::Name(n) = &callee.kind else {
                    return;
                };
                let params = [ParamDecl { typ: Type::String, ..duration_param("name", true, None) }];
                let bound = self.within(Frame::new(Place::Constant, None), |c| {
                    c.arguments(&format!("`{}`", n.name), &params, args, e.span, &[], Vars::new())
                });
                let name = bound.0.get("name").and_then(constant::text);
                match (n.name.as_str(), name) {
                    ("group", name) => approval.groups.extend(name),
                    ("person" | "user", name) => approval.people.extend(name),
                    (other, _) => self.unknown("H0204", n.span, "kind of approver called", other, ["group", "person"]),
                }
            }
            _ => self.report(
                Diagnostic::error("H0301", e.span, "approvers are groups or people")
                    .help("as in `group(\"sre\")`, `person(\"ada\")`, or a list of both"),
            ),
        }
    }
}

/// Script code by module and name.
pub(super) type Scripts = BTreeMap<(usize, String), ScriptDef>;

/// Loads and checks all scripts of all files, once.
pub(super) fn load_scripts(
    sources: &Sources,
    loader: &dyn Loader,
    cat: &Catalogue,
    scripts: &dyn ScriptChecker,
    options: &Options<'_>,
    loaded: &Loaded,
) -> (Scripts, Vec<Diagnostic>) {
    let none = Scripts::new();
    let mut checker = Checker::new(sources, cat, options, loaded, &none);
    let mut found = Scripts::new();
    for (index, module) in loaded.modules.iter().enumerate() {
        for (name, item) in module.named() {
            let Found::Script(s) = item else {
                continue;
            };
            let Some((code, at)) = checker.script_source(loader, &module.name, s) else {
                continue;
            };
            let params = checker.params(&s.params);
            let result = checker.type_of(&s.result, None);
            for (p, decl) in s.params.iter().zip(&params) {
                if let Some(why) = expr::not_plain(&decl.typ) {
                    checker.report(Diagnostic::error(
                        "H0315",
                        p.typ.span,
                        format!("a script takes plain data, and this is {why}"),
                    ));
                }
            }
            if let Some(why) = expr::not_plain(&result) {
                checker.report(Diagnostic::error(
                    "H0315",
                    s.result.span,
                    format!("a script gives plain data, and this is {why}"),
                ));
            }
            let names: Vec<String> = params.iter().map(|p| p.name.clone()).collect();
            if let Err((line, message)) = scripts.check(name, &names, &code) {
                let mut d = Diagnostic::error("H0315", at, format!("the script `{name}` does not compile: {message}"));
                if let Some(line) = line {
                    d = d.note(format!("in line {line} of its code"));
                }
                checker.report(d);
            }
            let def = ScriptDef {
                name: name.to_owned(),
                params: params.into_iter().map(|p| (p.name, p.typ)).collect(),
                result,
                code,
                span: s.name.span,
            };
            found.insert((index, name.to_owned()), def);
        }
    }
    (found, checker.diagnostics)
}

impl<'a> Checker<'a> {
    /// The code of a script and where it stands.
    fn script_source(&mut self, loader: &dyn Loader, from: &str, s: &'a tree::Script) -> Option<(String, Span)> {
        match &s.source {
            ScriptSource::Inline(text) => match text.plain() {
                Some(code) => Some((code, text.span)),
                None => {
                    self.report(
                        Diagnostic::error("H0315", text.span, "a script has no holes")
                            .note("`${` belongs to the script's own language")
                            .help("hand values in as parameters"),
                    );
                    None
                }
            },
            ScriptSource::Call(call) => {
                let path = match call.args.as_slice() {
                    [tree::Arg { label: None, value: tree::Expr { kind: tree::ExprKind::Text(t), .. } }] => t.plain(),
                    _ => None,
                };
                let (true, Some(path)) = (call.path.text() == "file", path) else {
                    self.report(
                        Diagnostic::error("H0315", call.span, "a script's code is text, or a file")
                            .help("as in `= file(\"score.rhai\")`"),
                    );
                    return None;
                };
                match loader.load(from, &path) {
                    Ok(file) => Some((file.text, call.span)),
                    Err(error) => {
                        self.report(Diagnostic::error("H0211", call.span, load_error(&path, &error)));
                        None
                    }
                }
            }
        }
    }

    /// The environment variable of `from env("X")`.
    pub(super) fn env_of(&mut self, call: &'a tree::Call) -> Option<String> {
        let name = match call.args.as_slice() {
            [tree::Arg { label: None, value: tree::Expr { kind: tree::ExprKind::Text(t), .. } }] => t.plain(),
            _ => None,
        };
        let known = call.path.text();
        if known != "env" {
            let span = call.path.span;
            let mut d = Diagnostic::error("H0204", span, format!("a value cannot come from `{known}`"));
            d = match suggest::nearest(&known, ["env"]) {
                Some(near) => d.fix(span, near, "did you mean `env`?"),
                None => d.help("as in `from env(\"NAME\")`"),
            };
            self.report(d);
            return None;
        }
        let valid = |n: &String| {
            !n.is_empty()
                && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && !n.as_bytes()[0].is_ascii_digit()
        };
        if name.as_ref().is_none_or(|n| !valid(n)) {
            self.report(
                Diagnostic::error("H0301", call.span, "`env` takes the name of an environment variable")
                    .help("as in `env(\"PAGERDUTY_KEY\")`"),
            );
            return None;
        }
        name
    }
}
