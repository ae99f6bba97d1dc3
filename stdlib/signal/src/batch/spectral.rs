//! Spectral residual: what a smoothed spectrum does not explain, for single odd points.
//!
//! Ren et al., "Time-series anomaly detection service at Microsoft", KDD 2019.

use super::Scores;
use crate::math::{fourier, stats};
use crate::{Reason, Series};

/// Width of the mean over the logarithms of the spectrum.
const FILTER: usize = 3;
/// Points that the local mean of the saliency looks back.
const LOCAL: usize = 21;
/// Points that the series is continued by, because the newest point has no neighbours to the right.
const EXTEND: usize = 5;
/// How far above its local mean, as a multiple of it, the saliency scores 0.5 (τ of the paper).
const HALF: f64 = 3.0;

/// Scores each point by how far its saliency lies above the mean of the saliencies before it. Needs 32 present points,
/// not all equal. O(n log n) time, O(n) memory.
///
/// # Errors
/// [`Reason`] for an empty, all-missing, constant or too short series.
pub fn scores(series: &Series) -> Result<Scores, Reason> {
    let (_, present) = series.require(32)?;
    let raw = series.filled()?;
    let top = raw.iter().fold(0.0_f64, |a, v| a.max(v.abs())).max(1e-300);
    let mut x: Vec<f64> = raw.iter().map(|v| v / top).collect();
    if stats::deviation(&x) <= 1e-12 {
        return Err(Reason::Constant { value: present[0] });
    }
    extend(&mut x);
    let salient = saliency(&x);
    let distance = (0..raw.len()).map(|i| {
        let near = &salient[(i + 1).saturating_sub(LOCAL)..=i];
        let usual = stats::mean(near).max(1e-300);
        ((salient[i] - usual) / usual).max(0.0)
    });
    Ok(Scores { score: distance.map(|d| d / (d + HALF)).collect(), causal: false, window: LOCAL })
}

/// Appends copies of the next point expected from the mean slope of the last ones.
fn extend(x: &mut Vec<f64>) {
    let n = x.len();
    let look = EXTEND.min(n.saturating_sub(2));
    let last = x[n - 1];
    let slopes: Vec<f64> = (1..=look).map(|i| (last - x[n - 1 - i]) / i as f64).collect();
    let next = x[n - look] + stats::mean(&slopes) * look as f64;
    x.extend(std::iter::repeat_n(next, EXTEND));
}

/// The saliency map: the inverse transform of the residual spectrum, in magnitude. Of values of magnitude about 1.
#[must_use]
pub fn saliency(x: &[f64]) -> Vec<f64> {
    let signal: Vec<fourier::Complex> = x.iter().map(|&v| (v, 0.0)).collect();
    let spectrum = fourier::forward(&signal);
    let size: Vec<f64> = spectrum.iter().map(|v| libm::hypot(v.0, v.1)).collect();
    // Frequencies that are not there say nothing.
    let empty: Vec<bool> = size.iter().map(|&s| s <= 1e-8).collect();
    let logs: Vec<f64> = size.iter().zip(&empty).map(|(&s, &e)| if e { 0.0 } else { libm::log(s) }).collect();
    let mut sum = 0.0;
    let smooth: Vec<f64> = (0..logs.len())
        .map(|i| {
            sum += logs[i];
            if i >= FILTER {
                sum -= logs[i - FILTER];
            }
            sum / (i + 1).min(FILTER) as f64
        })
        .collect();
    let residual: Vec<fourier::Complex> = (0..spectrum.len())
        .map(|k| {
            if empty[k] {
                return (0.0, 0.0);
            }
            let factor = libm::exp(logs[k] - smooth[k]) / size[k];
            (spectrum[k].0 * factor, spectrum[k].1 * factor)
        })
        .collect();
    fourier::inverse(&residual).iter().map(|v| libm::hypot(v.0, v.1)).collect()
}
