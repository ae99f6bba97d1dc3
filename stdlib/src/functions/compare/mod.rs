//! Two windows, or two series, beside each other.

pub(crate) mod before_after;
pub(crate) mod drift;
pub(crate) mod lag;

use crate::action::Args;
use crate::declare::record;
use crate::functions::series::given;
use crate::value::{Series, Value};
use heal_lang::catalogue::{RecordDecl, Type};
use std::sync::Arc;

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        record(
            "compare.Effect",
            "What changed from one window to the other, in the base unit of the series.",
            &[
                ("before", Type::NUMBER, "The median before."),
                ("after", Type::NUMBER, "The median after."),
                ("change", Type::NUMBER, "`after` less `before`."),
                ("lower", Type::NUMBER, "The lower end of the interval of the change."),
                ("upper", Type::NUMBER, "The upper end of the interval of the change."),
                ("delta", Type::NUMBER, "-1 to 1: how often a value after exceeds one before, less the reverse."),
                ("clear", Type::Bool, "The interval leaves out 0."),
            ],
        ),
        record(
            "compare.Drift",
            "How two windows differ in distribution.",
            &[
                ("ks", Type::RATIO, "The largest difference of the two cumulative distributions."),
                ("chance", Type::RATIO, "The probability of such a difference where nothing changed."),
                ("psi", Type::NUMBER, "Population stability index; above 0.25 is usually called a shift."),
                ("distance", Type::NUMBER, "How far the mass moved, in the base unit (Wasserstein)."),
            ],
        ),
        record(
            "compare.Lag",
            "How two series go together.",
            &[
                ("lead", Type::DURATION, "By how much the first one leads; negative: it follows."),
                ("correlation", Type::NUMBER, "-1 to 1 at that lead."),
                ("confidence", Type::RATIO, "How surely it is no coincidence, for all leads that were tried."),
            ],
        ),
    ]
}

/// A series, and its samples before and from a time on.
struct Halves {
    series: Arc<Series>,
    before: Vec<f64>,
    after: Vec<f64>,
}

/// The samples of a series before and from a time on, as `at` says.
fn halves(args: &Args) -> Result<Halves, Value> {
    let series = given(args, "series")?;
    let at = match args.get("at") {
        Some(Value::Time(at)) => *at,
        Some(unknown @ Value::NoData(_)) => return Err(unknown.clone()),
        _ => return Err(Value::no_data("`at` is needed")),
    };
    let cut = series.at.partition_point(|t| *t < at);
    let (before, after) = (series.value[..cut].to_vec(), series.value[cut..].to_vec());
    Ok(Halves { series, before, after })
}
