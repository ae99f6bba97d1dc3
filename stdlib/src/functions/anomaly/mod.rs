//! Detectors. A raw score is not calibrated: `alarm` comes from the alarm layer behind it (L24).

pub(crate) mod auto;
pub(crate) mod cusum;
pub(crate) mod ewma;
pub(crate) mod flatline;
pub(crate) mod holt;
pub(crate) mod novelty;
pub(crate) mod page_hinkley;
pub(crate) mod peers;
pub(crate) mod rcf;
pub(crate) mod seasonal;
pub(crate) mod zscore;

use crate::action::Args;
use crate::declare::{flag, record};
use crate::evaluate::{Memory, number};
use crate::functions::series::given;
use crate::value::{Series, Value};
use heal_lang::catalogue::{Dim, ParamDecl, RecordDecl, Type};
use heal_signal::kept::Kept;
use heal_signal::{Judgement, Reason, method};

pub(crate) fn records() -> Vec<RecordDecl> {
    vec![
        judgements(),
        record(
            "anomaly.Odd",
            "Which of several like series is the odd one.",
            &[
                ("alarm", Type::Bool, "Its distance reaches the threshold."),
                ("index", Type::Int, "Its place in the list, from 0."),
                ("name", Type::String, "Its name and labels."),
                ("distance", Type::NUMBER, "From the median of all, in robust standard deviations; negative: below."),
                ("score", Type::RATIO, "How odd; 50% at the threshold."),
            ],
        ),
    ]
}

fn judgements() -> RecordDecl {
    record(
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
    )
}

/// Whether what was learnt stays.
fn keep() -> ParamDecl {
    flag(
        "keep",
        "Go on from what earlier runs learnt at this place of the playbook, on this target; a live run keeps what it learnt \
         when it closes, `plan` and a rehearsal do not. Only newer samples are learnt.",
    )
}

/// Judges by a method of heal-signal that starts afresh.
fn by_method(args: &Args, name: &str) -> Value {
    let series = match given(args, "series") {
        Ok(series) => series,
        Err(unknown) => return unknown,
    };
    let Some(method) = method::find(name) else { return Value::no_data(format!("there is no method `{name}`")) };
    judgement(&series, |s| {
        let mut kept = Kept::new(method)?;
        kept.learn(s);
        kept.judge()
    })
}

/// Judges by what was learnt at a place; `None`: the function keeps nothing, or is not asked to.
pub(crate) fn kept(function: &str, args: &Args, memory: &Memory, place: &str) -> Option<Value> {
    if args.get("keep") != Some(&Value::Bool(true)) {
        return None;
    }
    let name = match function {
        "anomaly.auto" => auto::METHOD,
        "anomaly.ewma" => ewma::METHOD,
        "anomaly.holt" => holt::METHOD,
        "anomaly.cusum" => cusum::METHOD,
        "anomaly.page_hinkley" => page_hinkley::METHOD,
        "anomaly.flatline" => flatline::METHOD,
        "anomaly.novelty" => novelty::METHOD,
        "anomaly.seasonal" => seasonal::METHOD,
        _ => return None,
    };
    let method = method::find(name)?;
    let series = match given(args, "series") {
        Ok(series) => series,
        Err(unknown) => return Some(unknown),
    };
    Some(match heal_signal::Series::new(&series.at, &series.value) {
        Ok(plain) => match memory.look(place, method, (&series.name, &plain), Kept::judge) {
            Ok(judged) => judgement(&series, |_| judged),
            Err(why) => Value::no_data(why),
        },
        Err(reason) => Value::no_data(format!("{} can't be judged: {reason}", named(&series))),
    })
}

/// A number, or its default.
pub(crate) fn float(args: &Args, name: &str, default: f64) -> f64 {
    args.get(name).and_then(number).map_or(default, |n| n.1)
}

/// A whole number, at least 1.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded right before")]
pub(crate) fn at_least_one(args: &Args, name: &str) -> usize {
    float(args, name, 1.0).clamp(1.0, 100_000.0) as usize
}

/// What a detector says, as a record. A series that it can't judge is no data.
fn judgement(series: &Series, judge: impl FnOnce(&heal_signal::Series) -> Result<Judgement, Reason>) -> Value {
    let judged = heal_signal::Series::new(&series.at, &series.value).and_then(|s| judge(&s));
    match judged {
        Ok(j) => Value::record([
            ("alarm", Value::Bool(j.alarm)),
            ("score", Value::Quantity(Dim::Ratio, j.score)),
            ("grade", Value::Quantity(Dim::Ratio, j.grade)),
            ("confidence", Value::Quantity(Dim::Ratio, j.confidence)),
            ("since", j.since.map_or(Value::None, Value::Time)),
            ("threshold", Value::Quantity(Dim::Ratio, j.threshold)),
            ("basis", Value::text(&j.basis)),
            ("points", Value::Int(i64::try_from(j.points).unwrap_or(i64::MAX))),
        ]),
        Err(reason) => Value::no_data(format!("{} can't be judged: {reason}", named(series))),
    }
}

/// What to call it.
pub(crate) fn named(series: &Series) -> &str {
    if series.name.is_empty() { "the series" } else { &series.name }
}
