//! Root cause on a small shop.

use heal_signal::cause::baseline::{self, Baseline};
use heal_signal::cause::{Component, Signal, Symptom, System, rank};
use heal_signal::{Reason, Series};

fn component(name: &str, latency: &[f64], calls: f64) -> Component {
    Component {
        name: name.to_owned(),
        latency: Series::from_values(latency, 60_000),
        availability: Series::default(),
        requests: Series::from_values(&vec![calls; latency.len()], 60_000),
    }
}

fn shop() -> (System, Symptom) {
    let system = System {
        components: vec![
            component("front", &[0.10, 0.11, 0.10, 0.30, 0.32, 0.31], 100.0),
            component("search", &[0.05, 0.05, 0.05, 0.24, 0.26, 0.25], 100.0),
            component("database", &[0.01, 0.01, 0.01, 0.19, 0.20, 0.20], 100.0),
            component("mail", &[1.0, 1.4, 0.8, 1.9, 0.9, 1.2], 1.0),
        ],
        calls: vec![(0, 1), (1, 2), (0, 3)],
    };
    (system, Symptom { component: 0, signal: Signal::Latency, at: 180_000 })
}

#[test]
fn the_called_component_that_explains_most_comes_first() {
    let (system, symptom) = shop();
    let causes = rank(&system, &symptom).unwrap();
    assert_eq!(causes[0].name, "database");
    assert_eq!(causes.len(), 4);
    assert!((causes.iter().map(|c| c.score).sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn every_baseline_ranks_everything_once() {
    let (system, symptom) = shop();
    for b in [Baseline::Zscore, Baseline::Correlation, Baseline::Walk, Baseline::LatestOnset, Baseline::LeafMost] {
        let mut order = baseline::rank(&system, &symptom, b).unwrap();
        order.sort_unstable();
        assert_eq!(order, vec![0, 1, 2, 3], "{b:?}");
    }
}

#[test]
fn odd_systems_are_refused_or_ranked_without_numbers_that_are_not() {
    let (mut system, mut symptom) = shop();
    assert_eq!(rank(&System::default(), &symptom), Err(Reason::Empty));
    symptom.component = 9;
    assert!(matches!(rank(&system, &symptom), Err(Reason::Parameter { .. })));
    symptom.component = 0;
    for c in &mut system.components {
        c.latency = Series::from_values(&[f64::NAN, 1e300, -1e300], 1);
        c.requests = Series::default();
    }
    system.calls.push((2, 2));
    assert!(rank(&system, &symptom).unwrap().iter().all(|c| c.score.is_finite() && c.change.is_finite()));
}
