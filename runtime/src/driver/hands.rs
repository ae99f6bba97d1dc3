//! What a driver may do with an order of its mode. `plan` has no orders, so it has no hands.

use super::gate::Gate;
use super::machines::{self, Attempted};
use heal_adapters::{Delivery, Writers};
use heal_engine::command::ChangeCall;
use heal_engine::mode::{Live, LiveOrder, Mode, Preview};
use heal_engine::node::Want;
use heal_stdlib::action::{ResolvedCall, Surroundings};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// One attempt, as a task.
pub type Task = Pin<Box<dyn Future<Output = Attempted> + Send>>;

/// What is to be attempted.
pub struct Attempt {
    /// Full name of the action.
    pub action: String,
    /// The idempotency key.
    pub key: String,
    /// Absolute values.
    pub call: ResolvedCall,
    /// What the action may know.
    pub at: Surroundings,
    /// One attempt.
    pub timeout_ms: u64,
}

/// What can be done with an order.
pub trait Hands<M: Mode> {
    /// What the order is for.
    fn call<'a>(&self, order: &'a M::Order) -> &'a ChangeCall;
    /// Carries it out, once.
    fn carry(&self, order: M::Order, attempt: Attempt, gate: Gate) -> Task;
}

/// The real world.
pub struct LiveHands {
    /// What sends.
    pub writers: Arc<Writers>,
}

impl Hands<Live> for LiveHands {
    fn call<'a>(&self, order: &'a LiveOrder) -> &'a ChangeCall {
        order.call()
    }

    fn carry(&self, order: LiveOrder, attempt: Attempt, gate: Gate) -> Task {
        let writers = Arc::clone(&self.writers);
        Box::pin(async move {
            let Attempt { action, key, call, at, timeout_ms } = attempt;
            let through = gate.passage(Want::Must, order.call().attempt);
            let send = async |request, within| {
                let Delivery { answer, sent_at } = through.send(&writers, order, request, within).await;
                (answer, sent_at)
            };
            machines::attempt(&through, (&action, &key), &call, &at, timeout_ms, send).await
        })
    }
}

/// `plan`: nothing can be carried out.
pub struct NoHands;

impl Hands<Preview> for NoHands {
    fn call<'a>(&self, order: &'a Infallible) -> &'a ChangeCall {
        match *order {}
    }

    fn carry(&self, order: Infallible, _: Attempt, _: Gate) -> Task {
        match order {}
    }
}
