//! The worst case (L49 to L53): how long, how many changes, how many targets; and what can never be admitted.

use super::checker::Checker;
use super::constant;
use crate::catalogue::{Class, Effect, Risk, Type};
use crate::diagnostic::Diagnostic;
use crate::plan::{
    Approval, Backoff, Bounds, ChangeCall, Expr, ExprKind, Plan, ReadCall, Remediate, Retry, StepBody, StepBound,
    StepId,
};
use crate::syntax::tree::{BinaryOp, Item, StepKind};
use std::collections::{BTreeMap, BTreeSet};

/// `5m`, `1h30m`, `250ms`: as a person would write it.
pub(crate) fn human(ms: u64) -> String {
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut rest = ms;
    let mut text = String::new();
    for (unit, size) in [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        let n = rest / size;
        rest %= size;
        if n > 0 {
            text.push_str(&format!("{n}{unit}"));
        }
    }
    text
}

/// The waits between attempts, without jitter.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "capped first")]
pub(super) fn schedule(retry: &Retry) -> Vec<u64> {
    (0..retry.attempts.saturating_sub(1))
        .map(|i| match retry.backoff {
            Backoff::Constant { wait_ms } => wait_ms,
            Backoff::Exponential { first_ms, factor, max_ms } => {
                let grown = first_ms as f64 * factor.powi(i32::try_from(i).unwrap_or(i32::MAX));
                grown.min(max_ms as f64).round() as u64
            }
        })
        .collect()
}

/// A·τ + Σ dᵢ
fn attempts_ms(timeout_ms: u64, retry: &Retry) -> u64 {
    let waits: u64 = schedule(retry).into_iter().fold(0, u64::saturating_add);
    u64::from(retry.attempts).saturating_mul(timeout_ms).saturating_add(waits)
}

/// The changes of a step one after another, each with its quarantine.
pub(super) fn calls_ms(calls: &[ChangeCall], timeout_ms: u64, retry: &Retry) -> u64 {
    calls
        .iter()
        .map(|c| {
            // Nobody can probe what is blind, so there is no quarantine to wait for.
            let quarantine = if c.class == Class::Blind { 0 } else { c.max_in_flight_ms.saturating_add(c.read_lag_ms) };
            attempts_ms(timeout_ms, retry).saturating_add(quarantine)
        })
        .fold(0, u64::saturating_add)
}

fn read_ms(read: &ReadCall) -> u64 {
    attempts_ms(read.timeout_ms, &read.retry)
}

/// Reads `k` at a time: (ΣW − CP)/k + CP.
fn parallel_ms(sum: u64, critical: u64, k: u32) -> u64 {
    sum.saturating_sub(critical).div_ceil(u64::from(k.max(1))).saturating_add(critical)
}

/// The sum of a step's reads and its longest chain.
fn reads_ms(reads: &[ReadCall]) -> (u64, u64) {
    let mut ends: Vec<u64> = Vec::new();
    for read in reads {
        let start = read.after.iter().filter_map(|r| ends.get(r.0 as usize)).copied().max().unwrap_or(0);
        ends.push(start.saturating_add(read_ms(read)));
    }
    let sum = reads.iter().map(read_ms).fold(0, u64::saturating_add);
    (sum, ends.into_iter().max().unwrap_or(0))
}

/// What a remediation costs from its first wait to the end of its undo, and what of it lies behind the admission.
#[derive(Clone, Copy, Default)]
struct Cost {
    before: u64,
    after: u64,
}

impl Cost {
    fn total(self) -> u64 {
        self.before.saturating_add(self.after)
    }
}

/// The cause that a condition asks for, if nothing can hold beside another cause of the same diagnose.
fn cause_of(when: Option<&Expr>) -> Option<(StepId, String)> {
    match &when?.kind {
        ExprKind::CauseIs { step, cause, .. } => Some((*step, cause.clone())),
        ExprKind::Binary { op: BinaryOp::And, left, right } => cause_of(Some(left)).or_else(|| cause_of(Some(right))),
        _ => None,
    }
}

/// Sums what can happen in one run: causes of one diagnose exclude each other.
fn combine(units: &[(Option<(StepId, String)>, u64)]) -> u64 {
    let mut by_cause: BTreeMap<(StepId, String), u64> = BTreeMap::new();
    let mut sum = 0u64;
    for (key, value) in units {
        match key {
            Some(key) => {
                let slot = by_cause.entry(key.clone()).or_default();
                *slot = slot.saturating_add(*value);
            }
            None => sum = sum.saturating_add(*value),
        }
    }
    let mut most: BTreeMap<StepId, u64> = BTreeMap::new();
    for ((step, _), value) in by_cause {
        let slot = most.entry(step).or_default();
        *slot = (*slot).max(value);
    }
    most.into_values().fold(sum, u64::saturating_add)
}

/// Fills in `bounds` and the default deadline, and reports changes that do not fit.
pub(super) fn compute(c: &mut Checker<'_>, plan: &mut Plan, items: &[Item]) {
    let k = plan.limits.parallel;
    let mut steps = vec![StepBound::default(); plan.steps.len()];
    let looking = looking_ms(plan, k);
    let tell = plan.escalate.iter().map(|t| attempts_ms(t.timeout_ms, &t.retry)).fold(0, u64::saturating_add);
    // Units of change in the order in which they can come, each with its rungs.
    let units = units(plan);
    let mut costs: BTreeMap<StepId, Cost> = BTreeMap::new();
    let mut first = true;
    for unit in &units {
        for rung in &unit.rungs {
            let cost = remediation(plan, *rung, looking, !first, k, &mut steps, tell);
            costs.insert(*rung, cost);
            first = false;
        }
        // The first remediation of another cause is the first of its run.
        first = true;
    }
    for (i, step) in plan.steps.iter().enumerate() {
        if step.kind != StepKind::Remediate {
            let (sum, critical) = reads_ms(&step.reads);
            steps[i].reads_ms = parallel_ms(sum, critical, k);
            steps[i].total_ms = steps[i].reads_ms;
            if let StepBody::Verify(v) = &step.body {
                steps[i].within_ms = v.within_ms;
                steps[i].total_ms = v.within_ms;
                steps[i].reads_ms = 0;
            }
        }
    }
    let sum_of = |f: &dyn Fn(StepId) -> u64| {
        let values: Vec<_> = units
            .iter()
            .map(|u| (u.cause.clone(), u.rungs.iter().map(|r| f(*r)).fold(0, u64::saturating_add)))
            .collect();
        combine(&values)
    };
    let duration =
        looking.saturating_add(sum_of(&|r| costs.get(&r).copied().unwrap_or_default().total())).saturating_add(tell);
    let bounds = Bounds {
        duration_ms: duration,
        changes: sum_of(&|r| changes(plan, r)),
        attempts: sum_of(&|r| changes(plan, r).saturating_mul(attempts(plan, r))),
        targets: targets(c, plan, &units),
        steps,
    };
    if !plan.limits.deadline_written {
        plan.limits.deadline_ms = duration.div_ceil(60_000).saturating_mul(60_000).clamp(60_000, 3_600_000);
    }
    plan.bounds = bounds;
    admission(c, plan, items, &units, &costs, looking);
    constant_approvals(c, plan);
}

/// Detects and diagnoses: their reads side by side, at most k at a time.
fn looking_ms(plan: &Plan, k: u32) -> u64 {
    let mut sum = 0u64;
    let mut ends: Vec<u64> = vec![0; plan.nodes.len()];
    for (i, node) in plan.nodes.iter().enumerate() {
        let Some(step) = plan.step(node.step) else {
            continue;
        };
        if !matches!(step.kind, StepKind::Detect | StepKind::Diagnose) {
            continue;
        }
        let (s, critical) = reads_ms(&step.reads);
        sum = sum.saturating_add(s);
        let start = plan
            .edges
            .iter()
            .filter(|e| e.to.0 as usize == i)
            .filter_map(|e| ends.get(e.from.0 as usize))
            .copied()
            .max()
            .unwrap_or(0);
        ends[i] = start.saturating_add(critical);
    }
    parallel_ms(sum, ends.into_iter().max().unwrap_or(0), k)
}

/// A ladder, or a remediation outside of any.
struct Unit {
    cause: Option<(StepId, String)>,
    rungs: Vec<StepId>,
}

fn units(plan: &Plan) -> Vec<Unit> {
    let mut seen: BTreeSet<StepId> = BTreeSet::new();
    let mut all = Vec::new();
    for node in &plan.nodes {
        let Some(step) = plan.step(node.step).filter(|s| s.kind == StepKind::Remediate) else {
            continue;
        };
        if !seen.insert(step.id) {
            continue;
        }
        let ladder = plan.ladders.iter().find(|l| l.rungs.contains(&step.id));
        let rungs = ladder.map_or_else(|| vec![step.id], |l| l.rungs.clone());
        seen.extend(rungs.iter().copied());
        all.push(Unit { cause: cause_of(step.when.as_ref()), rungs });
    }
    all
}

fn body(plan: &Plan, step: StepId) -> Option<&Remediate> {
    match &plan.step(step)?.body {
        StepBody::Remediate(r) => Some(r),
        _ => None,
    }
}

/// W(step) of a remediation with its verify and undo.
fn remediation(
    plan: &Plan,
    id: StepId,
    looking: u64,
    not_first: bool,
    k: u32,
    steps: &mut [StepBound],
    tell: u64,
) -> Cost {
    let (Some(step), Some(r)) = (plan.step(id), body(plan, id)) else {
        return Cost::default();
    };
    let (sum, critical) = reads_ms(&step.reads);
    let reads = parallel_ms(sum, critical, k);
    let approval = r.approval.as_ref().map_or(0, |a| a.within_ms);
    let waits = approval > 0 || plan.limits.lock_wait_ms > 0 || not_first;
    let reread = if waits { looking } else { 0 };
    let mut verify = 0u64;
    let mut before = 0u64;
    for node in plan.verifies_of(id) {
        let Some(v) = plan.step_of(node) else {
            continue;
        };
        if let StepBody::Verify(body) = &v.body {
            // Several proofs of one change sample side by side.
            verify = verify.max(body.within_ms);
            let needed: BTreeSet<_> = body.befores.iter().flat_map(|b| b.reads.iter().copied()).collect();
            let of: Vec<ReadCall> = v.reads.iter().filter(|r| needed.contains(&r.id)).cloned().collect();
            let sum = of.iter().map(read_ms).fold(0, u64::saturating_add);
            let longest = of.iter().map(read_ms).max().unwrap_or(0);
            before = before.saturating_add(parallel_ms(sum, longest, k));
        }
    }
    let undoes = r.calls.iter().any(|c| c.captured_undo || !c.undo.is_empty());
    let undo = if undoes { r.within_ms } else { 0 };
    let after = r.within_ms.saturating_add(verify).saturating_add(undo);
    let lead = plan
        .limits
        .lock_wait_ms
        .saturating_add(approval)
        .saturating_add(reread)
        .saturating_add(reads)
        .saturating_add(before);
    if let Some(slot) = steps.get_mut(id.0 as usize) {
        *slot = StepBound {
            reads_ms: reads,
            approval_ms: approval,
            reread_ms: reread,
            before_ms: before,
            within_ms: r.within_ms,
            undo_ms: undo,
            admit_ms: after.saturating_add(tell),
            total_ms: lead.saturating_add(r.within_ms),
            schedule_ms: schedule(&r.retry),
        };
    }
    Cost { before: lead, after }
}

fn changes(plan: &Plan, id: StepId) -> u64 {
    body(plan, id).map_or(0, |r| {
        let calls = r.calls.iter().filter(|c| c.effect >= Effect::Change).count() as u64;
        calls.saturating_mul(r.each.as_ref().map_or(1, |e| e.at_most))
    })
}

fn attempts(plan: &Plan, id: StepId) -> u64 {
    body(plan, id).map_or(0, |r| u64::from(r.retry.attempts))
}

/// Targets by noun: named ones once, elements of a list as many as there may be.
fn targets(c: &Checker<'_>, plan: &Plan, units: &[Unit]) -> BTreeMap<String, u64> {
    let mut named: BTreeSet<(String, String)> = BTreeSet::new();
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for r in units.iter().flat_map(|u| &u.rungs).filter_map(|id| body(plan, *id)) {
        for call in r.calls.iter().filter(|c| c.effect >= Effect::Change) {
            let Some(arg) = call.target.as_ref().and_then(|t| call.args.iter().find(|a| a.name == *t)) else {
                continue;
            };
            let noun = match &arg.value.typ {
                Type::Target(kind) => c.cat.targets.get(kind).map_or_else(|| kind.clone(), |t| t.noun.clone()),
                _ => "target".to_owned(),
            };
            match &arg.value.kind {
                ExprKind::Target(name) => {
                    named.insert((noun, name.clone()));
                }
                _ => *counted.entry(noun).or_default() += r.each.as_ref().map_or(1, |e| e.at_most),
            }
        }
    }
    for (noun, _) in named {
        *counted.entry(noun).or_default() += 1;
    }
    counted
}

/// R11 before the run: a change whose end lies behind the deadline is never started.
fn admission(
    c: &mut Checker<'_>,
    plan: &Plan,
    items: &[Item],
    units: &[Unit],
    costs: &BTreeMap<StepId, Cost>,
    looking: u64,
) {
    let deadline = plan.limits.deadline_ms;
    let place = items.iter().find_map(|i| match i {
        Item::Block(b) if b.kind == crate::syntax::tree::BlockKind::Limits => {
            b.body.items.iter().find_map(|i| match i {
                Item::Setting(s) if s.key.name == "deadline" => Some(s.span),
                _ => None,
            })
        }
        _ => None,
    });
    for (u, unit) in units.iter().enumerate() {
        // What may have gone before it in the same run: other units, but not those of another cause.
        let others: Vec<_> = units[..u]
            .iter()
            .filter(|o| match (&o.cause, &unit.cause) {
                (Some((a, x)), Some((b, y))) => a != b || x == y,
                _ => true,
            })
            .map(|o| (o.cause.clone(), o.rungs.iter().filter_map(|r| costs.get(r)).map(|c| c.total()).sum()))
            .collect();
        let mut gone = looking.saturating_add(combine(&others));
        for rung in &unit.rungs {
            let (Some(step), Some(cost)) = (plan.step(*rung), costs.get(rung)) else {
                continue;
            };
            let admit = plan.bounds.steps.get(rung.0 as usize).map_or(0, |b| b.admit_ms);
            let latest = gone.saturating_add(cost.before).saturating_add(admit);
            gone = gone.saturating_add(cost.total());
            let parts = |d: Diagnostic| {
                let b = plan.bounds.steps.get(rung.0 as usize).cloned().unwrap_or_default();
                let verify = admit.saturating_sub(b.within_ms).saturating_sub(b.undo_ms);
                d.note(format!(
                    "it needs {}: {} to change, {} to verify and to tell, {} to undo",
                    human(admit),
                    human(b.within_ms),
                    human(verify),
                    human(b.undo_ms)
                ))
            };
            let d = if admit > deadline {
                parts(Diagnostic::error("H0601", step.span, format!("`{}` can never start: it does not fit into the deadline of {}", step.name, human(deadline))))
                    .help("a change starts only if its end, its proof and its undo still fit: allow more time, or bound them tighter")
            } else if latest > deadline {
                parts(Diagnostic::warning(
                    "H0602",
                    step.span,
                    format!(
                        "`{}` may not start: at worst it would end {} after the deadline",
                        step.name,
                        human(latest - deadline)
                    ),
                ))
                .help(format!(
                    "in the worst case the run takes {}; allow it, or bound what comes before",
                    human(plan.bounds.duration_ms)
                ))
            } else {
                continue;
            };
            c.report(match place {
                Some(span) => d.label(span, "the deadline"),
                None => d.note(format!("no deadline is written, so it is {}", human(deadline))),
            });
        }
    }
}

/// The answer of an approval's condition for a risk, where it depends on nothing else.
pub(super) fn asks_at(approval: &Approval, risk: Risk) -> Option<bool> {
    let Some(when) = &approval.when else {
        return Some(true);
    };
    at(when, risk)
}

fn at(e: &Expr, risk: Risk) -> Option<bool> {
    let word = |e: &Expr| match &e.kind {
        ExprKind::Local(name) if name == "risk" => Some(risk),
        _ => constant::word(e).and_then(super::playbook::risk_of),
    };
    Some(match &e.kind {
        ExprKind::Bool(b) => *b,
        ExprKind::WordIs { value, word: w } => word(value)? == super::playbook::risk_of(w)?,
        ExprKind::Unary { op: crate::syntax::tree::UnaryOp::Not, operand } => !at(operand, risk)?,
        ExprKind::Binary { op: BinaryOp::And, left, right } => at(left, risk)? && at(right, risk)?,
        ExprKind::Binary { op: BinaryOp::Or, left, right } => at(left, risk)? || at(right, risk)?,
        ExprKind::Binary { op, left, right } => {
            let (a, b) = (word(left)?, word(right)?);
            match op {
                BinaryOp::Less => a < b,
                BinaryOp::LessEqual => a <= b,
                BinaryOp::Greater => a > b,
                BinaryOp::GreaterEqual => a >= b,
                BinaryOp::Equal => a == b,
                BinaryOp::NotEqual => a != b,
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// A condition that says the same in every environment asks for nothing (L53).
fn constant_approvals(c: &mut Checker<'_>, plan: &Plan) {
    let environments = &c.options.environments;
    if environments.is_empty() {
        return;
    }
    let floors: Vec<Risk> = environments.iter().map(|e| e.risk_floor).collect();
    for step in &plan.steps {
        let StepBody::Remediate(r) = &step.body else {
            continue;
        };
        let Some(when) = r.approval.as_ref().and_then(|a| a.when.as_ref()) else {
            continue;
        };
        let answers: BTreeSet<Option<bool>> = floors.iter().map(|f| at(when, r.risk.max(*f))).collect();
        let answer = match answers.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(one)] => *one,
            _ => continue,
        };
        let (what, help) = if answer {
            ("always", "leave `when …` away, so that a reader sees it")
        } else {
            ("never", "raise the step's `risk` or an environment's `risk_floor`, or leave the approval away")
        };
        c.report(
            Diagnostic::warning(
                "H0608",
                when.span,
                format!("in every configured environment this approval is {what} asked for"),
            )
            .note(format!("the risk of `{}` is {:?} here", step.name, r.risk).to_lowercase())
            .help(help),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_literals() {
        assert_eq!(human(0), "0s");
        assert_eq!(human(2_463_000), "41m3s");
        assert_eq!(human(3_600_000), "1h");
        assert_eq!(human(1_500), "1s500ms");
    }

    #[test]
    fn causes_of_one_diagnose_exclude_each_other() {
        let cause = |c: &str| Some((StepId(0), c.to_owned()));
        assert_eq!(combine(&[(cause("a"), 5), (cause("b"), 7), (cause("a"), 1), (None, 10)]), 17);
    }
}
