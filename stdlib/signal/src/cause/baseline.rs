//! Five simple rankings that a better one has to beat.

use super::{Symptom, System, change, split};
use crate::Reason;
use crate::math::stats;

/// The baselines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// Largest deviation from the values before, in their standard deviations.
    Zscore,
    /// Highest correlation with the symptom, over lags of up to two intervals.
    Correlation,
    /// Stationary distribution of a walk from the symptom along calls, attracted by correlation (MonitorRank).
    Walk,
    /// The component whose signal became worse last.
    LatestOnset,
    /// The deepest anomalous component: none that it calls is anomalous.
    LeafMost,
}

/// Ranks component indices by a baseline, most suspicious first. O(components² + points).
///
/// # Errors
/// [`Reason`] as for [`super::rank`].
pub fn rank(system: &System, symptom: &Symptom, baseline: Baseline) -> Result<Vec<usize>, Reason> {
    system.check(symptom)?;
    let n = system.components.len();
    let z: Vec<f64> = (0..n).map(|i| zscore(system, symptom, i)).collect();
    let score: Vec<f64> = match baseline {
        Baseline::Zscore => z,
        // The symptom itself says nothing: it correlates with itself.
        Baseline::Correlation => {
            (0..n).map(|i| if i == symptom.component { 0.0 } else { correlation(system, symptom, i) }).collect()
        }
        Baseline::Walk => walk(system, symptom),
        Baseline::LatestOnset => (0..n)
            .map(|i| {
                let series = system.components[i].signal(symptom.signal);
                let usual = change(series, symptom.signal, symptom.at);
                let limit = 0.5 * usual.worse;
                let first = series
                    .at
                    .iter()
                    .zip(&series.value)
                    .find(|(_, v)| v.is_finite() && usual.worse > 0.0 && (v.abs() - usual.usual).abs() >= limit)
                    .map_or(0.0, |(t, _)| *t as f64);
                if z[i] >= 3.0 { first } else { 0.0 }
            })
            .collect(),
        Baseline::LeafMost => (0..n)
            .map(|i| {
                let deeper = system.calls.iter().any(|c| c.0 == i && c.1 != i && z[c.1] >= 3.0);
                if z[i] < 3.0 || deeper { z[i].min(1e12) * 1e-15 } else { z[i] }
            })
            .collect(),
    };
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| score[b].total_cmp(&score[a]).then(a.cmp(&b)));
    Ok(order)
}

fn zscore(system: &System, symptom: &Symptom, i: usize) -> f64 {
    let (before, after) = split(system.components[i].signal(symptom.signal), symptom.signal, symptom.at);
    if before.is_empty() || after.is_empty() {
        return 0.0;
    }
    let centre = stats::mean(&before);
    let scale = stats::deviation(&before).max(1e-3 * centre.abs()).max(1e-9);
    let worst = after.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    ((worst - centre) / scale).clamp(0.0, 1e12)
}

fn correlation(system: &System, symptom: &Symptom, i: usize) -> f64 {
    let x = system.components[i].signal(symptom.signal).filled().unwrap_or_default();
    let y = system.components[symptom.component].signal(symptom.signal).filled().unwrap_or_default();
    (0..=2_usize)
        .map(|lag| {
            let n = x.len().min(y.len());
            if n < lag + 3 { 0.0 } else { stats::correlation(&x[..n - lag], &y[lag..n]) }
        })
        .fold(0.0, f64::max)
}

fn walk(system: &System, symptom: &Symptom) -> Vec<f64> {
    let n = system.components.len();
    let pull: Vec<f64> = (0..n).map(|i| 0.01 + correlation(system, symptom, i)).collect();
    let mut mass = vec![0.0; n];
    mass[symptom.component] = 1.0;
    for _ in 0..100 {
        let mut next = vec![0.0; n];
        for i in 0..n {
            if mass[i] <= 0.0 {
                continue;
            }
            let out: Vec<usize> = system.calls.iter().filter(|c| c.0 == i).map(|c| c.1).collect();
            let total: f64 = out.iter().map(|&k| pull[k]).sum::<f64>() + pull[i];
            next[i] += 0.85 * mass[i] * pull[i] / total;
            for &k in &out {
                next[k] += 0.85 * mass[i] * pull[k] / total;
            }
            next[symptom.component] += 0.15 * mass[i];
        }
        mass = next;
    }
    mass[symptom.component] = 0.0;
    mass
}
