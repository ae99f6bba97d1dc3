//! What kept detectors have learnt, as a run sees it: every judgement of the run starts from what was known when it
//! began, and what the last one learnt is what a live run stores when it closes.

use heal_signal::kept::Kept;
use heal_signal::method::Method;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A detector's new state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learnt {
    /// The detector.
    pub method: String,
    /// Points it has seen.
    pub points: u64,
    /// Its serialised state.
    pub body: Vec<u8>,
    /// What was watched.
    series: String,
}

/// States by place: `step.let`.
#[derive(Debug, Default)]
pub struct Memory {
    known: BTreeMap<String, Vec<u8>>,
    learnt: Mutex<BTreeMap<String, Learnt>>,
}

impl Memory {
    /// What was known when the run began.
    #[must_use]
    pub fn new(known: BTreeMap<String, Vec<u8>>) -> Memory {
        Memory { known, learnt: Mutex::default() }
    }

    /// What was learnt since, as far as it differs from what was known.
    #[must_use]
    pub fn learnt(&self) -> BTreeMap<String, Learnt> {
        let all = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .filter(|(place, l)| self.known.get(*place) != Some(&l.body))
            .map(|(p, l)| (p.clone(), l.clone()))
            .collect()
    }

    /// Lets the detector of a place look at a series; `look` judges by it.
    ///
    /// # Errors
    /// In words: the state does not load, or another detector stands at the place.
    pub(crate) fn look<T>(
        &self,
        place: &str,
        method: &Method,
        (name, series): (&str, &heal_signal::Series),
        look: impl FnOnce(&Kept) -> T,
    ) -> Result<T, String> {
        let refused = |why: String| {
            format!(
                "what `{place}` has learnt is refused: {why}; go back with `healrun signal models rollback`, \
                 or learn anew with `healrun signal train`"
            )
        };
        let mut all = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(place).is_some_and(|l| l.series != name || l.method != method.name) {
            return Err(format!("`{place}` keeps two detectors: give each a `let` of its own"));
        }
        let mut kept = match self.known.get(place) {
            Some(body) => {
                let read: Kept = serde_json::from_slice(body).map_err(|e| refused(format!("it does not read: {e}")))?;
                read.load().map_err(|r| refused(r.to_string()))?
            }
            None => Kept::new(method).map_err(|r| r.to_string())?,
        };
        if kept.detector().method() != method.name {
            let of = kept.detector().method();
            return Err(refused(format!("it is of `{of}`, the playbook asks for `{}`", method.name)));
        }
        kept.learn(series);
        let body = serde_json::to_vec(&kept).map_err(|e| format!("what `{place}` learnt does not serialise: {e}"))?;
        let learnt =
            Learnt { method: method.name.to_owned(), points: kept.detector().seen(), body, series: name.to_owned() };
        all.insert(place.to_owned(), learnt);
        Ok(look(&kept))
    }
}
