//! The answer of a detector about the newest state of a series.

use serde::{Deserialize, Serialize};

/// What a detector says about the end of a series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Whether the series is anomalous now: at its newest point, or since a recent onset that still holds.
    pub alarm: bool,
    /// How anomalous it is, in [0, 1]: the highest score since the onset while an alarm holds, else the newest point's.
    pub score: f64,
    /// How far beyond the threshold the score is, in [0, 1]; 0 without an alarm.
    pub grade: f64,
    /// How much the judgement can be relied on, in [0, 1]: grows with the points seen before the onset.
    pub confidence: f64,
    /// Unix milliseconds of the onset of the anomaly that holds now.
    pub since: Option<i64>,
    /// The score from which an alarm is raised, in [0, 1].
    pub threshold: f64,
    /// What the judgement rests on, one short sentence.
    pub basis: String,
    /// Points that were not missing.
    pub points: usize,
}
