//! PELT: exact optimal segmentation with pruning.
//!
//! Killick, Fearnhead, Eckley, "Optimal detection of changepoints with a linear computational cost", JASA 2012.

use crate::math::stats;
use serde::{Deserialize, Serialize};

/// What a segment is assumed to look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// Constant mean, noise of one variance throughout (normal).
    #[default]
    Mean,
    /// Mean and variance both change (normal).
    MeanAndVariance,
    /// Counts with a rate that changes (Poisson); negative values count as 0.
    Rate,
}

/// Prefix sums of a series, from which the cost of any segment follows in O(1).
struct Sums {
    sum: Vec<f64>,
    square: Vec<f64>,
    noise: f64,
    floor: f64,
}

impl Sums {
    fn new(value: &[f64], cost: Cost) -> Sums {
        // Shifted by the median and divided by the noise, so that 1e100 and 1e-100 behave like 1.
        let centre = if cost == Cost::Rate { 0.0 } else { stats::median(&mut value.to_vec()).unwrap_or(0.0) };
        let noise = stats::level_noise(value);
        let unit = if cost == Cost::Rate || noise <= 0.0 { 1.0 } else { noise };
        let (mut sum, mut square) = (vec![0.0], vec![0.0]);
        let (mut s, mut q) = (0.0, 0.0);
        for &v in value {
            let z = if cost == Cost::Rate { v.max(0.0) } else { ((v - centre) / unit).clamp(-1e60, 1e60) };
            s += z;
            q += z * z;
            sum.push(s);
            square.push(q);
        }
        Sums { sum, square, noise, floor: 1e-6 }
    }

    /// Twice the negative log likelihood of the points `a..b`, up to a constant.
    fn cost(&self, cost: Cost, a: usize, b: usize) -> f64 {
        let n = (b - a) as f64;
        let s = self.sum[b] - self.sum[a];
        match cost {
            Cost::Mean => (self.square[b] - self.square[a] - s * s / n).max(0.0),
            Cost::MeanAndVariance => {
                let v = ((self.square[b] - self.square[a]) / n - (s / n) * (s / n)).max(self.floor);
                n * (libm::log(v) + 1.0)
            }
            Cost::Rate => {
                if s <= 0.0 {
                    0.0
                } else {
                    -2.0 * s * (libm::log(s / n) - 1.0)
                }
            }
        }
    }
}

/// The first indices of the best segments (the first one is 0): the segmentation that minimises the summed cost plus a
/// penalty of `penalty` · 3 ln n (· 4 ln n for two parameters) a change, with at least `least` points a segment.
/// A constant series is one segment. O(n) when changes are frequent, O(n²) when there are none; O(n) memory.
#[must_use]
pub fn segments(value: &[f64], cost: Cost, least: usize, penalty: f64) -> Vec<usize> {
    let n = value.len();
    let least = least.max(1);
    if n < 2 * least {
        return vec![0];
    }
    let sums = Sums::new(value, cost);
    if cost != Cost::Rate && sums.noise <= 0.0 {
        return vec![0];
    }
    let weight = if cost == Cost::MeanAndVariance { 4.0 } else { 3.0 };
    let beta = penalty * weight * libm::log(n as f64);
    let mut best = vec![f64::INFINITY; n + 1];
    let mut from = vec![0_usize; n + 1];
    best[0] = -beta;
    let mut candidates = vec![0_usize];
    for end in least..=n {
        let mut lowest = (f64::INFINITY, 0);
        for &start in &candidates {
            let total = best[start] + sums.cost(cost, start, end) + beta;
            if total < lowest.0 {
                lowest = (total, start);
            }
        }
        best[end] = lowest.0;
        from[end] = lowest.1;
        candidates.retain(|&start| best[start] + sums.cost(cost, start, end) <= lowest.0);
        let next = end + 1 - least;
        if next >= least {
            candidates.push(next);
        }
    }
    let mut starts = Vec::new();
    let mut end = n;
    while end > 0 {
        end = from[end];
        starts.push(end);
    }
    starts.reverse();
    starts
}
