//! A linear one-step predictor that learns as it goes.

use serde::{Deserialize, Serialize};

/// Number of regressors.
const N: usize = 5;
/// Forgetting factor a point.
const FORGET: f64 = 0.9998;

/// Recursive least squares (Plackett, 1950) of the next step on the last two steps, the distance to the mean, and the
/// season's step and level. O(25) a point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Predictor {
    weight: [f64; N],
    spread: [[f64; N]; N],
}

impl Predictor {
    pub(crate) fn new() -> Predictor {
        Predictor { weight: [0.0; N], spread: identity() }
    }

    /// Prediction error of `step` (in units of about 1), and learning from it; errors count up to `most`.
    pub(crate) fn error(&mut self, step: f64, regressors: [f64; N], most: f64) -> f64 {
        let x = regressors.map(|v| if v.is_finite() { v.clamp(-1e3, 1e3) } else { 0.0 });
        let predicted: f64 = self.weight.iter().zip(&x).map(|(w, v)| w * v).sum();
        let error = step - predicted;
        let counted = error.clamp(-most, most);
        let mut gain = [0.0; N];
        for (g, row) in gain.iter_mut().zip(&self.spread) {
            *g = row.iter().zip(&x).map(|(p, v)| p * v).sum();
        }
        let scale = FORGET + gain.iter().zip(&x).map(|(g, v)| g * v).sum::<f64>();
        for (w, g) in self.weight.iter_mut().zip(&gain) {
            *w += g / scale * counted;
        }
        let mut trace = 0.0;
        for i in 0..N {
            for j in 0..N {
                self.spread[i][j] = (self.spread[i][j] - gain[i] * gain[j] / scale) / FORGET;
            }
            trace += self.spread[i][i];
        }
        let sane = self.weight.iter().all(|w| w.abs() < 1e6);
        if !(trace < 1e6 && sane) {
            self.spread = identity();
            if !sane {
                self.weight = [0.0; N];
            }
        }
        error
    }

    pub(crate) fn sound(&self) -> bool {
        self.weight.iter().chain(self.spread.iter().flatten()).all(|v| v.is_finite())
    }
}

fn identity() -> [[f64; N]; N] {
    let mut out = [[0.0; N]; N];
    for (i, row) in out.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    out
}
