//! The incomplete gamma function, and with it the tails of counts.
//!
//! Abramowitz and Stegun, "Handbook of mathematical functions", 1964, 6.5.29 (series) and 6.5.31 (continued fraction).

/// Terms after which series and fraction are taken as they are; far more than 1e-15 needs up to arguments of a million.
const TERMS: usize = 10_000;

/// Natural logarithms of the regularised lower and upper incomplete gamma functions P(a, x) and Q(a, x) = 1 - P(a, x).
/// Each keeps its relative accuracy where it is tiny. `a` is raised to 1e-300, a negative or missing `x` counts as 0.
/// O(√a) terms.
#[must_use]
pub fn log_parts(a: f64, x: f64) -> (f64, f64) {
    let a = if a > 1e-300 { a.min(1e300) } else { 1e-300 };
    if x.is_nan() || x <= 0.0 {
        return (f64::NEG_INFINITY, 0.0);
    }
    let x = x.min(1e300);
    let front = a * libm::log(x) - x - libm::lgamma(a);
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for k in 1..TERMS {
            term *= x / (a + k as f64);
            sum += term;
            if term < sum * 1e-16 {
                break;
            }
        }
        let lower = (front + libm::log(sum)).min(0.0);
        (lower, libm::log1p(-libm::exp(lower)))
    } else {
        // Lentz's method.
        let tiny = 1e-300;
        let mut b = x + 1.0 - a;
        let mut c = 1.0 / tiny;
        let mut d = 1.0 / if b.abs() < tiny { tiny } else { b };
        let mut fraction = d;
        for k in 1..TERMS {
            let n = -(k as f64) * (k as f64 - a);
            b += 2.0;
            d = n * d + b;
            c = b + n / c;
            d = 1.0 / if d.abs() < tiny { tiny } else { d };
            if c.abs() < tiny {
                c = tiny;
            }
            let change = d * c;
            fraction *= change;
            if (change - 1.0).abs() < 1e-15 {
                break;
            }
        }
        let upper = (front + libm::log(fraction.max(tiny))).min(0.0);
        (libm::log1p(-libm::exp(upper)), upper)
    }
}

/// Decimal logarithm of one over the probability that a Poisson variable of the given mean is at least `count` (0 when it
/// surely is). `count` and `mean` may be fractions, as of counts divided by an overdispersion. At most 300.
#[must_use]
pub fn rarity_at_least(count: f64, mean: f64) -> f64 {
    if count.is_nan() || count <= 0.0 {
        return 0.0;
    }
    limited(log_parts(count, mean).0)
}

/// The same for at most `count`.
#[must_use]
pub fn rarity_at_most(count: f64, mean: f64) -> f64 {
    limited(log_parts(count.max(0.0) + 1.0, mean).1)
}

fn limited(log: f64) -> f64 {
    let rarity = -log / std::f64::consts::LN_10;
    if rarity.is_nan() { 0.0 } else { rarity.clamp(0.0, 300.0) }
}
