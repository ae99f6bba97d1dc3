//! Short ways to write declarations, so that an action's file reads like its reference page.
//!
//! There is no default for what an action may do to the world: [`reads`], [`changes`], [`tells`] each stand for one
//! trait, and a change says its class, its risk and its undo or why there is none.

use heal_lang::catalogue::{
    ActionDecl, Class, DefaultValue, Effect, EnumDecl, Evidence, Example, FieldDecl, FunctionDecl, MethodDecl, Outside,
    ParamDecl, Permission, RecordDecl, ResultDecl, Risk, Type, UndoDecl,
};

/// The one positional argument (L11).
pub(crate) fn subject(name: &str, typ: Type, doc: &str) -> ParamDecl {
    ParamDecl { subject: true, ..required(name, typ, doc) }
}

/// A named argument that must be written.
pub(crate) fn required(name: &str, typ: Type, doc: &str) -> ParamDecl {
    ParamDecl {
        name: name.to_owned(),
        typ,
        default: None,
        subject: false,
        literal: false,
        // What takes text from outside says so (R67).
        outside: Outside::Never,
        doc: doc.to_owned(),
    }
}

/// It takes text from outside: as data, or as a name that is looked up in the live system (R67).
pub(crate) fn data(param: ParamDecl) -> ParamDecl {
    ParamDecl { outside: Outside::Data, ..param }
}

/// A named argument with a default.
pub(crate) fn optional(name: &str, typ: Type, default: DefaultValue, doc: &str) -> ParamDecl {
    ParamDecl { default: Some(default), ..required(name, typ, doc) }
}

/// A named argument that may be left out; it is absent then.
pub(crate) fn maybe(name: &str, typ: Type, doc: &str) -> ParamDecl {
    optional(name, typ.optional(), DefaultValue::None, doc)
}

/// A named duration with a default in seconds.
pub(crate) fn duration(name: &str, seconds: f64, doc: &str) -> ParamDecl {
    optional(name, Type::DURATION, DefaultValue::Number(seconds), doc)
}

/// A named whole number with a default.
pub(crate) fn int(name: &str, default: u32, doc: &str) -> ParamDecl {
    optional(name, Type::Int, DefaultValue::Number(f64::from(default)), doc)
}

/// A named flag that is off unless written.
pub(crate) fn flag(name: &str, doc: &str) -> ParamDecl {
    optional(name, Type::Bool, DefaultValue::Bool(false), doc)
}

/// `unit:`, which decides the dimension of the result (L25).
pub(crate) fn unit() -> ParamDecl {
    ParamDecl {
        literal: true,
        ..optional(
            "unit",
            Type::enumeration("unit"),
            DefaultValue::Word("number".to_owned()),
            "What the numbers are; must be written as a word, because it decides the result's type.",
        )
    }
}

/// The base of an action that only looks.
pub(crate) fn reads(name: &str, summary: &str) -> ActionDecl {
    ActionDecl {
        name: name.to_owned(),
        summary: summary.to_owned(),
        doc: String::new(),
        effect: Effect::Read,
        assertable: false,
        params: Vec::new(),
        result: ResultDecl::Nothing,
        target: None,
        class: None,
        expects: false,
        read_lag_ms: 0,
        max_in_flight_ms: 0,
        risk: Risk::Low,
        permissions: Vec::new(),
        undo: None,
        timeout_from: None,
        evidence: Evidence::State,
        examples: Vec::new(),
    }
}

/// The base of an action that changes the world.
pub(crate) fn changes(name: &str, summary: &str, class: Class, risk: Risk, undo: UndoDecl) -> ActionDecl {
    ActionDecl {
        effect: Effect::Change,
        class: Some(class),
        risk,
        undo: Some(undo),
        // Long enough for a request that left to land or be dropped on the way (R20).
        max_in_flight_ms: 5_000,
        ..reads(name, summary)
    }
}

/// The base of an action that speaks to people.
pub(crate) fn tells(name: &str, summary: &str, class: Class) -> ActionDecl {
    ActionDecl {
        effect: Effect::Tell,
        class: Some(class),
        risk: Risk::Low,
        undo: Some(UndoDecl::None { why: "what was said was said".to_owned() }),
        ..reads(name, summary)
    }
}

/// The undo that repeats the action with what was there before.
pub(crate) fn undone_by(action: &str, doc: &str) -> UndoDecl {
    UndoDecl::Captured { action: action.to_owned(), doc: doc.to_owned() }
}

/// No undo, and why.
pub(crate) fn no_undo(why: &str) -> UndoDecl {
    UndoDecl::None { why: why.to_owned() }
}

/// A result that is always of this type.
pub(crate) fn result(typ: Type) -> ResultDecl {
    ResultDecl::Type(typ)
}

/// A result that is this record.
pub(crate) fn result_record(name: &str) -> ResultDecl {
    ResultDecl::Type(Type::record(name))
}

/// A test that is also documentation.
pub(crate) fn example(title: &str, source: &str) -> Example {
    Example { title: title.to_owned(), source: source.to_owned() }
}

/// A permission on the local machine.
pub(crate) fn local(what: &str) -> Permission {
    Permission::Local { what: what.to_owned() }
}

/// A permission at an HTTP endpoint.
pub(crate) fn endpoint(what: &str) -> Permission {
    Permission::Http { what: what.to_owned() }
}

/// A rule of a Kubernetes Role.
pub(crate) fn rule(group: &str, resource: &str, verbs: &[&str]) -> Permission {
    Permission::Kubernetes {
        group: group.to_owned(),
        resource: resource.to_owned(),
        verbs: verbs.iter().map(|v| (*v).to_owned()).collect(),
    }
}

/// A scope of GitHub's job token.
pub(crate) fn scope(scope: &str, level: &str) -> Permission {
    Permission::Github { scope: scope.to_owned(), level: level.to_owned() }
}

/// A closed record.
pub(crate) fn record(name: &str, doc: &str, fields: &[(&str, Type, &str)]) -> RecordDecl {
    RecordDecl {
        name: name.to_owned(),
        doc: doc.to_owned(),
        fields: fields
            .iter()
            .map(|(name, typ, doc)| {
                ((*name).to_owned(), FieldDecl { typ: typ.clone(), outside: false, doc: (*doc).to_owned() })
            })
            .collect(),
    }
}

/// Its fields that hold text from outside (R67).
pub(crate) fn from_outside(mut decl: RecordDecl, fields: &[&str]) -> RecordDecl {
    for (name, field) in &mut decl.fields {
        field.outside |= fields.contains(&name.as_str());
    }
    decl
}

/// A closed set of words without an order.
pub(crate) fn words(name: &str, values: &[&str], doc: &str) -> EnumDecl {
    EnumDecl {
        name: name.to_owned(),
        values: values.iter().map(|v| (*v).to_owned()).collect(),
        ordered: false,
        doc: doc.to_owned(),
    }
}

/// A closed set of words, least first.
pub(crate) fn ordered(name: &str, values: &[&str], doc: &str) -> EnumDecl {
    EnumDecl { ordered: true, ..words(name, values, doc) }
}

/// A pure function.
pub(crate) fn function(
    name: &str,
    summary: &str,
    params: Vec<ParamDecl>,
    result: ResultDecl,
    examples: Vec<Example>,
) -> FunctionDecl {
    FunctionDecl { name: name.to_owned(), summary: summary.to_owned(), doc: String::new(), params, result, examples }
}

/// A method on a value.
pub(crate) fn method(receiver: Type, name: &str, params: Vec<ParamDecl>, result: Type, doc: &str) -> MethodDecl {
    MethodDecl { receiver, name: name.to_owned(), params, result, doc: doc.to_owned() }
}
