//! Detectors. A raw score is not calibrated: `alarm` comes from the alarm layer behind it (L24).

pub(crate) mod rcf;
pub(crate) mod zscore;

use crate::declare::record;
use heal_lang::catalogue::{RecordDecl, Type};

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![record(
        "anomaly.Judgement",
        "What a detector says about the end of a series.",
        &[
            ("alarm", Type::Bool, "It is anomalous now: at its newest point, or since an onset that still holds."),
            ("score", Type::RATIO, "How anomalous; not a probability."),
            ("grade", Type::RATIO, "How far beyond the threshold; 0 without an alarm."),
            ("confidence", Type::RATIO, "How far it can be relied on; grows with the points seen before."),
            ("since", Type::Time.optional(), "When the anomaly that holds began."),
            ("threshold", Type::RATIO, "The score from which an alarm is raised."),
            ("basis", Type::String, "What it rests on."),
            ("points", Type::Int, "Points that were not missing."),
        ],
    )]
}
