//! Every request of a run passes here: the limits of this process ([`heal_engine::node`]) around the clients.
//!
//! A call has one `Passage`; each of its requests asks the [`Node`], waits where it is told to, and reports how it went.
//! What the limits did is part of the call's answer: an error that names the endpoint, and `queued_ms`.

#[cfg(test)]
mod tests;

use heal_adapters::{Addressed, Delivery, Readers, Writers};
use heal_engine::mode::LiveOrder;
use heal_engine::node::{Address, Node, NodeLimits, Pass, Want};
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::{ErrorInfo, Sent};
use heal_stdlib::request::{Answer, ChangeRequest, ReadRequest};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Milliseconds of a monotonic clock.
type Monotonic = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The readers behind the limits of this process. Clones share both.
#[derive(Clone)]
pub struct Gate {
    readers: Readers,
    node: Arc<Mutex<Node>>,
    freed: Arc<Notify>,
    clock: Monotonic,
}

impl Gate {
    /// A process that has called nobody yet.
    #[must_use]
    pub fn new(readers: Readers, limits: NodeLimits) -> Self {
        let began = std::time::Instant::now();
        let clock = move || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        Self::with_clock(readers, limits, Arc::new(clock))
    }

    fn with_clock(readers: Readers, limits: NodeLimits, clock: Monotonic) -> Self {
        Self { readers, node: Arc::new(Mutex::new(Node::new(limits))), freed: Arc::default(), clock }
    }

    /// For one attempt at a call.
    pub(super) fn passage(&self, want: Want, attempt: u32) -> Passage {
        Passage { gate: self.clone(), want, attempt, queued: AtomicU64::new(0), answered: Mutex::new(None) }
    }

    fn node(&self) -> MutexGuard<'_, Node> {
        self.node.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One attempt at a call on its way to the clients.
pub(super) struct Passage {
    gate: Gate,
    want: Want,
    attempt: u32,
    queued: AtomicU64,
    /// The endpoint of the last answer: whether it was a good one is for the action to say.
    answered: Mutex<Option<String>>,
}

/// A slot of the bulkhead; free again when it goes, also where the call was given up.
struct Slot<'g> {
    gate: &'g Gate,
    to: Addressed,
    judged: bool,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut node = self.gate.node();
        node.freed(self.to.adapter);
        if let (false, Some(endpoint)) = (self.judged, &self.to.endpoint) {
            node.forgotten(endpoint);
        }
        drop(node);
        self.gate.freed.notify_waiters();
    }
}

impl Passage {
    /// How long the limits held its requests back, milliseconds.
    pub(super) fn queued_ms(&self) -> u64 {
        self.queued.load(Ordering::Relaxed)
    }

    /// Asks, as [`Readers::read`]; waiting counts as time of the request.
    pub(super) async fn read(&self, request: ReadRequest, within: Duration) -> Answer {
        let Some(to) = self.gate.readers.addressed(&request) else {
            return self.gate.readers.read(request, within).await;
        };
        let began = (self.gate.clock)();
        match self.enter(to, within).await {
            Ok(slot) => {
                let waited = Duration::from_millis((self.gate.clock)().saturating_sub(began));
                let answer = self.gate.readers.read(request, within.saturating_sub(waited)).await;
                self.left(slot, &answer);
                answer
            }
            Err(error) => Answer::Failed(error),
        }
    }

    /// Sends, as [`Writers::send`].
    pub(super) async fn send(
        &self,
        writers: &Writers,
        order: LiveOrder,
        request: ChangeRequest,
        within: Duration,
    ) -> Delivery {
        match self.enter(writers.addressed(&request), within).await {
            Ok(slot) => {
                let delivery = writers.send(order, request, within).await;
                self.left(slot, &delivery.answer);
                delivery
            }
            Err(error) => Delivery { answer: Answer::Failed(error), sent_at: None },
        }
    }

    /// The action has said what the last answer meant.
    pub(super) fn ended(&self, error: Option<&ErrorInfo>) {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(endpoint) = answered {
            let (class, hint) = (error.map(|e| e.class), error.and_then(|e| e.retry_after_ms));
            self.gate.node().judged(&endpoint, class, hint, (self.gate.clock)());
        }
    }

    async fn enter(&self, to: Addressed, within: Duration) -> Result<Slot<'_>, ErrorInfo> {
        // It asks on: the answer before was one to go on with.
        self.ended(None);
        let began = (self.gate.clock)();
        let address = Address { adapter: to.adapter, endpoint: to.endpoint.as_deref() };
        let result = loop {
            // Listens before it asks, so that no slot is freed unheard.
            let freed = self.gate.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            let now = (self.gate.clock)();
            let left = within.saturating_sub(Duration::from_millis(now.saturating_sub(began)));
            let pass = self.gate.node().ask(address, self.want, self.attempt, now);
            match pass {
                Pass::Go => break Ok(()),
                Pass::Queue => {
                    if timeout(left, freed).await.is_err() {
                        break Err(refused(pass, &to));
                    }
                }
                Pass::Wait(ms) if Duration::from_millis(ms) < left => {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                }
                Pass::Wait(_) | Pass::Down(_) | Pass::Held(_) | Pass::NoRetries => break Err(refused(pass, &to)),
            }
        };
        self.queued.fetch_add((self.gate.clock)().saturating_sub(began), Ordering::Relaxed);
        result.map(|()| Slot { gate: &self.gate, to, judged: false })
    }

    fn left(&self, mut slot: Slot<'_>, answer: &Answer) {
        let Some(endpoint) = slot.to.endpoint.clone() else { return };
        match answer {
            Answer::Failed(error) if is_ours(error) => {}
            Answer::Failed(error) => {
                slot.judged = true;
                let now = (self.gate.clock)();
                self.gate.node().judged(&endpoint, Some(error.class), error.retry_after_ms, now);
            }
            _ => {
                slot.judged = true;
                *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(endpoint);
            }
        }
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        // Answered, and nobody said what it meant: it was there.
        self.ended(None);
    }
}

/// What kept us from asking says nothing of the endpoint.
fn is_ours(error: &ErrorInfo) -> bool {
    let refused_here = matches!(error.class, ErrorClass::Permanent | ErrorClass::Denied) && error.sent == Sent::No;
    refused_here || matches!(error.code.as_str(), "no_local_socket" | "send_by")
}

/// An answer in the endpoint's place: nothing was sent.
fn refused(pass: Pass, to: &Addressed) -> ErrorInfo {
    let whom = to.endpoint.as_deref().unwrap_or(to.adapter);
    let show = crate::config::show_duration;
    let (class, code, message, hint) = match pass {
        Pass::Down(ms) => (
            ErrorClass::Transient,
            "endpoint_open",
            format!("{whom} was not asked: its last requests failed; it is tried again in {}", show(ms)),
            Some(ms),
        ),
        Pass::Held(ms) => (
            ErrorClass::Throttled,
            "endpoint_held",
            format!("{whom} was not asked: it wants to be left alone for {} more", show(ms)),
            Some(ms),
        ),
        Pass::NoRetries => (
            ErrorClass::Transient,
            "no_retries_left",
            format!("{whom} was not asked again: this process has used up its retries there"),
            None,
        ),
        Pass::Wait(ms) => (
            ErrorClass::Transient,
            "rate",
            format!("{whom} was not asked: this process asks it as often as it may, and its time ran out"),
            Some(ms),
        ),
        Pass::Go | Pass::Queue => (
            ErrorClass::Transient,
            "busy",
            format!("{whom} was not asked: all slots for {} were taken until its time ran out", to.adapter),
            None,
        ),
    };
    ErrorInfo { class, retry_after_ms: hint, refused_definitely: true, ..ErrorInfo::permanent(code, message) }
}
