//! The one list of detection methods by name, for command lines, playbooks and saved models.
//!
//! A causal method is a [`Detector`]: a state machine whose state can be saved and loaded. A batch method scores a whole
//! series at once with [`scores`], later points included.

use crate::batch::{decomposed, discord, residual, spectral, subspace};
use crate::changepoint::online::{Online, OnlineParams};
use crate::detect::auto::{Auto, AutoParams};
use crate::detect::cusum::{Cusum, CusumParams};
use crate::detect::flatline::Flatline;
use crate::detect::level::{Level, LevelParams};
use crate::detect::novelty::{Novelty, NoveltyParams};
use crate::detect::seasonal::{Seasonal, SeasonalParams};
use crate::forecast::season;
use crate::rcf::{self, RcfParams};
use crate::zscore::{Zscore, ZscoreParams};
use crate::{Reason, Series};
use serde::{Deserialize, Serialize};

/// Version of the saved form of a [`Detector`].
pub const VERSION: u32 = 1;

/// A way to give each point of a series a score.
#[derive(Debug)]
pub struct Method {
    /// What it is called.
    pub name: &'static str,
    /// Whether a point's score never depends on later points. Methods that are not causal are never used for alarms.
    pub causal: bool,
    /// What it looks for, one line.
    pub about: &'static str,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Causal(fn() -> Result<State, Reason>),
    Batch(fn(&Series) -> Result<Vec<f64>, Reason>),
}

/// All methods, the default first.
pub static METHODS: [Method; 18] = [
    causal("auto", "rarity of level, step, means, volatility and time of day, through the alarm layer", || {
        Auto::new(AutoParams::default()).map(|a| State::Auto(Box::new(a)))
    }),
    causal("rcf", "random cut forest over single values: odd levels", || forest(1)),
    causal("rcf-8", "random cut forest over eight values: odd short shapes", || forest(8)),
    causal("rcf-48", "random cut forest over 48 values: odd long shapes", || forest(48)),
    causal("zscore", "distance from the median of the 300 values before, in robust standard deviations", || {
        Zscore::new(ZscoreParams::default()).map(State::Zscore)
    }),
    causal("ewma", "distance from an exponentially weighted mean", || {
        Level::new(LevelParams { beta: 0.0, ..LevelParams::default() }).map(State::Level)
    }),
    causal("holt", "distance from an exponentially weighted level and trend", || {
        Level::new(LevelParams::default()).map(State::Level)
    }),
    causal("seasonal", "distance from the median of the same time of earlier days", || {
        Seasonal::new(SeasonalParams::default()).map(|s| State::Seasonal(Box::new(s)))
    }),
    causal("novelty", "distance outside the range of all values before", || {
        Novelty::new(NoveltyParams::default()).map(State::Novelty)
    }),
    causal("cusum", "small lasting shifts against the first 30 values", || {
        Cusum::new(CusumParams::default()).map(State::Cusum)
    }),
    causal("page-hinkley", "small lasting shifts against the mean of all values so far", || {
        Cusum::new(CusumParams { running: true, ..CusumParams::default() }).map(State::Cusum)
    }),
    causal("flatline", "a value that repeats itself, a source that went silent", || {
        Ok(State::Flatline(Flatline::new()))
    }),
    causal("bocpd", "probability that the level changed within the last five values", || {
        Online::new(OnlineParams::default()).map(State::Online)
    }),
    batch("subspace", "windows unlike the directions in which windows usually vary (Sub-PCA)", |s| {
        Ok(subspace::scores(s, None)?.score)
    }),
    batch("discord", "windows whose nearest other window is far (matrix profile), at most 20000 points", |s| {
        Ok(discord::scores(s, (s.len() / 20).clamp(16, 192))?.score)
    }),
    batch("spectral", "single points that the spectrum does not explain (spectral residual)", |s| {
        Ok(spectral::scores(s)?.score)
    }),
    batch("decomposed", "points far from trend and seasons (STL, MSTL), with the seasons that are found", |s| {
        Ok(decomposed::scores(s, &season::find(&s.filled()?, 0.3))?.score)
    }),
    batch("residual", "single points far from a cubic through the ten points on both sides", |s| {
        Ok(residual::scores(s, 10)?.score)
    }),
];

const fn causal(name: &'static str, about: &'static str, new: fn() -> Result<State, Reason>) -> Method {
    Method { name, causal: true, about, kind: Kind::Causal(new) }
}

const fn batch(name: &'static str, about: &'static str, run: fn(&Series) -> Result<Vec<f64>, Reason>) -> Method {
    Method { name, causal: false, about, kind: Kind::Batch(run) }
}

fn forest(shingle: usize) -> Result<State, Reason> {
    Ok(State::Rcf(Box::new(rcf::Scorer::new(RcfParams { shingle, ..RcfParams::default() })?)))
}

/// The method of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Method> {
    METHODS.iter().find(|m| m.name == name)
}

/// The scores of all points of a series by a method of either kind, one a point, each in [0, 1]. Causal methods see the
/// points in their order; missing points score 0 with them.
///
/// # Errors
/// [`Reason`] for a series that the method refuses.
pub fn scores(method: &'static Method, series: &Series) -> Result<Vec<f64>, Reason> {
    match method.kind {
        Kind::Batch(run) => run(series),
        Kind::Causal(_) => {
            let mut detector = Detector::new(method)?;
            Ok(series.at.iter().zip(&series.value).map(|(&at, &v)| detector.push(at, v)).collect())
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Auto(Box<Auto>),
    Rcf(Box<rcf::Scorer>),
    Zscore(Zscore),
    Level(Level),
    Seasonal(Box<Seasonal>),
    Novelty(Novelty),
    Cusum(Cusum),
    Flatline(Flatline),
    Online(Online),
}

/// A causal method in progress. Its serialised form is its saved state; load it with [`Detector::load`], which checks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    version: u32,
    method: String,
    seen: u64,
    /// Stamp of the newest point, Unix milliseconds.
    newest: Option<i64>,
    state: State,
}

impl Detector {
    /// A detector that has seen nothing.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when the method is not causal.
    pub fn new(method: &Method) -> Result<Detector, Reason> {
        match method.kind {
            Kind::Causal(new) => {
                Ok(Detector { version: VERSION, method: method.name.to_owned(), seen: 0, newest: None, state: new()? })
            }
            Kind::Batch(_) => Err(Reason::parameter("method", "looks at later points and keeps no state")),
        }
    }

    /// Takes a state that was read from elsewhere, or says why not.
    ///
    /// # Errors
    /// [`Reason::State`] for a state of another version or one that is damaged.
    pub fn load(self) -> Result<Detector, Reason> {
        if self.version != VERSION {
            return Err(Reason::State {
                problem: format!("its form is {}, this program knows {VERSION}", self.version),
            });
        }
        if find(&self.method).is_none_or(|m| !m.causal) {
            return Err(Reason::State { problem: format!("its method `{}` is not known", self.method) });
        }
        match &self.state {
            State::Auto(a) => a.check()?,
            State::Rcf(r) => r.check()?,
            State::Zscore(z) => z.check()?,
            State::Cusum(c) => c.check()?,
            State::Online(o) => o.check()?,
            State::Seasonal(s) => s.check()?,
            State::Novelty(n) => n.check()?,
            State::Level(l) => l.check()?,
            State::Flatline(f) => f.check()?,
        }
        Ok(self)
    }

    /// The name of its method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Points taken, missing ones included.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Stamp of the newest point taken, Unix milliseconds.
    #[must_use]
    pub fn newest(&self) -> Option<i64> {
        self.newest
    }

    /// Takes a point (`at` in Unix milliseconds; NaN is missing) and gives its score in [0, 1] by earlier points only; a
    /// missing point scores 0 (with `flatline`, silence counts).
    pub fn push(&mut self, at: i64, value: f64) -> f64 {
        self.seen += 1;
        self.newest = Some(self.newest.map_or(at, |t| t.max(at)));
        let score = match &mut self.state {
            State::Auto(a) => a.push(at, value).score,
            State::Rcf(r) => r.push(value),
            State::Zscore(z) => z.push(value),
            State::Level(l) => l.push(value).score,
            State::Seasonal(s) => s.push(at, value).score,
            State::Novelty(n) => n.push(value).score,
            State::Cusum(c) => c.push(value).score,
            State::Flatline(f) => f.push(at, value).score,
            State::Online(o) => o.push(value).map_or(0.0, |held| held.recent),
        };
        if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 }
    }
}
