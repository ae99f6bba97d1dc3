//! Conversations with the world, written in the order in which they happen.
//!
//! A machine of [`crate::action`] is a question, then what to do with its answer, which is another question or the end.
//! [`ask`] writes that down as closures; [`Talk`] steps through it.

use crate::action::{
    ChangeMachine, ChangeStep, ProbeMachine, ProbeStep, Probed, ReadMachine, ReadStep, ResolveMachine, ResolveStep,
};
use crate::error::ErrorInfo;
use crate::request::{Answer, ChangeRequest, HttpAnswer, ReadRequest};
use crate::value::Value;

/// What happens next: `R` can be asked, `E` ends it.
pub(crate) enum Turn<R, E> {
    /// Ask this; then that.
    Ask(R, Then<R, E>),
    /// The end.
    End(E),
}

/// What to do with an answer, at that Unix millisecond.
type Then<R, E> = Box<dyn FnOnce(Answer, i64) -> Turn<R, E> + Send>;

/// A turn of a read.
pub(crate) type Reading = Turn<ReadRequest, ReadStep>;
/// A turn of a resolution.
pub(crate) type Resolving = Turn<ReadRequest, ResolveStep>;
/// A turn of a change.
pub(crate) type Changing = Turn<Sent, ChangeStep>;
/// A turn of a probe.
pub(crate) type Probing = Turn<ReadRequest, ProbeStep>;

/// What a change asks: a look, or the one write.
pub(crate) enum Sent {
    /// A look right before the write.
    Look(ReadRequest),
    /// The write.
    Write(ChangeRequest),
}

/// Asks, then goes on with the answer.
pub(crate) fn ask<R, E>(request: R, then: impl FnOnce(Answer, i64) -> Turn<R, E> + Send + 'static) -> Turn<R, E> {
    Turn::Ask(request, Box::new(then))
}

/// A conversation under way.
pub(crate) struct Talk<R, E> {
    state: State<R, E>,
}

enum State<R, E> {
    Start(Turn<R, E>),
    Asked(Then<R, E>),
    Ended,
}

/// A conversation that begins with this turn.
pub(crate) fn talk<R, E>(first: Turn<R, E>) -> Box<Talk<R, E>> {
    Box::new(Talk { state: State::Start(first) })
}

impl<R, E> Talk<R, E> {
    fn advance(&mut self, last: Option<Answer>, now: i64) -> Result<R, Result<E, ErrorInfo>> {
        let turn = match (std::mem::replace(&mut self.state, State::Ended), last) {
            (State::Start(turn), _) => turn,
            (State::Asked(then), Some(answer)) => then(answer, now),
            (State::Asked(_), None) => return Err(Err(ErrorInfo::permanent("internal", "a question got no answer"))),
            (State::Ended, _) => return Err(Err(ErrorInfo::permanent("internal", "the call has already ended"))),
        };
        match turn {
            Turn::Ask(request, then) => {
                self.state = State::Asked(then);
                Ok(request)
            }
            Turn::End(end) => Err(Ok(end)),
        }
    }
}

impl ReadMachine for Talk<ReadRequest, ReadStep> {
    fn next(&mut self, last: Option<Answer>, now_ms: i64) -> ReadStep {
        match self.advance(last, now_ms) {
            Ok(request) => ReadStep::Ask(request),
            Err(Ok(end)) => end,
            Err(Err(error)) => ReadStep::Fail(error),
        }
    }
}

impl ResolveMachine for Talk<ReadRequest, ResolveStep> {
    fn next(&mut self, last: Option<Answer>, now_ms: i64) -> ResolveStep {
        match self.advance(last, now_ms) {
            Ok(request) => ResolveStep::Ask(request),
            Err(Ok(end)) => end,
            Err(Err(error)) => ResolveStep::Fail(error),
        }
    }
}

impl ChangeMachine for Talk<Sent, ChangeStep> {
    fn next(&mut self, last: Option<Answer>, now_ms: i64) -> ChangeStep {
        match self.advance(last, now_ms) {
            Ok(Sent::Look(request)) => ChangeStep::Ask(request),
            Ok(Sent::Write(request)) => ChangeStep::Send(request),
            Err(Ok(end)) => end,
            Err(Err(error)) => ChangeStep::Fail(error),
        }
    }
}

impl ProbeMachine for Talk<ReadRequest, ProbeStep> {
    fn next(&mut self, last: Option<Answer>, now_ms: i64) -> ProbeStep {
        match self.advance(last, now_ms) {
            Ok(request) => ProbeStep::Ask(request),
            Err(Ok(end)) => end,
            Err(Err(error)) => ProbeStep::Fail(error),
        }
    }
}

/// The ends that every kind of conversation has.
pub(crate) trait End: Sized {
    /// It failed.
    fn fail(error: ErrorInfo) -> Self;
}

impl End for ReadStep {
    fn fail(error: ErrorInfo) -> Self {
        ReadStep::Fail(error)
    }
}
impl End for ResolveStep {
    fn fail(error: ErrorInfo) -> Self {
        ResolveStep::Fail(error)
    }
}
impl End for ChangeStep {
    fn fail(error: ErrorInfo) -> Self {
        ChangeStep::Fail(error)
    }
}
impl End for ProbeStep {
    fn fail(error: ErrorInfo) -> Self {
        ProbeStep::Fail(error)
    }
}

/// It failed.
pub(crate) fn fail<R, E: End>(error: ErrorInfo) -> Turn<R, E> {
    Turn::End(E::fail(error))
}

/// A read's value.
pub(crate) fn done(value: Value) -> Reading {
    Turn::End(ReadStep::Done(value))
}

/// A change happened.
pub(crate) fn changed(value: Value) -> Changing {
    Turn::End(ChangeStep::Done { value, unchanged: false })
}

/// A probe's answer.
pub(crate) fn found(probed: Probed, value: Value) -> Probing {
    Turn::End(ProbeStep::Done(probed, value))
}

/// An answer of another kind than was asked for: a mistake of whoever carried the request.
pub(crate) fn odd<R, E: End>(answer: Answer) -> Turn<R, E> {
    fail(match answer {
        Answer::Failed(error) => error,
        _ => ErrorInfo::permanent("internal", "the answer is of another kind than the question"),
    })
}

/// The HTTP answer in it.
pub(crate) fn http(answer: Answer) -> Result<HttpAnswer, ErrorInfo> {
    match answer {
        Answer::Http(answer) => Ok(answer),
        Answer::Failed(error) => Err(error),
        _ => Err(ErrorInfo::permanent("internal", "the answer is of another kind than the question")),
    }
}
