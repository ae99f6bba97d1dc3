//! Means, medians and scales of slices without missing values.

/// Factor from the median absolute deviation to the standard deviation of normal data.
pub const MAD_TO_SIGMA: f64 = 1.482_602_218_505_602;

/// The mean, 0 for an empty slice. O(n).
#[must_use]
pub fn mean(x: &[f64]) -> f64 {
    if x.is_empty() {
        return 0.0;
    }
    x.iter().sum::<f64>() / x.len() as f64
}

/// The population variance, 0 for fewer than two values. O(n).
#[must_use]
pub fn variance(x: &[f64]) -> f64 {
    if x.len() < 2 {
        return 0.0;
    }
    let m = mean(x);
    x.iter().map(|v| (v - m) * (v - m)).sum::<f64>() / x.len() as f64
}

/// The population standard deviation. O(n).
#[must_use]
pub fn deviation(x: &[f64]) -> f64 {
    libm::sqrt(variance(x))
}

/// The median; reorders the slice. O(n) on average.
pub fn median(x: &mut [f64]) -> Option<f64> {
    let n = x.len();
    if n == 0 {
        return None;
    }
    let (below, &mut upper, _) = x.select_nth_unstable_by(n / 2, f64::total_cmp);
    if n % 2 == 1 {
        return Some(upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp)?;
    Some(0.5 * lower + 0.5 * upper)
}

/// The `q` quantile (0 to 1) of a sorted slice, by linear interpolation (Hyndman-Fan type 7). O(1).
#[must_use]
pub fn quantile_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let low = (position as usize).min(last);
    let high = (low + 1).min(last);
    let part = position - low as f64;
    Some(sorted[low] + (sorted[high] - sorted[low]) * part)
}

/// A copy in rising order. O(n log n).
#[must_use]
pub fn sorted(x: &[f64]) -> Vec<f64> {
    let mut copy = x.to_vec();
    copy.sort_by(f64::total_cmp);
    copy
}

/// The median and the median absolute deviation scaled to a standard deviation. O(n).
pub fn median_and_scale(x: &[f64]) -> Option<(f64, f64)> {
    let mut copy = x.to_vec();
    let centre = median(&mut copy)?;
    for v in &mut copy {
        *v = (*v - centre).abs();
    }
    let mad = median(&mut copy)?;
    Some((centre, mad * MAD_TO_SIGMA))
}

/// Centre and scale that stay useful on sparse data (mostly one value, some others): the median, and the larger of the
/// scaled MAD and half the standard deviation of the values clipped to the 2.5 % and 97.5 % quantiles. O(n log n).
pub fn robust_location(x: &[f64]) -> Option<(f64, f64)> {
    let order = sorted(x);
    let low = quantile_sorted(&order, 0.025)?;
    let high = quantile_sorted(&order, 0.975)?;
    let clipped: Vec<f64> = order.iter().map(|v| v.clamp(low, high)).collect();
    let (centre, scale) = median_and_scale(&order)?;
    Some((centre, scale.max(0.5 * deviation(&clipped))))
}

/// Noise of a level: the scale of first differences over √2, robust; falls back to their standard deviation when more
/// than half of them are zero. O(n).
#[must_use]
pub fn difference_noise(x: &[f64]) -> f64 {
    let steps: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let robust = median_and_scale(&steps).map_or(0.0, |(_, s)| s);
    let scale = if robust > 0.0 { robust } else { deviation(&steps) };
    scale * std::f64::consts::FRAC_1_SQRT_2
}

/// Pearson's correlation of two slices of equal length (the shorter one counts), 0 when either does not vary. O(n).
#[must_use]
pub fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let n = x.len().min(y.len());
    let (x, y) = (&x[..n], &y[..n]);
    let (mx, my) = (mean(x), mean(y));
    // Divided by the largest deviation first, so that no product overflows.
    let reach = |v: &[f64], m: f64| v.iter().fold(0.0_f64, |a, b| a.max((b - m).abs()));
    let (rx, ry) = (reach(x, mx), reach(y, my));
    if rx <= 0.0 || ry <= 0.0 {
        return 0.0;
    }
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (a, b) in x.iter().zip(y) {
        let (a, b) = ((a - mx) / rx, (b - my) / ry);
        xy += a * b;
        xx += a * a;
        yy += b * b;
    }
    (xy / libm::sqrt(xx * yy)).clamp(-1.0, 1.0)
}
