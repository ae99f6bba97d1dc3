//! `file.releases`: which release a link serves, and which it served before.
//!
//! A link that is missing, or is no link, is a `permanent` failure. A history that does not end with what the link
//! points at (somebody switched without writing it down) takes the link's own time for the latest release.

use super::history::{self, Release};
use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{example, local, reads, result_record, subject};
use crate::error::ErrorInfo;
use crate::request::{Answer, FileFacts, FileRead, ReadRequest};
use crate::talk::{ask, done, fail, odd, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc:
            "Reads the link and `LINK.history`, one line for each switch: its time (RFC 3339), a space, the target. A \
              release is stable if it served for the environment's `stable_after` before it was replaced. A release \
              that was switched away from by going back to an earlier one is not stable, however long it ran: \
              somebody took it back."
                .to_owned(),
        params: vec![subject("link", Type::String, "The symbolic link.")],
        result: result_record("file.Releases"),
        permissions: vec![local("read the link and its history")],
        examples: vec![example("When the latest release came", r#"file.releases("./current").latest.at"#)],
        ..reads("file.releases", "lists the releases behind a link")
    }
}

/// The action.
pub(crate) struct Action;

/// Years of switches.
const MOST_HISTORY: u64 = 4 << 20;
/// Earlier releases that are shown.
const MOST_EARLIER: usize = 50;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, at: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let link = arguments::path(args, "link")?;
        let stable_after = i64::try_from(at.stable_after_ms).unwrap_or(i64::MAX);
        let facts = ReadRequest::File(FileRead::Facts { path: link.clone() });
        Ok(talk(ask(facts, move |answer, _| {
            let (target, since) = match answer {
                Answer::File(Some(FileFacts { link: Some(target), modified, .. })) => (target, modified),
                Answer::File(Some(_)) => {
                    return fail(ErrorInfo::permanent("no_link", format!("{link} is no symbolic link")));
                }
                Answer::File(None) => {
                    return fail(ErrorInfo::permanent("no_link", format!("there is no link {link}")));
                }
                other => return odd(other),
            };
            let path = format!("{link}.history");
            let read = ReadRequest::File(FileRead::Tail { path, max_bytes: MOST_HISTORY });
            ask(read, move |answer, _| match answer {
                Answer::Text { text, truncated } => {
                    let text = text.unwrap_or_default();
                    done(value(&history::read(&text, truncated, &target, since), stable_after))
                }
                other => odd(other),
            })
        })))
    }
}

fn value(releases: &[Release], stable_after: i64) -> Value {
    let Some((latest, earlier)) = releases.split_last() else {
        return Value::no_data("the link has never been switched");
    };
    let stable = history::last_stable(releases, stable_after);
    Value::record([
        ("latest", latest.value()),
        ("last_stable", stable.map_or(Value::None, Release::value)),
        ("earlier", Value::list(earlier.iter().rev().take(MOST_EARLIER).map(Release::value).collect())),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::ReadStep;

    #[test]
    fn a_missing_link_is_a_clear_failure() {
        let args = Args::from([("link".to_owned(), Value::text("./current"))]);
        let mut machine = Action.start(&args, &Surroundings::default()).unwrap();
        assert!(matches!(machine.next(None, 0), ReadStep::Ask(_)));
        let ReadStep::Fail(error) = machine.next(Some(Answer::File(None)), 0) else { panic!() };
        assert_eq!(error.message, "there is no link ./current");
    }

    #[test]
    fn the_history_is_read_beside_the_link() {
        let args = Args::from([("link".to_owned(), Value::text("./current"))]);
        let at = Surroundings { stable_after_ms: 1_000, ..Surroundings::default() };
        let mut machine = Action.start(&args, &at).unwrap();
        machine.next(None, 0);
        let facts = FileFacts { kind: "link".to_owned(), size: 3, modified: 9_000, link: Some("b".to_owned()) };
        let ReadStep::Ask(ReadRequest::File(FileRead::Tail { path, .. })) =
            machine.next(Some(Answer::File(Some(facts))), 0)
        else {
            panic!()
        };
        assert_eq!(path, "./current.history");
        let text = Some("1970-01-01T00:00:01Z a\n1970-01-01T00:00:09Z b\n".to_owned());
        let ReadStep::Done(Value::Record(r)) = machine.next(Some(Answer::Text { text, truncated: false }), 0) else {
            panic!()
        };
        assert_eq!(r["latest"], Release { target: "b".to_owned(), at: 9_000 }.value());
        assert_eq!(r["last_stable"], Release { target: "a".to_owned(), at: 1_000 }.value());
    }
}
