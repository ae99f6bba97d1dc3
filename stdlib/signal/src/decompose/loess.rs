//! Local regression on equally spaced points, the smoother inside [`super::stl`].
//!
//! Cleveland, "Robust locally weighted regression and smoothing scatterplots", J. Am. Stat. Assoc. 1979, in the form that
//! STL gives it: tricube weights over the `window` nearest points, a local constant or line.

use crate::math::solve::dot;

/// How to smooth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loess {
    /// Points in a neighbourhood, at least 1; more than there are widens the weights instead.
    pub(crate) window: usize,
    /// Whether a line is fitted (else a constant).
    pub(crate) line: bool,
    /// Only every so many points are fitted, the others lie on straight lines between; at least 1.
    pub(crate) jump: usize,
}

impl Loess {
    /// The fit at position `x` (in points; may lie one beyond either end) from the points `left..=right`; `None` when all
    /// weights vanish. O(window).
    pub(crate) fn at(
        &self,
        y: &[f64],
        x: f64,
        (left, right): (usize, usize),
        robust: Option<&[f64]>,
        scratch: &mut Vec<f64>,
    ) -> Option<f64> {
        let n = y.len();
        let mut reach = (x - left as f64).max(right as f64 - x);
        if self.window > n {
            reach += ((self.window - n) / 2) as f64;
        }
        let (near, far) = (0.001 * reach, 0.999 * reach);
        scratch.clear();
        let mut total = 0.0;
        for j in left..=right {
            let r = (j as f64 - x).abs();
            let mut weight = 0.0;
            if r <= far {
                weight = if r <= near {
                    1.0
                } else {
                    let ratio = r / reach;
                    let rest = 1.0 - ratio * ratio * ratio;
                    rest * rest * rest
                };
                if let Some(robust) = robust {
                    weight *= robust[j];
                }
                total += weight;
            }
            scratch.push(weight);
        }
        if total <= 0.0 {
            return None;
        }
        let (mut first, mut second) = (0.0, 0.0);
        if reach > 0.0 && self.line {
            let centre = scratch.iter().zip(left..).map(|(w, j)| w * j as f64).sum::<f64>() / total;
            let spread =
                scratch.iter().zip(left..).map(|(w, j)| w * (j as f64 - centre) * (j as f64 - centre)).sum::<f64>()
                    / total;
            // Points that all lie in one place carry no slope.
            if libm::sqrt(spread) > 0.001 * (n as f64 - 1.0) {
                second = (x - centre) / spread;
                first = centre;
            }
        }
        let sum: f64 = scratch
            .iter()
            .zip(left..)
            .zip(&y[left..=right])
            .map(|((w, j), v)| w * (1.0 + second * (j as f64 - first)) * v)
            .sum();
        Some(sum / total)
    }

    /// The smooth of every point. O(n · window / jump).
    pub(crate) fn smooth(&self, y: &[f64], robust: Option<&[f64]>, out: &mut [f64], scratch: &mut Vec<f64>) {
        let n = y.len();
        if n < 2 {
            out.copy_from_slice(y);
            return;
        }
        let jump = self.jump.clamp(1, n - 1);
        let half = self.window.div_ceil(2);
        // The neighbourhood slides along only between the ends.
        let bounds = |i: usize| {
            if self.window >= n {
                (0, n - 1)
            } else {
                let left = (i + 1).saturating_sub(half).min(n - self.window);
                (left, left + self.window - 1)
            }
        };
        // Around its middle a neighbourhood always has the same weights, and its line the slope's share of nothing.
        let middle = (robust.is_none() && self.window < n && self.window % 2 == 1).then(|| kernel(half - 1));
        let mut fit = |i: usize, (left, right): (usize, usize)| match &middle {
            Some(kernel) if i - left == right - i => dot(kernel, &y[left..=right]),
            _ => self.at(y, i as f64, (left, right), robust, scratch).unwrap_or(y[i]),
        };
        let mut last = 0;
        for i in (0..n).step_by(jump) {
            out[i] = fit(i, bounds(i));
            if i > 0 {
                between(out, last, i);
            }
            last = i;
        }
        if last < n - 1 {
            out[n - 1] = fit(n - 1, bounds(last));
            between(out, last, n - 1);
        }
    }
}

/// Tricube weights of the points up to `reach` to both sides, summing to 1.
fn kernel(reach: usize) -> Vec<f64> {
    let far = reach as f64;
    let weight = |j: usize| {
        let r = (j as f64 - far).abs();
        if r > 0.999 * far && reach > 0 {
            return 0.0;
        }
        if r <= 0.001 * far {
            return 1.0;
        }
        let ratio = r / far;
        let rest = 1.0 - ratio * ratio * ratio;
        rest * rest * rest
    };
    let mut out: Vec<f64> = (0..=2 * reach).map(weight).collect();
    let total: f64 = out.iter().sum();
    for w in &mut out {
        *w /= total;
    }
    out
}

/// Straight line between two fitted points.
fn between(out: &mut [f64], from: usize, to: usize) {
    let slope = (out[to] - out[from]) / (to - from) as f64;
    for j in from + 1..to {
        out[j] = out[from] + slope * (j - from) as f64;
    }
}
