//! Fixing a change step: targets and values, undo, baseline, fingerprint (R1, R3, R45, L48).

use super::codec;
use super::gate::Gate;
use super::givens::Givens;
use super::machines::{self, ResolvedAs, call_error};
use super::values::{Values, before_key};
use heal_engine::event::{Facts, Resolved, ResolvedChange, ResolvedUndo, Stop, Verdict};
use heal_engine::node::Want;
use heal_engine::run::State;
use heal_lang::catalogue::{Effect, Risk};
use heal_lang::plan::{ChangeCall, NamedArg, NodeId, Remediate, Step, StepBody};
use heal_stdlib::action::{Args, ResolvedCall, Surroundings};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::evaluate::{self, Known, Truth};
use heal_stdlib::value::{Target, Value};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// A call with its arguments as values, before the world was asked.
struct Asked {
    call: u32,
    item: u32,
    args: Args,
    undo: Vec<(String, Args)>,
}

/// Everything that is known before the world is asked; what is left is reads alone.
pub(super) struct Work {
    node: NodeId,
    remediate: Remediate,
    asked: Vec<Asked>,
    baseline: Facts,
    locks: Vec<String>,
    risk: Risk,
    approval: Option<Verdict>,
    fingerprint: blake3::Hasher,
    at: Surroundings,
}

/// What is known now: the work, or why the step stops here.
pub(super) fn prepare(
    values: &mut Values,
    givens: &Givens,
    state: &State,
    node: NodeId,
) -> Result<Work, Box<Resolved>> {
    let stop = |stop: Stop| Box::new(stopped(node, stop));
    let Some(step) = givens.plan.step_of(node).cloned() else {
        return Err(stop(Stop::Refuse("there is no such step".to_owned())));
    };
    let StepBody::Remediate(remediate) = step.body.clone() else {
        return Err(stop(Stop::Refuse("it is not a remediation".to_owned())));
    };
    values.at(node, |v| v.at = Some(super::clock::wall()));
    let mut known = values.known(givens, state, node);
    if let Some(reason) = values.evaluate_lets(&step, node, &mut known) {
        return Err(stop(Stop::Skip(reason)));
    }
    let risk = remediate.risk.max(givens.settings.risk_floor);
    let word = json!(risk);
    known.locals.insert("risk".to_owned(), Value::Word(word.as_str().unwrap_or_default().into()));
    let approval = remediate.approval.as_ref().map(|approval| match &approval.when {
        None => Verdict::Yes,
        Some(when) => match evaluate::judge(when, &known) {
            Truth::Yes => Verdict::Yes,
            Truth::No => Verdict::No,
            Truth::Unknown(_) => Verdict::NoData,
        },
    });
    let asked = calls(&remediate, &known).map_err(stop)?;
    let locks = givens.plan.limits.lock.iter().filter_map(|name| givens.target(name)).map(Target::id).collect();
    Ok(Work {
        node,
        baseline: baseline(values, givens, state, node, &step),
        fingerprint: bound(givens, state, &step),
        asked,
        locks,
        risk,
        approval,
        at: givens.surroundings(remediate.timeout_ms),
        remediate: *remediate,
    })
}

fn stopped(node: NodeId, stop: Stop) -> Resolved {
    Resolved {
        node,
        changes: Vec::new(),
        stop: Some(stop),
        fingerprint: String::new(),
        radius: BTreeMap::new(),
        risk: Risk::Low,
        approval: None,
        locks: Vec::new(),
    }
}

/// Every call of the step, for every item of a fan-out.
fn calls(remediate: &Remediate, known: &Known) -> Result<Vec<Asked>, Stop> {
    let items: Vec<Option<(&str, Value)>> = match &remediate.each {
        None => vec![None],
        Some(each) => match evaluate::evaluate(&each.list, known) {
            Value::List(items) if items.len() as u64 > each.at_most => {
                let text = format!("{} items, at most {} are allowed", items.len(), each.at_most);
                return Err(Stop::Refuse(text));
            }
            Value::List(items) => items.iter().map(|item| Some((each.name.as_str(), item.clone()))).collect(),
            Value::NoData(n) => return Err(Stop::Refuse(format!("the list is not known: {}", n.reason))),
            _ => return Err(Stop::Skip("there is no list to work on".to_owned())),
        },
    };
    let mut asked = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let mut known = known.clone();
        if let Some((name, value)) = item {
            known.locals.insert(name.to_owned(), value);
        }
        for (number, call) in remediate.calls.iter().enumerate() {
            let undo =
                call.undo.iter().map(|u| Ok((u.action.clone(), args(&u.args, &known)?))).collect::<Result<_, _>>()?;
            asked.push(Asked {
                call: u32::try_from(number).unwrap_or(u32::MAX),
                item: u32::try_from(index).unwrap_or(u32::MAX),
                args: args(&call.args, &known)?,
                undo,
            });
        }
    }
    Ok(asked)
}

/// Arguments of a read as values; what rests on one that is not known is not known either, for the same reason (L27).
pub(super) fn read_args(action: &str, args: &[NamedArg], known: &Known) -> Result<Args, ErrorInfo> {
    args.iter()
        .map(|arg| match evaluate::evaluate(&arg.value, known) {
            Value::NoData(n) if n.reason.is_empty() => {
                Err(ErrorInfo::permanent("no_data", format!("{action}: its `{}` is not known", arg.name)))
            }
            Value::NoData(n) => Err(ErrorInfo::permanent("no_data", n.reason)),
            value => Ok((arg.name.clone(), value)),
        })
        .collect()
}

/// Arguments as values; one that is not known refuses the change (L28).
pub(super) fn args(args: &[NamedArg], known: &Known) -> Result<Args, Stop> {
    args.iter()
        .map(|arg| match evaluate::evaluate(&arg.value, known) {
            Value::NoData(n) => Err(Stop::Refuse(format!("its `{}` is not known: {}", arg.name, n.reason))),
            value => Ok((arg.name.clone(), value)),
        })
        .collect()
}

/// `before(…)` of the verifies that cover the step, from what was read just now; each with its verify's lets.
fn baseline(values: &Values, givens: &Givens, state: &State, node: NodeId, step: &Step) -> Facts {
    let mut facts = Facts::new();
    for verify in givens.plan.verifies_of(step.id) {
        let Some(vstep) = givens.plan.step_of(verify) else { continue };
        let StepBody::Verify(v) = &vstep.body else { continue };
        let mut known = values.known(givens, state, verify);
        if let Some(own) = values.node(node) {
            let borrowed = own.borrowed.iter().filter(|((of, _), _)| *of == verify);
            known.reads.extend(borrowed.map(|((_, read), value)| (*read, value.clone())));
        }
        super::values::lets_of(vstep, &mut known);
        for (index, before) in v.befores.iter().enumerate() {
            let value = evaluate::evaluate(&before.value, &known);
            facts.insert(before_key(vstep.id, index), codec::encode(&value));
        }
    }
    facts
}

/// What an approval binds beside the changes themselves (R45).
fn bound(givens: &Givens, state: &State, step: &Step) -> blake3::Hasher {
    let mut hasher = blake3::Hasher::new();
    let cause: Vec<_> = state.nodes.iter().filter_map(|n| n.best.as_deref()).collect();
    let connections = json!({
        "prometheus": givens.config.prometheus.as_ref().map(|c| &c.url),
        "github": givens.config.github.as_ref().map(|g| (&g.url, &g.repository)),
        "kubernetes": givens.config.kubernetes.as_ref().map(|k| (&k.kubeconfig, &k.context)),
    });
    let inputs = Json::Object(codec::encode_map(&givens.inputs));
    let parts = json!([givens.plan.hash, givens.environment, step.name, inputs, cause, connections]);
    hasher.update(parts.to_string().as_bytes());
    hasher
}

impl Work {
    /// Asks the world, and puts the answer together.
    pub(super) async fn finish(mut self, gate: Gate) -> Resolved {
        // Part of the change that follows, and not tried again: it is not to fail for a breaker's sake.
        let through = gate.passage(Want::Must, 1);
        let mut changes = Vec::new();
        for asked in std::mem::take(&mut self.asked) {
            let Some(call) = self.remediate.calls.get(asked.call as usize).cloned() else { continue };
            let timeout = self.remediate.timeout_ms;
            let resolved = machines::resolve(&through, &call.action, &asked.args, &self.at, timeout).await;
            match resolved {
                Ok(ResolvedAs::Call(found)) if found.unchanged && call.effect != Effect::Tell => {}
                Ok(ResolvedAs::Call(found)) => {
                    let change = self.change(&call, &asked, &found);
                    let identity = json!([change.action, change.target, change.args, found.identity]);
                    self.fingerprint.update(identity.to_string().as_bytes());
                    changes.push(change);
                }
                Ok(ResolvedAs::Blocked(why)) => return stopped(self.node, Stop::Block(why)),
                Ok(ResolvedAs::Refused(why)) => return stopped(self.node, Stop::Refuse(why)),
                Err(error) => return stopped(self.node, Stop::Fail(call_error(error))),
            }
        }
        let mut radius: BTreeMap<String, std::collections::BTreeSet<&str>> = BTreeMap::new();
        for change in &changes {
            if let Some(noun) = &change.noun {
                radius.entry(noun.clone()).or_default().insert(&change.target);
            }
        }
        let radius = radius.into_iter().map(|(noun, targets)| (noun, targets.len() as u64)).collect();
        Resolved {
            node: self.node,
            stop: None,
            fingerprint: self.fingerprint.finalize().to_hex().to_string(),
            radius,
            risk: self.risk,
            approval: self.approval,
            locks: self.locks,
            changes,
        }
    }

    fn change(&self, call: &ChangeCall, asked: &Asked, found: &ResolvedCall) -> ResolvedChange {
        let target = call.target.as_ref().and_then(|name| match asked.args.get(name) {
            Some(Value::Target(target)) => Some((target.id(), target.noun.clone())),
            _ => None,
        });
        let undo = if asked.undo.is_empty() {
            found.undo.iter().map(|(action, args)| undo(action, args, &found.summary)).collect()
        } else {
            asked.undo.iter().map(|(action, args)| undo(action, args, &found.summary)).collect()
        };
        ResolvedChange {
            call: asked.call,
            item: asked.item,
            action: call.action.clone(),
            effect: call.effect,
            class: call.class,
            target: target.as_ref().map(|t| t.0.clone()).unwrap_or_default(),
            noun: target.map(|t| t.1),
            summary: found.summary.clone(),
            args: stored_args(found),
            before: found.before.clone(),
            undo,
            baseline: self.baseline.clone(),
            read_lag_ms: call.read_lag_ms,
            max_in_flight_ms: call.max_in_flight_ms,
            tells: call.effect == Effect::Tell,
        }
    }
}

/// The identity travels with the arguments: an attempt after a restart needs it too.
pub(super) fn stored_args(call: &ResolvedCall) -> Json {
    json!({ "args": codec::encode_map(&call.args), "identity": call.identity })
}

fn undo(action: &str, args: &Args, of: &str) -> ResolvedUndo {
    let decl = super::registry::change(action).map(|a| a.decl());
    ResolvedUndo {
        action: action.to_owned(),
        class: decl.and_then(|d| d.class).unwrap_or(heal_lang::catalogue::Class::Blind),
        summary: format!("undo of: {of}, by {action}"),
        args: json!({ "args": codec::encode_map(args), "identity": Json::Null }),
    }
}

/// Back to what an action is sent: the intent's absolute values, and nothing that was read since.
pub(super) fn stored_call(change: &ResolvedChange, givens: &Givens) -> ResolvedCall {
    let args = change.args.get("args").and_then(Json::as_object);
    ResolvedCall {
        args: args.map(|args| codec::decode_map(args, &givens.secrets)).unwrap_or_default(),
        summary: change.summary.clone(),
        before: change.before.clone(),
        undo: None,
        identity: change.args.get("identity").cloned().unwrap_or(Json::Null),
        unchanged: false,
    }
}
