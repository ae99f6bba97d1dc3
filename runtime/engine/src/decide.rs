//! May this change be made, must a person be asked, or is it only said? One pure function over every gate (R74): the
//! strictest wins, and one explanation lists every term.

use crate::event::{Autonomy, Verdict};
use heal_lang::catalogue::{Effect, Risk};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the gates read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Of the environment.
    pub autonomy: Autonomy,
    /// Of actions and step.
    pub risk: Risk,
    /// The environment's floor.
    pub risk_floor: Risk,
    /// The strongest of the step's calls.
    pub effect: Effect,
    /// `approval when …`: `None` without an approval block.
    pub approval: Option<Verdict>,
    /// What policy says, where there is one: the decision it demands at least, and the rule's name.
    pub policy: Option<(Decision, String)>,
    /// The mode has orders (`plan` has none).
    pub acts: bool,
}

/// What the gates say; ordered, the strictest is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Make it.
    Act,
    /// Ask first.
    Ask,
    /// Only say what would be done.
    Suggest,
    /// Only look.
    Observe,
    /// Not here, not so.
    Refuse,
}

/// The strictest of all gates, and each gate's answer by name.
#[must_use]
pub fn decide(gate: &Gate) -> (Decision, BTreeMap<String, String>) {
    let risk = gate.risk.max(gate.risk_floor);
    let autonomy = match gate.autonomy {
        Autonomy::Observe => Decision::Observe,
        Autonomy::Suggest => Decision::Suggest,
        Autonomy::Approve => Decision::Ask,
        Autonomy::Act => Decision::Act,
    };
    let approval = match gate.approval {
        // Unknown and an error of ours ask too: a condition that nobody could judge must not open the gate.
        Some(Verdict::Yes | Verdict::NoData | Verdict::Error) => Decision::Ask,
        Some(Verdict::No) | None => Decision::Act,
    };
    // The checker demands a constant approval for `destroy`; without one somebody made the plan by other means.
    let effect = if gate.effect == Effect::Destroy && gate.approval != Some(Verdict::Yes) {
        Decision::Ask
    } else {
        Decision::Act
    };
    let mode = if gate.acts { Decision::Act } else { Decision::Suggest };
    let policy = gate.policy.as_ref().map_or(Decision::Act, |(d, _)| *d);
    let strictest = [autonomy, approval, effect, mode, policy].into_iter().max().unwrap_or(Decision::Refuse);

    let word = |value: &dyn erased::Word| value.word();
    let mut terms = BTreeMap::new();
    terms.insert("autonomy".to_owned(), format!("{} → {}", word(&gate.autonomy), word(&autonomy)));
    terms.insert("risk".to_owned(), word(&risk));
    terms.insert(
        "approval".to_owned(),
        match gate.approval {
            None => "none written → act".to_owned(),
            Some(v) => format!("{} → {}", word(&v), word(&approval)),
        },
    );
    terms.insert("effect".to_owned(), format!("{} → {}", word(&gate.effect), word(&effect)));
    if !gate.acts {
        terms.insert("mode".to_owned(), format!("plan → {}", word(&mode)));
    }
    if let Some((d, rule)) = &gate.policy {
        terms.insert("policy".to_owned(), format!("{rule} → {}", word(d)));
    }
    terms.insert("decision".to_owned(), word(&strictest));
    (strictest, terms)
}

mod erased {
    /// The serialised word of a unit variant: one spelling for journals and explanations.
    pub(super) trait Word {
        fn word(&self) -> String;
    }
    impl<T: serde::Serialize> Word for T {
        fn word(&self) -> String {
            match serde_json::to_value(self) {
                Ok(serde_json::Value::String(word)) => word,
                _ => String::new(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_gate_wins_and_every_gate_is_named() {
        let autonomies = [Autonomy::Observe, Autonomy::Suggest, Autonomy::Approve, Autonomy::Act];
        let approvals = [None, Some(Verdict::Yes), Some(Verdict::No), Some(Verdict::NoData), Some(Verdict::Error)];
        let policies = [None, Some(Decision::Ask), Some(Decision::Refuse)];
        for autonomy in autonomies {
            for approval in approvals {
                for effect in [Effect::Change, Effect::Destroy] {
                    for policy in policies {
                        for acts in [false, true] {
                            let gate = Gate {
                                autonomy,
                                risk: Risk::Low,
                                risk_floor: Risk::Medium,
                                effect,
                                approval,
                                policy: policy.map(|p| (p, "rule".to_owned())),
                                acts,
                            };
                            let (decision, terms) = decide(&gate);
                            let free = autonomy == Autonomy::Act
                                && matches!(approval, None | Some(Verdict::No))
                                && effect == Effect::Change
                                && policy.is_none()
                                && acts;
                            assert_eq!(decision == Decision::Act, free, "{gate:?}");
                            assert!(policy.is_none_or(|p| decision >= p), "{gate:?}");
                            assert_eq!(terms.get("risk").map(String::as_str), Some("medium"));
                            assert_eq!(terms.contains_key("policy"), policy.is_some());
                        }
                    }
                }
            }
        }
    }
}
