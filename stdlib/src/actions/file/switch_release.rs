//! `file.switch_release`: points a release link at another release.
//!
//! One rename, only if the link still points at `expect`, then a line in `LINK.history`. Its probe is the link itself.
//! Fails `conflict` where the link points elsewhere, `denied` where its folder may not be written.

use super::history::Release;
use crate::action::{
    Args, ChangeAction, ChangeMachine, ProbeMachine, Probed, ResolveMachine, ResolveStep, ResolvedCall, Surroundings,
};
use crate::arguments;
use crate::declare::{changes, example, local, required, result_record, subject, undone_by};
use crate::error::ErrorInfo;
use crate::request::{Answer, ChangeRequest, FileChange, FileFacts, FileRead, ReadRequest};
use crate::talk::{Sent, Turn, ask, changed, fail, found, odd, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc:
            "The target must exist: a link is never pointed at nothing. Switching does not restart anything: whatever \
              serves the release has to notice."
                .to_owned(),
        params: vec![
            subject("link", Type::target("file.release_link"), "Which link."),
            required("to", Type::record("file.Release"), "The release to serve."),
            required(
                "expect",
                Type::record("file.Release"),
                "The release that is served now; another one blocks the change.",
            ),
        ],
        result: result_record("file.Switched"),
        target: Some("link".to_owned()),
        expects: true,
        permissions: vec![local("write the folder of the link")],
        examples: vec![example(
            "Back to the last stable release",
            "file.switch_release(served, to: good, expect: bad)",
        )],
        ..changes(
            "file.switch_release",
            "switches a release link",
            Class::Probed,
            Risk::Medium,
            undone_by("file.switch_release", "points the link back at the release it was switched from"),
        )
    }
}

/// The action.
pub(crate) struct Action;

/// The three absolute values of a switch.
struct Switch {
    link: String,
    to: Release,
    expect: Release,
}

impl Switch {
    fn new(args: &Args) -> Result<Self, ErrorInfo> {
        let target = arguments::target(args, "link")?;
        if target.untrusted {
            return Err(ErrorInfo::permanent("argument", "the link is named from outside, which is refused"));
        }
        let release = |name: &str| {
            Release::of(&*arguments::record(args, name)?)
                .ok_or_else(|| ErrorInfo::permanent("argument", format!("`{name}` names no release")))
        };
        Ok(Self { link: arguments::key(&target, "path")?, to: release("to")?, expect: release("expect")? })
    }

    /// Where `to` lies: a link's target is relative to the link's own folder.
    fn place(&self) -> String {
        if self.to.target.starts_with('/') {
            return self.to.target.clone();
        }
        match self.link.trim_end_matches('/').rsplit_once('/') {
            Some(("", _)) => format!("/{}", self.to.target),
            Some((folder, _)) => format!("{folder}/{}", self.to.target),
            None => self.to.target.clone(),
        }
    }

    fn value(&self) -> Value {
        Value::record([("from", Value::text(&self.expect.target)), ("to", Value::text(&self.to.target))])
    }
}

impl ChangeAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn resolve(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ResolveMachine>, ErrorInfo> {
        let switch = Switch::new(args)?;
        let args = args.clone();
        Ok(talk(ask(facts(&switch.link), move |answer, _| {
            let now = match target(answer, &switch.link) {
                Ok(now) => now,
                Err(error) => return fail(error),
            };
            if now == switch.to.target {
                return Turn::End(ResolveStep::Done(Box::new(resolved(&args, &switch, true))));
            }
            if now != switch.expect.target {
                return Turn::End(ResolveStep::Blocked(format!(
                    "the world moved: {} points at {now}, not at {}",
                    switch.link, switch.expect.target
                )));
            }
            ask(facts(&switch.place()), move |answer, _| match answer {
                Answer::File(Some(_)) => Turn::End(ResolveStep::Done(Box::new(resolved(&args, &switch, false)))),
                Answer::File(None) => {
                    Turn::End(ResolveStep::Refused(format!("there is nothing at {}", switch.place())))
                }
                other => odd(other),
            })
        })))
    }

    fn send(&self, call: &ResolvedCall, _: &str, at: &Surroundings) -> Result<Box<dyn ChangeMachine>, ErrorInfo> {
        let switch = Switch::new(&call.args)?;
        let history = Release { target: switch.to.target.clone(), at: at.now_ms }.line();
        let write = ChangeRequest::File(FileChange::SwitchLink {
            link: switch.link.clone(),
            to: switch.to.target.clone(),
            expect: switch.expect.target.clone(),
            history,
        });
        Ok(talk(ask(Sent::Write(write), move |answer, _| match answer {
            Answer::Done => changed(switch.value()),
            other => odd(other),
        })))
    }

    fn probe(&self, call: &ResolvedCall, _: &str, _: &Surroundings) -> Option<Box<dyn ProbeMachine>> {
        let switch = Switch::new(&call.args).ok()?;
        Some(talk(ask(facts(&switch.link), move |answer, _| match target(answer, &switch.link) {
            Ok(now) if now == switch.to.target => found(Probed::Applied, switch.value()),
            Ok(now) if now == switch.expect.target => found(Probed::NotApplied, Value::None),
            Ok(_) => found(Probed::Conflict, Value::None),
            Err(error) => fail(error),
        })))
    }
}

fn facts(path: &str) -> ReadRequest {
    ReadRequest::File(FileRead::Facts { path: path.to_owned() })
}

/// Where the link points.
fn target(answer: Answer, link: &str) -> Result<String, ErrorInfo> {
    match answer {
        Answer::File(Some(FileFacts { link: Some(target), .. })) => Ok(target),
        Answer::File(Some(_)) => Err(ErrorInfo::permanent("no_link", format!("{link} is no symbolic link"))),
        Answer::File(None) => Err(ErrorInfo::permanent("no_link", format!("there is no link {link}"))),
        Answer::Failed(error) => Err(error),
        _ => Err(ErrorInfo::permanent("internal", "the answer is of another kind than the question")),
    }
}

fn resolved(args: &Args, switch: &Switch, unchanged: bool) -> ResolvedCall {
    let mut undo = args.clone();
    undo.insert("to".to_owned(), switch.expect.value());
    undo.insert("expect".to_owned(), switch.to.value());
    ResolvedCall {
        args: args.clone(),
        summary: format!("switch {} from {} to {}", switch.link, switch.expect.target, switch.to.target),
        before: serde_json::json!({ "target": switch.expect.target }),
        undo: Some(("file.switch_release".to_owned(), undo)),
        identity: serde_json::json!({ "link": switch.link, "to": switch.to.target, "expect": switch.expect.target }),
        unchanged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{ChangeStep, ProbeStep};
    use crate::value::Target;
    use std::sync::Arc;

    fn args() -> Args {
        let target = Target {
            kind: "file.release_link".to_owned(),
            noun: "release_link".to_owned(),
            key: [("path".to_owned(), "/srv/current".to_owned())].into(),
            untrusted: false,
        };
        let release = |t: &str| Release { target: t.to_owned(), at: 1 }.value();
        Args::from([
            ("link".to_owned(), Value::Target(Arc::new(target))),
            ("to".to_owned(), release("r42")),
            ("expect".to_owned(), release("r43")),
        ])
    }

    fn points_at(target: &str) -> Answer {
        let facts = FileFacts { kind: "link".to_owned(), size: 0, modified: 0, link: Some(target.to_owned()) };
        Answer::File(Some(facts))
    }

    fn folder() -> Answer {
        Answer::File(Some(FileFacts { kind: "folder".to_owned(), size: 0, modified: 0, link: None }))
    }

    fn resolve(answers: Vec<Answer>) -> ResolveStep {
        let mut machine = Action.resolve(&args(), &Surroundings::default()).unwrap();
        let mut step = machine.next(None, 0);
        for answer in answers {
            assert!(matches!(step, ResolveStep::Ask(_)), "{step:?}");
            step = machine.next(Some(answer), 0);
        }
        step
    }

    #[test]
    fn it_is_resolved_to_absolute_values_and_its_undo_is_captured() {
        let ResolveStep::Done(call) = resolve(vec![points_at("r43"), folder()]) else { panic!() };
        assert_eq!(call.summary, "switch /srv/current from r43 to r42");
        let (action, undo) = call.undo.clone().unwrap();
        assert_eq!(action, "file.switch_release");
        let back = Switch::new(&undo).unwrap();
        assert_eq!((back.to.target.as_str(), back.expect.target.as_str()), ("r43", "r42"));
        let at = Surroundings { now_ms: 1_767_355_200_000, ..Surroundings::default() };
        let mut machine = Action.send(&call, "key", &at).unwrap();
        let ChangeStep::Send(ChangeRequest::File(FileChange::SwitchLink { to, expect, history, .. })) =
            machine.next(None, 0)
        else {
            panic!()
        };
        assert_eq!((to.as_str(), expect.as_str()), ("r42", "r43"));
        assert_eq!(history, "2026-01-02T12:00:00.000Z r42");
    }

    #[test]
    fn another_release_blocks_it_and_a_missing_one_is_refused() {
        assert!(matches!(resolve(vec![points_at("r44")]), ResolveStep::Blocked(_)));
        assert!(matches!(resolve(vec![points_at("r43"), Answer::File(None)]), ResolveStep::Refused(_)));
        let ResolveStep::Done(call) = resolve(vec![points_at("r42")]) else { panic!() };
        assert!(call.unchanged);
    }

    #[test]
    fn the_link_itself_is_the_probe() {
        let ResolveStep::Done(call) = resolve(vec![points_at("r43"), folder()]) else { panic!() };
        for (now, wanted) in [("r42", Probed::Applied), ("r43", Probed::NotApplied), ("r44", Probed::Conflict)] {
            let mut machine = Action.probe(&call, "key", &Surroundings::default()).unwrap();
            machine.next(None, 0);
            let ProbeStep::Done(found, _) = machine.next(Some(points_at(now)), 0) else { panic!() };
            assert_eq!(found, wanted);
        }
    }
}
