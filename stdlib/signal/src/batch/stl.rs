//! STL and MSTL: a series as a trend, one or more seasons and a rest.
//!
//! Cleveland, Cleveland, McRae, Terpenning, "STL: a seasonal-trend decomposition procedure based on loess", Journal of
//! Official Statistics 1990; Bandara, Hyndman, Bergmeir, "MSTL", 2021.

use crate::math::stats;

/// How a series is decomposed. Lengths are in points.
#[derive(Clone, Debug, PartialEq)]
pub struct StlParams {
    /// Length of the season, at least 2.
    pub period: usize,
    /// Loess window over the same phase of neighbouring seasons, odd, at least 3.
    pub seasonal: usize,
    /// Whether points far from the fit count less (15 outer passes) or all the same.
    pub robust: bool,
    /// Points between loess fits, straight lines between them: 1 is exact, 0 takes a tenth of each window.
    pub jump: usize,
}

/// The parts; they sum to the series.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// Slow movement.
    pub trend: Vec<f64>,
    /// One repeating part a season.
    pub seasons: Vec<Vec<f64>>,
    /// What is left.
    pub rest: Vec<f64>,
}

/// A linear loess smoother.
#[derive(Clone, Copy)]
struct Loess {
    window: usize,
    jump: usize,
}

impl Loess {
    fn new(window: usize, jump: usize) -> Loess {
        Loess { window, jump: if jump == 0 { window.div_ceil(10) } else { jump } }
    }

    /// The fit at position `x` (0-based, may lie outside) through the points `from..=to`.
    fn at(self, y: &[f64], x: f64, from: usize, to: usize, weight: Option<&[f64]>) -> Option<f64> {
        let n = y.len();
        let mut reach = (x - from as f64).max(to as f64 - x);
        if self.window > n {
            reach += ((self.window - n) / 2) as f64;
        }
        let kernel = |j: usize| {
            let r = (j as f64 - x).abs();
            if r > 0.999 * reach {
                return 0.0;
            }
            let near = if r <= 0.001 * reach {
                1.0
            } else {
                let q = r / reach;
                let c = 1.0 - q * q * q;
                c * c * c
            };
            near * weight.map_or(1.0, |w| w[j])
        };
        let (mut total, mut sx, mut sy) = (0.0, 0.0, 0.0);
        let weights: Vec<f64> = (from..=to).map(kernel).collect();
        for (j, w) in (from..=to).zip(&weights) {
            total += w;
            sx += w * j as f64;
            sy += w * y[j];
        }
        if total <= 0.0 {
            return None;
        }
        let (mx, my) = (sx / total, sy / total);
        let (mut xx, mut xy) = (0.0, 0.0);
        for (j, w) in (from..=to).zip(&weights) {
            let off = j as f64 - mx;
            xx += w * off * off;
            xy += w * off * y[j];
        }
        // A window whose weight sits on one point has no slope.
        if libm::sqrt(xx / total) > 0.001 * (n as f64 - 1.0) { Some(my + (x - mx) * xy / xx) } else { Some(my) }
    }

    fn smooth(self, y: &[f64], weight: Option<&[f64]>) -> Vec<f64> {
        let n = y.len();
        if n < 2 {
            return y.to_vec();
        }
        let jump = self.jump.clamp(1, n - 1);
        let half = self.window.div_ceil(2);
        let fit = |i: usize| {
            let window = self.window.min(n);
            let from = (i + 1).saturating_sub(half).min(n - window);
            self.at(y, i as f64, from, from + window - 1, weight).unwrap_or(y[i])
        };
        let mut out = vec![0.0; n];
        let mut last = 0;
        out[0] = fit(0);
        while last + 1 < n {
            let next = (last + jump).min(n - 1);
            out[next] = fit(next);
            let step = (out[next] - out[last]) / (next - last) as f64;
            for k in last + 1..next {
                out[k] = out[last] + step * (k - last) as f64;
            }
            last = next;
        }
        out
    }
}

/// Running means of `width` values; `width - 1` values shorter.
fn running(x: &[f64], width: usize) -> Vec<f64> {
    let mut sum: f64 = x[..width].iter().sum();
    let mut out = vec![sum / width as f64];
    for i in width..x.len() {
        sum += x[i] - x[i - width];
        out.push(sum / width as f64);
    }
    out
}

/// Each phase smoothed by itself and continued by one season at both ends: two seasons longer than `x`.
fn phases(x: &[f64], period: usize, loess: Loess, weight: Option<&[f64]>) -> Vec<f64> {
    let mut out = vec![0.0; x.len() + 2 * period];
    for phase in 0..period {
        let y: Vec<f64> = x.iter().skip(phase).step_by(period).copied().collect();
        let w: Option<Vec<f64>> = weight.map(|w| w.iter().skip(phase).step_by(period).copied().collect());
        let w = w.as_deref();
        let k = y.len();
        let inner = loess.smooth(&y, w);
        let before = loess.at(&y, -1.0, 0, loess.window.min(k) - 1, w).unwrap_or(inner[0]);
        let after = loess.at(&y, k as f64, k.saturating_sub(loess.window), k - 1, w).unwrap_or(inner[k - 1]);
        let all = std::iter::once(before).chain(inner).chain(std::iter::once(after));
        for (m, v) in all.enumerate() {
            out[m * period + phase] = v;
        }
    }
    out
}

/// Decomposes values without gaps by one season. `None` with fewer than two seasons of values, a period under 2 or a
/// seasonal window that is even or under 3. O(n · window) a pass.
#[must_use]
pub fn stl(y: &[f64], params: &StlParams) -> Option<Parts> {
    let (n, p) = (y.len(), params.period);
    if p < 2 || n < 2 * p || params.seasonal < 3 || params.seasonal.is_multiple_of(2) {
        return None;
    }
    let odd = |v: usize| if v.is_multiple_of(2) { v + 1 } else { v };
    let trend_window = odd((1.5 * p as f64 / (1.0 - 1.5 / params.seasonal as f64)).ceil() as usize);
    let (seasonal, low, slow) = (
        Loess::new(params.seasonal, params.jump),
        Loess::new(odd(p + 1), params.jump),
        Loess::new(trend_window, params.jump),
    );
    let (inner, outer) = if params.robust { (2, 15) } else { (5, 0) };
    let mut trend = vec![0.0; n];
    let mut season = vec![0.0; n];
    let mut weight: Option<Vec<f64>> = None;
    for pass in 0..=outer {
        for _ in 0..inner {
            let detrended: Vec<f64> = y.iter().zip(&trend).map(|(a, b)| a - b).collect();
            let cycle = phases(&detrended, p, seasonal, weight.as_deref());
            let passed = low.smooth(&running(&running(&running(&cycle, p), p), 3), None);
            for i in 0..n {
                season[i] = cycle[p + i] - passed[i];
            }
            let rest: Vec<f64> = y.iter().zip(&season).map(|(a, b)| a - b).collect();
            trend = slow.smooth(&rest, weight.as_deref());
        }
        if pass < outer {
            let off: Vec<f64> = (0..n).map(|i| (y[i] - trend[i] - season[i]).abs()).collect();
            let limit = 6.0 * stats::median(&mut off.clone()).unwrap_or(0.0);
            let bisquare = |r: f64| {
                if r <= 0.001 * limit {
                    1.0
                } else if r <= 0.999 * limit {
                    let q = 1.0 - (r / limit) * (r / limit);
                    q * q
                } else {
                    0.0
                }
            };
            weight = Some(off.into_iter().map(bisquare).collect());
        }
    }
    let rest = (0..n).map(|i| y[i] - trend[i] - season[i]).collect();
    Some(Parts { trend, seasons: vec![season], rest })
}

/// Decomposes values without gaps by several seasons, shortest first, in two rounds; the seasonal windows are 11, 15, 19,
/// … points. Periods of which there are fewer than two are left out. `None` when none is left.
#[must_use]
pub fn mstl(y: &[f64], periods: &[usize], robust: bool, jump: usize) -> Option<Parts> {
    let mut usable: Vec<usize> = periods.iter().copied().filter(|&p| p >= 2 && 2 * p <= y.len()).collect();
    usable.sort_unstable();
    usable.dedup();
    let mut seasons = vec![vec![0.0; y.len()]; usable.len()];
    let mut left = y.to_vec();
    let mut trend = None;
    for _ in 0..if usable.len() > 1 { 2 } else { 1 } {
        for (k, &period) in usable.iter().enumerate() {
            for (l, s) in left.iter_mut().zip(&seasons[k]) {
                *l += s;
            }
            let parts = stl(&left, &StlParams { period, seasonal: 11 + 4 * k, robust, jump })?;
            seasons[k] = parts.seasons.into_iter().next()?;
            for (l, s) in left.iter_mut().zip(&seasons[k]) {
                *l -= s;
            }
            trend = Some(parts.trend);
        }
    }
    let trend = trend?;
    let rest = left.iter().zip(&trend).map(|(a, b)| a - b).collect();
    Some(Parts { trend, seasons, rest })
}
