//! What every forecaster shares: checked values, their seasons and range, and the finished answer.

use super::{Forecast, Params, season};
use crate::{Reason, series};

/// Most points that the models look at: older ones are dropped.
const MOST: usize = 6_000;

/// A series ready for the models.
pub(super) struct Frame {
    /// The values, none missing, at least 4.
    pub(super) y: Vec<f64>,
    /// Seasons asked for or found, shortest first, at most two, each seen twice.
    pub(super) seasons: Vec<usize>,
    low: f64,
    high: f64,
}

impl Frame {
    pub(super) fn of(value: &[f64], params: &Params) -> Result<Frame, Reason> {
        params.check()?;
        if value.is_empty() {
            return Err(Reason::Empty);
        }
        let present = value.iter().filter(|v| v.is_finite()).count();
        if present == 0 {
            return Err(Reason::AllMissing);
        }
        if present < 4 {
            return Err(Reason::TooFewPoints { have: present, need: 4 });
        }
        let mut y = series::fill(value);
        y.drain(..y.len().saturating_sub(MOST));
        let (low, high) = y.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        let mut seasons = Vec::new();
        if low < high {
            seasons = if params.seasons.is_empty() { season::find(&y, 0.3) } else { params.seasons.clone() };
            seasons.retain(|&s| s <= y.len() && 2 * s + 2 <= y.len());
            seasons.sort_unstable();
            seasons.dedup();
            seasons.truncate(2);
        }
        Ok(Frame { y, seasons, low, high })
    }

    /// The newest value.
    pub(super) fn last(&self) -> f64 {
        self.y[self.y.len() - 1]
    }

    /// A value within the bounds asked for; the newest value instead of one that is not finite.
    pub(super) fn hold(&self, v: f64, params: &Params) -> f64 {
        let v = if v.is_finite() { v } else { self.last() };
        let v = params.least.map_or(v, |l| v.max(l));
        params.most.map_or(v, |m| v.min(m))
    }

    /// The forecast of a series that never changed, which needs no model.
    pub(super) fn constant(&self, params: &Params) -> Option<Forecast> {
        (self.low == self.high).then(|| {
            let half = vec![0.0; params.horizon];
            self.finish(vec![self.low; params.horizon], &half, vec![("constant".to_owned(), 1.0)], params)
        })
    }

    /// The answer: values and intervals of these half widths, within the bounds asked for.
    pub(super) fn finish(
        &self,
        mut point: Vec<f64>,
        half: &[f64],
        models: Vec<(String, f64)>,
        params: &Params,
    ) -> Forecast {
        for v in &mut point {
            *v = self.hold(*v, params);
        }
        // A series that was never negative is not forecast to be.
        let natural = |v: f64| if self.low >= 0.0 { v.max(0.0) } else { v };
        Forecast {
            lower: point.iter().zip(half).map(|(p, h)| natural(self.hold(p - h, params)).min(*p)).collect(),
            upper: point.iter().zip(half).map(|(p, h)| self.hold(p + h, params).max(*p)).collect(),
            value: point,
            level: params.level,
            seasons: self.seasons.clone(),
            models,
        }
    }
}
