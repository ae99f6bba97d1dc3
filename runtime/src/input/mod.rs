//! What a run is given: inputs, secrets, a trigger.
//!
//! An input comes from `-i`, else from what the trigger binds, else from its environment variable, else from its
//! default. All of them are checked at once, so that a person sees every missing one.

mod parse;
pub mod trigger;

pub use parse::parse;

use crate::failure::Failure;
use heal_lang::plan::{InputDef, Plan};
use heal_stdlib::evaluate::{self, Known, Truth};
use heal_stdlib::value::{Secret, Value};
use std::collections::BTreeMap;

/// Secrets shorter than this match too much to be taken out of texts (R71).
const LEAST_SECRET: usize = 8;

/// Where the environment's variables come from; a map in tests.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The process's own.
#[must_use]
pub fn process_env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// The inputs of a playbook, all of them, checked.
///
/// # Errors
/// Exit 2, with everything that is missing, unknown or wrong.
pub fn inputs(
    plan: &Plan,
    given: &[String],
    bound: &BTreeMap<String, Value>,
    env: Env<'_>,
) -> Result<BTreeMap<String, Value>, Failure> {
    let mut wrong = Vec::new();
    let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
    for pair in given {
        match pair.split_once('=') {
            None => wrong.push(format!("-i {pair}: write NAME=VALUE")),
            Some((name, _)) if !plan.inputs.iter().any(|i| i.name == name) => wrong.push(unknown(plan, name)),
            Some((name, value)) => {
                if texts.insert(name, value).is_some() {
                    wrong.push(format!("input `{name}` is given twice"));
                }
            }
        }
    }
    let mut values = BTreeMap::new();
    for input in &plan.inputs {
        match one(input, texts.get(input.name.as_str()).copied(), bound.get(&input.name), env, &values) {
            Ok(value) => {
                values.insert(input.name.clone(), value);
            }
            Err(why) => wrong.push(why),
        }
    }
    if wrong.is_empty() {
        return Ok(values);
    }
    Err(Failure::invalid(wrong.join("\n       ")).help(usage(plan)))
}

/// Inputs are stored and shown as they are: none may carry what a secret holds.
///
/// # Errors
/// Exit 2, with the names of the input and of the secret.
pub fn no_secret_inside(inputs: &BTreeMap<String, Value>, secrets: &BTreeMap<String, Secret>) -> Result<(), Failure> {
    for (name, value) in inputs {
        let (Value::Text(text) | Value::Untrusted(text)) = value else { continue };
        if let Some(secret) = secrets.values().find(|secret| text.contains(secret.reveal())) {
            let message = format!("input `{name}` holds the value of secret `{}`", secret.name());
            return Err(
                Failure::invalid(message).help("inputs are stored and shown; name the secret in the playbook instead")
            );
        }
    }
    Ok(())
}

fn unknown(plan: &Plan, name: &str) -> String {
    let known = plan.inputs.iter().map(|i| i.name.as_str());
    match crate::config::nearest(name, known) {
        Some(near) => format!("there is no input `{name}`; did you mean `{near}`?"),
        None => format!("there is no input `{name}`"),
    }
}

fn usage(plan: &Plan) -> String {
    if plan.inputs.is_empty() {
        return format!("`{}` takes no input", plan.playbook);
    }
    let list: Vec<String> = plan
        .inputs
        .iter()
        .map(|i| {
            let typ = if i.words.is_empty() { i.typ.to_string() } else { i.words.join("|") };
            format!("-i {}=… ({typ}{})", i.name, if i.default.is_some() { ", has a default" } else { "" })
        })
        .collect();
    list.join("  ")
}

fn one(
    input: &InputDef,
    text: Option<&str>,
    bound: Option<&Value>,
    env: Env<'_>,
    earlier: &BTreeMap<String, Value>,
) -> Result<Value, String> {
    let name = &input.name;
    let from_env = || input.env.as_deref().and_then(|var| env(var).map(|text| (var, text)));
    let value = if let Some(text) = text {
        parse(text, &input.typ, &input.words, false).map_err(|why| format!("input `{name}`: {why}"))?
    } else if let Some(value) = bound {
        fit(value, input).map_err(|why| format!("input `{name}`, from the trigger: {why}"))?
    } else if let Some((var, text)) = from_env() {
        // What a CI system puts there may be a branch's name: anybody's text (R67).
        let untrusted = input.env_is_outside();
        parse(&text, &input.typ, &input.words, untrusted).map_err(|why| format!("input `{name}`, from {var}: {why}"))?
    } else if let Some(default) = &input.default {
        evaluate::evaluate(default, &Known { inputs: earlier.clone(), ..Known::default() })
    } else {
        let from = input.env.as_deref().map(|var| format!(", and {var} is not set")).unwrap_or_default();
        return Err(format!("input `{name}` is missing{from}"));
    };
    if let Some(condition) = &input.condition {
        let mut inputs = earlier.clone();
        inputs.insert(name.clone(), value.clone());
        let locals = BTreeMap::from([(name.clone(), value.clone())]);
        let scope = Known { inputs, locals, ..Known::default() };
        match evaluate::judge(condition, &scope) {
            Truth::Yes => {}
            Truth::No => {
                let why = evaluate::explain(condition, &scope);
                return Err(format!("input `{name}` is not allowed: {why}"));
            }
            Truth::Unknown(why) => return Err(format!("input `{name}` cannot be checked: {why}")),
        }
    }
    Ok(value)
}

/// What a trigger binds is text, mostly; it is read as the input's type and stays untrusted.
fn fit(value: &Value, input: &InputDef) -> Result<Value, String> {
    match value {
        Value::Untrusted(text) | Value::Text(text) => parse(text, &input.typ, &input.words, true),
        Value::None => Err("it is absent there".to_owned()),
        Value::NoData(n) => Err(n.reason.clone()),
        other => Ok(other.clone()),
    }
}

/// The secrets of a playbook.
///
/// # Errors
/// Exit 2, with every one that is missing or too short. Never with a secret's text.
pub fn secrets(plan: &Plan, env: Env<'_>) -> Result<BTreeMap<String, Secret>, Failure> {
    let mut wrong = Vec::new();
    let mut found = BTreeMap::new();
    for secret in &plan.secrets {
        match env(&secret.env) {
            None => wrong.push(format!("secret `{}`: the environment variable {} is not set", secret.name, secret.env)),
            Some(text) if text.trim().chars().count() < LEAST_SECRET => wrong.push(format!(
                "secret `{}`: {} holds fewer than {LEAST_SECRET} characters, too few to be kept out of texts",
                secret.name, secret.env
            )),
            Some(text) => {
                found.insert(secret.name.clone(), Secret::new(&secret.name, text));
            }
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(Failure::invalid(wrong.join("\n       "))) }
}
