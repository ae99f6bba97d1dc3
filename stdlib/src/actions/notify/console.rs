//! `notify.console`: says it on standard error, and in the job summary in CI.
//!
//! Fails only where standard error is closed.

use super::{Message, resolved};
use crate::action::{Args, ChangeAction, ChangeMachine, ProbeMachine, ResolveMachine, ResolvedCall, Surroundings};
use crate::declare::{example, tells};
use crate::error::ErrorInfo;
use crate::request::{Answer, ChangeRequest};
use crate::talk::{Sent, ask, changed, odd, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Class, ResultDecl};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Text from outside is made safe to show first: no workflow commands, no terminal control.".to_owned(),
        params: super::message(),
        result: ResultDecl::Nothing,
        examples: vec![example("Call whoever is looking", r#"notify.console(summary: "orders fail, see ${run.url}")"#)],
        ..tells("notify.console", "says it on the terminal and in the job summary", Class::Blind)
    }
}

/// The action.
pub(crate) struct Action;

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        Message::new(args, at)?;
        Ok(resolved(args, "say it on the terminal".to_owned()))
    }

    fn send(&self, call: &ResolvedCall, _: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let text = Message::new(&call.args, at)?.text();
        Ok(talk(ask(Sent::Write(ChangeRequest::Console { text }), |answer, _| match answer {
            Answer::Done => changed(Value::None),
            other => odd(other),
        })))
    }

    fn probe(&self, _: &ResolvedCall, _: &str, _: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{ChangeStep, ResolveStep};

    #[test]
    fn text_from_outside_is_made_safe() {
        let args = Args::from([("summary".to_owned(), Value::Untrusted("::error::owned\u{1b}[2J".into()))]);
        let at = Surroundings { run_url: "healrun runs show 1".to_owned(), ..Surroundings::default() };
        let ResolveStep::Done(call) = Action.resolve(&args, &at).unwrap().next(None, 0) else { panic!() };
        let ChangeStep::Send(ChangeRequest::Console { text }) = Action.send(&call, "k", &at).unwrap().next(None, 0)
        else {
            panic!()
        };
        assert_eq!(text, ": :error::owned\nhealrun runs show 1");
    }
}
