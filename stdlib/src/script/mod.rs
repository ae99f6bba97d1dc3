//! `script` functions: Rhai in a sandbox (L54 to L56).
//!
//! A script is pure: no files, no clock, no network, no randomness, no modules, no `eval`, no output. Plain data goes in
//! and comes out; `()`, NaN, infinity or a wrong type is no data, with the reason. Limits: 50,000 operations, 1,000
//! elements, 64 KiB of text. Rhai counts a call as one operation whatever it does, so every function here that walks
//! data is charged for what it walks; a wall limit is the last net, and the one place in this crate that looks at a
//! clock.

mod charge;
mod cross;
mod functions;

use crate::value::Value;
use charge::Charge;
use heal_lang::check::ScriptChecker;
use heal_lang::plan::ScriptDef;
use rhai::packages::{ArithmeticPackage, BasicIteratorPackage, BasicMathPackage, LogicPackage, Package};
use rhai::packages::{BasicFnPackage, BasicStringPackage, LanguageCorePackage};
use rhai::{AST, Dynamic, Engine, EvalAltResult, Position, Scope};

/// Of an array, and of a list that goes in.
pub(crate) const MOST_ELEMENTS: usize = 1_000;
/// Of a text.
const MOST_TEXT: usize = 64 << 10;
/// Of the code itself.
const MOST_CODE: usize = 64 << 10;

/// The sandbox.
fn engine(charge: &Charge) -> Engine {
    let mut engine = Engine::new_raw();
    LanguageCorePackage::new().register_into_engine(&mut engine);
    ArithmeticPackage::new().register_into_engine(&mut engine);
    LogicPackage::new().register_into_engine(&mut engine);
    BasicMathPackage::new().register_into_engine(&mut engine);
    BasicStringPackage::new().register_into_engine(&mut engine);
    BasicIteratorPackage::new().register_into_engine(&mut engine);
    BasicFnPackage::new().register_into_engine(&mut engine);
    functions::register(&mut engine, charge);
    engine.disable_symbol("eval").disable_symbol("print").disable_symbol("debug").disable_symbol("import");
    engine
        .set_max_operations(charge::OPERATIONS)
        .set_max_array_size(MOST_ELEMENTS)
        .set_max_map_size(MOST_ELEMENTS)
        .set_max_string_size(MOST_TEXT)
        .set_max_call_levels(16)
        .set_max_expr_depths(32, 32)
        .set_max_variables(64)
        .set_max_functions(32)
        .set_strict_variables(true);
    let meter = charge.clone();
    engine.on_progress(move |operations| meter.exhausted(operations).map(Dynamic::from));
    engine
}

fn compile(engine: &Engine, params: &[String], code: &str) -> Result<AST, (Option<usize>, String)> {
    if code.len() > MOST_CODE {
        return Err((None, format!("the script is longer than {MOST_CODE} bytes")));
    }
    let mut scope = Scope::new();
    for param in params {
        scope.push_dynamic(param.clone(), Dynamic::UNIT);
    }
    engine.compile_with_scope(&scope, code).map_err(|error| {
        let at = error.position();
        (line(at), clean(&error.to_string()))
    })
}

fn line(at: Position) -> Option<usize> {
    at.line()
}

/// Without the place, which is said beside it.
fn clean(message: &str) -> String {
    let text = message.rsplit_once(" (line ").map_or(message, |(text, _)| text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().collect::<String>() + chars.as_str())
}

/// Asks Rhai whether a script is well formed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scripts;

impl ScriptChecker for Scripts {
    fn check(&self, _: &str, params: &[String], code: &str) -> Result<(), (Option<usize>, String)> {
        compile(&engine(&Charge::default()), params, code).map(|_| ())
    }
}

/// Runs a script; whatever goes wrong is no data, with the reason.
#[must_use]
pub fn run(script: &ScriptDef, args: &[Value]) -> Value {
    let fail = |why: &str| Value::no_data(format!("script {}: {why}", script.name));
    if args.len() != script.params.len() {
        return fail("it is called with another number of arguments");
    }
    let charge = Charge::default();
    let engine = engine(&charge);
    let names: Vec<String> = script.params.iter().map(|(name, _)| name.clone()).collect();
    let ast = match compile(&engine, &names, &script.code) {
        Ok(ast) => ast,
        Err((line, why)) => return fail(&at_line(line, &why)),
    };
    let mut scope = Scope::new();
    let mut untrusted = false;
    for (name, value) in names.into_iter().zip(args) {
        untrusted |= cross::untrusted(value);
        match cross::inward(value) {
            Ok(value) => scope.push_dynamic(name, value),
            Err(why) => return fail(&format!("`{name}` {why}")),
        };
    }
    match engine.eval_ast_with_scope::<Dynamic>(&mut scope, &ast) {
        Ok(result) => match cross::outward(result, &script.result, untrusted) {
            Ok(value) => value,
            Err(why) => fail(&why),
        },
        Err(error) => fail(&reason(&error)),
    }
}

fn at_line(line: Option<usize>, why: &str) -> String {
    line.map_or_else(|| why.to_owned(), |line| format!("line {line}: {why}"))
}

/// Why it stopped, in words.
fn reason(error: &EvalAltResult) -> String {
    let line = line(error.position());
    let why = match error {
        EvalAltResult::ErrorTerminated(why, _) => why.clone().into_string().unwrap_or_default(),
        EvalAltResult::ErrorTooManyOperations(_) => "it takes too many operations".to_owned(),
        EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => return reason(inner),
        other => clean(&other.to_string()),
    };
    at_line(line, &why)
}

#[cfg(test)]
mod tests;
