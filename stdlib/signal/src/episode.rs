//! Holding an alarm: from a score per point to "is it anomalous now, and since when".
//!
//! A detector's score often fades while the anomaly lasts, because the detector gets used to it. An episode opens at the
//! first score over the threshold; the level before it is frozen, and the episode stays open until the values have been
//! back within that level's band for several points in a row, or have lasted so long that they are the new normal.

use crate::Judgement;
use crate::math::stats;
use serde::{Deserialize, Serialize};

/// How episodes open and close.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpisodeParams {
    /// Score in [0, 1] from which an episode opens.
    pub threshold: f64,
    /// Half width of the band around the level before the onset, in robust standard deviations.
    pub band: f64,
    /// Points in a row inside the band that close an episode.
    pub close_after: usize,
    /// Points after which a lasting change counts as the new normal and the episode closes.
    pub adopt_after: usize,
    /// Points before the onset that make up the frozen level (at most).
    pub level: usize,
    /// Changes smaller than this (in the series' unit) never hold an episode open.
    pub least_change: f64,
}

impl Default for EpisodeParams {
    fn default() -> EpisodeParams {
        EpisodeParams { threshold: 0.5, band: 3.0, close_after: 5, adopt_after: 2_000, level: 1_000, least_change: 0.0 }
    }
}

/// The level before an onset.
#[derive(Clone, Copy, Debug)]
struct Open {
    start: usize,
    centre: f64,
    half: f64,
    inside: usize,
    peak: f64,
}

/// Judges the end of a series from causal scores: `at`, `value` and `score` have one entry a present point; scores before
/// `warm_up` points never open an episode. O(n) plus O(level · log level) an episode.
#[must_use]
pub fn judge(
    at: &[i64],
    value: &[f64],
    score: &[f64],
    warm_up: usize,
    params: &EpisodeParams,
    basis: &str,
) -> Judgement {
    let mut open: Option<Open> = None;
    for i in 0..value.len().min(score.len()) {
        match open.as_mut() {
            None => {
                if i >= warm_up && score[i] >= params.threshold {
                    let from = i.saturating_sub(params.level);
                    let (centre, scale) = stats::robust_location(&value[from..i]).unwrap_or((value[i], 0.0));
                    let half = (params.band * scale).max(params.least_change).max(centre.abs() * 1e-9);
                    if (value[i] - centre).abs() >= params.least_change {
                        open = Some(Open { start: i, centre, half, inside: 0, peak: score[i] });
                    }
                }
            }
            Some(o) => {
                let quiet = (value[i] - o.centre).abs() <= o.half && score[i] < params.threshold;
                o.inside = if quiet { o.inside + 1 } else { 0 };
                o.peak = o.peak.max(score[i]);
                if o.inside >= params.close_after || i - o.start >= params.adopt_after {
                    open = None;
                }
            }
        }
    }
    let newest = score.last().copied().unwrap_or(0.0);
    let seen = open.map_or(value.len(), |o| o.start);
    let shown = open.map_or(newest, |o| o.peak.max(newest)).clamp(0.0, 1.0);
    let grade = match open {
        Some(_) => ((shown - params.threshold) / (1.0 - params.threshold).max(1e-9)).clamp(0.0, 1.0),
        None => 0.0,
    };
    Judgement {
        alarm: open.is_some(),
        score: shown,
        grade,
        confidence: seen as f64 / (seen as f64 + 20.0),
        since: open.and_then(|o| at.get(o.start).copied()),
        threshold: params.threshold,
        basis: match open {
            Some(o) => format!(
                "{basis}; level before the onset {} ± {} over {} points",
                short(o.centre),
                short(o.half),
                o.start.min(params.level)
            ),
            None => format!("{basis}; no open episode in {} points", value.len()),
        },
        points: value.len(),
    }
}

/// A number with four significant digits.
fn short(x: f64) -> String {
    if x == 0.0 || (1e-3..1e6).contains(&x.abs()) {
        let digits = if x.abs() >= 1000.0 {
            0
        } else if x.abs() >= 1.0 {
            2
        } else {
            4
        };
        format!("{x:.digits$}")
    } else {
        format!("{x:.3e}")
    }
}
