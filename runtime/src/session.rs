//! A process's part of a run: opening or taking it over, driving it, writing down how it ended.

use crate::config::Config;
use crate::connections::connections;
use crate::driver::clock::{self, Clock};
use crate::driver::gate::Gate;
use crate::driver::{self, Driver, Ended, Givens, Hands, Held, LiveHands, NoHands, Observer, Record, Replayed, person};
use crate::failure::Failure;
use crate::journal::Row;
use crate::report::{self, End};
use crate::store::{Claim, NewRun, Owner, RunRow, RunStatus, Store, Tx};
use heal_adapters::{Readers, Writers};
use heal_engine::event::{Autonomy, Because, BecauseKind, ClaimReason, Claimed, EventKind, HandedOver, Opened};
use heal_engine::guard::{GuardDoc, GuardLimits, GuardRequest, GuardVerdict, Tier};
use heal_engine::mode::{Live, Preview};
use heal_engine::node::NodeLimits;
use heal_engine::outcome::Outcome;
use heal_engine::run::Run;
use heal_lang::plan::Plan;
use heal_stdlib::value::Secret;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Another engine never continues a live run (R35). It rises when the engine answers the same events otherwise.
const ENGINE_EPOCH: u32 = 1;

/// An approval that nobody can answer here parks at once; at a terminal it is waited for.
const PARK_AT_ONCE: u64 = 0;
const WAIT_FOR_IT: u64 = u64::MAX / 4;

/// How a process's part ended.
pub struct Finished {
    /// The final JSON.
    pub report: Value,
    /// The exit code before `--exit-on`.
    pub exit_code: u8,
    /// The outcome's word.
    pub outcome: String,
}

/// What starts a run beside its givens.
pub struct Start {
    /// The playbook's file.
    pub playbook: PathBuf,
    /// The state file.
    pub state: PathBuf,
    /// It was named on purpose: it is shared between processes.
    pub state_is_explicit: bool,
    /// A person sits at the terminal.
    pub terminal: bool,
    /// In CI.
    pub ci: bool,
    /// Facts of the trigger, for the journal.
    pub trigger: BTreeMap<String, Value>,
}

impl Start {
    /// Section C: what is not shared on purpose is not shared in CI.
    fn tier(&self) -> Tier {
        if self.ci && !self.state_is_explicit { Tier::C } else { Tier::A }
    }
}

/// A number that nobody can guess and no other process has.
fn random() -> u64 {
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_i64(clock::wall());
    hasher.write_u32(std::process::id());
    hasher.finish()
}

/// A new run's id: when, and four letters.
#[must_use]
pub fn new_id() -> String {
    let now = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
    let letters = data_encoding::BASE32_NOPAD.encode(&random().to_le_bytes()).to_ascii_lowercase();
    format!("{now}-{}", &letters[..4])
}

/// `plan`: what would be done now. No journal, no orders.
///
/// # Errors
/// As [`Driver::drive`].
pub async fn preview(
    mut givens: Givens,
    start: &Start,
    tokens: &BTreeMap<String, Secret>,
    allow_asserted: bool,
    observer: &mut dyn Observer,
) -> Result<(Value, Vec<heal_engine::event::ResolvedChange>), Failure> {
    let readers = Readers::new(connections(&givens, tokens, &start.state));
    let gate = Gate::new(readers, NodeLimits::default());
    if start.state.exists()
        && let Err(failure) = Store::reader(&start.state).and_then(|store| givens.remember(&store))
    {
        observer.warn(&format!("detectors that keep what they learn judge afresh: {failure}"));
    }
    let began = clock::wall();
    let opened = opened(&givens, start, "plan", givens.settings.autonomy);
    let run = Run::<Preview>::new(Arc::clone(&givens.plan));
    let mut driver = Driver::new(run, givens, Clock::from(0), NoHands, gate, Record::Nowhere, observer);
    if !allow_asserted {
        driver = driver.without_asserted();
    }
    let ended = driver.drive(vec![opened]).await?;
    let end = end_of(&ended, driver.stop());
    let report = report::report(driver.run(), driver.givens(), &end, (began, clock::wall()), None);
    let changes = driver.run().state().nodes.iter().flat_map(|n| n.change.changes.clone()).collect();
    Ok((report, changes))
}

fn opened(givens: &Givens, start: &Start, mode: &str, autonomy: Autonomy) -> EventKind {
    let inputs = givens
        .inputs
        .iter()
        .map(|(name, value)| (name.clone(), Value::String(heal_stdlib::evaluate::show(value))))
        .collect();
    EventKind::Opened(Box::new(Opened {
        run_key: givens.incident.clone(),
        playbook: givens.plan.playbook.clone(),
        plan_hash: givens.plan.hash.clone(),
        policy_hash: String::new(),
        engine_epoch: ENGINE_EPOCH,
        inputs,
        environment: givens.environment.clone(),
        autonomy,
        risk_floor: givens.settings.risk_floor,
        mode: mode.to_owned(),
        trigger: start.trigger.clone(),
        park_after_ms: if start.terminal { WAIT_FOR_IT } else { PARK_AT_ONCE },
        seed: random(),
        tier: format!("{:?}", start.tier()),
        requester: start.terminal.then(person::name),
    }))
}

/// How this process's part ended. `stop` is where a run stands that a signal stopped.
fn end_of(ended: &Ended, stop: Option<End>) -> End {
    match (ended, stop) {
        (Ended::Closed(report), _) => End::closed(report),
        (Ended::Parked { exit_code, .. }, Some(stop)) => End { exit_code: *exit_code, ..stop },
        (Ended::Parked { on, exit_code }, None) => End {
            outcome: Outcome::Waiting.word().to_owned(),
            exit_code: *exit_code,
            told: None,
            because: vec![Because::new(BecauseKind::ApprovalOutstanding, format!("waits for {on}"))],
        },
        (Ended::Fenced, _) => End {
            outcome: Outcome::Joined.word().to_owned(),
            exit_code: 0,
            told: None,
            because: vec![Because::new(BecauseKind::JoinedRun, "another process has taken the run")],
        },
    }
}

/// What opening found.
pub enum Opening {
    /// A new run, open and claimed.
    New(Box<Held>, Autonomy),
    /// The same incident has a run that nobody holds: it goes on.
    Goes(Box<RunRow>),
    /// The same incident's run is at work.
    Joined(Box<RunRow>, Owner),
}

/// Opens a run, unless its incident has one.
///
/// # Errors
/// Exit 74: the state file.
pub fn open(mut store: Store, givens: &Givens, start: &Start) -> Result<Opening, Failure> {
    let now = clock::wall();
    let key = givens.incident.clone();
    let lease_ms = lease(&givens.plan);
    let tier = start.tier();
    let context = serde_json::to_string(&givens.context(start.playbook.clone(), &format!("{tier:?}")))
        .map_err(|e| Failure::internal(e.to_string()))?;
    let new = NewRun {
        id: givens.run.clone(),
        playbook: givens.plan.playbook.clone(),
        run_key: key.clone(),
        environment: givens.environment.clone(),
        plan_hash: givens.plan.hash.clone(),
        context,
        opened: now,
    };
    let scope = givens.environment.clone();
    let written = store.write(|tx| {
        if let Some(other) = tx.unfinished(&key)? {
            return Ok(Err(other));
        }
        tx.keep_plan(&givens.plan, now)?;
        tx.add_run(&new)?;
        tx.claim(&new.id, &Owner::this(), now, signed(lease_ms))?;
        tx.enter(now, "opened", &new.id, &json!({ "playbook": new.playbook, "plan_hash": new.plan_hash }))?;
        let (doc, version) = tx.guard::<GuardDoc>(&scope)?;
        let request = GuardRequest::IncidentOpened { key: key.clone(), limits: GuardLimits::default() };
        let (next, verdict) = heal_engine::guard::apply(&doc, &request, now);
        tx.guard_cas(&scope, &next, version)?;
        Ok(Ok(matches!(verdict, GuardVerdict::Incident { storm: true })))
    });
    let storm = match written.map_err(|e| store.failure(&e))? {
        Ok(storm) => storm,
        Err(other) if other.is_held(now) => {
            let owner = other.owner.clone().unwrap_or_else(Owner::this);
            return Ok(Opening::Joined(Box::new(other), owner));
        }
        Err(other) => return Ok(Opening::Goes(Box::new(other))),
    };
    let autonomy = if storm { givens.settings.autonomy.min(Autonomy::Suggest) } else { givens.settings.autonomy };
    let held = Held {
        store,
        scope,
        run: givens.run.clone(),
        epoch: 1,
        lease_ms,
        tier,
        local_guards: givens.config.local_guards,
    };
    Ok(Opening::New(Box::new(held), autonomy))
}

/// R22: a lease outlives the longest attempt.
fn lease(plan: &Plan) -> u64 {
    let longest = plan
        .steps
        .iter()
        .map(|s| match &s.body {
            heal_lang::plan::StepBody::Remediate(r) => r.timeout_ms,
            _ => 0,
        })
        .max()
        .unwrap_or(0);
    driver::LEASE_MS + longest
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX / 2)
}

/// Drives a new run to where this process leaves it.
///
/// # Errors
/// As [`Driver::drive`].
pub async fn fresh(
    held: Held,
    autonomy: Autonomy,
    mut givens: Givens,
    start: &Start,
    tokens: &BTreeMap<String, Secret>,
    observer: &mut dyn Observer,
) -> Result<Finished, Failure> {
    givens.remember(&held.store)?;
    let began = clock::wall();
    let first = vec![
        opened(&givens, start, "live", autonomy),
        EventKind::Claimed(Claimed {
            owner: Owner::this().words(),
            lease_until: began + signed(held.lease_ms),
            why: ClaimReason::Fresh,
            owner_dead: false,
        }),
    ];
    let clock = Clock::from(0);
    let (hands, gate) = live(&givens, tokens, &start.state, &clock);
    let run = Run::<Live>::new(Arc::clone(&givens.plan));
    let driver = Driver::new(run, givens, clock, hands, gate, Record::Held(Box::new(held)), observer);
    finish(driver, first, began).await
}

fn live(givens: &Givens, tokens: &BTreeMap<String, Secret>, state: &Path, clock: &Clock) -> (LiveHands, Gate) {
    let clock = clock.clone();
    let (writers, readers) = Writers::new(connections(givens, tokens, state), Arc::new(move || clock.now()));
    (LiveHands { writers: Arc::new(writers) }, Gate::new(readers, NodeLimits::default()))
}

/// What taking a run over found.
pub enum Taken {
    /// It is ours.
    Ours {
        /// As this process holds it.
        held: Box<Held>,
        /// Its journal.
        rows: Vec<Row>,
        /// The former owner is certainly gone.
        owner_dead: bool,
        /// Nobody had let it go.
        crashed: bool,
    },
    /// A living process has it.
    Held(Owner),
    /// It is over.
    Closed,
}

/// Takes a run over from a process that left it or died with it.
///
/// # Errors
/// Exit 74: the state file, or the journal.
pub fn take(mut store: Store, run: &RunRow, plan: &Plan, config: &Config, tier: &str) -> Result<Taken, Failure> {
    let now = clock::wall();
    let lease_ms = lease(plan);
    let claim = store.write(|tx| {
        let claim = tx.claim(&run.id, &Owner::this(), now, signed(lease_ms))?;
        if let Claim::Ours { epoch, .. } = &claim {
            let (doc, version) = tx.guard::<GuardDoc>(&run.environment)?;
            let request = GuardRequest::Takeover { run: run.id.clone(), epoch: *epoch, lease_ms };
            let (next, _) = heal_engine::guard::apply(&doc, &request, now);
            if next != doc {
                tx.guard_cas(&run.environment, &next, version)?;
            }
        }
        Ok(claim)
    });
    match claim.map_err(|e| store.failure(&e))? {
        Claim::Held(owner) => Ok(Taken::Held(owner)),
        Claim::Closed => Ok(Taken::Closed),
        Claim::Ours { epoch, before } => {
            let rows = store.journal(&run.id).map_err(|e| store.failure(&e))?;
            let held = Held {
                store,
                scope: run.environment.clone(),
                run: run.id.clone(),
                epoch,
                lease_ms,
                tier: Tier::from_word(tier),
                local_guards: config.local_guards,
            };
            let owner_dead = before.as_ref().is_none_or(Owner::is_dead);
            Ok(Taken::Ours { held: Box::new(held), rows, owner_dead, crashed: before.is_some() })
        }
    }
}

/// Goes on with a run that was taken over.
///
/// # Errors
/// As [`Driver::drive`], and where the journal is not this engine's.
pub async fn resumed(
    held: Held,
    rows: &[Row],
    owner_dead: bool,
    mut givens: Givens,
    start: &Start,
    tokens: &BTreeMap<String, Secret>,
    observer: &mut dyn Observer,
) -> Result<Finished, Failure> {
    if let Some(from) = other_engine(rows) {
        return handed_over(held, rows, (from, owner_dead), givens, start, tokens, observer).await;
    }
    givens.remember(&held.store)?;
    let Replayed { run, closed } = driver::replay::<Live>(Arc::clone(&givens.plan), rows)?;
    let began = rows.first().map_or_else(clock::wall, |row| row.event.at);
    let clock = rows.last().map_or_else(|| Clock::from(0), |row| Clock::after(row.event.now, row.event.at));
    let lease_until = clock::wall() + signed(held.lease_ms);
    // Killed before its first row: it begins now, under its own name.
    let mut first = match rows.first() {
        Some(_) => Vec::new(),
        None => vec![opened(&givens, start, "live", givens.settings.autonomy)],
    };
    first.push(EventKind::Claimed(Claimed {
        owner: Owner::this().words(),
        lease_until,
        why: if rows.is_empty() { ClaimReason::Fresh } else { ClaimReason::Resume },
        owner_dead,
    }));
    let (hands, gate) = live(&givens, tokens, &start.state, &clock);
    let mut driver = Driver::new(run, givens, clock, hands, gate, Record::Held(Box::new(held)), observer);
    driver.restore(rows)?;
    if let Some(report) = closed {
        // It had ended: only its end was not written down.
        let ended = Ended::Closed(report);
        let good = good_releases(&driver, &ended).await;
        return conclude(driver, &ended, began, &good);
    }
    finish(driver, first, began).await
}

/// The engine that began a run, where that is not this one.
fn other_engine(rows: &[Row]) -> Option<u32> {
    let began = rows.iter().rev().find_map(|row| match &row.event.kind {
        EventKind::Opened(opened) => Some(opened.engine_epoch),
        _ => None,
    });
    began.filter(|epoch| *epoch != ENGINE_EPOCH)
}

/// Settles by probe what another engine left open, and hands over to a person (R35).
async fn handed_over(
    held: Held,
    rows: &[Row],
    (from, owner_dead): (u32, bool),
    givens: Givens,
    start: &Start,
    tokens: &BTreeMap<String, Secret>,
    observer: &mut dyn Observer,
) -> Result<Finished, Failure> {
    let began = rows.first().map_or_else(clock::wall, |row| row.event.at);
    let clock = rows.last().map_or_else(|| Clock::from(0), |row| Clock::after(row.event.now, row.event.at));
    let doc: GuardDoc = held.store.guard(&held.scope).map_err(|e| held.store.failure(&e))?;
    let changes = driver::handed_changes(&givens.plan, rows, &doc, &held.run, &clock);
    let first = vec![
        opened(&givens, start, "live", givens.settings.autonomy),
        EventKind::HandedOver(Box::new(HandedOver { from, changes, owner_dead })),
    ];
    let run = Run::<Live>::after(Arc::clone(&givens.plan), rows.last().map_or(0, |row| row.event.seq));
    let (hands, gate) = live(&givens, tokens, &start.state, &clock);
    let driver = Driver::new(run, givens, clock, hands, gate, Record::Held(Box::new(held)), observer);
    finish(driver, first, began).await
}

async fn finish<H: Hands<Live>>(
    mut driver: Driver<'_, Live, H>,
    first: Vec<EventKind>,
    began: i64,
) -> Result<Finished, Failure> {
    match driver.drive(first).await {
        Ok(ended) => {
            let good = good_releases(&driver, &ended).await;
            conclude(driver, &ended, began, &good)
        }
        Err(failure) => match driver.stop() {
            Some(end) => {
                let times = (began, clock::wall());
                Err(failure.with_report(report::report(driver.run(), driver.givens(), &end, times, None)))
            }
            None => Err(failure),
        },
    }
}

/// Writes down how it ended, and lets the run go.
fn conclude<H: Hands<Live>>(
    mut driver: Driver<'_, Live, H>,
    ended: &Ended,
    began: i64,
    good: &[(String, String)],
) -> Result<Finished, Failure> {
    let end = end_of(ended, driver.stop());
    let now = clock::wall();
    let closed = matches!(ended, Ended::Closed(_)).then_some(now);
    let head = driver.head();
    let report = report::report(driver.run(), driver.givens(), &end, (began, now), head.clone());
    let (run, key) = (driver.givens().run.clone(), driver.givens().incident.clone());
    let (exit_code, outcome, text) = (end.exit_code, end.outcome, report.to_string());
    let learnt = driver.givens().learnt();
    let work = |tx: &mut Tx<'_>, scope: &str| {
        tx.conclude(&run, &outcome, exit_code, &text, closed)?;
        tx.leave(&run, if closed.is_some() { RunStatus::Closed } else { RunStatus::Parked })?;
        for (target, release) in good {
            tx.note_good(target, release, now)?;
        }
        if closed.is_some() {
            for model in &learnt {
                tx.keep_model(model, now, &run)?;
            }
            let (doc, version) = tx.guard::<GuardDoc>(scope)?;
            let request = GuardRequest::IncidentClosed { key: key.clone() };
            let (next, _) = heal_engine::guard::apply(&doc, &request, now);
            if next != doc {
                tx.guard_cas(scope, &next, version)?;
            }
            tx.enter(now, "closed", &run, &json!({ "outcome": outcome, "exit_code": exit_code, "head": head }))?;
        }
        Ok(())
    };
    match driver.write(work, || format!("the end of run {run}")) {
        Ok(()) => Ok(Finished { report, exit_code, outcome }),
        // The journal has its end: `resume` writes down the rest.
        Err(failure) => Err(failure.with_report(report)),
    }
}

/// At a quiet or healed end: the releases that were seen and are therefore good (R57).
async fn good_releases<H: Hands<Live>>(driver: &Driver<'_, Live, H>, ended: &Ended) -> Vec<(String, String)> {
    match ended {
        Ended::Closed(report) if matches!(report.outcome, Outcome::Healthy | Outcome::Healed) => {
            driver.current_releases().await
        }
        _ => Vec::new(),
    }
}

/// Another process is at work on the same incident: nothing is done here (0).
#[must_use]
pub fn joined(givens: &Givens, row: &RunRow) -> Finished {
    let text = format!("run {} of the same incident is at work", row.id);
    let report = json!({
        "schema": report::SCHEMA, "run_id": row.id, "playbook": givens.plan.playbook, "plan_hash": row.plan_hash,
        "environment": row.environment, "outcome": "joined", "exit_code": 0, "world": "untouched",
        "verify": "not_run", "told": false,
        "because": [Because::new(BecauseKind::JoinedRun, text)],
        "started": null, "ended": null, "steps": [], "changes": [], "open_intents": [], "url": givens.url,
        "head": null,
    });
    Finished { report, exit_code: 0, outcome: "joined".to_owned() }
}

/// How a run that is over ended, as it was written down.
///
/// # Errors
/// Exit 74: it does not read.
pub fn stored(row: &RunRow) -> Result<Finished, Failure> {
    let missing = || Failure::state(format!("the end of run {} does not read", row.id));
    let report: Value = row.report.as_deref().and_then(|t| serde_json::from_str(t).ok()).ok_or_else(missing)?;
    Ok(Finished {
        report,
        exit_code: row.exit_code.ok_or_else(missing)?,
        outcome: row.outcome.clone().ok_or_else(missing)?,
    })
}
