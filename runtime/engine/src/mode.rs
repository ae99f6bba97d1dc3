//! One engine, typed by mode (L38): an order to act exists only after its intent is durable, and only in a mode that
//! has orders. `plan` has none: its order type is empty.

use crate::command::ChangeCall;
use std::convert::Infallible;

mod sealed {
    pub trait Sealed {}
    /// Only this crate can make one, so only the engine can ask a mode for an order.
    #[derive(Debug)]
    pub struct Key(pub(crate) ());
}

pub(crate) use sealed::Key;

/// A mode: live, preview or model. Sealed.
pub trait Mode: sealed::Sealed + Clone + std::fmt::Debug + Sized + 'static {
    /// What it takes to act.
    type Order: std::fmt::Debug + Send;

    /// It has orders. Where it has none the engine suggests and never asks for admission.
    #[doc(hidden)]
    const ACTS: bool;

    /// What an order carries, for hashes of commands (R39).
    #[doc(hidden)]
    fn order_parts(order: &Self::Order) -> (&ChangeCall, u64);

    /// Makes the order for a call whose intent is durable; `seq` is the row of that intent.
    #[doc(hidden)]
    fn order(call: ChangeCall, seq: u64, key: sealed::Key) -> Option<Self::Order>;
}

/// The real world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {}
/// `plan`: live reads, no writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preview {}
/// A modelled world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {}

impl sealed::Sealed for Live {}
impl sealed::Sealed for Preview {}
impl sealed::Sealed for Model {}

/// Permission to carry out one attempt in the real world. It cannot be cloned and is consumed by sending.
#[derive(Debug)]
pub struct LiveOrder {
    call: ChangeCall,
    seq: u64,
}

/// Permission to carry out one attempt in a modelled world.
#[derive(Debug)]
pub struct ModelOrder {
    call: ChangeCall,
    seq: u64,
}

impl LiveOrder {
    /// What is to be done.
    #[must_use]
    pub fn call(&self) -> &ChangeCall {
        &self.call
    }
    /// The journal row of the durable intent.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl ModelOrder {
    /// What is to be done.
    #[must_use]
    pub fn call(&self) -> &ChangeCall {
        &self.call
    }
    /// The journal row of the durable intent.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }
}

impl Mode for Live {
    type Order = LiveOrder;
    const ACTS: bool = true;
    fn order_parts(order: &LiveOrder) -> (&ChangeCall, u64) {
        (&order.call, order.seq)
    }
    fn order(call: ChangeCall, seq: u64, _: sealed::Key) -> Option<LiveOrder> {
        Some(LiveOrder { call, seq })
    }
}

impl Mode for Preview {
    type Order = Infallible;
    const ACTS: bool = false;
    fn order_parts(order: &Infallible) -> (&ChangeCall, u64) {
        match *order {}
    }
    fn order(_: ChangeCall, _: u64, _: sealed::Key) -> Option<Infallible> {
        None
    }
}

impl Mode for Model {
    type Order = ModelOrder;
    const ACTS: bool = true;
    fn order_parts(order: &ModelOrder) -> (&ChangeCall, u64) {
        (&order.call, order.seq)
    }
    fn order(call: ChangeCall, seq: u64, _: sealed::Key) -> Option<ModelOrder> {
        Some(ModelOrder { call, seq })
    }
}
