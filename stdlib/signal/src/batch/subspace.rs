//! Sub-PCA: how far each window of a series lies from the directions in which windows usually vary.
//!
//! Shyu et al., "A novel anomaly detection scheme based on principal component classifier", 2003, on sliding windows
//! (Aggarwal, "Outlier analysis", 2017). The sum over all principal components of squared projection over variance, with
//! small variances raised by a ridge, is the Mahalanobis distance under the ridged covariance, which needs no
//! eigenvectors: one Cholesky factor.

use super::{Scores, scale, spread};
use crate::math::stats;
use crate::{Reason, Series};

/// Ridge relative to the largest variance.
const RIDGE: f64 = 1e-3;

/// Scores each point by the mean distance of the windows that cover it. `window` is in points (4 to 400); `None` takes a
/// twentieth of the series, 16 to 192. Needs four windows of present points. O(n · window²) time, O(n + window²) memory.
///
/// # Errors
/// [`Reason`] for an empty, all-missing, constant or too short series, or a window out of range.
pub fn scores(series: &Series, window: Option<usize>) -> Result<Scores, Reason> {
    let (_, present) = series.require(64)?;
    let w = window.unwrap_or((present.len() / 20).clamp(16, 192));
    if !(4..=400).contains(&w) {
        return Err(Reason::parameter("window", "must be 4 to 400"));
    }
    series.require(4 * w)?;
    let x = standard(&series.filled()?)?;
    let n = x.len() - w + 1;
    let (means, covariance) = moments(&x, w);
    let ridge = RIDGE * largest(&covariance, w).max(1e-12);
    let factor = factorise(covariance, w, ridge).ok_or(Reason::Constant { value: present[0] })?;
    let mut y = vec![0.0; w];
    let distance: Vec<f64> = (0..n)
        .map(|i| {
            let mut sum = 0.0;
            for k in 0..w {
                let row = &factor[k * w..k * w + k];
                let explained: f64 = row.iter().zip(&y).map(|(a, b)| a * b).sum();
                y[k] = (x[i + k] - means[k] - explained) / factor[k * w + k];
                sum += y[k] * y[k];
            }
            sum
        })
        .collect();
    Ok(scale(&spread(&distance, w), w))
}

/// Values less their mean over their deviation.
fn standard(value: &[f64]) -> Result<Vec<f64>, Reason> {
    let top = value.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    let unit = if top > 0.0 { 1.0 / top } else { 1.0 };
    let small: Vec<f64> = value.iter().map(|v| v * unit).collect();
    let (mean, deviation) = (stats::mean(&small), stats::deviation(&small));
    if deviation <= 1e-12 {
        return Err(Reason::Constant { value: value[0] });
    }
    Ok(small.iter().map(|v| (v - mean) / deviation).collect())
}

/// Mean and covariance of all windows. The first row of products costs O(n · w); each next one follows from it by one
/// product in and one out.
fn moments(x: &[f64], w: usize) -> (Vec<f64>, Vec<f64>) {
    let n = x.len() - w + 1;
    let count = n as f64;
    let mut means = vec![0.0; w];
    means[0] = x[..n].iter().sum::<f64>();
    for k in 1..w {
        means[k] = means[k - 1] - x[k - 1] + x[n + k - 1];
    }
    for m in &mut means {
        *m /= count;
    }
    let mut products = vec![0.0; w * w];
    for j in 0..w {
        let mut sum: f64 = x[..n].iter().zip(&x[j..]).map(|(a, b)| a * b).sum();
        products[j] = sum;
        for i in 1..w - j {
            sum += x[n + i - 1] * x[n + i + j - 1] - x[i - 1] * x[i + j - 1];
            products[i * w + i + j] = sum;
        }
    }
    for i in 0..w {
        for j in i..w {
            let c = products[i * w + j] / count - means[i] * means[j];
            products[i * w + j] = c;
            products[j * w + i] = c;
        }
    }
    (means, products)
}

/// The largest eigenvalue of a covariance, by power iteration.
fn largest(a: &[f64], w: usize) -> f64 {
    let mut v: Vec<f64> = (0..w).map(|i| 1.0 + 0.01 * (i % 7) as f64).collect();
    let mut size = 0.0;
    for _ in 0..50 {
        let next: Vec<f64> = (0..w).map(|i| a[i * w..(i + 1) * w].iter().zip(&v).map(|(p, q)| p * q).sum()).collect();
        size = libm::sqrt(next.iter().map(|p: &f64| p * p).sum::<f64>())
            / libm::sqrt(v.iter().map(|p| p * p).sum::<f64>()).max(1e-300);
        let norm = libm::sqrt(next.iter().map(|p| p * p).sum::<f64>());
        if norm <= 1e-300 {
            return 0.0;
        }
        v = next.iter().map(|p| p / norm).collect();
    }
    size
}

/// Lower Cholesky factor of `a + ridge · I`, row by row.
fn factorise(mut a: Vec<f64>, w: usize, ridge: f64) -> Option<Vec<f64>> {
    for i in 0..w {
        for j in 0..=i {
            let (upper, lower) = a.split_at(i * w);
            let row_i = &lower[..w];
            let row_j = if j == i { row_i } else { &upper[j * w..j * w + w] };
            let sum: f64 = row_i[..j].iter().zip(&row_j[..j]).map(|(p, q)| p * q).sum();
            if i == j {
                let d = row_i[i] + ridge - sum;
                if d.is_nan() || d <= 0.0 {
                    return None;
                }
                a[i * w + i] = libm::sqrt(d);
            } else {
                let value = (row_i[j] - sum) / row_j[j];
                a[i * w + j] = value;
            }
        }
    }
    Some(a)
}
