//! stub
use crate::value::Value;
use heal_lang::plan::ScriptDef;
/// Runs.
#[must_use]
pub fn run(_script: &ScriptDef, _args: &[Value]) -> Value {
    Value::no_data("scripts are not built yet")
}
