//! Types as written, and which type goes where.

use super::checker::Checker;
use super::suggest;
use crate::catalogue::{Dim, Language, Type};
use crate::diagnostic::Diagnostic;
use crate::syntax::tree::{TypeExpr, TypeExprKind};
use std::collections::BTreeMap;

/// What the variables of a generic signature stand for at one call.
pub(super) type Vars = BTreeMap<char, Type>;

/// The words that name a type without arguments.
const SIMPLE: [(&str, Type); 19] = [
    ("bool", Type::Bool),
    ("int", Type::Int),
    ("number", Type::NUMBER),
    ("float", Type::NUMBER),
    ("string", Type::String),
    ("regex", Type::Regex),
    ("time", Type::Time),
    ("duration", Type::DURATION),
    ("ratio", Type::RATIO),
    ("bytes", Type::BYTES),
    ("rate", Type::RATE),
    ("cpu", Type::CPU),
    ("bytes_per_second", Type::Quantity(Dim::BytesPerSecond)),
    ("logs", Type::Logs),
    ("forecast", Type::Forecast),
    ("json", Type::Json),
    ("promql", Type::Query(Language::Promql)),
    ("logql", Type::Query(Language::Logql)),
    ("sql", Type::Query(Language::Sql)),
];

/// Whether a value of `from` may stand where `to` is expected, binding the variables of `to`.
///
/// A parameter `series<number>` takes a series of any dimension: detectors look at shapes, not at units.
pub(super) fn fits(from: &Type, to: &Type, vars: &mut Vars) -> bool {
    match (from, to) {
        (Type::Unknown, _) | (_, Type::Unknown) => true,
        (_, Type::Var(v)) => match vars.get(v).cloned() {
            None => {
                vars.insert(*v, from.clone());
                true
            }
            Some(bound) => {
                let mut none = Vars::new();
                fits(from, &bound, &mut none) || {
                    // The first argument may have been the narrower one: `max(1, of: 2.5)`.
                    let wider = fits(&bound, from, &mut none);
                    if wider {
                        vars.insert(*v, from.clone());
                    }
                    wider
                }
            }
        },
        (Type::None, Type::Optional(_)) => true,
        (Type::Optional(a), Type::Optional(b)) => fits(a, b, vars),
        (a, Type::Optional(b)) => fits(a, b, vars),
        (Type::Int, Type::Quantity(Dim::Number)) => true,
        (Type::Text(_), Type::String) => true,
        (Type::Secret(a), Type::Secret(b)) => fits(a, b, vars),
        (a, Type::Secret(b)) => fits(a, b, vars),
        (Type::Series(dim), Type::Series(Dim::Number)) => {
            // A limit of the same call is in the unit of its series: `D`.
            vars.entry('D').or_insert(Type::Quantity(*dim));
            true
        }
        (Type::List(a), Type::List(b)) | (Type::Map(a), Type::Map(b)) | (Type::Range(a), Type::Range(b)) => {
            fits(a, b, vars)
        }
        (Type::Target(_), Type::Target(k)) if k == "*" => true,
        (Type::Lambda(a, b), Type::Lambda(c, d)) => fits(a, c, vars) && fits(b, d, vars),
        (a, Type::Json) => jsonable(a),
        (a, b) => a == b,
    }
}

/// What may be put into untyped data.
fn jsonable(t: &Type) -> bool {
    match t {
        Type::Bool | Type::Int | Type::Quantity(_) | Type::String | Type::Text(_) | Type::Time | Type::Enum(_) => true,
        Type::Json | Type::None | Type::Unknown => true,
        Type::List(t) | Type::Map(t) | Type::Optional(t) => jsonable(t),
        _ => false,
    }
}

/// `t` with its variables replaced; a variable that nothing bound is unknown.
pub(super) fn substitute(t: &Type, vars: &Vars) -> Type {
    let again = |t: &Type| Box::new(substitute(t, vars));
    match t {
        Type::Var(v) => vars.get(v).cloned().unwrap_or(Type::Unknown),
        Type::List(t) => Type::List(again(t)),
        Type::Map(t) => Type::Map(again(t)),
        Type::Secret(t) => Type::Secret(again(t)),
        Type::Optional(t) => substitute(t, vars).optional(),
        Type::Range(t) => Type::Range(again(t)),
        Type::Lambda(a, b) => Type::Lambda(again(a), again(b)),
        other => other.clone(),
    }
}

/// What a hole of a text may hold.
pub(super) fn showable(t: &Type) -> bool {
    match t {
        Type::Bool
        | Type::Int
        | Type::Quantity(_)
        | Type::String
        | Type::Text(_)
        | Type::Time
        | Type::Json
        | Type::Enum(_)
        | Type::Target(_)
        | Type::Unknown => true,
        Type::Secret(t) | Type::List(t) => showable(t),
        _ => false,
    }
}

impl Checker<'_> {
    /// The type that a type expression names. `owner` is the input whose `enum(…)` it may be.
    pub(super) fn type_of(&mut self, t: &TypeExpr, owner: Option<&str>) -> Type {
        let typ = match &t.kind {
            TypeExprKind::Enum(words) => match owner {
                Some(owner) => {
                    let name = format!("input.{owner}");
                    let words: Vec<String> = words.iter().map(|w| w.name.clone()).collect();
                    self.enums.insert(name.clone(), words);
                    Type::Enum(name)
                }
                None => {
                    self.report(
                        Diagnostic::error("H0218", t.span, "`enum(…)` is a type of inputs only")
                            .help("take a `string`, or make it an input of the playbook"),
                    );
                    Type::Unknown
                }
            },
            TypeExprKind::Named { path, args } => {
                let text = path.text();
                let args: Vec<Type> = args.iter().map(|a| self.type_of(a, None)).collect();
                self.named_type(&text, &args, t)
            }
        };
        if t.optional { typ.optional() } else { typ }
    }

    fn named_type(&mut self, name: &str, args: &[Type], t: &TypeExpr) -> Type {
        if let Some((_, simple)) = SIMPLE.iter().find(|(n, _)| *n == name) {
            if !args.is_empty() {
                self.report(Diagnostic::error("H0218", t.span, format!("`{name}` takes no type in `<…>`")));
            }
            return simple.clone();
        }
        let generic = ["list", "map", "series", "secret", "target"].contains(&name);
        match (name, args) {
            ("list", [one]) => return one.clone().list(),
            ("map", [one]) => return Type::Map(Box::new(one.clone())),
            ("secret", [one]) => return Type::Secret(Box::new(one.clone())),
            ("series", [Type::Quantity(dim)]) => return Type::Series(*dim),
            ("series", [] | [Type::Int]) => return Type::Series(Dim::Number),
            ("json_text", []) => return Type::Query(Language::JsonText),
            ("target", []) => return Type::target("*"),
            ("target", [Type::Target(kind)]) => return Type::Target(kind.clone()),
            (_, many) if generic => {
                if !many.contains(&Type::Unknown) {
                    let message = match name {
                        "series" => "a `series` holds a quantity, as in `series<ratio>`".to_owned(),
                        "target" => "a `target` has a kind, as in `target<kubernetes.deployment>`".to_owned(),
                        _ => format!("`{name}` holds one type, as in `{name}<string>`"),
                    };
                    self.report(Diagnostic::error("H0218", t.span, message));
                }
                return Type::Unknown;
            }
            _ => {}
        }
        let cat = self.cat;
        if cat.texts.contains_key(name) {
            return Type::Text(name.to_owned());
        }
        if cat.records.contains_key(name) || super::expr::builtin_record(name).is_some() {
            return Type::record(name);
        }
        if cat.enums.contains_key(name) {
            return Type::enumeration(name);
        }
        if cat.targets.contains_key(name) {
            return Type::target(name);
        }
        let known = SIMPLE
            .iter()
            .map(|(n, _)| *n)
            .chain(["list", "map", "series", "secret", "target", "json_text"])
            .chain(cat.texts.keys().map(String::as_str))
            .chain(cat.records.keys().map(String::as_str))
            .chain(cat.enums.keys().map(String::as_str));
        let mut d = Diagnostic::error("H0218", t.span, format!("there is no type `{name}`"));
        let alias = match name {
            "str" | "text" | "String" => Some("string"),
            "integer" | "i64" | "u64" => Some("int"),
            "boolean" => Some("bool"),
            "percent" | "percentage" => Some("ratio"),
            "array" | "vec" => Some("list"),
            "f64" | "double" => Some("number"),
            _ => None,
        };
        if let Some(near) = alias.or_else(|| suggest::nearest(name, known)) {
            d = d.fix(t.span, near, format!("did you mean `{near}`?"));
        }
        self.report(d);
        Type::Unknown
    }
}
