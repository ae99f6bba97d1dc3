//! Correlation between two series, and which one leads.

use crate::math::{normal, stats};
use crate::{Reason, Series};
use serde::{Deserialize, Serialize};

/// The strongest correlation over the lags looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lag {
    /// Milliseconds by which the first series leads (negative: it follows).
    pub lead_ms: i64,
    /// Correlation of the values at that lag, in [-1, 1] (Pearson).
    pub correlation: f64,
    /// One minus the probability of so strong a correlation between unrelated series, corrected for the lags tried and
    /// for the autocorrelation of both (Bartlett's effective length), in [0, 1].
    pub confidence: f64,
    /// Pairs of values compared.
    pub points: usize,
}

/// Correlates two series over leads of up to `most_ms` either way, on the coarser of their steps; values are matched to the
/// nearest step. Needs 8 shared points. O(n · lags).
///
/// # Errors
/// [`Reason`] for empty, all-missing, constant or too short series.
pub fn find(first: &Series, second: &Series, most_ms: i64) -> Result<Lag, Reason> {
    first.require(8)?;
    second.require(8)?;
    let step = first.step_ms().unwrap_or(1).max(second.step_ms().unwrap_or(1)).max(1);
    let from = first.at[0].max(second.at[0]);
    let to = first.at[first.len() - 1].min(second.at[second.len() - 1]);
    let slots = to.saturating_sub(from) / step + 1;
    if !(8..=1_000_000).contains(&slots) {
        return Err(Reason::TooFewPoints { have: slots.max(0) as usize, need: 8 });
    }
    let (x, y) = (grid(first, from, step, slots as usize), grid(second, from, step, slots as usize));
    for v in [&x, &y] {
        if stats::deviation(v) <= 0.0 {
            return Err(Reason::Constant { value: v[0] });
        }
    }
    let n = x.len();
    let most = ((most_ms.max(0) / step) as usize).min(n - 8);
    let mut best = (0_i64, 0.0_f64, n);
    for lag in 0..=most {
        for (lead, a, b) in [(lag as i64, &x[..n - lag], &y[lag..]), (-(lag as i64), &x[lag..], &y[..n - lag])] {
            let c = stats::correlation(a, b);
            if c.abs() > best.1.abs() {
                best = (lead, c, n - lag);
            }
        }
    }
    let memory: f64 = (1..(n / 4).min(100)).map(|k| auto(&x, k) * auto(&y, k)).sum();
    let length = (best.2 as f64 / (1.0 + 2.0 * memory).max(1.0)).max(4.0);
    let z = libm::atanh(best.1.abs().min(0.999_999_999)) * libm::sqrt(length - 3.0);
    let chance = 2.0 * normal::tail(z) * (2 * most + 1) as f64;
    Ok(Lag { lead_ms: best.0 * step, correlation: best.1, confidence: (1.0 - chance).clamp(0.0, 1.0), points: best.2 })
}

fn auto(x: &[f64], lag: usize) -> f64 {
    stats::correlation(&x[..x.len() - lag], &x[lag..])
}

/// The values at the slots `from + k · step`, nearest one each, gaps filled by straight lines.
fn grid(series: &Series, from: i64, step: i64, slots: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; slots];
    for (&t, &v) in series.at.iter().zip(&series.value) {
        let k = (t.saturating_sub(from).saturating_add(step / 2)).div_euclid(step);
        if (0..slots as i64).contains(&k) && v.is_finite() {
            out[k as usize] = v;
        }
    }
    crate::series::fill(&out)
}
