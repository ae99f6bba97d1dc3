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

/// Noise of a level: the scale of first differences over √2. Robust against a few jumps; where many differences are
/// zero (a level that was constant for long) the others alone are looked at, and where nearly all are, their standard
/// deviation. O(n log n).
#[must_use]
pub fn difference_noise(x: &[f64]) -> f64 {
    lag_noise(x, 1)
}

/// [`difference_noise`] of differences over `lag` points.
fn lag_noise(x: &[f64], lag: usize) -> f64 {
    let steps: Vec<f64> = x.iter().zip(x.iter().skip(lag)).map(|(a, b)| b - a).collect();
    let moving: Vec<f64> = steps.iter().copied().filter(|s| *s != 0.0).collect();
    // Half of a few jumps would be jumps: the differences that are not zero speak only when they are many.
    let robust = if moving.len() > 8 * lag && moving.len() * 10 > steps.len() {
        median_and_scale(&moving).map_or(0.0, |(_, s)| s)
    } else {
        0.0
    };
    let scale = if robust > 0.0 { robust } else { deviation(&steps) };
    scale * std::f64::consts::FRAC_1_SQRT_2
}

/// Noise of a mean: as [`difference_noise`] for independent points; larger where neighbours go together (a rate over
/// overlapping windows does), so that a mean of `n` points has about the error `level_noise / √n`. The square is the
/// long-run variance, taken from differences over 1, 2, 4, 8 points: their growth says how long points go together.
/// O(n log n).
#[must_use]
pub fn level_noise(x: &[f64]) -> f64 {
    let nearest = lag_noise(x, 1);
    let lags = [2, 4, 8].into_iter().filter(|lag| lag * 6 <= x.len());
    let wider: Vec<(usize, f64)> = lags.map(|lag| (lag, lag_noise(x, lag))).collect();
    let widest = wider.iter().map(|(_, s)| *s).fold(nearest, f64::max);
    // Estimates over independent points differ by a tenth or two.
    if widest <= 1.3 * nearest {
        return nearest;
    }
    let together = wider.iter().find(|(_, s)| *s >= 0.9 * widest).map_or(1, |(lag, _)| *lag);
    widest * libm::sqrt(together as f64)
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
