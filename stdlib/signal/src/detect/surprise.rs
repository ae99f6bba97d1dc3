//! How surprising a value is, by everything cheap that can be said about it.
//!
//! Each feature (level, step, means, volatility, distance outside the range of the same time of day, …) is compared with
//! the largest values that it ever had, above and below apart; its rarity is a decimal logarithm of a probability. The
//! surprise is the rarest one plus a share of what the others have beyond one in a hundred.

use super::predictor::Predictor;
use super::season::{KEPT, Season};
use super::tail::Tail;
use crate::Reason;
use crate::series::usable;
use serde::{Deserialize, Serialize};

/// Version of the saved form of a [`Surprise`].
const VERSION: u32 = 1;
/// Number of features.
const FEATURES: usize = 11;
/// First feature that is a distance outside a range.
const OUTSIDE: usize = 7;
/// Points from which the step of the stamps is found.
const STAMPS: usize = 16;
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Settings of a [`Surprise`]. The defaults serve every series; they were set on the open part of NAB and KPI data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SurpriseParams {
    /// Weight of each feature's rarity: level, step, short mean, long mean, residual, volatility, flat run; then outside
    /// the range of the phase: value, step, short mean, long mean, prediction error.
    pub weights: [f64; FEATURES + 1],
    /// Largest values kept of the plain features, 2 to 1000.
    pub keep_plain: usize,
    /// Largest values kept of the distances outside a range, 2 to 1000.
    pub keep_outside: usize,
    /// Share of the points that counts as tail, in (0, 1].
    pub tail: f64,
    /// Smallest tail shape, above 0: bounded data would otherwise look too surprising just outside its range.
    pub shape: f64,
    /// Share of the other features' rarity (beyond `ordinary`) that adds to the rarest.
    pub share: f64,
    /// Rarity that is nothing special.
    pub ordinary: f64,
    /// Slowest rate of the long-run mean and variance, a point.
    pub slow: f64,
    /// Span of the short moving mean, in points.
    pub short: f64,
    /// Span of the long moving mean, in points.
    pub long: f64,
    /// Weight of the newest value in the mean of a phase.
    pub season: f64,
    /// Phases within this many milliseconds count as the same time of day.
    pub reach: i64,
}

impl Default for SurpriseParams {
    fn default() -> SurpriseParams {
        SurpriseParams {
            weights: [0.7, 1.0, 1.15, 1.1, 1.0, 0.3, 0.4, 0.75, 1.0, 0.1, 0.55, 0.85],
            keep_plain: 40,
            keep_outside: 8,
            tail: 0.01,
            shape: 0.05,
            share: 0.6,
            ordinary: 2.0,
            slow: 0.0002,
            short: 4.0,
            long: 50.0,
            season: 0.25,
            reach: 900_000,
        }
    }
}

/// State machine from stamped values to surprises. About 300 KB with a day of one-minute and a week of five-minute
/// phases, 1 KB until the step of the stamps is known; O(1) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surprise {
    version: u32,
    params: SurpriseParams,
    count: f64,
    last: [f64; 3],
    mean: f64,
    variance: f64,
    short: f64,
    long: f64,
    /// Mean squared residual to the short mean, fast and slow.
    local: f64,
    volatility: f64,
    flat: f64,
    /// Mean squared step, and mean squared prediction error.
    step: f64,
    error: f64,
    predictor: Predictor,
    stamps: Vec<i64>,
    /// Width of a phase in milliseconds and what was seen by phase: a day and a week.
    seasons: Vec<(i64, Season)>,
    tails: Vec<Tail>,
}

impl SurpriseParams {
    fn check(&self) -> Result<(), Reason> {
        let within = |v: f64, low: f64, high: f64| v >= low && v <= high;
        let fine = self.weights.iter().all(|&w| within(w, 0.0, 100.0))
            && (2..=1000).contains(&self.keep_plain)
            && (2..=1000).contains(&self.keep_outside)
            && within(self.tail, 1e-6, 1.0)
            && within(self.shape, 1e-3, 10.0)
            && within(self.share, 0.0, 1.0)
            && within(self.ordinary, 0.0, 100.0)
            && within(self.slow, 1e-9, 1.0)
            && within(self.short, 1.0, 1e6)
            && within(self.long, 1.0, 1e6)
            && within(self.season, 1e-6, 1.0)
            && (0..=DAY).contains(&self.reach);
        if fine { Ok(()) } else { Err(Reason::parameter("surprise", "has a setting out of range")) }
    }
}

impl Surprise {
    /// A machine that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: SurpriseParams) -> Result<Surprise, Reason> {
        params.check()?;
        let keep = |j: usize| if j >= OUTSIDE { params.keep_outside } else { params.keep_plain };
        Ok(Surprise {
            version: VERSION,
            count: 0.0,
            last: [0.0; 3],
            mean: 0.0,
            variance: 0.0,
            short: 0.0,
            long: 0.0,
            local: 0.0,
            volatility: 0.0,
            flat: 0.0,
            step: 0.0,
            error: 0.0,
            predictor: Predictor::new(),
            stamps: Vec::new(),
            seasons: Vec::new(),
            tails: (0..2 * (FEATURES + 1)).map(|j| Tail::new(keep(j / 2))).collect(),
            params,
        })
    }

    /// Refuses a state that was read from elsewhere and is not sound.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        if self.version != VERSION {
            return Err(Reason::state("surprise of another version"));
        }
        let finite = [
            self.count,
            self.mean,
            self.variance,
            self.short,
            self.long,
            self.local,
            self.volatility,
            self.flat,
            self.step,
            self.error,
        ]
        .iter()
        .chain(&self.last)
        .all(|v| v.is_finite());
        let sound = finite
            && self.predictor.sound()
            && self.tails.len() == 2 * (FEATURES + 1)
            && self.tails.iter().all(Tail::sound)
            && self.seasons.iter().all(|(width, s)| *width > 0 && s.sound());
        if sound { Ok(()) } else { Err(Reason::state("surprise with damaged parts")) }
    }

    /// Values seen, missing ones not counted.
    #[must_use]
    pub fn points(&self) -> u64 {
        self.count as u64
    }

    /// Bytes of state.
    #[must_use]
    pub fn bytes(&self) -> usize {
        std::mem::size_of::<Surprise>()
            + self.tails.len() * (self.params.keep_plain * 8 + 72)
            + self.seasons.iter().map(|s| s.1.bytes()).sum::<usize>()
    }

    /// Takes a value in and says how surprising it was: about the decimal logarithm of one over its probability, 0 for the
    /// first ones and for a missing value.
    pub fn push(&mut self, at: i64, value: f64) -> f64 {
        let x = usable(value);
        if x.is_nan() {
            return 0.0;
        }
        self.learn_step(at);
        let first = self.count == 0.0;
        if first {
            (self.mean, self.short, self.long, self.last) = (x, x, x, [x; 3]);
        }
        self.count += 1.0;
        let fair = 1.0 / self.count;
        let constant = self.variance <= 0.0;
        let scale = self.variance.sqrt().max(1e-12 * self.mean.abs()).max(1e-150);
        let rates = ((2.0 / (self.params.short + 1.0)).max(fair), (2.0 / (self.params.long + 1.0)).max(fair));
        let (short, long) = (self.short + rates.0 * (x - self.short), self.long + rates.1 * (x - self.long));
        let step = x - self.last[0];
        let residual = x - self.short;
        self.flat = if !first && step == 0.0 { self.flat + 1.0 } else { 0.0 };

        let best = self.best_season(at);
        let error = self.predict(step, best, scale);
        let kept: [f64; KEPT] = [x, step, short, long, error];
        let mut features = [0.0; FEATURES + 1];
        features[0] = (x - self.mean) / scale;
        features[1] = step / scale;
        features[2] = (short - self.mean) / scale;
        features[3] = (long - self.mean) / scale;
        features[4] = residual / self.local.sqrt().max(scale * 1e-3);
        features[5] = 0.5 * libm::log((self.volatility / self.variance.max(1e-300)).max(1e-30));
        features[6] = libm::log1p(self.flat);
        let mut known = OUTSIDE;
        if let Some((index, phase, reach)) = best {
            for (which, &v) in kept.iter().enumerate() {
                let wide = if which == 1 || which == 4 { reach.max(1) } else { reach };
                features[OUTSIDE + which] = self.seasons[index].1.outside(phase, wide, which, v).unwrap_or(0.0) / scale;
            }
            known = FEATURES + 1;
        }
        let surprise = if constant && x != self.mean && self.count > 2.0 {
            // Nothing ever changed: the longer it did not, the more surprising that it does.
            2.0 * libm::log10(self.count)
        } else {
            self.combine(&features[..known])
        };

        for (width, season) in &mut self.seasons {
            let phase = phase(at, *width, season.slots());
            season.add(phase, kept, self.params.season);
        }
        self.local += rates.0 * 0.2 * (residual * residual - self.local);
        self.volatility += rates.1 * (residual * residual - self.volatility);
        let rate = fair.max(self.params.slow);
        let off = x - self.mean;
        self.mean += rate * off;
        self.variance += rate * (off * off * (1.0 - rate) - self.variance);
        (self.short, self.long) = (short, long);
        self.last = [x, self.last[0], self.last[1]];
        surprise
    }

    /// Rarity of the features together, and learning from them.
    fn combine(&mut self, features: &[f64]) -> f64 {
        let (mut best, mut others) = (0.0_f64, 0.0_f64);
        for (j, &f) in features.iter().enumerate() {
            let z = f.clamp(-1e9, 1e9);
            let (up, down) = (&self.tails[2 * j], &self.tails[2 * j + 1]);
            let rarity = self.params.weights[j] * if z > 0.0 { up.rarity(z) } else { down.rarity(-z) };
            best = best.max(rarity);
            others += (rarity - self.params.ordinary).max(0.0);
        }
        for (j, &f) in features.iter().enumerate() {
            let z = f.clamp(-1e9, 1e9);
            self.tails[2 * j].add(z.max(0.0), self.params.tail, self.params.shape);
            self.tails[2 * j + 1].add((-z).max(0.0), self.params.tail, self.params.shape);
        }
        best + self.params.share * (others - (best - self.params.ordinary).max(0.0))
    }

    /// Prediction error of the step, in the unit of the value, and learning from it.
    fn predict(&mut self, step: f64, best: Option<(usize, usize, usize)>, scale: f64) -> f64 {
        if self.count < 4.0 {
            return 0.0;
        }
        let unit = self.step.sqrt().max(1e-9 * scale);
        let [a, b, c] = self.last;
        let (season_step, season_gap) = match best {
            Some((index, phase, _)) => {
                let season = &self.seasons[index].1;
                let before = (phase + season.slots() - 1) % season.slots();
                match (season.mean(phase), season.mean(before)) {
                    (Some(now), Some(then)) => (now - then, then - a),
                    _ => (0.0, 0.0),
                }
            }
            None => (0.0, 0.0),
        };
        let usual = self.error.sqrt().max(1e-9 * scale);
        let x = [(a - b) / unit, (b - c) / unit, (a - self.mean) / unit, season_step / unit, season_gap / unit];
        let error = self.predictor.error((step / unit).clamp(-1e9, 1e9), x, 4.0 * usual / unit) * unit;
        let counted = error.clamp(-8.0 * usual, 8.0 * usual);
        if self.count <= 20.0 {
            self.error += (error * error - self.error) / (self.count - 3.0);
        } else {
            self.error += self.params.slow.max(1.0 / self.count) * (counted * counted - self.error);
        }
        self.step += (1.0 / self.count).max(0.001) * (step * step - self.step);
        error
    }

    /// Finds the usual step of the stamps from the first ones, and with it the phases of a day and of a week.
    fn learn_step(&mut self, at: i64) {
        if self.stamps.len() > STAMPS {
            return;
        }
        self.stamps.push(at);
        if self.stamps.len() <= STAMPS {
            return;
        }
        let mut steps: Vec<i64> =
            self.stamps.windows(2).map(|w| w[1].saturating_sub(w[0])).filter(|&s| s > 0).collect();
        steps.sort_unstable();
        let Some(&step) = steps.get(steps.len() / 2) else { return };
        for (period, least) in [(DAY, 60_000), (7 * DAY, 300_000)] {
            let width = step.max(least);
            let slots = period / width;
            if (4..=10_080).contains(&slots) {
                self.seasons.push((width, Season::new(slots as usize)));
            }
        }
    }

    /// The season whose means fit best: its index, the phase of `at`, and the phases of a quarter of an hour.
    fn best_season(&self, at: i64) -> Option<(usize, usize, usize)> {
        let mut best: Option<(usize, f64)> = None;
        for (index, (_, season)) in self.seasons.iter().enumerate() {
            if season.started() && best.is_none_or(|(_, e)| season.error() < 0.9 * e) {
                best = Some((index, season.error()));
            }
        }
        let (index, _) = best?;
        let (width, season) = &self.seasons[index];
        Some((index, phase(at, *width, season.slots()), (self.params.reach / width) as usize))
    }
}

/// The phase of a stamp.
fn phase(at: i64, width: i64, slots: usize) -> usize {
    at.div_euclid(width).rem_euclid(slots as i64) as usize
}
