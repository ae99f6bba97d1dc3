use super::*;
use heal_engine::event::{EVENT_VERSION, Event, EventKind};
use proptest::prelude::*;

fn event(run: &str, seq: u64) -> Event {
    Event {
        v: EVENT_VERSION,
        run: run.to_owned(),
        seq,
        at: 1_000 + seq as i64,
        now: seq,
        epoch: 1,
        kind: EventKind::Tick,
    }
}

fn new_run(id: &str) -> NewRun {
    NewRun {
        id: id.to_owned(),
        playbook: "p".to_owned(),
        run_key: "k".to_owned(),
        environment: "local".to_owned(),
        plan_hash: "h".to_owned(),
        context: "{}".to_owned(),
        opened: 1,
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("state.db")).expect("it opens");
    (folder, store)
}

#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, mut store) = store();
    store.write(|tx| tx.append(&event("r", 1), b"c")).expect("written");
    for entry in std::fs::read_dir(folder.path()).expect("a folder") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("facts").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[test]
fn what_is_not_ours_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.db");

    std::fs::write(&path, "this is no database, but somebody's only copy of something").expect("written");
    let text = std::fs::read(&path).expect("read");
    let failure = Store::open(&path).err().expect("refused");
    assert_eq!(failure.exit, 74);
    assert!(failure.message.contains("not a healrun state file"), "{failure}");
    assert_eq!(std::fs::read(&path).expect("read"), text);

    std::fs::remove_file(&path).expect("removed");
    let other = Connection::open(&path).expect("opened");
    other.execute_batch("create table t (x); pragma user_version = 3;").expect("made");
    drop(other);
    let failure = Store::open(&path).err().expect("refused");
    assert!(failure.message.contains("another program"), "{failure}");
}

#[test]
fn a_newer_file_is_refused() {
    let (folder, store) = store();
    store.db().pragma_update(None, "user_version", 99).expect("set");
    drop(store);
    let failure = Store::open(&folder.path().join("state.db")).err().expect("refused");
    assert_eq!(failure.exit, 74);
    assert!(failure.message.contains("a newer healrun wrote it (form 99, this one knows 2)"), "{failure}");
}

#[test]
fn a_damaged_file_is_refused_with_74() {
    let (folder, mut store) = store();
    for seq in 1..200 {
        store.write(|tx| tx.append(&event("r", seq), &[7; 900])).expect("written");
    }
    store.db().execute_batch("pragma wal_checkpoint(truncate)").expect("checkpoint");
    drop(store);
    let path = folder.path().join("state.db");
    let mut bytes = std::fs::read(&path).expect("read");
    for page in bytes.chunks_mut(4096).skip(1) {
        page[..64].fill(0xff);
    }
    std::fs::write(&path, &bytes).expect("written");
    let failure = Store::open(&path).err().expect("refused");
    assert_eq!(failure.exit, 74);
    assert!(failure.message.contains("damaged"), "{failure}");
    assert_eq!(std::fs::read(&path).expect("read"), bytes);
}

#[test]
fn a_place_that_cannot_be_written_is_said_clearly() {
    let failure = Store::open(Path::new("/proc/nowhere/state.db")).err().expect("refused");
    assert_eq!(failure.exit, 74);
    assert!(failure.message.contains("its folder cannot be made"), "{failure}");
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(Store::open(folder.path()).err().map(|f| f.exit), Some(74));
}

#[test]
fn rows_follow_each_other_without_a_gap() {
    let (_folder, mut store) = store();
    store.write(|tx| tx.append(&event("r", 1), b"")).expect("written");
    assert!(store.write(|tx| tx.append(&event("r", 3), b"")).is_err());
    assert!(store.write(|tx| tx.append(&event("r", 1), b"")).is_err());
    assert_eq!(store.journal("r").expect("read").len(), 1);
}

#[test]
fn an_altered_row_is_found() {
    let (_folder, mut store) = store();
    for seq in 1..=3 {
        store.write(|tx| tx.append(&event("r", seq), b"x")).expect("written");
    }
    store.db().execute("update events set commands = x'00' where seq = 2", []).expect("altered");
    let error = store.journal("r").expect_err("it is found");
    assert!(error.message.contains("damaged at row 2"), "{error}");
}

#[test]
fn the_ledger_is_one_chain_over_all_runs() {
    let (_folder, mut store) = store();
    for run in ["a", "b", "a"] {
        store.write(|tx| tx.enter(5, "opened", run, &serde_json::json!({"x": 1}))).expect("written");
    }
    assert_eq!(store.check_ledger().expect("whole"), 3);
    store.db().execute("update ledger set run = 'c' where n = 2", []).expect("altered");
    assert!(store.check_ledger().is_err());
}

#[test]
fn a_run_has_one_living_holder() {
    let (_folder, mut store) = store();
    let us = Owner::this();
    store.write(|tx| tx.add_run(&new_run("r"))).expect("added");
    let claim = store.write(|tx| tx.claim("r", &us, 1_000, 500)).expect("claimed");
    assert!(matches!(claim, Claim::Ours { epoch: 1, before: None }));
    let other = Owner { pid: 1, started: 1, ..us.clone() };
    assert!(matches!(store.write(|tx| tx.claim("r", &other, 1_200, 500)), Ok(Claim::Held(_))));
    // The lease is over.
    assert!(matches!(store.write(|tx| tx.claim("r", &other, 1_600, 500)), Ok(Claim::Ours { epoch: 2, .. })));
    assert!(!store.renew("r", 1, 9_000).expect("asked"), "the first holder has lost it");
    // The holder is dead: nobody waits for its lease.
    assert!(other.is_dead());
    assert!(matches!(store.write(|tx| tx.claim("r", &us, 1_700, 500)), Ok(Claim::Ours { epoch: 3, .. })));
    store.write(|tx| tx.leave("r", RunStatus::Closed)).expect("left");
    assert!(matches!(store.write(|tx| tx.claim("r", &us, 1_800, 500)), Ok(Claim::Closed)));
}

#[test]
fn a_guard_document_is_written_only_over_the_version_that_was_read() {
    let (_folder, mut store) = store();
    store.write(|tx| tx.guard_cas("env", &vec![1], 0)).expect("first");
    let (doc, version) = store.write(|tx| tx.guard::<Vec<i32>>("env")).expect("read");
    assert_eq!((doc, version), (vec![1], 1));
    store.write(|tx| tx.guard_cas("env", &vec![2], 1)).expect("second");
    assert!(store.write(|tx| tx.guard_cas("env", &vec![3], 1)).is_err());
    assert_eq!(store.guard::<Vec<i32>>("env").expect("read"), vec![2]);
}

#[test]
fn releases_that_were_good_come_newest_first() {
    let (_folder, mut store) = store();
    for (release, at) in [("a", 5), ("b", 9), ("a", 12), ("b", 1)] {
        store.write(|tx| tx.note_good("t", release, at)).expect("noted");
    }
    assert_eq!(store.noted("t").expect("read"), [("a".to_owned(), 12), ("b".to_owned(), 9)]);
}

#[test]
fn evidence_is_capped_for_each_run() {
    let (_folder, mut store) = store();
    let body = vec![b'x'; 600 << 10];
    store.write(|tx| tx.keep_evidence("r", "1", 1, &body)).expect("kept");
    store.write(|tx| tx.keep_evidence("r", "2", 1, &body)).expect("full");
    assert!(store.evidence("r", "1").expect("read").is_some());
    assert!(store.evidence("r", "2").expect("read").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A crash can cut the file anywhere behind the last sync: what is left reopens with whole rows from the first on.
    #[test]
    fn the_journal_survives_any_cut(rows in 1..12_u64, cut in 0.0..1.0_f64) {
        let (folder, mut store) = store();
        for seq in 1..=rows {
            store.write(|tx| tx.append(&event("r", seq), &[seq as u8; 300])).expect("written");
        }
        // As a crash leaves it: no checkpoint, the log cut short.
        let (path, copy) = (folder.path().join("state.db"), folder.path().join("copy.db"));
        std::fs::copy(&path, &copy).expect("copied");
        let log = std::fs::read(folder.path().join("state.db-wal")).expect("read");
        let kept = (log.len() as f64 * cut) as usize;
        std::fs::write(folder.path().join("copy.db-wal"), &log[..kept]).expect("written");
        drop(store);
        // The tables themselves lie in the log until the first checkpoint: a file without them is a new one.
        let reopened = Store::open(&copy).expect("it reopens");
        let journal = reopened.journal("r").expect("a whole chain");
        prop_assert!(journal.len() as u64 <= rows);
    }
}

#[test]
fn a_file_of_the_first_form_is_brought_to_this_one() {
    let (folder, mut store) = store();
    store.write(|tx| tx.add_run(&new_run("r"))).expect("written");
    // As the first form was: a status beside every request.
    store
        .db()
        .execute_batch(
            "alter table approvals add column status text not null default 'open';
             alter table approvals drop column withdrawn;
             insert into approvals values ('open', 'r', 'f', '{}', 5, 9, 'open'), ('gone', 'r', 'f', '{}', 6, 9, 'withdrawn');
             pragma user_version = 1;",
        )
        .expect("made");
    drop(store);
    let path = folder.path().join("state.db");
    for _ in 0..2 {
        let store = Store::open(&path).expect("it opens");
        let version: i32 = store.db().query_row("pragma user_version", [], |r| r.get(0)).expect("read");
        let mut statement =
            store.db().prepare("select request, withdrawn from approvals order by request").expect("read");
        let rows: Vec<(String, Option<i64>)> =
            statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).expect("read").map(|r| r.expect("a row")).collect();
        assert_eq!((version, rows), (2, vec![("gone".to_owned(), Some(6)), ("open".to_owned(), None)]));
        assert!(store.run("r").expect("read").is_some());
    }
}
