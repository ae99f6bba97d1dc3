//! `anomaly.auto`: the default streaming detector, [`Surprise`] through the [`Alarm`] layer.

use super::alarm::{Alarm, AlarmParams, Reading, THRESHOLD};
use super::input::{Input, Kind};
use super::surprise::{Surprise, SurpriseParams};
use crate::episode::{self, EpisodeParams};
use crate::{Judgement, Reason, Series};
use serde::{Deserialize, Serialize};

/// Version of the saved form of an [`Auto`].
const VERSION: u32 = 2;

/// Settings of the default detector.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutoParams {
    /// What the values are: a counter that is reset is no anomaly.
    pub kind: Kind,
    /// Settings of the surprise.
    pub surprise: SurpriseParams,
    /// Settings of the alarm layer.
    pub alarm: AlarmParams,
}

/// The default streaming detector of one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Auto {
    version: u32,
    input: Input,
    surprise: Surprise,
    alarm: Alarm,
}

impl Auto {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: AutoParams) -> Result<Auto, Reason> {
        Ok(Auto {
            version: VERSION,
            input: Input::new(params.kind),
            surprise: Surprise::new(params.surprise)?,
            alarm: Alarm::new(params.alarm)?,
        })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        if self.version != VERSION {
            return Err(Reason::state("auto of another version"));
        }
        self.input.check()?;
        self.alarm.check()?;
        self.surprise.check()
    }

    /// Takes a value (`at` in Unix milliseconds; NaN is missing) and says how anomalous it is, by earlier ones only.
    pub fn push(&mut self, at: i64, value: f64) -> Reading {
        let value = self.input.push(at, value);
        let surprise = self.surprise.push(at, value);
        self.alarm.push(surprise)
    }

    /// Bytes of state.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.surprise.bytes() + std::mem::size_of::<Alarm>() + std::mem::size_of::<Input>()
    }
}

/// Judges the end of a series. Short series are warmed up over a quarter of their points, at most the `warm_up` of the
/// alarm layer; 16 present points are needed. O(n).
///
/// # Errors
/// [`Reason`] for an empty, all-missing or too short series, or a parameter out of range.
pub fn judge(series: &Series, params: &AutoParams) -> Result<Judgement, Reason> {
    series.require(16)?;
    let mut input = Input::new(params.kind);
    let passed: Vec<(i64, f64)> = series.at.iter().zip(&series.value).map(|(&t, &v)| (t, input.push(t, v))).collect();
    let (at, value) = Series::from_pairs(&passed).require(16)?;
    let warm_up = params.alarm.warm_up.min(value.len() / 4).max(8);
    let alarm = AlarmParams { warm_up, ..params.alarm.clone() };
    // With few points nothing can be rarer than one in as many: the gate comes down to what they can show.
    let reachable = 0.6 + 1.2 * libm::log10(value.len() as f64);
    let alarm = AlarmParams { gate: alarm.gate.min(reachable), half: alarm.half.min(reachable), ..alarm };
    let mut auto = Auto::new(AutoParams { alarm, kind: Kind::Gauge, surprise: params.surprise.clone() })?;
    let score: Vec<f64> = at.iter().zip(&value).map(|(&t, &v)| auto.push(t, v).score).collect();
    let episode = EpisodeParams { threshold: THRESHOLD, ..EpisodeParams::default() };
    Ok(episode::judge(
        &at,
        &value,
        &score,
        warm_up,
        &episode,
        "rarity of level, step, means, volatility and time of day",
    ))
}
