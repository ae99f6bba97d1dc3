//! `healrun actions`: the catalogue, for people and for programs.

use super::args::{Actions, Format};
use super::{SCHEMA, needs, out};
use crate::config::show_duration;
use crate::failure::Failure;
use heal_lang::catalogue::{ActionDecl, Catalogue, DefaultValue, FunctionDecl, ParamDecl, ResultDecl, Type, UndoDecl};
use serde_json::{Value, json};
use std::fmt::Write;

pub(super) fn actions(args: &Actions) -> Result<u8, Failure> {
    let catalogue = heal_stdlib::catalogue::catalogue();
    let Some(name) = &args.name else {
        match args.format {
            Format::Text => out::print(&list(&catalogue)),
            Format::Json => {
                let mut whole = json!({ "schema": SCHEMA });
                if let (Some(to), Ok(Value::Object(from))) = (whole.as_object_mut(), serde_json::to_value(&catalogue)) {
                    to.extend(from);
                }
                out::json(&whole);
            }
        }
        return Ok(0);
    };
    let (text, value) = match (catalogue.actions.get(name), catalogue.functions.get(name)) {
        (Some(action), _) => (action_page(action), json!(action)),
        (_, Some(function)) => (function_page(function), json!(function)),
        (None, None) => {
            let known = catalogue.actions.keys().chain(catalogue.functions.keys()).map(String::as_str);
            let failure = Failure::invalid(format!("there is no action or function `{name}`"));
            return Err(match crate::config::nearest(name, known) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help("`healrun actions` lists them"),
            });
        }
    };
    match args.format {
        Format::Text => out::print(&text),
        Format::Json => {
            let mut whole = json!({ "schema": SCHEMA });
            if let (Some(to), Value::Object(from)) = (whole.as_object_mut(), value) {
                to.extend(from);
            }
            out::json(&whole);
        }
    }
    Ok(0)
}

fn list(catalogue: &Catalogue) -> String {
    let mut text = String::new();
    let width = catalogue.actions.keys().chain(catalogue.functions.keys()).map(String::len).max().unwrap_or(0);
    let mut family = "";
    for action in catalogue.actions.values() {
        let of = action.name.split('.').next().unwrap_or("");
        if of != family && !text.is_empty() {
            text.push('\n');
        }
        family = of;
        let _ = writeln!(text, "{:width$}  {:8}{}", action.name, word(&action.effect), action.summary);
    }
    text.push_str("\nfunctions\n");
    for function in catalogue.functions.values() {
        let _ = writeln!(text, "{:width$}  {:8}{}", function.name, "pure", function.summary);
    }
    text
}

/// The word of a value that serialises to one.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn params(text: &mut String, params: &[ParamDecl]) {
    if params.is_empty() {
        return;
    }
    text.push_str("\nparameters\n");
    for p in params {
        let default = match &p.default {
            None => String::new(),
            Some(default) => format!(" = {}", default_text(default)),
        };
        // The variable of the first series' unit.
        let typ = if p.typ == Type::Var('D') { "as the series".to_owned() } else { p.typ.to_string() };
        let head = format!("{}: {typ}{default}", p.name);
        let mark = if p.subject { " (first, without a label)" } else { "" };
        let _ = writeln!(text, "  {head:34} {}{mark}", p.doc);
    }
}

fn default_text(default: &DefaultValue) -> String {
    match default {
        DefaultValue::None => "none".to_owned(),
        DefaultValue::Bool(b) => b.to_string(),
        DefaultValue::Number(n) => n.to_string(),
        DefaultValue::Text(t) => format!("{t:?}"),
        DefaultValue::Word(w) => w.clone(),
        DefaultValue::EmptyList => "[]".to_owned(),
        DefaultValue::EmptyMap => "{}".to_owned(),
    }
}

fn result(result: &ResultDecl) -> String {
    match result {
        ResultDecl::Type(typ) => typ.to_string(),
        ResultDecl::SeriesOfUnit => "series of `unit`".to_owned(),
        ResultDecl::QuantityOfUnit => "a quantity of `unit`".to_owned(),
        ResultDecl::SameSeries => "a series like the first".to_owned(),
        ResultDecl::QuantityOfSubject => "a quantity of the series".to_owned(),
        ResultDecl::Nothing => "nothing".to_owned(),
    }
}

fn action_page(action: &ActionDecl) -> String {
    let mut text = format!("{}: {}\n\n{}\n", action.name, action.summary, action.doc.trim());
    params(&mut text, &action.params);
    let _ = writeln!(text, "\nreturns  {}", result(&action.result));
    let _ = writeln!(text, "effect   {}, risk {}", word(&action.effect), word(&action.risk));
    if let Some(class) = &action.class {
        let promise = match word(class).as_str() {
            "guarded" => "guarded: the target refuses a second time, it is never repeated",
            "probed" => "probed: after a crash a probe finds out whether it happened",
            _ => "blind: after a crash a person decides",
        };
        let _ = writeln!(text, "class    {promise}");
        let _ = writeln!(text, "lag      {}", show_duration(action.read_lag_ms));
    }
    match &action.undo {
        Some(UndoDecl::Captured { action, doc }) => {
            let _ = writeln!(text, "undo     {action}: {doc}");
        }
        Some(UndoDecl::None { why }) => {
            let _ = writeln!(text, "undo     none: {why}");
        }
        None => {}
    }
    for (system, what) in needs::lines(&action.permissions) {
        let _ = writeln!(text, "needs    {system}: {what}");
    }
    for example in &action.examples {
        let _ = writeln!(text, "\n{}\n  {}", example.title, example.source.replace('\n', "\n  "));
    }
    text
}

fn function_page(function: &FunctionDecl) -> String {
    let mut text = format!("{}: {}\n\n{}\n", function.name, function.summary, function.doc.trim());
    params(&mut text, &function.params);
    let _ = writeln!(text, "\nreturns  {}", result(&function.result));
    for example in &function.examples {
        let _ = writeln!(text, "\n{}\n  {}", example.title, example.source.replace('\n', "\n  "));
    }
    text
}
