//! How rare a deviation is among all deviations seen so far.

use serde::{Deserialize, Serialize};

/// The largest deviations of one kind seen so far. From them follows how rare a new one is: inside the seen range by
/// interpolation, beyond it by a Pareto tail fitted to the largest (Hill, "A simple general approach to inference about the
/// tail of a distribution", 1975). O(`keep`) a point in the worst case, usually one comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tail {
    /// Largest deviations, falling.
    top: Vec<f64>,
    keep: usize,
    seen: f64,
    /// What [`Tail::rarity`] needs of `top`, renewed when `top` changes: used length, its last value, 1 / shape.
    used: usize,
    base: f64,
    slope: f64,
    /// Decimal logarithm of one over the share of the points that are in the used tail, and when to renew it.
    rank: f64,
    renew: f64,
}

/// Fewest deviations that make up a tail.
const FEWEST: usize = 5;

impl Tail {
    pub(crate) fn new(keep: usize) -> Tail {
        Tail { top: Vec::new(), keep, seen: 0.0, used: 0, base: 0.0, slope: 0.0, rank: 0.0, renew: 0.0 }
    }

    /// Decimal logarithm of one over the probability of a deviation of at least `z` (0 for none).
    pub(crate) fn rarity(&self, z: f64) -> f64 {
        if self.used < 2 || z <= 0.0 {
            return 0.0;
        }
        if z <= self.base {
            return self.rank * z / self.base;
        }
        self.rank + libm::log(z / self.base) * self.slope
    }

    /// Takes a deviation in; `share` of the points counts as tail, whose shape is at least `least`.
    pub(crate) fn add(&mut self, z: f64, share: f64, least: f64) {
        self.seen += 1.0;
        let full = self.top.len() >= self.keep;
        let mut changed = false;
        if z > 0.0 && (!full || self.top.last().is_some_and(|&t| z > t)) {
            let at = self.top.partition_point(|&t| t > z);
            self.top.insert(at, z);
            self.top.truncate(self.keep);
            changed = true;
        }
        let used = self.top.len().min(((self.seen * share) as usize).max(FEWEST));
        let other = used != self.used;
        if changed || other {
            self.used = used;
            self.fit(least);
        }
        if other || self.seen >= self.renew {
            let m = (self.used as f64).max(1.0);
            self.rank = libm::log10(self.seen.max(m) / m);
            self.renew = self.seen * 1.01;
        }
    }

    fn fit(&mut self, least: f64) {
        let Some(&last) = self.used.checked_sub(1).and_then(|i| self.top.get(i)) else { return };
        self.base = last.max(1e-12);
        if self.used < 2 {
            return;
        }
        let sum: f64 = self.top[..self.used - 1].iter().map(|t| libm::log(t / self.base)).sum();
        let shape = (sum / (self.used as f64 - 1.0)).max(least);
        self.slope = 1.0 / (shape * std::f64::consts::LN_10);
    }

    /// Whether a tail that was read from elsewhere is usable.
    pub(crate) fn sound(&self) -> bool {
        self.used <= self.top.len()
            && self.top.len() <= self.keep
            && self.seen.is_finite()
            && self.base.is_finite()
            && self.slope.is_finite()
            && self.rank.is_finite()
            && self.top.windows(2).all(|w| w[0] >= w[1])
    }
}
