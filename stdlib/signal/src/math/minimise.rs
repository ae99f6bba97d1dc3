//! Minimising a function of few variables without derivatives.

/// Where a search ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// The best point seen.
    pub at: Vec<f64>,
    /// The value there; infinite when no finite value was seen.
    pub value: f64,
    /// Evaluations done.
    pub evaluations: usize,
    /// Whether the simplex shrank below the tolerance, rather than being stopped.
    pub converged: bool,
}

/// The simplex search of Nelder and Mead ("A simplex method for function minimization", 1965), with the adaptive
/// coefficients of Gao and Han (2012) and one restart from where it ended. Values that are not finite count as infinitely
/// bad. Ends when the values of the simplex differ by less than `tolerance` (absolute and relative), after `most`
/// evaluations, or as soon as `stop` says so; it is asked before every evaluation. Memory: (d + 1) · d numbers.
pub fn simplex(
    mut f: impl FnMut(&[f64]) -> f64,
    start: &[f64],
    width: f64,
    tolerance: f64,
    most: usize,
    stop: &mut dyn FnMut() -> bool,
) -> Minimum {
    let mut best = Minimum { at: start.to_vec(), value: f64::INFINITY, evaluations: 0, converged: false };
    let mut width = width;
    for round in 0..2 {
        let from = best.at.clone();
        let before = best.value;
        best.converged = false;
        run(&mut f, &from, width, tolerance, most, stop, &mut best);
        // A restart that finds nothing better says that the first end was no accident.
        if !best.converged || (round == 0 && start.is_empty()) || (before - best.value).abs() <= tolerance {
            break;
        }
        width *= 0.3;
    }
    best
}

fn run(
    f: &mut impl FnMut(&[f64]) -> f64,
    start: &[f64],
    width: f64,
    tolerance: f64,
    most: usize,
    stop: &mut dyn FnMut() -> bool,
    best: &mut Minimum,
) {
    let d = start.len();
    let n = d as f64;
    let (expand, contract, shrink) =
        if d > 1 { (1.0 + 2.0 / n, 0.75 - 0.5 / n, 1.0 - 1.0 / n) } else { (2.0, 0.5, 0.5) };
    let mut points: Vec<(f64, Vec<f64>)> = Vec::with_capacity(d + 1);
    // `None` as soon as the work allowed is used up.
    let mut value = |x: &[f64], best: &mut Minimum| -> Option<f64> {
        if best.evaluations >= most || stop() {
            return None;
        }
        best.evaluations += 1;
        let v = f(x);
        let v = if v.is_finite() { v } else { f64::INFINITY };
        if v < best.value {
            best.value = v;
            best.at = x.to_vec();
        }
        Some(v)
    };
    for i in 0..=d {
        let mut x = start.to_vec();
        if i > 0 {
            x[i - 1] += width;
        }
        let Some(v) = value(&x, best) else { return };
        points.push((v, x));
    }
    loop {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (low, high) = (points[0].0, points[d].0);
        if d == 0 || (high - low).abs() <= tolerance * (1.0 + low.abs()) {
            best.converged = low.is_finite();
            return;
        }
        let centre: Vec<f64> = (0..d).map(|k| points[..d].iter().map(|p| p.1[k]).sum::<f64>() / n).collect();
        let towards =
            |t: f64, worst: &[f64]| -> Vec<f64> { centre.iter().zip(worst).map(|(c, w)| c + t * (w - c)).collect() };
        let reflected = towards(-1.0, &points[d].1);
        let Some(v) = value(&reflected, best) else { return };
        if v < low {
            let expanded = towards(-expand, &points[d].1);
            let Some(e) = value(&expanded, best) else { return };
            points[d] = if e < v { (e, expanded) } else { (v, reflected) };
            continue;
        }
        if v < points[d.saturating_sub(1)].0 {
            points[d] = (v, reflected);
            continue;
        }
        let inside = v >= high;
        let contracted = towards(if inside { contract } else { -contract }, &points[d].1);
        let Some(c) = value(&contracted, best) else { return };
        if c < v.min(high) {
            points[d] = (c, contracted);
            continue;
        }
        let first = points[0].1.clone();
        for point in &mut points[1..] {
            for (x, a) in point.1.iter_mut().zip(&first) {
                *x = a + shrink * (*x - a);
            }
            let Some(v) = value(&point.1, best) else { return };
            point.0 = v;
        }
    }
}
