//! What the engine costs beside everything around it, in memory: an event that changes nothing, a whole run, the hash
//! of its commands.
#![allow(missing_docs, clippy::panic, reason = "a benchmark")]

#[path = "../tests/support/mod.rs"]
mod support;

use divan::Bencher;
use heal_engine::event::{Event, EventKind};
use heal_engine::mode::Model;
use heal_engine::{Run, commands_hash};
use heal_lang::catalogue::Class;
use std::sync::Arc;
use support::plans::{laddered, straight};
use support::{Lab, World};

fn main() {
    divan::main();
}

/// A tick while a verify waits for its next sample.
#[divan::bench]
fn step_without_effect(bencher: Bencher<'_, '_>) {
    let lab = Lab::heal(straight(Class::Probed).build(), World::default());
    let mut run: Run<Model> = Run::new(Arc::clone(&lab.plan));
    for (event, _) in lab.journal.iter().take(lab.journal.len() / 2) {
        run.step(event);
    }
    let state = run.state();
    let (seq, now, epoch) = (state.seq, state.now, state.epoch);
    let tick = Event { v: 1, run: "run-1".to_owned(), seq, at: 0, now, epoch, kind: EventKind::Tick };
    bencher.bench_local(|| run.step(divan::black_box(&tick)).len());
}

/// What a driver adds to keep a step undone until its row is durable.
#[divan::bench]
fn clone_of_a_run(bencher: Bencher<'_, '_>) {
    let lab = Lab::heal(laddered(Class::Probed).build(), World::default());
    bencher.bench_local(|| divan::black_box(&lab.run).clone());
}

/// The journal of a healed run, replayed, without and with the hashes of R39.
#[divan::bench(args = [false, true])]
fn replay_of_a_run(bencher: Bencher<'_, '_>, hashed: bool) {
    let world = World { remedies: vec!["test.hard".to_owned()], ..World::default() };
    let lab = Lab::heal(laddered(Class::Probed).build(), world);
    bencher.counter(divan::counter::ItemsCount::new(lab.journal.len())).bench_local(|| {
        let mut run: Run<Model> = Run::new(Arc::clone(&lab.plan));
        let mut size = 0;
        for (event, _) in &lab.journal {
            let commands = run.step(event);
            size += if hashed { commands_hash(&commands).len() } else { commands.len() };
        }
        size
    });
}
