//! Judgements: the evaluator's answers as events. Nothing is decided here that the engine decides.

use super::clock::{self, Clock};
use super::evidence;
use super::givens::Givens;
use super::values::{Values, lets_of};
use heal_engine::command::Purpose;
use heal_engine::event::{Facts, Judged, RankedCause, Sample, Verdict};
use heal_engine::run::State;
use heal_lang::plan::{Diagnose, Expr, NodeId, Step, StepBody, Verify};
use heal_stdlib::evaluate::{self, Known, Truth};
use heal_stdlib::value::Value;

/// Most facts of a judgement (section B).
const MOST_FACTS: usize = 32;

fn verdict(truth: &Truth) -> Verdict {
    match truth {
        Truth::Yes => Verdict::Yes,
        Truth::No => Verdict::No,
        Truth::Unknown(_) => Verdict::NoData,
    }
}

fn blank(node: NodeId, purpose: Purpose) -> Judged {
    Judged {
        node,
        purpose,
        verdict: Verdict::Error,
        causes: Vec::new(),
        confidence: None,
        because: "there is nothing of the kind in the plan".to_owned(),
        skip: false,
        facts: Facts::new(),
        digest: String::new(),
        sample: None,
    }
}

/// The expression with the values it saw, and where it is unknown, why.
fn because(condition: &Expr, truth: &Truth, known: &Known) -> String {
    let said = evaluate::explain(condition, known);
    match truth {
        Truth::Unknown(why) if !said.contains(why.as_str()) => format!("{said}: {why}"),
        _ => said,
    }
}

/// Judges. The body of the evidence behind the digest comes with it.
pub(super) fn judge(
    values: &mut Values,
    givens: &Givens,
    state: &State,
    clock: &Clock,
    (node, purpose, over): (NodeId, Purpose, &[NodeId]),
) -> (Judged, Vec<u8>) {
    let plan = std::sync::Arc::clone(&givens.plan);
    let Some(step) = plan.step_of(node) else { return (blank(node, purpose), Vec::new()) };
    values.at(node, |v| v.at = Some(clock::wall()));
    let mut known = values.known(givens, state, node);
    let mut judged = blank(node, purpose);
    match (purpose, &step.body) {
        (Purpose::Detect, StepBody::Detect(detect)) => {
            values.evaluate_lets(step, node, &mut known);
            condition(&mut judged, &detect.fire, &known);
            let fired = judged.verdict == Verdict::Yes;
            values.at(node, |v| v.since = fired.then(|| v.since.or(v.at)).flatten());
        }
        (Purpose::Rank, StepBody::Diagnose(diagnose)) => {
            values.evaluate_lets(step, node, &mut known);
            rank(&mut judged, diagnose, values, &known);
        }
        (Purpose::When, _) => {
            if let Some(when) = &step.when {
                condition(&mut judged, when, &known);
            }
        }
        (Purpose::Sample, StepBody::Verify(verify)) => {
            values.evaluate_lets(step, node, &mut known);
            let read_at = state.nodes.get(node.0 as usize).map_or(state.now, |n| n.verify.polled);
            sample(&mut judged, verify, &known, &Sampling { values, givens, clock, over, read_at });
        }
        _ => {}
    }
    judged.facts.extend(super::kept::facts(givens, &step.name));
    let body = evidence::body(values.node(node).map(|v| &v.lets), givens);
    judged.digest = evidence::digest(&body);
    (judged, body)
}

fn condition(judged: &mut Judged, condition: &Expr, known: &Known) {
    let truth = evaluate::judge(condition, known);
    judged.verdict = verdict(&truth);
    judged.because = because(condition, &truth, known);
    judged.facts = evaluate::facts(condition, known);
}

fn rank(judged: &mut Judged, diagnose: &Diagnose, values: &mut Values, known: &Known) {
    let ranking = evaluate::rank(diagnose, known);
    judged.causes = diagnose
        .rows
        .iter()
        .zip(&ranking.rows)
        .map(|(row, ranked)| RankedCause {
            cause: ranked.name.clone(),
            confidence: ranked.confidence,
            verdict: verdict(&ranked.holds),
            because: because(&row.when, &ranked.holds, known),
        })
        .collect();
    for row in &diagnose.rows {
        for (name, fact) in evaluate::facts(&row.when, known) {
            if judged.facts.len() < MOST_FACTS {
                judged.facts.insert(name, fact);
            }
        }
    }
    judged.confidence = ranking.best().map(|b| b.confidence);
    judged.verdict = match ranking.found() {
        Some(_) => Verdict::Yes,
        None if ranking.blind() => Verdict::NoData,
        None => Verdict::No,
    };
    judged.because = match ranking.found() {
        Some(found) => {
            let why = judged.causes.iter().find(|c| c.cause == found.name).map_or("", |c| c.because.as_str());
            format!("{} {:.0}%: {why}", found.name, found.confidence * 100.0)
        }
        None => ranking.because(),
    };
    values.at(judged.node, |v| v.ranking = Some(ranking));
}

/// What a sample is judged with.
struct Sampling<'a> {
    values: &'a Values,
    givens: &'a Givens,
    clock: &'a Clock,
    /// The detects that must be quiet again.
    over: &'a [NodeId],
    /// When the reads were asked, run ms.
    read_at: u64,
}

fn sample(judged: &mut Judged, verify: &Verify, known: &Known, with: &Sampling<'_>) {
    let Sampling { values, clock, read_at, .. } = *with;
    let mut newest = Newest::default();
    if let Some(own) = values.node(judged.node) {
        own.reads.values().for_each(|value| newest.see(value));
        own.borrowed.values().for_each(|value| newest.see(value));
    }
    match &verify.until {
        Some(until) => condition(judged, until, known),
        None => quiet_again(judged, known, with),
    }
    let (mut guards, mut why) = (Verdict::Yes, Vec::new());
    for guard in &verify.guards {
        let truth = evaluate::judge(&guard.condition, known);
        match verdict(&truth) {
            Verdict::Yes => {}
            worse => {
                why.push(format!("guard {}: {}", guard.text, because(&guard.condition, &truth, known)));
                guards = if worse == Verdict::No || guards == Verdict::No { Verdict::No } else { worse };
            }
        }
    }
    let at = newest.at.map_or(read_at, |at| clock.run_time(at));
    judged.sample = Some(Sample { at, guards, guards_because: why.join("; ") });
}

/// L48: every detect that fired is quiet: its `clear when`, else not its `fire when` without its `for`.
fn quiet_again(judged: &mut Judged, known: &Known, with: &Sampling<'_>) {
    let Sampling { values, givens, over, .. } = *with;
    judged.verdict = Verdict::Yes;
    let mut said = Vec::new();
    for of in over {
        let Some(step) = givens.plan.step_of(*of) else { continue };
        let StepBody::Detect(detect) = &step.body else { continue };
        let mut known = reread(values, judged.node, *of, step, known);
        lets_of(step, &mut known);
        let (truth, text) = match &detect.clear {
            Some(clear) => {
                let truth: Truth = evaluate::evaluate_now(clear, &known).into();
                let text = because(clear, &truth, &known);
                (truth, text)
            }
            None => {
                let fires: Truth = evaluate::evaluate_now(&detect.fire, &known).into();
                let truth = match &fires {
                    Truth::Yes => Truth::No,
                    Truth::No => Truth::Yes,
                    Truth::Unknown(why) => Truth::Unknown(why.clone()),
                };
                let text = because(&detect.fire, &fires, &known);
                (truth, text)
            }
        };
        for (name, fact) in evaluate::facts(&detect.fire, &known) {
            if judged.facts.len() < MOST_FACTS {
                judged.facts.insert(name, fact);
            }
        }
        let word = match truth {
            Truth::Yes => "is quiet",
            Truth::No => "still fires",
            Truth::Unknown(_) => "is not known",
        };
        said.push(format!("{} {word}: {text}", step.name));
        judged.verdict = match (judged.verdict, verdict(&truth)) {
            (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
            (Verdict::Yes, other) => other,
            (unknown, _) => unknown,
        };
    }
    judged.because = said.join("; ");
}

/// The scope of a detect whose reads a verify has repeated.
fn reread(values: &Values, verify: NodeId, of: NodeId, step: &Step, known: &Known) -> Known {
    let mut known = known.clone();
    known.reads = values
        .node(verify)
        .map(|v| v.borrowed.iter().filter(|((n, _), _)| *n == of).map(|((_, r), value)| (*r, value.clone())).collect())
        .unwrap_or_default();
    known.read_names = step.reads.iter().filter_map(|r| Some((r.id, r.name.clone()?))).collect();
    known.now_ms = clock::wall();
    known
}

/// The newest data point of what was read: the oldest of the newest, where several series were.
#[derive(Default)]
struct Newest {
    at: Option<i64>,
}

impl Newest {
    fn see(&mut self, value: &Value) {
        if let Value::Series(series) = value
            && let Some(at) = series.at.iter().zip(&series.value).rev().find(|(_, v)| !v.is_nan()).map(|(at, _)| *at)
        {
            self.at = Some(self.at.map_or(at, |before| before.min(at)));
        }
    }
}
