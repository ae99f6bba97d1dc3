//! What kept detectors have learnt: read when a run begins, written when a live one closes.

use super::givens::Givens;
use crate::failure::Failure;
use crate::store::{NewModel, Store, model_hash};
use heal_engine::event::Facts;
use heal_stdlib::evaluate::Memory;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Givens {
    /// Names of models begin so: environment, playbook, target. A place within the playbook follows.
    fn models(&self) -> String {
        let targets: Vec<String> = self.plan.targets.iter().filter_map(|t| Some(self.target(&t.name)?.id())).collect();
        let targets = if targets.is_empty() { "-".to_owned() } else { targets.join(" + ") };
        format!("{}/{}/{targets}/", self.environment, self.plan.playbook)
    }

    /// From now on kept detectors start from what the state file holds.
    ///
    /// # Errors
    /// Exit 74: the state file.
    pub fn remember(&mut self, store: &Store) -> Result<(), Failure> {
        let prefix = self.models();
        let stored = store.models_under(&prefix).map_err(|e| store.failure(&e))?;
        let known: BTreeMap<String, Vec<u8>> = stored
            .into_iter()
            .filter_map(|(name, body)| Some((name.strip_prefix(&prefix)?.to_owned(), body)))
            .collect();
        self.base.memory = Some(Arc::new(Memory::new(known)));
        Ok(())
    }

    /// What this run's detectors have learnt, as it is to be stored.
    #[must_use]
    pub fn learnt(&self) -> Vec<NewModel> {
        let Some(memory) = &self.base.memory else { return Vec::new() };
        let prefix = self.models();
        let model = |(place, l): (String, heal_stdlib::evaluate::Learnt)| NewModel {
            name: format!("{prefix}{place}"),
            method: l.method,
            points: l.points,
            body: l.body,
        };
        memory.learnt().into_iter().map(model).collect()
    }
}

/// The hashes of the states that a step's kept detectors judged with.
pub(super) fn facts(givens: &Givens, step: &str) -> Facts {
    let Some(memory) = &givens.base.memory else { return Facts::new() };
    let of_step = |place: &str| place.strip_prefix(step).is_some_and(|rest| rest.starts_with('.'));
    let learnt = memory.learnt().into_iter().filter(|(place, _)| of_step(place));
    learnt.map(|(place, l)| (format!("model {place}"), json!(model_hash(&l.body)))).collect()
}
