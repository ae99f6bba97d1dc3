//! The discrete Fourier transform of any length.
//!
//! Cooley and Tukey, 1965, for powers of two; Bluestein, "A linear filtering approach to the computation of discrete
//! Fourier transform", 1970, for the rest.

/// A complex number: real part, imaginary part.
pub type Complex = (f64, f64);

fn product(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// The transform Σ x\[t\] · exp(-2πi·k·t / n). O(n log n).
#[must_use]
pub fn forward(x: &[Complex]) -> Vec<Complex> {
    let n = x.len();
    if n.is_power_of_two() {
        let mut out = x.to_vec();
        powers_of_two(&mut out);
        return out;
    }
    if n == 0 {
        return Vec::new();
    }
    let size = (2 * n - 1).next_power_of_two();
    // exp(-πi·k²/n), with k² taken modulo 2n so that the angle stays exact.
    let chirp: Vec<Complex> = (0..n)
        .map(|k| {
            let turn = (k as u128 * k as u128 % (2 * n as u128)) as f64;
            let angle = std::f64::consts::PI * turn / n as f64;
            (libm::cos(angle), -libm::sin(angle))
        })
        .collect();
    let (mut a, mut b) = (vec![(0.0, 0.0); size], vec![(0.0, 0.0); size]);
    for k in 0..n {
        a[k] = product(x[k], chirp[k]);
        let conjugate = (chirp[k].0, -chirp[k].1);
        b[k] = conjugate;
        if k > 0 {
            b[size - k] = conjugate;
        }
    }
    powers_of_two(&mut a);
    powers_of_two(&mut b);
    let joined: Vec<Complex> = a.iter().zip(&b).map(|(&p, &q)| product(p, q)).collect();
    inverse(&joined).iter().take(n).zip(&chirp).map(|(&v, &c)| product(v, c)).collect()
}

/// The inverse of [`forward`]. O(n log n).
#[must_use]
pub fn inverse(x: &[Complex]) -> Vec<Complex> {
    let n = x.len().max(1) as f64;
    let swapped: Vec<Complex> = x.iter().map(|v| (v.1, v.0)).collect();
    forward(&swapped).into_iter().map(|v| (v.1 / n, v.0 / n)).collect()
}

/// In place; the length is a power of two.
fn powers_of_two(x: &mut [Complex]) {
    let n = x.len();
    let mut j = 0;
    for i in 1..n {
        let mut bit = n >> 1;
        while j & bit != 0 {
            j ^= bit;
            bit >>= 1;
        }
        j |= bit;
        if i < j {
            x.swap(i, j);
        }
    }
    let turns: Vec<Complex> = (0..n / 2)
        .map(|k| {
            let angle = 2.0 * std::f64::consts::PI * k as f64 / n as f64;
            (libm::cos(angle), -libm::sin(angle))
        })
        .collect();
    let mut half = 1;
    while half < n {
        let stride = n / (2 * half);
        for start in (0..n).step_by(2 * half) {
            for k in 0..half {
                let (a, b) = (x[start + k], product(x[start + half + k], turns[k * stride]));
                x[start + k] = (a.0 + b.0, a.1 + b.1);
                x[start + half + k] = (a.0 - b.0, a.1 - b.1);
            }
        }
        half *= 2;
    }
}
