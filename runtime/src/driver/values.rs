//! The value store: what was read and computed, by node (R14: the engine holds none of it), and what an expression of a
//! node sees of it.

use super::codec;
use super::givens::Givens;
use crate::report;
use heal_engine::run::{RunView, State};
use heal_lang::plan::{Exit, NodeId, Plan, ReadId, Step, StepId, StepKind};
use heal_stdlib::evaluate::{self, Known, Ranking};
use heal_stdlib::value::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What a node has.
#[derive(Clone, Debug, Default)]
pub(super) struct NodeValues {
    /// Results of its own reads.
    pub(super) reads: BTreeMap<ReadId, Value>,
    /// Results of reads that it repeats for others: a detect's (L48), a verify's `before(…)`.
    pub(super) borrowed: BTreeMap<(NodeId, ReadId), Value>,
    /// Results of its changes, by index of the call.
    pub(super) changes: BTreeMap<u32, Value>,
    /// Its lets, once evaluated: frozen (L15).
    pub(super) lets: BTreeMap<String, Value>,
    /// When it was judged, wall ms.
    pub(super) at: Option<i64>,
    /// Since when a detect fires, wall ms.
    pub(super) since: Option<i64>,
    /// What a diagnose found.
    pub(super) ranking: Option<Ranking>,
}

/// All nodes' values.
#[derive(Clone, Debug)]
pub(super) struct Values {
    nodes: Vec<NodeValues>,
}

impl Values {
    pub(super) fn new(plan: &Plan) -> Values {
        Values { nodes: vec![NodeValues::default(); plan.nodes.len()] }
    }

    pub(super) fn node(&self, node: NodeId) -> Option<&NodeValues> {
        self.nodes.get(node.0 as usize)
    }

    /// Does something to a node's values; nothing where there is no such node.
    pub(super) fn at(&mut self, node: NodeId, work: impl FnOnce(&mut NodeValues)) {
        if let Some(values) = self.nodes.get_mut(node.0 as usize) {
            work(values);
        }
    }

    /// A read was answered. `of`: whose read it is, where it is not `node`'s own.
    pub(super) fn keep_read(&mut self, node: NodeId, of: Option<NodeId>, read: ReadId, value: Value) {
        self.at(node, |values| match of {
            Some(of) if of != node => {
                values.borrowed.insert((of, read), value);
            }
            _ => {
                values.reads.insert(read, value);
            }
        });
    }

    /// What an expression of `node` sees: the run's givens, what other steps have, its own reads.
    pub(super) fn known(&self, givens: &Givens, state: &State, node: NodeId) -> Known {
        let mut known = self.common(givens, state);
        if let Some(own) = self.node(node) {
            known.reads.clone_from(&own.reads);
            known.changes.clone_from(&own.changes);
            known.now_ms = own.at.unwrap_or_else(super::clock::wall);
        }
        if let Some(step) = givens.plan.step_of(node) {
            known.place = format!("{}.when", step.name);
            known.read_names = step.reads.iter().filter_map(|r| Some((r.id, r.name.clone()?))).collect();
        }
        known.befores = self.befores(givens, state, node);
        known
    }

    /// What is seen from outside of all steps.
    pub(super) fn common(&self, givens: &Givens, state: &State) -> Known {
        let mut known = givens.base.clone();
        known.now_ms = super::clock::wall();
        for (index, node) in givens.plan.nodes.iter().enumerate() {
            let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
            let (Some(values), Some(step), Some(s)) =
                (self.node(id), givens.plan.step(node.step), state.nodes.get(index))
            else {
                continue;
            };
            let lets = known.step_lets.entry(step.id).or_default();
            lets.extend(values.lets.clone());
            if let heal_lang::plan::StepBody::Remediate(remediate) = &step.body {
                for (index, call) in remediate.calls.iter().enumerate() {
                    let result = values.changes.get(&u32::try_from(index).unwrap_or(u32::MAX));
                    if let (Some(name), Some(value)) = (&call.name, result) {
                        lets.insert(name.clone(), value.clone());
                    }
                }
            }
            if s.exit.is_none() && values.lets.is_empty() && lets.is_empty() {
                known.step_lets.remove(&step.id);
            }
            if let Some(exit) = s.exit {
                known.exits.insert(step.id, exit);
                known.step_fields.entry(step.id).or_default().extend(fields(step, exit, values, s, state, id));
            }
            if let Some(ranking) = &values.ranking {
                known.rankings.insert(step.id, ranking.clone());
            }
        }
        run_fields(&mut known, state);
        known
    }

    /// `before(x)` of a verify: kept in the first intent that it covers.
    fn befores(&self, givens: &Givens, state: &State, node: NodeId) -> BTreeMap<u32, Value> {
        let Some(step) = givens.plan.step_of(node).filter(|s| s.kind == StepKind::Verify) else {
            return BTreeMap::new();
        };
        let heal_lang::plan::StepBody::Verify(verify) = &step.body else { return BTreeMap::new() };
        let intents = state.nodes.get(node.0 as usize).map(|n| n.verify.intents.as_slice()).unwrap_or_default();
        let baseline = intents.iter().find_map(|id| state.intents.get(id)).map(|i| &i.change.baseline);
        let Some(baseline) = baseline else { return BTreeMap::new() };
        (0..verify.befores.len())
            .filter_map(|index| {
                let value = baseline.get(&before_key(step.id, index))?;
                Some((u32::try_from(index).ok()?, codec::decode(value, &givens.secrets)))
            })
            .collect()
    }

    /// Evaluates a step's lets in order, into `known` and the store. An `else skip` that is taken gives its reason.
    pub(super) fn evaluate_lets(&mut self, step: &Step, node: NodeId, known: &mut Known) -> Option<String> {
        let (lets, skip) = lets_of(step, known);
        self.at(node, |values| values.lets = lets);
        skip
    }
}

/// A step's lets in order, each seeing the earlier ones.
pub(super) fn lets_of(step: &Step, known: &mut Known) -> (BTreeMap<String, Value>, Option<String>) {
    known.step_lets.insert(step.id, BTreeMap::new());
    let mut skip = None;
    let outside = std::mem::take(&mut known.place);
    for l in &step.lets {
        known.place = format!("{}.{}", step.name, l.name);
        let value = evaluate::evaluate(&l.value, known);
        if let (Some(reason), Value::None, None) = (&l.skip, &value, &skip) {
            skip = Some(reason.clone());
        }
        known.step_lets.entry(step.id).or_default().insert(l.name.clone(), value);
    }
    known.place = outside;
    (known.step_lets.get(&step.id).cloned().unwrap_or_default(), skip)
}

/// The name of a `before(…)` in an intent's baseline: verifies that cover the same change do not collide.
pub(super) fn before_key(verify: StepId, index: usize) -> String {
    format!("{}.{index}", verify.0)
}

/// `fired since best confidence verdict changes because`
fn fields(
    step: &Step,
    exit: Exit,
    values: &NodeValues,
    node: &heal_engine::run::NodeState,
    state: &State,
    id: NodeId,
) -> BTreeMap<String, Value> {
    let because = match &node.because {
        Some(because) => Value::text(&because.text),
        None if node.evidence.is_empty() => Value::None,
        None => Value::text(&node.evidence),
    };
    let mut fields = BTreeMap::from([("because".to_owned(), because)]);
    let mut put = |name: &str, value: Value| {
        fields.insert(name.to_owned(), value);
    };
    match step.kind {
        StepKind::Detect => {
            let fired = match exit {
                Exit::Fired => Value::Bool(true),
                Exit::Blind => Value::no_data(
                    node.because.as_ref().map_or_else(|| "it has no data".to_owned(), |b| b.text.clone()),
                ),
                _ => Value::Bool(false),
            };
            put("fired", fired);
            put("since", values.since.filter(|_| exit == Exit::Fired).map_or(Value::None, Value::Time));
            put("confidence", Value::None);
        }
        StepKind::Diagnose => {
            let best = values.ranking.as_ref().and_then(|r| r.best());
            put("confidence", best.map_or(Value::None, |b| ratio(b.confidence)));
            let record =
                best.map(|b| Value::record([("name", Value::text(&b.name)), ("confidence", ratio(b.confidence))]));
            put("best", record.unwrap_or(Value::None));
        }
        StepKind::Verify => put("verdict", Value::text(exit.word())),
        StepKind::Remediate => {
            let made = state
                .intents
                .values()
                .filter(|i| i.node == id && i.undoes.is_none() && i.stage == heal_engine::run::IntentStage::Applied);
            put("changes", Value::list(made.map(|i| Value::text(&i.change.summary)).collect()));
        }
    }
    fields
}

fn ratio(value: f64) -> Value {
    Value::Quantity(heal_lang::catalogue::Dim::Ratio, value)
}

/// `run.outcome` and its siblings of a run that a signal stopped: it has no verdict, and its page says where it stands.
pub(super) fn stopped_fields(known: &mut Known, view: &RunView, stop: &report::End) {
    known.run.insert("outcome".to_owned(), Value::Word(stop.outcome.as_str().into()));
    known.run.insert("world".to_owned(), Value::text(&report::word(&view.world)));
    known.run.insert("verify".to_owned(), Value::text(&report::word(&view.verify)));
    let because: Vec<&str> = stop.because.iter().map(|b| b.text.as_str()).collect();
    known.run.insert("because".to_owned(), Value::text(&because.join("; ")));
}

/// `run.outcome` and its siblings, as far as they are known.
fn run_fields(known: &mut Known, state: &State) {
    let word = |v: Json| v.as_str().unwrap_or_default().to_owned();
    if let Some(verdict) = &state.verdict {
        known.run.insert("outcome".to_owned(), Value::Word(word(json!(verdict.end.outcome)).into()));
        known.run.insert("world".to_owned(), Value::text(&word(json!(verdict.world))));
        known.run.insert("verify".to_owned(), Value::text(&word(json!(verdict.verify))));
        let because: Vec<&str> = verdict.because.iter().map(|b| b.text.as_str()).collect();
        known.run.insert("because".to_owned(), Value::text(&because.join("; ")));
    } else if let Some(wind) = &state.wind {
        known.run.insert("because".to_owned(), Value::text(&wind.because.text));
    }
}
