//! A small catalogue, modelled after the design's example; the real one is heal-stdlib's, which this crate does not
//! know.
#![allow(dead_code, reason = "each test file uses a part of it")]

use heal_lang::catalogue::*;
use heal_lang::check::{AnyScript, Checked, Defaults, Environment, Options, compile};
use heal_lang::source::{LoadError, Loader, SourceFile, Sources};
use std::collections::BTreeMap;

fn param(name: &str, typ: Type) -> ParamDecl {
    let doc = format!("the {name}");
    ParamDecl {
        name: name.to_owned(),
        typ,
        default: None,
        subject: false,
        literal: false,
        outside: Outside::Never,
        doc,
    }
}

/// It takes text from outside.
fn data(param: ParamDecl) -> ParamDecl {
    ParamDecl { outside: Outside::Data, ..param }
}

fn subject(name: &str, typ: Type) -> ParamDecl {
    ParamDecl { subject: true, ..param(name, typ) }
}

fn maybe(name: &str, typ: Type) -> ParamDecl {
    ParamDecl { default: Some(DefaultValue::None), ..param(name, typ.optional()) }
}

fn default(name: &str, typ: Type, value: DefaultValue) -> ParamDecl {
    ParamDecl { default: Some(value), ..param(name, typ) }
}

fn unit() -> ParamDecl {
    ParamDecl { literal: true, ..default("unit", Type::enumeration("unit"), DefaultValue::Word("number".to_owned())) }
}

fn read(name: &str, params: Vec<ParamDecl>, result: ResultDecl) -> ActionDecl {
    ActionDecl {
        name: name.to_owned(),
        summary: format!("{name} looks"),
        doc: String::new(),
        effect: Effect::Read,
        assertable: false,
        params,
        result,
        target: None,
        class: None,
        expects: false,
        read_lag_ms: 0,
        max_in_flight_ms: 0,
        risk: Risk::Low,
        permissions: vec![Permission::Http { what: format!("read with {name}") }],
        undo: None,
        timeout_from: None,
        evidence: Evidence::State,
        examples: Vec::new(),
    }
}

fn change(name: &str, params: Vec<ParamDecl>, risk: Risk, undo: bool) -> ActionDecl {
    let undo = if undo {
        UndoDecl::Captured { action: name.to_owned(), doc: "puts back what was there".to_owned() }
    } else {
        UndoDecl::None { why: "a restart cannot be taken back".to_owned() }
    };
    let expects = params.iter().any(|p| p.name == "expect");
    ActionDecl {
        effect: Effect::Change,
        class: Some(Class::Guarded),
        risk,
        undo: Some(undo),
        target: Some("app".to_owned()),
        expects,
        max_in_flight_ms: 5_000,
        ..read(name, params, ResultDecl::Type(Type::record("kubernetes.Changed")))
    }
}

fn tell(name: &str, params: Vec<ParamDecl>) -> ActionDecl {
    ActionDecl { effect: Effect::Tell, class: Some(Class::Blind), ..read(name, params, ResultDecl::Nothing) }
}

fn record(name: &str, fields: &[(&str, Type)]) -> RecordDecl {
    let field = |t: &Type| FieldDecl { typ: t.clone(), outside: false, doc: String::new() };
    RecordDecl {
        name: name.to_owned(),
        doc: String::new(),
        fields: fields.iter().map(|(n, t)| ((*n).to_owned(), field(t))).collect(),
    }
}

/// These fields hold text from outside.
fn from_outside(mut decl: RecordDecl, fields: &[&str]) -> RecordDecl {
    decl.fields.iter_mut().for_each(|(name, field)| field.outside = fields.contains(&name.as_str()));
    decl
}

fn words(name: &str, values: &[&str], ordered: bool) -> EnumDecl {
    EnumDecl {
        name: name.to_owned(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
        ordered,
        doc: String::new(),
    }
}

fn function(name: &str, params: Vec<ParamDecl>, result: ResultDecl) -> FunctionDecl {
    FunctionDecl {
        name: name.to_owned(),
        summary: String::new(),
        doc: String::new(),
        params,
        result,
        examples: Vec::new(),
    }
}

fn method(receiver: Type, name: &str, params: Vec<ParamDecl>, result: Type) -> MethodDecl {
    MethodDecl { receiver, name: name.to_owned(), params, result, doc: String::new() }
}

fn by_name<T>(all: Vec<T>, name: impl Fn(&T) -> String) -> BTreeMap<String, T> {
    all.into_iter().map(|x| (name(&x), x)).collect()
}

/// The catalogue.
pub(crate) fn catalogue() -> Catalogue {
    let name = || Type::Text("kubernetes.name".to_owned());
    let app = || subject("app", Type::target("kubernetes.deployment"));
    let series = || subject("series", Type::Series(Dim::Number));
    let rollout = || Type::record("kubernetes.Rollout");
    let promql = || subject("query", Type::Query(Language::Promql));
    let result = |t: Type| ResultDecl::Type(t);
    let t = || Type::Var('T');
    let list = || t().list();
    let test = || subject("test", Type::Lambda(Box::new(t()), Box::new(Type::Bool)));
    Catalogue {
        actions: by_name(
            vec![
                read(
                    "prometheus.range",
                    vec![promql(), unit(), param("over", Type::DURATION), param("step", Type::DURATION)],
                    ResultDecl::SeriesOfUnit,
                ),
                read("prometheus.instant", vec![promql(), unit()], ResultDecl::QuantityOfUnit),
                ActionDecl {
                    evidence: Evidence::Text,
                    ..read("kubernetes.logs", vec![app(), param("over", Type::DURATION)], result(Type::Logs))
                },
                read("kubernetes.pods", vec![app()], result(Type::record("kubernetes.Pod").list())),
                read("kubernetes.rollout_history", vec![app()], result(Type::record("kubernetes.History"))),
                read(
                    "kubernetes.resources",
                    vec![app(), data(param("container", Type::String))],
                    result(Type::record("kubernetes.Resources")),
                ),
                change(
                    "kubernetes.rollout_undo",
                    vec![app(), param("to", rollout()), param("expect", rollout())],
                    Risk::Medium,
                    true,
                ),
                change("kubernetes.rollout_restart", vec![app()], Risk::Low, false),
                change(
                    "kubernetes.scale",
                    vec![app(), param("to", Type::Int), param("expect", Type::Int)],
                    Risk::Medium,
                    true,
                ),
                change(
                    "kubernetes.set_resources",
                    vec![
                        app(),
                        data(param("container", Type::String)),
                        param("memory", Type::BYTES),
                        param("at_most", Type::BYTES),
                        param("expect", Type::String),
                    ],
                    Risk::Medium,
                    true,
                ),
                read(
                    "http.probe",
                    vec![subject("url", Type::String), maybe("status", Type::Int)],
                    result(Type::record("http.Probe")),
                ),
                read("http.json", vec![subject("url", Type::String)], result(Type::Json)),
                read("data.series", vec![subject("path", Type::String), unit()], ResultDecl::SeriesOfUnit),
                ActionDecl {
                    assertable: true,
                    effect: Effect::Destroy,
                    class: Some(Class::Blind),
                    target: None,
                    timeout_from: Some("timeout".to_owned()),
                    result: result(Type::record("process.Run")),
                    ..change(
                        "process.run",
                        vec![
                            ParamDecl {
                                outside: Outside::Argv { code: vec!["sh".to_owned(), "python*".to_owned()] },
                                ..subject("argv", Type::String.list())
                            },
                            maybe("timeout", Type::DURATION),
                            maybe("transient", Type::Regex),
                        ],
                        Risk::High,
                        false,
                    )
                },
                ActionDecl {
                    class: Some(Class::Probed),
                    ..change("process.restart", vec![subject("app", Type::target("process.service"))], Risk::Low, false)
                },
                tell("notify.console", vec![data(param("summary", Type::String))]),
                tell(
                    "notify.pagerduty",
                    vec![
                        param("key", Type::Secret(Box::new(Type::String))),
                        data(param("summary", Type::String)),
                        data(maybe("link", Type::String)),
                    ],
                ),
            ],
            |a| a.name.clone(),
        ),
        functions: by_name(
            vec![
                function("anomaly.rcf", vec![series()], result(Type::record("anomaly.Verdict"))),
                function("changepoint.last", vec![series()], result(Type::record("changepoint.Change").optional())),
                function("series.last", vec![series()], ResultDecl::QuantityOfSubject),
                function(
                    "series.rate",
                    vec![series(), param("window", Type::DURATION)],
                    result(Type::Series(Dim::Rate)),
                ),
            ],
            |f| f.name.clone(),
        ),
        methods: vec![
            method(list(), "any", vec![test()], Type::Bool),
            method(list(), "all", vec![test()], Type::Bool),
            method(list(), "filter", vec![test()], list()),
            method(
                list(),
                "map",
                vec![subject("with", Type::Lambda(Box::new(t()), Box::new(Type::Var('U'))))],
                Type::Var('U').list(),
            ),
            method(list(), "count", vec![], Type::Int),
            method(list(), "max", vec![], t().optional()),
            method(Type::String, "lower", vec![], Type::String),
        ],
        records: by_name(
            vec![
                record("kubernetes.Rollout", &[("name", Type::String), ("at", Type::Time)]),
                record("kubernetes.History", &[("latest", rollout()), ("last_stable", rollout().optional())]),
                from_outside(
                    record(
                        "kubernetes.Pod",
                        &[
                            ("name", Type::String),
                            ("ready", Type::Bool),
                            ("restarts", Type::Int),
                            ("last_exit", Type::enumeration("kubernetes.exit")),
                            ("node", Type::String.optional()),
                        ],
                    ),
                    &["name", "node"],
                ),
                record("kubernetes.Resources", &[("memory_limit", Type::BYTES.optional()), ("version", Type::String)]),
                record("kubernetes.Changed", &[("at", Type::Time)]),
                record("http.Probe", &[("ok", Type::Bool), ("status", Type::Int.optional()), ("took", Type::DURATION)]),
                from_outside(record("process.Run", &[("exit_code", Type::Int), ("output", Type::String)]), &["output"]),
                record("anomaly.Verdict", &[("alarm", Type::Bool), ("score", Type::RATIO)]),
                record("changepoint.Change", &[("at", Type::Time), ("confidence", Type::RATIO)]),
                from_outside(
                    record("Alert", &[("name", Type::String), ("labels", Type::Map(Box::new(Type::String)))]),
                    &["name", "labels"],
                ),
            ],
            |r| r.name.clone(),
        ),
        enums: by_name(
            vec![
                words(
                    "unit",
                    &["ratio", "percent", "seconds", "milliseconds", "bytes", "per_second", "count", "number"],
                    false,
                ),
                words("kubernetes.exit", &["completed", "error", "oom_killed"], false),
                words("risk", &["low", "medium", "high"], true),
            ],
            |e| e.name.clone(),
        ),
        texts: by_name(
            vec![TextDecl {
                name: "kubernetes.name".to_owned(),
                pattern: "[a-z0-9]([a-z0-9.-]*[a-z0-9])?".to_owned(),
                max: 253,
                doc: "the name of an object, for instance `checkout`".to_owned(),
            }],
            |t| t.name.clone(),
        ),
        targets: by_name(
            vec![
                TargetDecl {
                    name: "kubernetes.deployment".to_owned(),
                    noun: "deployment".to_owned(),
                    params: vec![
                        data(subject("name", name())),
                        data(default("namespace", name(), DefaultValue::Text("default".to_owned()))),
                    ],
                    section: None,
                    doc: String::new(),
                },
                TargetDecl {
                    name: "process.service".to_owned(),
                    noun: "service".to_owned(),
                    params: vec![subject("name", Type::String)],
                    section: Some("services".to_owned()),
                    doc: String::new(),
                },
            ],
            |t| t.name.clone(),
        ),
        triggers: by_name(
            vec![
                TriggerDecl {
                    name: "alert".to_owned(),
                    params: vec![subject("name", Type::String)],
                    binds: BTreeMap::from([("alert".to_owned(), Type::record("Alert"))]),
                    doc: String::new(),
                },
                TriggerDecl {
                    name: "schedule".to_owned(),
                    params: vec![
                        subject("cron", Type::String),
                        default("zone", Type::String, DefaultValue::Text("UTC".to_owned())),
                    ],
                    binds: BTreeMap::new(),
                    doc: String::new(),
                },
            ],
            |t| t.name.clone(),
        ),
        faults: by_name(
            vec![
                FaultDecl {
                    name: "bad_release".to_owned(),
                    params: vec![subject("service", Type::String), param("error_rate", Type::RATIO)],
                    doc: String::new(),
                },
                FaultDecl {
                    name: "api_errors".to_owned(),
                    params: vec![
                        subject("system", Type::String),
                        param("status", Type::Int),
                        param("for", Type::DURATION),
                    ],
                    doc: String::new(),
                },
            ],
            |f| f.name.clone(),
        ),
    }
}

/// Files in memory, by name.
#[derive(Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, String>);

impl Loader for Files {
    fn load(&self, _: &str, path: &str) -> Result<SourceFile, LoadError> {
        let name = path.trim_start_matches("./");
        match self.0.get(name) {
            Some(text) => Ok(SourceFile { name: name.to_owned(), text: text.clone() }),
            None => Err(LoadError::NotFound),
        }
    }

    fn exists(&self, _: &str, path: &str) -> bool {
        self.0.contains_key(path.trim_start_matches("./"))
    }
}

/// Options with the default escalation of the small playbook.
pub(crate) fn with_escalate() -> Options<'static> {
    Options {
        defaults: Defaults {
            escalate: Some("notify.console(summary: \"${run.playbook}: ${run.outcome}, ${run.url}\")".to_owned()),
            ..Defaults::default()
        },
        ..Options::default()
    }
}

/// Options with two environments of different risk.
pub(crate) fn with_environments() -> Options<'static> {
    let environment = |name: &str, risk_floor| Environment { name: name.to_owned(), risk_floor };
    Options {
        environments: vec![environment("local", Risk::Low), environment("production", Risk::High)],
        ..Options::default()
    }
}

/// Compiles a text with files beside it.
pub(crate) fn check_with(text: &str, files: &Files, options: &Options<'_>) -> (Sources, Checked) {
    let mut sources = Sources::default();
    let root = sources.add("playbook.heal", text);
    let checked = compile(&mut sources, root, files, &catalogue(), &AnyScript, options);
    (sources, checked)
}

/// The findings as people see them.
pub(crate) fn rendered(sources: &Sources, checked: &Checked) -> String {
    heal_lang::diagnostic::render(&checked.diagnostics, sources, false)
}
