//! `anomaly.auto`: the default streaming detector, [`Surprise`] at several resolutions through the [`Alarm`] layer.
//!
//! What is too small to stand out in one row can stand out in the mean of several: blocks of rows are judged by machines of
//! their own, and the most surprised one speaks.

use super::alarm::{Alarm, AlarmParams, Reading, THRESHOLD};
use super::input::{Input, Kind};
use super::surprise::{Surprise, SurpriseParams};
use crate::episode::{self, EpisodeParams};
use crate::series::usable;
use crate::{Judgement, Reason, Series};
use serde::{Deserialize, Serialize};

/// Version of the saved form of an [`Auto`].
const VERSION: u32 = 3;

/// Settings of the default detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AutoParams {
    /// What the values are: a counter that is reset is no anomaly.
    pub kind: Kind,
    /// Lengths of the blocks, in rows, whose means are judged besides single rows; at most 8, each 2 to 1000.
    pub blocks: Vec<usize>,
    /// Settings of the surprise.
    pub surprise: SurpriseParams,
    /// Settings of the alarm layer.
    pub alarm: AlarmParams,
}

impl Default for AutoParams {
    fn default() -> AutoParams {
        AutoParams {
            kind: Kind::default(),
            // About a quarter of an hour and an hour of the usual steps of one and five minutes.
            blocks: vec![3, 12],
            surprise: SurpriseParams::default(),
            alarm: AlarmParams::default(),
        }
    }
}

/// The mean of the rows of an open block, and the machine that judges closed ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Block {
    rows: usize,
    filled: usize,
    mean: f64,
    surprise: Surprise,
}

impl Block {
    /// Takes a row in; the surprise of the block that it closes, 0 for any other row.
    fn push(&mut self, at: i64, value: f64) -> f64 {
        let x = usable(value);
        if x.is_nan() {
            return 0.0;
        }
        self.filled += 1;
        self.mean += (x - self.mean) / self.filled as f64;
        if self.filled < self.rows {
            return 0.0;
        }
        let mean = self.mean;
        (self.filled, self.mean) = (0, 0.0);
        self.surprise.push(at, mean)
    }
}

/// The default streaming detector of one series. State: a [`Surprise`] for rows and one for each length of block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Auto {
    version: u32,
    input: Input,
    surprise: Surprise,
    blocks: Vec<Block>,
    alarm: Alarm,
}

impl Auto {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: AutoParams) -> Result<Auto, Reason> {
        if params.blocks.len() > 8 || params.blocks.iter().any(|b| !(2..=1000).contains(b)) {
            return Err(Reason::parameter("blocks", "must be at most 8 lengths of 2 to 1000 rows"));
        }
        let block =
            |&rows: &usize| Ok(Block { rows, filled: 0, mean: 0.0, surprise: Surprise::new(params.surprise.clone())? });
        Ok(Auto {
            blocks: params.blocks.iter().map(block).collect::<Result<_, Reason>>()?,
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
        if self.blocks.iter().any(|b| b.filled >= b.rows || !b.mean.is_finite()) {
            return Err(Reason::state("auto with a damaged block"));
        }
        self.input.check()?;
        self.blocks.iter().try_for_each(|b| b.surprise.check())?;
        self.alarm.check()?;
        self.surprise.check()
    }

    /// Takes a value (`at` in Unix milliseconds; NaN is missing) and says how anomalous it is, by earlier ones only.
    pub fn push(&mut self, at: i64, value: f64) -> Reading {
        let value = self.input.push(at, value);
        let mut surprise = self.surprise.push(at, value);
        for block in &mut self.blocks {
            surprise = surprise.max(block.push(at, value));
        }
        self.alarm.push(surprise)
    }

    /// Bytes of state.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.surprise.bytes()
            + self.blocks.iter().map(|b| b.surprise.bytes()).sum::<usize>()
            + std::mem::size_of::<Alarm>()
            + std::mem::size_of::<Input>()
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
    // A few dozen blocks do not say what is usual of blocks.
    let blocks = params.blocks.iter().copied().filter(|&rows| rows.saturating_mul(100) <= value.len()).collect();
    let mut auto = Auto::new(AutoParams { alarm, blocks, kind: Kind::Gauge, ..params.clone() })?;
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
