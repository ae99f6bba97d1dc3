//! Past forecasts: how wrong a forecaster would have been, and how wide its intervals must be.
//!
//! Rolling origins (Tashman, "Out-of-sample tests of forecasting accuracy", Int. J. Forecasting 2000); split conformal
//! intervals (Vovk, Gammerman, Shafer, "Algorithmic learning in a random world", 2005).

use crate::math::stats;

/// The points from which past forecasts are made to see how wrong they would have been.
pub(super) struct Origins {
    /// Where the part that forecasts are compared with begins.
    pub(super) first: usize,
    horizon: usize,
    /// Steps of a past forecast: the horizon, or less when the series is short for it.
    reach: usize,
    n: usize,
}

impl Origins {
    pub(super) fn new(n: usize, horizon: usize) -> Origins {
        let held = (3 * horizon).max(n / 4).min(n / 2).max(1);
        let reach = if held >= 2 * horizon { horizon } else { (held / 2).max(1) };
        Origins { first: n - held, horizon, reach, n }
    }

    /// Whether past forecasts reach less far than the one asked for.
    pub(super) fn short(&self) -> bool {
        self.reach < self.horizon
    }

    /// Up to `count` origins, the newest being the reach before the end.
    fn starts(&self, count: usize) -> Vec<usize> {
        let last = self.n.saturating_sub(self.reach).max(self.first);
        let span = last - self.first;
        let count = count.clamp(1, span + 1);
        (0..count).map(|i| last - if count == 1 { 0 } else { span * i / (count - 1) }).collect()
    }

    /// Mean absolute error over `count` origins.
    pub(super) fn error(&self, y: &[f64], forecast: impl Fn(&[f64], usize) -> Vec<f64>, count: usize) -> f64 {
        let (mut sum, mut points) = (0.0, 0.0);
        for start in self.starts(count) {
            let h = self.reach.min(self.n - start);
            for (f, v) in forecast(&y[..start], h).iter().zip(&y[start..]) {
                sum += (f - v).abs();
                points += 1.0;
            }
        }
        if points > 0.0 { sum / points } else { f64::INFINITY }
    }

    /// Errors (value less forecast) over the horizon from past origins. Where the series is too short for whole horizons,
    /// shorter ones are stretched: in time to the horizon, in size by the growth that the errors show over their steps.
    pub(super) fn errors(&self, y: &[f64], forecast: impl Fn(&[f64], usize) -> Vec<f64>) -> Vec<Vec<f64>> {
        let mut out: Vec<Vec<f64>> = self
            .starts(48)
            .into_iter()
            .filter(|start| start + self.reach <= self.n)
            .map(|start| forecast(&y[..start], self.reach).iter().zip(&y[start..]).map(|(f, v)| v - f).collect())
            .collect();
        if !self.short() {
            return out;
        }
        let mean = |k: usize| out.iter().map(|e: &Vec<f64>| e[k].abs()).sum::<f64>() / out.len().max(1) as f64;
        let shape: Vec<f64> = (0..self.reach).map(mean).collect();
        let ratio = self.horizon as f64 / self.reach as f64;
        let size = libm::pow(ratio, growth(&shape));
        for course in &mut out {
            *course = (1..=self.horizon)
                .map(|k| {
                    let at = k as f64 / ratio;
                    let low = (at as usize).min(self.reach);
                    let value = |j: usize| if j == 0 { 0.0 } else { course[j.min(self.reach) - 1] };
                    size * (value(low) + (at - low as f64) * (value(low + 1) - value(low)))
                })
                .collect();
        }
        out
    }

    /// Half widths of the interval of each step.
    pub(super) fn half_widths(
        &self,
        y: &[f64],
        forecast: impl Fn(&[f64], usize) -> Vec<f64>,
        level: f64,
        season: Option<usize>,
    ) -> Vec<f64> {
        let (horizon, seen) = (self.horizon, self.reach);
        let mut by_step: Vec<Vec<f64>> = vec![Vec::new(); seen];
        let mut rows: Vec<(usize, usize, f64)> = Vec::new();
        for start in self.starts(48) {
            let h = seen.min(self.n - start);
            for (k, (f, v)) in forecast(&y[..start], h).iter().zip(&y[start..]).enumerate() {
                let r = (f - v).abs();
                by_step[k].push(r);
                rows.push((k, start + k, r));
            }
        }
        let overall = stats::mean(&rows.iter().map(|r| r.2).collect::<Vec<f64>>());
        if overall <= 0.0 {
            return vec![0.0; horizon];
        }
        // Mean error by step, smoothed over neighbours and never falling.
        let mut shape = vec![0.0; seen];
        let mut running = 0.0_f64;
        for (k, slot) in shape.iter_mut().enumerate() {
            let reach = 1 + k / 4;
            let near: Vec<f64> =
                by_step[k.saturating_sub(reach)..(k + reach + 1).min(seen)].iter().flatten().copied().collect();
            if !near.is_empty() {
                running = running.max(stats::mean(&near));
            }
            *slot = running.max(0.1 * overall);
        }
        // Steps that no past forecast reached go on growing as those did.
        let (edge, rate) = (shape[seen - 1], growth(&shape));
        shape.extend((seen..horizon).map(|k| edge * libm::pow((k + 1) as f64 / seen as f64, rate)));
        // Mean error by phase of the season, relative to the shape, shrunk towards 1.
        let phases = season.filter(|s| (4..=400).contains(s)).unwrap_or(1);
        let mut times = vec![(0.0, 0.0); self.n - self.first];
        for &(k, at, r) in &rows {
            let time = &mut times[at - self.first];
            *time = (time.0 + r / shape[k], time.1 + 1.0);
        }
        // One time is one observation, however many past forecasts were made of it.
        let (mut sums, mut counts) = (vec![0.0; phases], vec![0.0; phases]);
        for (at, (sum, many)) in (self.first..).zip(times).filter(|(_, t)| t.1 > 0.0) {
            sums[at % phases] += sum / many;
            counts[at % phases] += 1.0;
        }
        let typical = sums.iter().sum::<f64>() / counts.iter().sum::<f64>().max(1.0);
        let phase: Vec<f64> = (0..phases).map(|i| (sums[i] + 4.0 * typical) / (counts[i] + 4.0)).collect();
        let mut normal: Vec<f64> = rows.iter().map(|&(k, at, r)| r / (shape[k] * phase[at % phases])).collect();
        normal.sort_by(f64::total_cmp);
        // Overlapping forecasts are worth as many as fit side by side: the finite-sample correction counts those, as a
        // wider rank and, where the rank is at its end, as a wider interval.
        let blocks = ((self.n - self.first) as f64 / seen as f64).max(1.0);
        let rank = (level * (normal.len() as f64 + 1.0) / normal.len() as f64).min(1.0);
        let q = stats::quantile_sorted(&normal, rank).unwrap_or(0.0) * (1.0 + 1.0 / blocks);
        (0..horizon).map(|k| q * shape[k] * phase[(self.n + k) % phases]).collect()
    }
}

/// The power of the step with which errors grow, ½ for a random walk to 1 for a wrong slope: what is not known of a short
/// series may always be its slope. From the last quarter of the steps against the first; ½ where there are too few to tell.
fn growth(shape: &[f64]) -> f64 {
    let quarter = shape.len() / 4;
    if quarter == 0 {
        return 0.5;
    }
    let (early, late) = (stats::mean(&shape[..quarter]), stats::mean(&shape[shape.len() - quarter..]));
    if early <= 0.0 || late <= 0.0 {
        return 0.5;
    }
    // The quarters' middles lie this far apart.
    let apart = (shape.len() as f64 - 0.5 * quarter as f64) / (0.5 * (quarter as f64 + 1.0));
    (libm::log(late / early) / libm::log(apart)).clamp(0.5, 1.0)
}
