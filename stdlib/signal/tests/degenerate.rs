//! Input that nobody wants: every detector answers with a typed reason or with finite numbers, and never with a later point.

#![allow(clippy::unwrap_used)]

use heal_signal::batch::{decomposed, discord, residual, spectral, subspace};
use heal_signal::cause::{Component, Signal, Symptom, System, baseline, rank};
use heal_signal::changepoint::online::{Online, OnlineParams};
use heal_signal::changepoint::{self, Cost};
use heal_signal::compare::{drift, effect, lag};
use heal_signal::detect::auto::{self, Auto, AutoParams};
use heal_signal::detect::calibrated::{Calibrated, CalibratedParams};
use heal_signal::detect::cusum::{Cusum, CusumParams};
use heal_signal::detect::flatline::Flatline;
use heal_signal::detect::input::{Input, Kind};
use heal_signal::detect::level::{Level, LevelParams};
use heal_signal::detect::multivariate::{self, MultivariateParams};
use heal_signal::detect::novelty::{Novelty, NoveltyParams};
use heal_signal::detect::peers;
use heal_signal::detect::seasonal::{Seasonal, SeasonalParams};
use heal_signal::rcf::{self, Rcf, RcfParams};
use heal_signal::zscore::{self, ZscoreParams};
use heal_signal::{Judgement, Reason, Series};
use proptest::prelude::*;

const GAP: i64 = 1_000_000_000_000;

/// Series with a name, as stamped values in the order in which they came.
fn odd_series() -> Vec<(&'static str, Vec<(i64, f64)>)> {
    let steps = |values: Vec<f64>| -> Vec<(i64, f64)> {
        values.into_iter().enumerate().map(|(i, v)| (i as i64 * 1_000, v)).collect()
    };
    let wave = |i: i64| libm::sin(i as f64 * 0.7) + (i % 7) as f64;
    vec![
        ("empty", Vec::new()),
        ("one point", vec![(5, 1.0)]),
        ("two points", vec![(5, 1.0), (6, 2.0)]),
        ("constant", steps(vec![4.0; 300])),
        ("all zero", steps(vec![0.0; 300])),
        ("all missing", steps(vec![f64::NAN; 300])),
        ("infinities", steps((0..300).map(|i| [f64::INFINITY, f64::NEG_INFINITY][i % 2]).collect())),
        ("1e300 and back", steps((0..300).map(|i| [1e300, -1e300, 0.0][i % 3]).collect())),
        ("one 1e300", steps((0..300).map(|i| if i == 200 { 1e300 } else { wave(i) }).collect())),
        ("tiny", steps((0..300).map(|i| 1e-300 * wave(i)).collect())),
        ("gaps of NaN", steps((0..300).map(|i| if i % 3 == 0 { f64::NAN } else { wave(i) }).collect())),
        ("step zero", (0..300).map(|i| (7, wave(i))).collect()),
        ("backwards", (0..300).map(|i| (-i * 1_000, wave(i))).collect()),
        ("unordered and repeated", (0..300).map(|i| ((i * 7_919) % 100 * 1_000, wave(i))).collect()),
        (
            "a gap of a billion seconds",
            (0..300).map(|i| (i * 1_000 + if i > 150 { GAP } else { 0 }, wave(i))).collect(),
        ),
        ("the ends of time", (0..300).map(|i| ([i64::MIN, 0, i64::MAX][i as usize % 3], wave(i))).collect()),
    ]
}

fn sound(name: &str, what: &str, judged: &Result<Judgement, Reason>) {
    match judged {
        Ok(j) => {
            let numbers = [j.score, j.grade, j.confidence, j.threshold];
            assert!(numbers.iter().all(|v| (0.0..=1.0).contains(v)), "{what} on {name}: {j:?}");
        }
        Err(reason) => assert!(!reason.to_string().is_empty(), "{what} on {name}"),
    }
}

#[test]
fn judgements_of_odd_series_are_finite_or_refused_with_a_reason() {
    for (name, pairs) in odd_series() {
        let series = Series::from_pairs(&pairs);
        let all = [
            ("auto", auto::judge(&series, &AutoParams::default())),
            ("rcf", rcf::judge(&series, &RcfParams { trees: 10, ..RcfParams::default() })),
            ("zscore", zscore::judge(&series, &ZscoreParams::default())),
        ];
        for (what, judged) in &all {
            sound(name, what, judged);
            match name {
                "empty" => assert_eq!(judged, &Err(Reason::Empty), "{what}"),
                "all missing" | "infinities" => assert_eq!(judged, &Err(Reason::AllMissing), "{what}"),
                "one point" | "two points" | "step zero" => {
                    assert!(matches!(judged, Err(Reason::TooFewPoints { .. })), "{what} on {name}: {judged:?}");
                }
                "constant" | "all zero" | "gaps of NaN" => {
                    assert!(judged.as_ref().is_ok_and(|j| !j.alarm), "{what} on {name}: {judged:?}");
                }
                _ => {}
            }
        }
    }
}

#[test]
fn batch_scores_of_odd_series_are_in_range_or_refused_with_a_reason() {
    for (name, pairs) in odd_series() {
        let series = Series::from_pairs(&pairs);
        let all = [
            ("subspace", subspace::scores(&series, Some(8))),
            ("discord", discord::scores(&series, 8)),
            ("residual", residual::scores(&series, 5)),
            ("spectral", spectral::scores(&series)),
            ("decomposed", decomposed::scores(&series, &[7, 20])),
        ];
        for (what, scores) in all {
            match scores {
                Ok(s) => {
                    assert!(!s.causal && s.score.len() == series.len(), "{what} on {name}");
                    assert!(s.score.iter().all(|v| (0.0..=1.0).contains(v)), "{what} on {name}: {:?}", s.score);
                }
                Err(reason) => match name {
                    "empty" => assert_eq!(reason, Reason::Empty, "{what}"),
                    "all missing" | "infinities" => assert_eq!(reason, Reason::AllMissing, "{what}"),
                    "constant" | "all zero" => assert!(matches!(reason, Reason::Constant { .. }), "{what}: {reason}"),
                    _ => assert!(!reason.to_string().is_empty()),
                },
            }
        }
    }
}

#[test]
fn change_points_of_odd_series_are_finite_or_refused_with_a_reason() {
    for (name, pairs) in odd_series() {
        let series = Series::from_pairs(&pairs);
        for cost in [Cost::Mean, Cost::MeanAndVariance, Cost::Rate] {
            let params = changepoint::Params { cost, ..changepoint::Params::default() };
            match changepoint::all(&series, &params) {
                Ok(changes) => {
                    for c in changes {
                        let numbers = [c.before, c.after, c.size, c.confidence];
                        assert!(numbers.iter().all(|v| v.is_finite()), "{cost:?} on {name}: {c:?}");
                        assert!(!matches!(name, "constant" | "all zero"), "{cost:?} on {name}: {c:?}");
                    }
                }
                Err(Reason::Empty) => assert_eq!(name, "empty"),
                Err(reason) => assert!(!reason.to_string().is_empty()),
            }
        }
    }
    let bad = changepoint::Params { penalty: f64::NAN, ..changepoint::Params::default() };
    assert!(matches!(changepoint::all(&Series::from_values(&[1.0; 9], 1), &bad), Err(Reason::Parameter { .. })));
}

#[test]
fn comparisons_of_odd_series_are_finite_or_refused_with_a_reason() {
    for (name, first) in odd_series() {
        for (other, second) in odd_series() {
            let (a, b) = (Series::from_pairs(&first), Series::from_pairs(&second));
            if let Ok(d) = drift::between(&a.value, &b.value) {
                let numbers = [d.ks, d.ks_probability, d.psi, d.wasserstein];
                assert!(numbers.iter().all(|v| v.is_finite()), "drift of {name}, {other}: {d:?}");
            }
            if let Ok(l) = lag::find(&a, &b, 5_000) {
                let numbers = [l.correlation, l.confidence];
                assert!(numbers.iter().all(|v| v.is_finite()), "lag of {name}, {other}: {l:?}");
            }
        }
        let value = Series::from_pairs(&first).value;
        if let Ok(e) = effect::compare(&value, &value, 0.9) {
            let numbers = [e.before, e.after, e.change, e.lower, e.upper, e.delta];
            assert!(numbers.iter().all(|v| v.is_finite()) && !e.clear, "effect of {name}: {e:?}");
        }
    }
    assert!(matches!(effect::compare(&[1.0; 9], &[1.0; 9], f64::NAN), Err(Reason::Parameter { .. })));
    assert_eq!(drift::between(&[], &[1.0]), Err(Reason::Empty));
}

#[test]
fn several_odd_series_together_are_finite_or_refused_with_a_reason() {
    let (names, series): (Vec<&str>, Vec<Series>) =
        odd_series().into_iter().map(|(n, p)| (n, Series::from_pairs(&p))).unzip();
    let present: Vec<Series> = series.iter().filter(|s| s.require(1).is_ok()).cloned().collect();
    let params = MultivariateParams { trees: 5, sample: 32, ..MultivariateParams::default() };
    for (at, joint) in multivariate::scores(&present, &params).unwrap() {
        let inside = joint.score.is_finite() && (0.0..=1.0).contains(&joint.reading.score);
        assert!(inside && joint.by_series.iter().all(|v| v.is_finite()), "at {at}: {joint:?}");
    }
    assert_eq!(multivariate::scores(&series, &params).unwrap_err(), Reason::Empty, "{}", names[0]);
    for peer in peers::rank(&series).unwrap() {
        assert!(peer.distance.is_finite() && (0.0..=1.0).contains(&peer.score), "{}: {peer:?}", names[peer.index]);
    }
    let component = |s: &Series| Component {
        latency: s.clone(),
        availability: s.clone(),
        requests: s.clone(),
        ..Component::default()
    };
    let system = System {
        components: series.iter().map(component).collect(),
        calls: (0..series.len()).map(|i| (i, (i + 1) % series.len())).collect(),
    };
    for signal in [Signal::Latency, Signal::Availability] {
        let symptom = Symptom { component: 0, signal, at: 250_000 };
        assert!(rank(&system, &symptom).unwrap().iter().all(|c| c.score.is_finite() && c.change.is_finite()));
        for b in [
            baseline::Baseline::Zscore,
            baseline::Baseline::Correlation,
            baseline::Baseline::Walk,
            baseline::Baseline::LatestOnset,
            baseline::Baseline::LeafMost,
        ] {
            assert_eq!(baseline::rank(&system, &symptom, b).unwrap().len(), series.len());
        }
    }
}

/// One score a point of each streaming detector.
fn streams(pairs: &[(i64, f64)]) -> Vec<(&'static str, Vec<f64>)> {
    fn run(pairs: &[(i64, f64)], mut push: impl FnMut(i64, f64) -> f64) -> Vec<f64> {
        pairs.iter().map(|&(t, v)| push(t, v)).collect()
    }
    let mut auto = Auto::new(AutoParams::default()).unwrap();
    let mut counter = Auto::new(AutoParams { kind: Kind::Counter, ..AutoParams::default() }).unwrap();
    let mut forest = Rcf::new(RcfParams { trees: 5, sample: 32, shingle: 3, ..RcfParams::default() }).unwrap();
    let mut cusum = Cusum::new(CusumParams::default()).unwrap();
    let mut hinkley = Cusum::new(CusumParams { running: true, ..CusumParams::default() }).unwrap();
    let mut holt = Level::new(LevelParams::default()).unwrap();
    let mut ewma = Level::new(LevelParams { beta: 0.0, ..LevelParams::default() }).unwrap();
    let mut flat = Flatline::new();
    let mut novelty = Novelty::new(NoveltyParams::default()).unwrap();
    let mut seasonal =
        Seasonal::new(SeasonalParams { period_ms: 10_000, phases: 10, ..SeasonalParams::default() }).unwrap();
    let mut online = Online::new(OnlineParams::default()).unwrap();
    let mut inner = Level::new(LevelParams::default()).unwrap();
    let mut layer = Calibrated::new(CalibratedParams::default()).unwrap();
    vec![
        ("auto", run(pairs, |t, v| auto.push(t, v).score)),
        ("auto of a counter", run(pairs, |t, v| counter.push(t, v).score)),
        ("forest", run(pairs, |_, v| forest.push(v))),
        ("cusum", run(pairs, |_, v| cusum.push(v).score)),
        ("page-hinkley", run(pairs, |_, v| hinkley.push(v).score)),
        ("holt", run(pairs, |_, v| holt.push(v).score)),
        ("ewma", run(pairs, |_, v| ewma.push(v).score)),
        ("flatline", run(pairs, |t, v| flat.push(t, v).score)),
        ("novelty", run(pairs, |_, v| novelty.push(v).score)),
        ("seasonal", run(pairs, |t, v| seasonal.push(t, v).score)),
        ("online change", run(pairs, |_, v| online.push(v).map_or(0.0, |h| h.recent))),
        ("calibrated", run(pairs, |_, v| layer.push(inner.push(v).z.abs()).score)),
    ]
}

#[test]
fn streaming_scores_of_odd_series_are_finite() {
    for (name, pairs) in odd_series() {
        for (what, scores) in streams(&pairs) {
            let top = if what == "forest" { f64::MAX } else { 1.0 };
            assert!(scores.iter().all(|s| (0.0..=top).contains(s)), "{what} on {name}: {scores:?}");
            if matches!(name, "constant" | "all zero" | "all missing" | "infinities") {
                assert!(scores.iter().all(|s| *s <= 0.5 || what == "forest"), "{what} on {name}: {scores:?}");
            }
        }
        for kind in [Kind::Auto, Kind::Gauge, Kind::Counter] {
            let mut input = Input::new(kind);
            assert!(pairs.iter().all(|&(t, v)| !input.push(t, v).is_infinite()), "{kind:?} on {name}");
            input.check().unwrap();
        }
    }
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![6 => -100.0..100.0_f64, 2 => Just(5.0), 1 => Just(f64::NAN), 1 => Just(1e300), 1 => Just(-1e-300)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Causality by truncation, and the same bytes out for the same bytes in.
    #[test]
    fn no_score_depends_on_a_later_point(
        pairs in prop::collection::vec((-1_000_000_i64..1_000_000, value()), 1..150), cut in 0_usize..150,
    ) {
        let cut = cut.min(pairs.len());
        let bits = |x: &[f64]| x.iter().map(|v| v.to_bits()).collect::<Vec<u64>>();
        for ((what, whole), (_, part)) in streams(&pairs).into_iter().zip(streams(&pairs[..cut])) {
            prop_assert_eq!(bits(&whole[..cut]), bits(&part), "{}", what);
        }
        let values: Vec<f64> = pairs.iter().map(|p| p.1).collect();
        let present: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let near = cut.min(present.len());
        let forest = RcfParams { trees: 5, sample: 32, ..RcfParams::default() };
        prop_assert_eq!(&rcf::scores(&values, &forest).unwrap()[..cut], &rcf::scores(&values[..cut], &forest).unwrap()[..]);
        let z = ZscoreParams::default();
        prop_assert_eq!(&zscore::scores(&present, &z).unwrap()[..near], &zscore::scores(&present[..near], &z).unwrap()[..]);
    }

    /// Residual detectors work in standard deviations: another unit (a power of two, exact) or, where no level is judged by
    /// itself, another zero changes no score.
    #[test]
    fn scale_and_shift_change_no_score(values in prop::collection::vec(-1000_i32..1000, 1..150), power in -20_i32..20) {
        let run = |scale: f64, shift: f64| {
            let pairs: Vec<(i64, f64)> =
                values.iter().enumerate().map(|(i, &v)| (i as i64 * 1_000, (f64::from(v) + shift) * scale)).collect();
            streams(&pairs)
        };
        let (plain, scaled, shifted) = (run(1.0, 0.0), run(libm::exp2(f64::from(power)), 0.0), run(1.0, 65_536.0));
        for ((what, a), ((_, b), (_, c))) in plain.into_iter().zip(scaled.into_iter().zip(shifted)) {
            for (x, y) in a.iter().zip(&b) {
                prop_assert!((x - y).abs() < 1e-6 * (1.0 + x.abs()), "{} in another unit: {} {}", what, x, y);
            }
            if matches!(what, "forest" | "flatline" | "novelty" | "seasonal") {
                for (x, y) in a.iter().zip(&c) {
                    prop_assert!((x - y).abs() < 1e-6 * (1.0 + x.abs()), "{} from another zero: {} {}", what, x, y);
                }
            }
        }
    }
}
