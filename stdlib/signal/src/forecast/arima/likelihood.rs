//! The exact likelihood of a stationary ARMA process.

use super::Order;
use crate::math::solve;

/// Coefficients of the four factors.
pub(super) struct Terms {
    pub(super) ar: Vec<f64>,
    pub(super) ma: Vec<f64>,
    pub(super) seasonal_ar: Vec<f64>,
    pub(super) seasonal_ma: Vec<f64>,
}

impl Terms {
    /// From unbounded numbers: stationary and invertible whatever they are (Monahan 1984).
    pub(super) fn of(order: &Order, x: &[f64]) -> Terms {
        let (ar, rest) = x.split_at(order.p);
        let (ma, rest) = rest.split_at(order.q);
        let (seasonal_ar, seasonal_ma) = rest.split_at(order.seasonal_p);
        let negative = |x: &[f64]| stationary(x).iter().map(|c| -c).collect();
        Terms {
            ar: stationary(ar),
            ma: negative(ma),
            seasonal_ar: stationary(seasonal_ar),
            seasonal_ma: negative(seasonal_ma),
        }
    }
}

/// Partial autocorrelations u / √(1 + u²) to the coefficients of a stationary autoregression, by Durbin and Levinson.
fn stationary(x: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::with_capacity(x.len());
    for u in x {
        let u = u.clamp(-1e3, 1e3);
        let r = u / libm::sqrt(1.0 + u * u);
        let before = out.clone();
        for (c, other) in out.iter_mut().zip(before.iter().rev()) {
            *c -= r * other;
        }
        out.push(r);
    }
    out
}

/// The factors multiplied out: x(t) = Σ ar · x(t − k) + e(t) + Σ ma · e(t − k), k from 1.
pub(super) struct Polynomials {
    pub(super) ar: Vec<f64>,
    pub(super) ma: Vec<f64>,
}

impl Polynomials {
    pub(super) fn of(order: &Order, terms: &Terms) -> Polynomials {
        let negative = |x: &[f64]| x.iter().map(|c| -c).collect::<Vec<f64>>();
        let ar = product(&negative(&terms.ar), &negative(&terms.seasonal_ar), order.period);
        Polynomials { ar: negative(&ar), ma: product(&terms.ma, &terms.seasonal_ma, order.period) }
    }
}

/// (1 + Σ a · Bᵏ)(1 + Σ b · Bᵏˢ) without its leading 1.
fn product(a: &[f64], b: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![0.0; a.len() + b.len() * period];
    let left = std::iter::once(1.0).chain(a.iter().copied());
    for (i, x) in left.enumerate() {
        let right = std::iter::once(1.0).chain(b.iter().copied());
        for (j, y) in right.enumerate() {
            if i + j > 0 {
                out[i + j * period - 1] += x * y;
            }
        }
    }
    out
}

/// The covariances of a process with error variance 1 that the first rows of the innovations need.
struct Covariance {
    /// At lags 0 to `m + q` at least.
    gamma: Vec<f64>,
    /// Of the moving-average part, at lags 0 to q.
    moving: Vec<f64>,
    m: usize,
}

impl Covariance {
    fn of(polynomials: &Polynomials) -> Option<Covariance> {
        let (ar, ma) = (&polynomials.ar, &polynomials.ma);
        let (p, q) = (ar.len(), ma.len());
        let m = p.max(q);
        let theta = |j: usize| if j == 0 { 1.0 } else { ma.get(j - 1).copied().unwrap_or(0.0) };
        let phi = |j: usize| if j == 0 { 0.0 } else { ar.get(j - 1).copied().unwrap_or(0.0) };
        let mut psi = vec![0.0; q + 1];
        for j in 0..=q {
            psi[j] = theta(j) + (1..=j.min(p)).map(|k| phi(k) * psi[j - k]).sum::<f64>();
        }
        let right = |k: usize| (k..=q).map(|j| theta(j) * psi[j - k]).sum::<f64>();
        let moving: Vec<f64> = (0..=q).map(|k| (0..=q - k).map(|r| theta(r) * theta(r + k)).sum()).collect();
        let size = p + 1;
        let mut a = vec![0.0; size * size];
        let mut b = vec![0.0; size];
        for k in 0..size {
            a[k * size + k] += 1.0;
            for j in 1..=p {
                a[k * size + k.abs_diff(j)] -= phi(j);
            }
            b[k] = right(k);
        }
        let mut gamma = solve::gauss(a, b)?;
        for k in size..=m + q.max(p) + 1 {
            gamma.push((1..=p).map(|j| phi(j) * gamma[k - j]).sum::<f64>() + right(k));
        }
        (gamma[0] > 0.0).then_some(Covariance { gamma, moving, m })
    }

    /// Of the transformed series at 0-based rows `i >= j`.
    fn at(&self, ar: &[f64], i: usize, j: usize) -> f64 {
        let lag = i - j;
        if i < self.m {
            return self.gamma[lag];
        }
        if j < self.m {
            if i >= 2 * self.m {
                return 0.0;
            }
            let back: f64 = ar.iter().enumerate().map(|(r, c)| c * self.gamma[(r + 1).abs_diff(lag)]).sum();
            return self.gamma[lag] - back;
        }
        self.moving.get(lag).copied().unwrap_or(0.0)
    }
}

/// What a pass over the series gives.
pub(super) struct Likelihood {
    pub(super) log_likelihood: f64,
    pub(super) mean: f64,
    pub(super) variance: f64,
}

/// One-step errors of each series and their variances relative to the error variance.
fn innovations(polynomials: &Polynomials, columns: &[&[f64]]) -> Option<(Vec<Vec<f64>>, Vec<f64>)> {
    let (ar, ma) = (&polynomials.ar, &polynomials.ma);
    let n = columns.first().map_or(0, |c| c.len());
    let covariance = Covariance::of(polynomials)?;
    let (m, q) = (covariance.m, ma.len());
    let mut error: Vec<Vec<f64>> = columns.iter().map(|_| Vec::with_capacity(n)).collect();
    let mut variance: Vec<f64> = Vec::with_capacity(n);
    // Row t holds the weights of the errors `first..t`, oldest first.
    let mut rows: Vec<(usize, Vec<f64>)> = Vec::new();
    let mut settled = false;
    for t in 0..n {
        let first = if t < m { 0 } else { t.saturating_sub(q) };
        if settled {
            variance.push(1.0);
        } else {
            let mut row: Vec<f64> = Vec::with_capacity(t - first);
            for k in first..t {
                let (from, weights) = &rows[k];
                let mut c = covariance.at(ar, t, k);
                for j in first.max(*from)..k {
                    c -= weights[j - from] * row[j - first] * variance[j];
                }
                row.push(c / variance[k]);
            }
            let mut v = covariance.at(ar, t, t);
            for (w, j) in row.iter().zip(first..) {
                v -= w * w * variance[j];
            }
            if v.is_nan() || v <= 0.0 {
                return None;
            }
            // From here on the weights are those of the moving average itself, near enough for any likelihood.
            let limit =
                t >= m + q && (v - 1.0).abs() < 1e-13 && row.iter().rev().zip(ma).all(|(w, c)| (w - c).abs() < 1e-12);
            settled = limit;
            rows.push((first, row));
            variance.push(v);
            // Rows further back than the widest look are never read again.
            if t >= m.max(q) && t > q + 1 {
                let old = t - q - 1;
                if old >= m {
                    rows[old].1 = Vec::new();
                }
            }
        }
        for (column, e) in columns.iter().zip(&mut error) {
            let mut expected = 0.0;
            if t >= m {
                for (r, c) in ar.iter().enumerate() {
                    expected += c * column[t - 1 - r];
                }
            }
            if settled {
                for (r, c) in ma.iter().enumerate() {
                    expected += c * e[t - 1 - r];
                }
            } else {
                for (w, j) in rows[t].1.iter().zip(first..) {
                    expected += w * e[j];
                }
            }
            e.push(column[t] - expected);
        }
    }
    Some((error, variance))
}

/// The likelihood of a series with its best error variance, and its best mean when it has one.
pub(super) fn of(polynomials: &Polynomials, x: &[f64], mean: bool) -> Option<Likelihood> {
    let ones = vec![1.0; x.len()];
    let columns: Vec<&[f64]> = if mean { vec![x, &ones] } else { vec![x] };
    let (errors, variance) = innovations(polynomials, &columns)?;
    let weighted = |a: &[f64], b: &[f64]| a.iter().zip(b).zip(&variance).map(|((a, b), v)| a * b / v).sum::<f64>();
    let level = match errors.as_slice() {
        [e, one] => weighted(e, one) / weighted(one, one),
        _ => 0.0,
    };
    let residual: Vec<f64> = match errors.as_slice() {
        [e, one] => e.iter().zip(one).map(|(e, o)| e - level * o).collect(),
        [e] => e.clone(),
        _ => return None,
    };
    let n = x.len() as f64;
    let sigma = weighted(&residual, &residual) / n;
    let logs: f64 = variance.iter().map(|v| libm::log(*v)).sum();
    let log_likelihood = -0.5 * (n * (libm::log(2.0 * std::f64::consts::PI * sigma) + 1.0) + logs);
    log_likelihood.is_finite().then_some(Likelihood { log_likelihood, mean: level, variance: sigma })
}

/// The one-step errors of a series without mean.
pub(super) fn errors(polynomials: &Polynomials, x: &[f64]) -> Option<Vec<f64>> {
    innovations(polynomials, &[x]).and_then(|(mut e, _)| e.pop())
}
