//! Root cause: which component of a service graph made a symptom, from the series of all of them.
//!
//! `rank` weighs how much of the symptom each component can account for; `baseline` holds five known simple rankings to
//! compare with. Uses `series` and `math`.

pub mod baseline;

use crate::math::stats;
use crate::{Reason, Series};
use serde::{Deserialize, Serialize};

/// What is wrong at the symptom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// Time to answer, any unit of time, the same for all components; larger is worse.
    Latency,
    /// Share of calls that succeed, in percent (0 to 100); smaller is worse.
    Availability,
}

/// The series of one component. A series that does not exist is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// Name, unique in its system.
    pub name: String,
    /// Mean latency per interval.
    pub latency: Series,
    /// Availability per interval, in percent.
    pub availability: Series,
    /// Calls per interval.
    pub requests: Series,
}

impl Component {
    /// The series of a signal.
    #[must_use]
    pub fn signal(&self, signal: Signal) -> &Series {
        match signal {
            Signal::Latency => &self.latency,
            Signal::Availability => &self.availability,
        }
    }
}

/// Components and who calls whom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// The components.
    pub components: Vec<Component>,
    /// `(caller, called)` pairs of indices into `components`.
    pub calls: Vec<(usize, usize)>,
}

/// Where and when it was noticed that something is wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Symptom {
    /// Index of the component.
    pub component: usize,
    /// What is wrong there.
    pub signal: Signal,
    /// Unix milliseconds.
    pub at: i64,
}

/// A suspected component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// Index of the component.
    pub component: usize,
    /// Its name.
    pub name: String,
    /// Share of the suspicion, in [0, 1]; the shares of all components sum to 1 (or are all 0).
    pub score: f64,
    /// How much worse its own signal became, in the unit of the signal.
    pub change: f64,
    /// What the score rests on, one short sentence.
    pub basis: String,
}

impl System {
    /// Indices of the components that `from` reaches by calls, itself included, rising. O(components + calls).
    #[must_use]
    pub fn reachable(&self, from: usize) -> Vec<usize> {
        let mut seen = vec![false; self.components.len()];
        let mut stack = vec![from];
        while let Some(at) = stack.pop() {
            if at >= seen.len() || seen[at] {
                continue;
            }
            seen[at] = true;
            stack.extend(self.calls.iter().filter(|c| c.0 == at).map(|c| c.1));
        }
        (0..seen.len()).filter(|&i| seen[i]).collect()
    }

    pub(crate) fn check(&self, symptom: &Symptom) -> Result<(), Reason> {
        let n = self.components.len();
        if n == 0 {
            return Err(Reason::Empty);
        }
        if symptom.component >= n || self.calls.iter().any(|c| c.0 >= n || c.1 >= n) {
            return Err(Reason::parameter("component", "names no component of the system"));
        }
        Ok(())
    }
}

/// The change of a signal at the symptom: its usual value before, and how much worse it is after.
struct Change {
    usual: f64,
    worse: f64,
    relative: f64,
}

/// Values before the symptom and from it on (for two intervals), sign turned so that larger is worse.
fn split(series: &Series, signal: Signal, at: i64) -> (Vec<f64>, Vec<f64>) {
    let step = series.step_ms().unwrap_or(0);
    let sign = if signal == Signal::Latency { 1.0 } else { -1.0 };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (&t, &v) in series.at.iter().zip(&series.value) {
        if !v.is_finite() {
            continue;
        }
        // A stamp is the start of an interval: an interval that is over before the symptom is normal operation.
        if t.saturating_add(step) <= at {
            before.push(sign * v);
        } else if t <= at.saturating_add(step.saturating_mul(2)) {
            after.push(sign * v);
        }
    }
    (before, after)
}

fn change(series: &Series, signal: Signal, at: i64) -> Change {
    let (mut before, mut after) = split(series, signal, at);
    after.sort_by(|a, b| b.total_cmp(a));
    after.truncate(2);
    if after.is_empty() {
        return Change { usual: 0.0, worse: 0.0, relative: 0.0 };
    }
    let usual = stats::median(&mut before).unwrap_or(match signal {
        Signal::Latency => after[after.len() - 1],
        Signal::Availability => -100.0,
    });
    let worse = (stats::mean(&after) - usual).max(0.0);
    let relative = match signal {
        Signal::Latency => worse / (usual.abs() + 1e-9).max(worse * 1e-3),
        Signal::Availability => worse / 100.0,
    };
    Change { usual: usual.abs(), worse, relative }
}

/// Ranks the components by how much of the symptom they account for: the worsening of their own signal times their
/// calls, less what the components they call account for, times the square root of the relative worsening. Components
/// that the symptom's does not reach count little. Most suspicious first; all components are in the answer.
/// O(components · calls + points).
///
/// # Errors
/// [`Reason::Empty`] without components, [`Reason::Parameter`] for an index out of range.
pub fn rank(system: &System, symptom: &Symptom) -> Result<Vec<Cause>, Reason> {
    system.check(symptom)?;
    let n = system.components.len();
    let reach = system.reachable(symptom.component);
    let changes: Vec<Change> =
        system.components.iter().map(|c| change(c.signal(symptom.signal), symptom.signal, symptom.at)).collect();
    let calls: Vec<f64> = system
        .components
        .iter()
        .map(|c| {
            let (_, value) = c.requests.present();
            // Without counts, every component weighs the same.
            if value.is_empty() { 1.0 } else { stats::mean(&value) }
        })
        .collect();
    let impact: Vec<f64> = changes.iter().zip(&calls).map(|(c, q)| c.worse * q).collect();
    let mut weights = vec![0.0; n];
    for i in 0..n {
        let mut called: Vec<usize> = system.calls.iter().filter(|c| c.0 == i && c.1 != i).map(|c| c.1).collect();
        called.sort_unstable();
        called.dedup();
        let explained: f64 = called.iter().map(|&k| impact[k]).sum();
        let own = (impact[i] - explained).max(0.0) * libm::sqrt(changes[i].relative);
        let near = if reach.binary_search(&i).is_ok() { 1.0 } else { 0.02 };
        // Where a symptom shows is seldom where it comes from.
        let seen = if i == symptom.component { 0.3 } else { 1.0 };
        weights[i] = own * near * seen;
    }
    let total: f64 = weights.iter().sum();
    let mut causes: Vec<Cause> = (0..n)
        .map(|i| Cause {
            component: i,
            name: system.components[i].name.clone(),
            score: if total > 0.0 { weights[i] / total } else { 0.0 },
            change: changes[i].worse,
            basis: format!(
                "worse by {:.4} from {:.4} over {:.0} calls an interval{}",
                changes[i].worse,
                changes[i].usual,
                calls[i],
                if reach.binary_search(&i).is_ok() { "" } else { "; not called from the symptom" }
            ),
        })
        .collect();
    causes.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then(b.change.total_cmp(&a.change)).then(a.component.cmp(&b.component))
    });
    Ok(causes)
}
