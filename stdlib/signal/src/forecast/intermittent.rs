//! Series that are mostly zero: Croston's method and its relatives.

use crate::Reason;

/// Members of the family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    /// Croston, "Forecasting and stock control for intermittent demands", 1972. Biased upwards.
    Croston,
    /// Syntetos and Boylan, "The accuracy of intermittent demand estimates", 2005: less the bias.
    #[default]
    SyntetosBoylan,
    /// Teunter, Syntetos, Babai, "Intermittent demand: linking forecasting to inventory obsolescence", 2011: the probability
    /// is updated at every point, so that demand can die out.
    TeunterSyntetosBabai,
}

/// The expected value a step in the unit of the series, the same for all steps ahead. `alpha` in (0, 1] weighs new sizes, `beta` new intervals (or
/// probabilities). Needs one value that is not zero; missing values are left out. O(n) time, n
/// numbers.
///
/// # Errors
/// [`Reason::Empty`], [`Reason::Constant`] for all zeros, [`Reason::Parameter`].
pub fn rate(value: &[f64], variant: Variant, alpha: f64, beta: f64) -> Result<f64, Reason> {
    if !(alpha > 0.0 && alpha <= 1.0 && beta > 0.0 && beta <= 1.0) {
        return Err(Reason::parameter("alpha, beta", "must be above 0 and at most 1"));
    }
    let x: Vec<f64> = value.iter().map(|&v| crate::series::usable(v)).filter(|v| !v.is_nan()).collect();
    if x.is_empty() {
        return Err(Reason::Empty);
    }
    let Some(start) = x.iter().position(|&v| v != 0.0) else { return Err(Reason::Constant { value: 0.0 }) };
    let (mut size, mut interval, mut since) = (x[start], start as f64 + 1.0, 0.0);
    let mut probability = 1.0 / interval;
    for &v in &x[start + 1..] {
        since += 1.0;
        if v == 0.0 {
            probability += beta * (0.0 - probability);
        } else {
            size += alpha * (v - size);
            interval += beta * (since - interval);
            probability += beta * (1.0 - probability);
            since = 0.0;
        }
    }
    Ok(match variant {
        Variant::Croston => size / interval,
        Variant::SyntetosBoylan => (1.0 - 0.5 * beta) * size / interval,
        Variant::TeunterSyntetosBabai => size * probability,
    })
}
