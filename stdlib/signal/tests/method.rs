//! The list of methods and the saved form of their states.
#![allow(clippy::expect_used, reason = "a test states its expectations by panicking")]

use heal_signal::Series;
use heal_signal::method::{Detector, METHODS, find, scores};

/// A day's wave with noise, a gap and a spike.
fn wave(n: usize) -> Series {
    let value: Vec<f64> = (0..n)
        .map(|i| match i {
            i if i % 97 == 13 => f64::NAN,
            i if i == n - 40 => 40.0,
            i => 10.0 + 3.0 * (i as f64 / 24.0).sin() + ((i * 7919) % 101) as f64 / 100.0,
        })
        .collect();
    Series::from_values(&value, 300_000)
}

#[test]
fn every_method_scores_every_point_within_0_and_1() {
    let series = wave(1_200);
    for method in &METHODS {
        let scored = scores(method, &series).expect(method.name);
        assert_eq!(scored.len(), series.len(), "{}", method.name);
        assert!(scored.iter().all(|s| (0.0..=1.0).contains(s)), "{}", method.name);
        assert!(scored.iter().any(|&s| s > 0.0), "{} says something", method.name);
    }
}

#[test]
fn a_causal_score_does_not_depend_on_later_points() {
    let (whole, part) = (wave(700), wave(700));
    let cut = Series { at: part.at[..400].to_vec(), value: part.value[..400].to_vec() };
    for method in METHODS.iter().filter(|m| m.causal) {
        let (long, short) = (scores(method, &whole).expect("scored"), scores(method, &cut).expect("scored"));
        assert_eq!(long[..400], short[..], "{}", method.name);
    }
}

#[test]
fn a_saved_and_loaded_detector_goes_on_as_if_never_stopped() {
    let series = wave(700);
    for method in METHODS.iter().filter(|m| m.causal) {
        let mut never = Detector::new(method).expect("new");
        let mut saved = Detector::new(method).expect("new");
        for i in 0..series.len() {
            if i == 333 {
                let text = serde_json::to_string(&saved).expect("saved");
                let read: Detector = serde_json::from_str(&text).expect("read");
                saved = read.load().expect("sound");
            }
            let (at, value) = (series.at[i], series.value[i]);
            assert_eq!(never.push(at, value), saved.push(at, value), "{} at {i}", method.name);
        }
    }
}

#[test]
fn a_state_of_another_form_is_refused_with_its_number() {
    let detector = Detector::new(find("ewma").expect("known")).expect("new");
    let text = serde_json::to_string(&detector).expect("saved").replacen("\"version\":1", "\"version\":9", 1);
    let read: Detector = serde_json::from_str(&text).expect("read");
    let refused = read.load().expect_err("refused").to_string();
    assert_eq!(refused, "saved state refused: its form is 9, this program knows 1");
}

#[test]
fn a_batch_method_keeps_no_state() {
    assert!(Detector::new(find("subspace").expect("known")).is_err());
}

#[test]
fn a_kept_detector_that_looks_at_overlapping_windows_ends_where_one_long_look_does() {
    use heal_signal::kept::Kept;
    let series = wave(700);
    let part =
        |from: usize, to: usize| Series { at: series.at[from..to].to_vec(), value: series.value[from..to].to_vec() };
    let method = find("zscore").expect("known");
    let mut whole = Kept::new(method).expect("new");
    assert_eq!(whole.learn(&series), 700);
    let mut parts = Kept::new(method).expect("new");
    for (from, to, new) in [(0, 300, 300), (200, 450, 150), (400, 400, 0), (440, 700, 250)] {
        assert_eq!(parts.learn(&part(from, to)), new, "points taken once");
        let text = serde_json::to_string(&parts).expect("saved");
        parts = serde_json::from_str::<Kept>(&text).expect("read").load().expect("sound");
    }
    assert_eq!(whole, parts);
    assert_eq!(whole.judge().expect("judged"), parts.judge().expect("judged"));
}

#[test]
fn an_episode_that_began_before_this_look_is_still_open() {
    use heal_signal::kept::Kept;
    let mut kept = Kept::new(find("zscore").expect("known")).expect("new");
    let at = |range: std::ops::Range<i64>| range.map(|i| i * 60_000).collect::<Vec<i64>>();
    let level = |i: i64| if i < 200 { 10.0 + (i % 5) as f64 * 0.1 } else { 30.0 };
    let series = |range: std::ops::Range<i64>| Series { at: at(range.clone()), value: range.map(level).collect() };
    kept.learn(&series(0..205));
    kept.learn(&series(203..220));
    let judged = kept.judge().expect("judged");
    assert!(judged.alarm);
    assert_eq!(judged.since, Some(200 * 60_000));
    let few = Kept::new(find("zscore").expect("known")).expect("new");
    assert!(few.judge().is_err(), "nothing seen, nothing said");
}
