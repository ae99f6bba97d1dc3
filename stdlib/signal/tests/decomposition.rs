//! Decompositions, spectra, profiles and tails against numbers that someone else's implementation gives (November 2026):
//! statsmodels 0.15 (STL, MSTL), numpy 2.4 (FFT), scipy 1.17 (gamma, Poisson), stumpy 1.14, ruptures 1.1, drain3 0.9.

#![allow(clippy::unwrap_used)]

use heal_signal::batch::{decomposed, discord, spectral};
use heal_signal::changepoint::{Cost, segments};
use heal_signal::decompose::mstl::{self, Mstl};
use heal_signal::decompose::stl::{self, Stl};
use heal_signal::logs::template;
use heal_signal::math::rng::Rng;
use heal_signal::math::{fourier, gamma};
use heal_signal::{Reason, Series};

fn near(have: f64, want: f64, within: f64) {
    assert!((have - want).abs() <= within, "{have} instead of {want}");
}

fn same(have: &[f64], at: &[usize], want: &[f64], within: f64) {
    for (&i, &w) in at.iter().zip(want) {
        assert!((have[i] - w).abs() <= within, "at {i}: {} instead of {w}", have[i]);
    }
}

/// `(t · 7919) mod m` less its middle: noise that both sides can compute.
fn noise(t: usize, m: usize) -> f64 {
    ((t * 7919) % m) as f64 - (m / 2) as f64
}

/// A rising monthly wave with one odd month.
fn months() -> Vec<f64> {
    (0..96)
        .map(|t| {
            let wave = 3.0 * libm::sin(2.0 * std::f64::consts::PI * t as f64 / 12.0);
            10.0 + 0.05 * t as f64 + wave + noise(t, 13) * 0.1 + if t == 50 { 6.0 } else { 0.0 }
        })
        .collect()
}

#[test]
fn stl_is_that_of_statsmodels() {
    let at = [0, 11, 50, 95];
    let exact = Stl { jump: 0.0, rounds: 5, ..Stl::new(12) };
    let plain = stl::decompose(&months(), &exact).unwrap();
    same(&plain.trend, &at, &[9.971_187_199, 10.536_722_13, 12.979_810_74, 14.535_892_61], 1e-7);
    same(&plain.seasonal, &at, &[-0.029_401_415_68, -1.204_159_405, 4.348_273_174, -0.907_180_331_1], 1e-7);
    let robust = stl::decompose(&months(), &Stl { robust: true, rounds: 2, ..exact }).unwrap();
    same(&robust.trend, &at, &[10.336_309_28, 10.651_880_65, 12.501_466_69, 14.335_612_85], 1e-7);
    same(&robust.remainder, &at, &[-1.563_182_298, -0.059_352_849_56, 6.526_038_581, -0.078_049_331_4], 1e-7);
}

#[test]
fn mstl_is_that_of_statsmodels() {
    let tau = 2.0 * std::f64::consts::PI;
    let y: Vec<f64> = (0..192)
        .map(|t| {
            let x = t as f64;
            5.0 + libm::sin(tau * x / 8.0) + 2.0 * libm::sin(tau * x / 24.0) + noise(t, 17) * 0.05 + 0.01 * x
        })
        .collect();
    let parts = mstl::decompose(&y, &[24, 8], &Mstl { jump: 0.0, inner: 5, ..Mstl::default() }).unwrap();
    let at = [0, 30, 100, 191];
    same(&parts.trend, &at, &[5.034_485_839, 5.301_686_129, 6.004_300_445, 6.878_784_222], 1e-7);
    same(&parts.seasonal[0].1, &at, &[-0.336_882_425_4, -0.908_259_973_1, 0.045_028_331_42, -0.579_323_648_3], 1e-7);
    same(&parts.seasonal[1].1, &at, &[0.085_362_469_61, 2.052_418_303, 1.743_132_102, -0.723_556_918_8], 1e-7);
}

#[test]
fn a_coarse_loess_is_near_the_exact_one() {
    let by = |jump| stl::decompose(&months(), &Stl { seasonal: 35, jump, ..Stl::new(12) }).unwrap();
    let (exact, coarse) = (by(0.0), by(0.1));
    for (a, b) in exact.trend.iter().zip(&coarse.trend) {
        near(*b, *a, 0.05);
    }
}

#[test]
fn the_transform_and_the_saliency_are_those_of_numpy() {
    let x: Vec<fourier::Complex> = [1.0, 2.0, -1.0, 0.5, 3.0, -2.0, 0.25].iter().map(|&v| (v, 0.0)).collect();
    let f = fourier::forward(&x);
    for (have, want) in f.iter().zip([(3.75, 0.0), (-0.082_976_18, -1.258_423_66), (5.384_448_81, -3.226_818_81)]) {
        near(have.0, want.0, 1e-8);
        near(have.1, want.1, 1e-8);
    }
    for (a, b) in fourier::inverse(&f).iter().zip(&x) {
        near(a.0, b.0, 1e-12);
        near(a.1, 0.0, 1e-12);
    }
    let z: Vec<f64> = (0..50)
        .map(|i| libm::sin(f64::from(i) * 0.4) + f64::from((i * 31) % 7) * 0.05 + if i == 30 { 2.0 } else { 0.0 })
        .collect();
    let want = [0.170_764_621, 0.058_589_278_61, 0.151_988_306_6, 0.264_669_031_9, 0.752_646_811_2, 0.176_011_970_9];
    same(&spectral::saliency(&z), &[0, 1, 10, 29, 30, 31], &want, 1e-8);
}

#[test]
fn tails_of_counts_are_those_of_scipy() {
    for (a, x, lower, upper) in [
        (0.5, 0.1, -0.461_829_641_123_833_2, -0.183_943_831_116_021_78),
        (3.0, 2.5, -0.340_857_205_332_145_3, -0.264_550_322_149_284),
        (50.0, 20.0, -7.904_519_390_883_292_5, -5.410_842_895_028_34e-9),
        (50.0, 90.0, -7.163_686_880_106_337e-7, -5.782_648_074_599_368),
        (0.01, 3.0, -5.775_256_621_326_585_4e-5, -3.876_241_900_561_089),
        (5.0, 60.0, 0.0, -20.295_845_529_395_347),
    ] {
        let (p, q) = gamma::log_parts(a, x);
        near(p / std::f64::consts::LN_10, lower, 1e-10 * lower.abs() + 1e-15);
        near(q / std::f64::consts::LN_10, upper, 1e-10 * upper.abs() + 1e-15);
    }
    near(gamma::rarity_at_least(30.0, 8.0), 8.677_246_721_030_313, 1e-9);
    near(gamma::rarity_at_most(2.0, 20.0), 6.341_497_364_379_926, 1e-9);
    for (c, m) in [(0.0, 0.0), (f64::NAN, 1.0), (1.0, f64::NAN), (1e300, 1.0), (1.0, 1e300), (1e300, 1e300), (5.0, 0.0)]
    {
        for rarity in [gamma::rarity_at_least(c, m), gamma::rarity_at_most(c, m)] {
            assert!((0.0..=300.0).contains(&rarity), "{c} {m}: {rarity}");
        }
    }
}

#[test]
fn the_profile_is_that_of_stumpy() {
    // stumpy.stump(m=12) with an exclusion zone of 11, so that windows do not overlap.
    let x = months();
    let top = x.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
    let x: Vec<f64> = x.iter().map(|v| v / top).collect();
    let profile = discord::profile(&x, 12);
    same(
        &profile,
        &[0, 20, 45, 50, 84],
        &[0.598_335_964_1, 0.556_556_155_4, 1.694_964_324, 1.787_017_18, 0.599_252_100_4],
        1e-6,
    );
    assert_eq!(discord::profile(&x, 200), Vec::<f64>::new());
}

#[test]
fn segments_are_those_of_ruptures() {
    let rough = |t: usize| (((t * t * 31 + 7 * t) % 17) as f64 - 8.0) * 0.1;
    let level = |t: usize| rough(t) + [0.0, 3.0, -1.0][t / 40];
    let steps: Vec<f64> = (0..120).map(level).collect();
    assert_eq!(segments(&steps, Cost::Mean, 3, 1.0), vec![0, 40, 80]);
    let wide: Vec<f64> = (0..120).map(|t| rough(t) * if t < 60 { 1.0 } else { 6.0 }).collect();
    assert_eq!(segments(&wide, Cost::MeanAndVariance, 5, 1.0), vec![0, 62]);
}

#[test]
fn groups_are_those_of_drain3() {
    let mut lines: Vec<String> =
        (0..8).map(|u| format!("Accepted password for user{u} from 10.0.0.{u} port {}", 4000 + u)).collect();
    lines.extend((0..8).map(|u| format!("Connection closed by 10.0.0.{u}")));
    lines.extend(std::iter::repeat_n("Server listening on port 22".to_owned(), 3));
    let mut miner = template::Miner::new(template::Params::default()).unwrap();
    let ids: Vec<usize> = lines.iter().map(|l| miner.learn(l)).collect();
    let now: Vec<usize> = ids.iter().map(|&i| miner.current(i)).collect();
    for (a, ga) in DRAIN.iter().zip(&now) {
        for (b, gb) in DRAIN.iter().zip(&now) {
            assert_eq!(a == b, ga == gb);
        }
    }
}

const DRAIN: [u8; 19] = [1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3];

#[test]
fn the_odd_month_scores_highest_and_what_has_no_season_is_refused() {
    let mut rng = Rng::new(3);
    let values: Vec<f64> = months().iter().map(|v| v + rng.unit()).collect();
    let series = Series::from_values(&values, 1_000);
    let highest = |score: &[f64]| (0..score.len()).max_by(|&a, &b| score[a].total_cmp(&score[b])).unwrap();
    let scores = decomposed::scores(&series, &[12]).unwrap();
    assert_eq!((highest(&scores.score), scores.causal, scores.window), (50, false, 12));
    assert!(scores.score[50] > 0.8 && scores.score[49] < 0.5, "{:?}", &scores.score[48..53]);
    assert_eq!(highest(&spectral::scores(&series).unwrap().score), 50);
    assert_eq!(decomposed::scores(&series, &[]), Err(Reason::NoSeason));
    assert_eq!(decomposed::scores(&series, &[0, 1, 90]), Err(Reason::NoSeason));
}
