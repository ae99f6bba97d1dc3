//! What durability costs a step: the engine alone, the engine with its journal row, and the machine's own sync beside
//! them.
//!
//! The row of a step is one SQLite transaction in WAL mode, synced before the step counts (R41). So `journalled` can not
//! be faster than `sync`, and what it takes beyond that is ours.
#![allow(missing_docs, clippy::expect_used, clippy::panic, reason = "a benchmark")]

#[path = "../engine/tests/support/mod.rs"]
mod support;

use divan::Bencher;
use heal_engine::event::{Event, EventKind};
use heal_engine::mode::Model;
use heal_engine::{Run, commands_hash};
use heal_lang::catalogue::Class;
use healrun::store::Store;
use std::io::Write as _;
use std::sync::Arc;
use support::plans::straight;
use support::{Lab, World};

fn main() {
    divan::main();
}

/// A folder on the disk that the project is built on; the system's own may be memory.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

/// A run in its verify, and the tick that changes nothing in it.
fn waiting() -> (Run<Model>, Event) {
    let lab = Lab::heal(straight(Class::Probed).build(), World::default());
    let mut run: Run<Model> = Run::new(Arc::clone(&lab.plan));
    for (event, _) in lab.journal.iter().take(lab.journal.len() / 2) {
        run.step(event);
    }
    let state = run.state();
    let (now, epoch) = (state.now, state.epoch);
    let tick = Event { v: 1, run: "run-1".to_owned(), seq: state.seq, at: 0, now, epoch, kind: EventKind::Tick };
    (run, tick)
}

#[divan::bench]
fn in_memory(bencher: Bencher<'_, '_>) {
    let (mut run, tick) = waiting();
    bencher.bench_local(|| commands_hash(&run.step(divan::black_box(&tick))).len());
}

#[divan::bench(sample_count = 500, sample_size = 1)]
fn journalled(bencher: Bencher<'_, '_>) {
    let (mut run, mut tick) = waiting();
    let folder = folder();
    let mut store = Store::open(&folder.path().join("state.db")).expect("a state file");
    tick.seq = 0;
    bencher.bench_local(|| {
        tick.seq += 1;
        let hash = commands_hash(&run.step(&tick));
        store.write(|tx| tx.append(&tick, hash.as_bytes())).expect("written");
    });
}

/// The least that any journal pays: a row's bytes, appended and synced.
#[divan::bench(sample_count = 500, sample_size = 1)]
fn sync(bencher: Bencher<'_, '_>) {
    let folder = folder();
    let mut file = std::fs::File::create(folder.path().join("log")).expect("a file");
    let row = [b'x'; 500];
    bencher.bench_local(|| {
        file.write_all(&row).expect("written");
        file.sync_data().expect("synced");
    });
}
