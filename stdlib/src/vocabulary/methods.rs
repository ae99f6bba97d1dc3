//! Methods on values. What they do stands in `evaluate/methods.rs`.

use crate::declare::{maybe, method, optional, required, subject};
use heal_lang::catalogue::{DefaultValue, MethodDecl, ParamDecl, Type};

fn lambda(from: Type, to: Type) -> Type {
    Type::Lambda(Box::new(from), Box::new(to))
}

fn item() -> Type {
    Type::Var('T')
}

fn which() -> ParamDecl {
    subject("which", lambda(item(), Type::Bool), "`p => …`, true for those that are meant.")
}

pub(crate) fn methods() -> Vec<MethodDecl> {
    let mut all = lists();
    all.extend(strings());
    all.extend(logs());
    all.extend(times());
    all
}

fn lists() -> Vec<MethodDecl> {
    let list = || item().list();
    let key = lambda(item(), Type::Var('K'));
    vec![
        method(list(), "filter", vec![which()], list(), "Those for which it is true."),
        method(
            list(),
            "map",
            vec![subject("to", lambda(item(), Type::Var('U')), "`p => …`")],
            Type::Var('U').list(),
            "What each gives.",
        ),
        method(list(), "any", vec![which()], Type::Bool, "Whether it is true for one; false for an empty list."),
        method(list(), "all", vec![which()], Type::Bool, "Whether it is true for each; true for an empty list."),
        method(
            list(),
            "count",
            vec![ParamDecl {
                default: Some(DefaultValue::None),
                typ: lambda(item(), Type::Bool).optional(),
                ..which()
            }],
            Type::Int,
            "How many there are, or for how many it is true.",
        ),
        method(list(), "min", vec![], item().optional(), "The smallest; absent for an empty list."),
        method(list(), "max", vec![], item().optional(), "The largest; absent for an empty list."),
        method(
            list(),
            "sort_by",
            vec![subject("key", key, "`p => …`, smallest first.")],
            list(),
            "In order; equal ones stay in theirs.",
        ),
        method(list(), "first", vec![], item().optional(), "The first; absent for an empty list."),
        method(list(), "last", vec![], item().optional(), "The last; absent for an empty list."),
        method(
            Type::String.list(),
            "join",
            vec![subject("by", Type::String, "What stands between them.")],
            Type::String,
            "As one text.",
        ),
    ]
}

fn strings() -> Vec<MethodDecl> {
    let text = || Type::String;
    let other = |doc: &str| subject("text", Type::String, doc);
    vec![
        method(text(), "starts_with", vec![other("The beginning.")], Type::Bool, "Whether it begins so."),
        method(text(), "ends_with", vec![other("The end.")], Type::Bool, "Whether it ends so."),
        method(text(), "contains", vec![other("The part.")], Type::Bool, "Whether it is in there."),
        method(text(), "lower", vec![], text(), "In small letters."),
        method(text(), "upper", vec![], text(), "In capitals."),
        method(text(), "trim", vec![], text(), "Without white space at its ends."),
        method(text(), "length", vec![], Type::Int, "How many characters."),
        method(
            text(),
            "split",
            vec![subject("by", Type::String, "What stands between the parts.")],
            Type::String.list(),
            "Its parts.",
        ),
        method(
            text(),
            "replace",
            vec![other("What is replaced."), required("with", Type::String, "By what.")],
            text(),
            "With every occurrence replaced.",
        ),
        method(text(), "lines", vec![], Type::String.list(), "Its lines."),
        method(
            text(),
            "to_number",
            vec![],
            Type::NUMBER.optional(),
            "The number it spells; absent where it spells none.",
        ),
    ]
}

fn logs() -> Vec<MethodDecl> {
    let pattern = || subject("pattern", Type::Regex, "What a line matches.");
    vec![
        method(Type::Logs, "matching", vec![pattern()], Type::Logs, "The lines that match."),
        method(
            Type::Logs,
            "count",
            vec![ParamDecl { default: Some(DefaultValue::None), typ: Type::Regex.optional(), ..pattern() }],
            Type::Int,
            "How many lines there are, or match.",
        ),
        method(Type::Logs, "first", vec![pattern()], Type::String.optional(), "The oldest line that matches."),
        method(Type::Logs, "last", vec![pattern()], Type::String.optional(), "The newest line that matches."),
        method(
            Type::Logs,
            "since",
            vec![subject("at", Type::Time, "From when on.")],
            Type::Logs,
            "The lines from then on; lines without a time are left out.",
        ),
    ]
}

fn times() -> Vec<MethodDecl> {
    let zone = || optional("zone", Type::String, DefaultValue::Text("UTC".to_owned()), "The time zone.");
    vec![
        method(Type::Time, "hour", vec![zone()], Type::Int, "0 to 23."),
        method(Type::Time, "minute", vec![zone()], Type::Int, "0 to 59."),
        method(Type::Time, "day", vec![zone()], Type::Int, "1 to 31."),
        method(Type::Time, "month", vec![zone()], Type::Int, "1 to 12."),
        method(Type::Time, "weekday", vec![zone()], Type::enumeration("weekday"), "The day of the week."),
        method(
            Type::Time,
            "format",
            vec![maybe("as", Type::String, "As `strftime` writes it; otherwise RFC 3339."), zone()],
            Type::String,
            "As text.",
        ),
    ]
}
