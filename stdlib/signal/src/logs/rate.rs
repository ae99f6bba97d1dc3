//! Rates of log templates: a kind of line that comes far more, or far less, often than it used to.
//!
//! Lines are mined into templates and counted by interval. A count is compared with the template's running mean by the
//! tail of a Poisson variable, widened by the overdispersion that the template has shown (quasi-Poisson, Wedderburn 1974);
//! the surprise passes the alarm layer. New templates are counted together as one more series, and one that comes again
//! and again in its first interval stands out by itself.

use super::template::{Miner, Params};
use crate::Reason;
use crate::detect::alarm::{Alarm, AlarmParams, Reading};
use crate::math::gamma;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the saved form of [`Rates`].
const VERSION: u32 = 1;
/// Intervals without a line after which the time between is skipped rather than counted as zeros.
const LONG: i64 = 1_000;

/// Settings of the rates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateParams {
    /// Length of an interval in milliseconds, at least 1.
    pub interval_ms: i64,
    /// Slowest weight of the newest interval in the running mean, in (0, 1].
    pub slow: f64,
    /// Most templates whose rate is followed, at least 1; the first ones seen are.
    pub most: usize,
    /// Settings of the miner.
    pub templates: Params,
    /// The alarm layer behind each template; its points are intervals.
    pub alarm: AlarmParams,
}

impl Default for RateParams {
    fn default() -> RateParams {
        RateParams {
            interval_ms: 60_000,
            slow: 0.02,
            most: 5_000,
            templates: Params::default(),
            alarm: AlarmParams { gate: 6.0, half: 6.0, pause: 10, warm_up: 10, ..AlarmParams::default() },
        }
    }
}

/// What is odd about a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateKind {
    /// A template came more often than it used to.
    More,
    /// A template came less often than it used to.
    Less,
    /// A template that had not been seen before came again and again.
    New,
    /// More templates than usual were seen for the first time.
    Variety,
}

/// An alarm about one interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RateAnomaly {
    /// Unix milliseconds of the start of the interval.
    pub at: i64,
    /// What is odd.
    pub kind: RateKind,
    /// Number of the template; `None` for [`RateKind::Variety`].
    pub template: Option<usize>,
    /// The template as one line, or the newest of the new ones.
    pub text: String,
    /// Lines (or new templates) in the interval.
    pub count: u64,
    /// What was usual.
    pub expected: f64,
    /// The alarm layer's answer.
    pub reading: Reading,
}

/// The running rate of one template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rate {
    mean: f64,
    /// Mean of squared deviation over mean: 1 for a Poisson variable.
    dispersion: f64,
    intervals: f64,
    alarm: Alarm,
}

impl Rate {
    /// Takes a count in; what was usual, and the alarm layer's answer.
    fn push(&mut self, count: u64, slow: f64) -> (f64, Reading) {
        let (c, usual) = (count as f64, self.mean);
        // Half a line in all the time before: what never came may still come.
        let mean = usual.max(0.5 / (self.intervals + 1.0));
        let spread = self.dispersion.max(1.0);
        let surprise = if c > mean {
            gamma::rarity_at_least(c / spread, mean / spread)
        } else {
            gamma::rarity_at_most(c / spread, mean / spread)
        };
        let reading = self.alarm.push(surprise);
        self.intervals += 1.0;
        if self.intervals == 1.0 {
            // Nothing was usual before: the first count says nothing about how counts scatter.
            self.mean = c;
            return (usual, reading);
        }
        let rate = (1.0 / self.intervals).max(slow);
        // Counts count up to what is rare, so that one burst does not hide the next.
        let limit = mean + 6.0 * libm::sqrt(mean * spread) + 3.0;
        let counted = if self.intervals > 10.0 { c.min(limit) } else { c };
        let off = counted - usual;
        self.mean += rate * off;
        self.dispersion += rate * (off * off / mean.max(0.1) - self.dispersion);
        (usual, reading)
    }
}

/// Streaming state: the miner and one small state a template. A line costs what the miner costs; the end of an interval
/// O(templates).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    version: u32,
    params: RateParams,
    miner: Miner,
    /// Number of the interval that is open.
    open: Option<i64>,
    counts: BTreeMap<usize, u64>,
    rates: BTreeMap<usize, Rate>,
    variety: Rate,
    intervals: u64,
}

impl Rates {
    /// Nothing seen.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: RateParams) -> Result<Rates, Reason> {
        if params.interval_ms < 1 || params.most == 0 {
            return Err(Reason::parameter("interval_ms, most", "must be at least 1"));
        }
        if !(params.slow > 0.0 && params.slow <= 1.0) {
            return Err(Reason::parameter("slow", "must be in (0, 1]"));
        }
        let variety = Rate { mean: 0.0, dispersion: 1.0, intervals: 0.0, alarm: Alarm::new(params.alarm.clone())? };
        Ok(Rates {
            version: VERSION,
            miner: Miner::new(params.templates.clone())?,
            params,
            open: None,
            counts: BTreeMap::new(),
            rates: BTreeMap::new(),
            variety,
            intervals: 0,
        })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        let rates = || self.rates.values().chain(std::iter::once(&self.variety));
        let sound = self.version == VERSION
            && self.params.interval_ms >= 1
            && rates().all(|r| r.mean.is_finite() && r.dispersion.is_finite() && r.intervals.is_finite())
            && self.counts.keys().chain(self.rates.keys()).all(|&id| id < self.miner.templates().len());
        if !sound {
            return Err(Reason::state("rates of another version or damaged"));
        }
        rates().try_for_each(|r| r.alarm.check())?;
        self.miner.check()
    }

    /// The templates and their counts.
    #[must_use]
    pub fn miner(&self) -> &Miner {
        &self.miner
    }

    /// Takes a line (stamp in Unix milliseconds); the alarms of the intervals that it closes. A line older than the open
    /// interval counts in the open one.
    pub fn push(&mut self, at: i64, line: &str) -> Vec<RateAnomaly> {
        let alarms = self.advance(at);
        let id = self.miner.learn(line);
        *self.counts.entry(id).or_insert(0) += 1;
        alarms
    }

    /// Says that time has come to `at`: closes the intervals before it and gives their alarms. A template that fell silent
    /// is noticed by this alone.
    pub fn advance(&mut self, at: i64) -> Vec<RateAnomaly> {
        let now = at.div_euclid(self.params.interval_ms);
        let Some(open) = self.open else {
            self.open = Some(now);
            return Vec::new();
        };
        if now <= open {
            return Vec::new();
        }
        let mut alarms = self.close(open);
        if now - open <= LONG {
            for empty in open + 1..now {
                alarms.extend(self.close(empty));
            }
        }
        self.open = Some(now);
        alarms
    }

    fn close(&mut self, interval: i64) -> Vec<RateAnomaly> {
        self.follow_merges();
        let at = interval.saturating_mul(self.params.interval_ms);
        let counts = std::mem::take(&mut self.counts);
        let mut alarms = Vec::new();
        let slow = self.params.slow;
        for (&id, rate) in &mut self.rates {
            let count = counts.get(&id).copied().unwrap_or(0);
            let (expected, reading) = rate.push(count, slow);
            if reading.alarm {
                let kind = if count as f64 > expected { RateKind::More } else { RateKind::Less };
                let text = self.miner.templates()[id].text();
                alarms.push(RateAnomaly { at, kind, template: Some(id), text, count, expected, reading });
            }
        }
        let fresh: Vec<(usize, u64)> = counts.into_iter().filter(|(id, _)| !self.rates.contains_key(id)).collect();
        for &(id, count) in &fresh {
            if self.rates.len() >= self.params.most {
                break;
            }
            // A template not seen so far has a history of zeros, and the alarm layer of all has warmed up with it.
            let mut rate = Rate {
                mean: 0.0,
                dispersion: 1.0,
                intervals: self.intervals as f64,
                alarm: self.variety.alarm.clone(),
            };
            let (expected, reading) = rate.push(count, slow);
            if reading.alarm {
                let text = self.miner.templates()[id].text();
                alarms.push(RateAnomaly {
                    at,
                    kind: RateKind::New,
                    template: Some(id),
                    text,
                    count,
                    expected,
                    reading,
                });
            }
            self.rates.insert(id, rate);
        }
        let (expected, reading) = self.variety.push(fresh.len() as u64, slow);
        if let (true, Some(&(newest, _))) = (reading.alarm && fresh.len() as f64 > expected, fresh.last()) {
            let text = self.miner.templates()[newest].text();
            let count = fresh.len() as u64;
            alarms.push(RateAnomaly { at, kind: RateKind::Variety, template: None, text, count, expected, reading });
        }
        self.intervals += 1;
        alarms
    }

    /// Templates that were merged give their counts and rates to the wider one.
    fn follow_merges(&mut self) {
        let moved: Vec<usize> =
            self.counts.keys().chain(self.rates.keys()).copied().filter(|&id| self.miner.current(id) != id).collect();
        for id in moved {
            let target = self.miner.current(id);
            if let Some(count) = self.counts.remove(&id) {
                *self.counts.entry(target).or_insert(0) += count;
            }
            let Some(old) = self.rates.remove(&id) else { continue };
            match self.rates.get_mut(&target) {
                Some(rate) => {
                    rate.mean += old.mean;
                    rate.dispersion = rate.dispersion.max(old.dispersion);
                    rate.intervals = rate.intervals.max(old.intervals);
                }
                None => {
                    self.rates.insert(target, old);
                }
            }
        }
    }
}
