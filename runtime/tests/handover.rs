//! A run that another version of healrun began: never continued, settled by probe, handed to a person (R35).
#![allow(clippy::expect_used, clippy::panic, reason = "a test states its expectations by panicking")]

mod support;

use heal_engine::event::{Event, EventKind};
use healrun::store::Store;
use support::{Place, code};

/// As if another engine had written the journal: its first row says so, and the chain is whole.
fn by_another_engine(place: &Place, run: &str) {
    let path = place.folder().join("s.db");
    let mut store = Store::open(&path).expect("it opens");
    let rows = store.journal(run).expect("a journal");
    rusqlite::Connection::open(&path).and_then(|db| db.execute("delete from events", [])).expect("deleted");
    store
        .write(|tx| {
            for row in &rows {
                let mut event: Event = row.event.clone();
                if let EventKind::Opened(opened) = &mut event.kind {
                    opened.engine_epoch += 98;
                }
                tx.append(&event, &row.commands)?;
            }
            Ok(())
        })
        .expect("written");
}

#[test]
fn a_run_of_another_engine_is_settled_and_handed_over() {
    let mut seen: Vec<i32> = std::thread::scope(|scope| {
        let cuts: Vec<_> = (3..=9).map(|row| scope.spawn(move || cut(row))).collect();
        cuts.into_iter().map(|cut| cut.join().expect("it holds")).collect()
    });
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [24, 70], "before and after the change");
}

/// Dies after a row; another engine's by then. The exit code of the hand-over.
fn cut(row: u32) -> i32 {
    let place = Place::hasty("local: { autonomy: act }");
    let run = ["run", "p.heal", "--env", "local", "--state", "s.db", "--format", "json"];
    let killed = place.run_with(&run, &[("HEALRUN_KILL_AFTER_ROW", &row.to_string())]);
    assert_eq!(killed.signal(), Some(9), "row {row}: {killed}");
    let starts = place.starts();
    let listed = place.run(&["runs", "list", "--state", "s.db", "--format", "json"]).json();
    let id = listed["runs"][0]["run_id"].as_str().expect("an id").to_owned();
    by_another_engine(&place, &id);

    let ended = place.run(&["resume", "--state", "s.db", "--format", "json"]);
    let report = ended.json();
    let (world, outcome, exit) = match starts {
        0 => ("untouched", "internal", 70),
        _ => ("kept", "inconclusive", 24),
    };
    assert_eq!((code(&ended.output), report["outcome"].as_str()), (exit, Some(outcome)), "row {row}: {ended}");
    assert_eq!((report["world"].as_str(), report["told"].as_bool()), (Some(world), Some(true)), "row {row}: {ended}");
    assert_eq!(report["because"][0]["kind"].as_str(), Some("engine_changed"), "row {row}: {ended}");
    assert_eq!(place.starts(), starts, "row {row}: nothing is changed");

    // It is over: said again, its journal whole; and its lock is free for the next run.
    let again = place.run(&["resume", &id, "--state", "s.db", "--format", "json"]);
    assert_eq!(code(&again.output), exit, "row {row}: {again}");
    let shown = place.run(&["runs", "show", &id, "--state", "s.db"]);
    assert!(shown.stdout().contains("handed over by engine 99"), "row {row}: {shown}");
    let next = place.run(&run);
    let outcome = if starts == 0 { "healed" } else { "healthy" };
    assert_eq!(next.json()["outcome"].as_str(), Some(outcome), "row {row}: {next}");
    exit
}
