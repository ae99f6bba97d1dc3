//! The plan hash (L61): what an approval and a journal refer to.
//!
//! Over the canonical plan and the declarations it uses, without places, comments and layout: running `fmt` or moving
//! a comment must not void an approval. Secrets are in it by name only; policy has a hash of its own (R34).

use super::{Plan, StepBody};
use crate::catalogue::Catalogue;
use serde_json::Value;

/// Removes every place, wherever it stands.
fn without_places(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|name, _| name != "span");
            map.values_mut().for_each(without_places);
        }
        Value::Array(items) => {
            for item in items {
                let place = item
                    .as_object()
                    .is_some_and(|o| o.len() == 3 && ["file", "start", "end"].iter().all(|k| o.contains_key(*k)));
                if place {
                    *item = Value::Null;
                } else {
                    without_places(item);
                }
            }
        }
        _ => {}
    }
}

impl Plan {
    /// The hash of this plan with the declarations that it uses, as hex.
    #[must_use]
    pub fn hash_with(&self, catalogue: &Catalogue) -> String {
        let mut plan = self.clone();
        plan.hash = String::new();
        // Words for people: comments, and conditions as they were typed.
        plan.doc = String::new();
        for input in &mut plan.inputs {
            input.doc = String::new();
        }
        for step in &mut plan.steps {
            step.doc = String::new();
            if let StepBody::Verify(v) = &mut step.body {
                v.guards.iter_mut().for_each(|g| g.text = String::new());
                v.befores.iter_mut().for_each(|b| b.name = String::new());
            }
        }
        let mut canonical = serde_json::to_value(&plan).unwrap_or(Value::Null);
        without_places(&mut canonical);
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"heal plan 1\n");
        hasher.update(canonical.to_string().as_bytes());
        hasher.update(b"\n");
        hasher.update(catalogue.hash_of(&self.uses).as_bytes());
        hasher.finalize().to_hex().to_string()
    }
}
