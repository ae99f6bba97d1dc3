//! `file.facts`: kind, size and time of a path.
//!
//! A path where nothing stands is an answer: `exists` is false. A folder that may not be read is `denied`.

use crate::action::{Args, ReadAction, ReadMachine, Surroundings};
use crate::arguments;
use crate::declare::{example, local, reads, result_record, subject};
use crate::error::ErrorInfo;
use crate::request::{Answer, FileFacts, FileRead, ReadRequest};
use crate::talk::{ask, done, odd, talk};
use crate::value::Value;
use heal_lang::catalogue::{ActionDecl, Dim, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "A link is not followed. Paths are relative to the folder of `healrun.yaml`.".to_owned(),
        params: vec![subject("path", Type::String, "Where.")],
        result: result_record("file.Facts"),
        permissions: vec![local("read the file's folder")],
        examples: vec![example("How large a log has grown", r#"file.facts("/var/log/api.log").size > 1GiB"#)],
        ..reads("file.facts", "looks at a path")
    }
}

/// The action.
pub(crate) struct Action;

impl ReadAction for Action {
    fn decl(&self) -> ActionDecl {
        decl()
    }

    fn start(&self, args: &Args, _: &Surroundings) -> Result<Box<dyn ReadMachine>, ErrorInfo> {
        let path = arguments::path(args, "path")?;
        Ok(talk(ask(ReadRequest::File(FileRead::Facts { path }), |answer, _| match answer {
            Answer::File(facts) => done(value(facts)),
            other => odd(other),
        })))
    }
}

#[allow(clippy::cast_precision_loss, reason = "a file's size is shown, not counted")]
fn value(facts: Option<FileFacts>) -> Value {
    let exists = facts.is_some();
    let (kind, size, modified, link) =
        facts.map_or_else(|| ("missing".to_owned(), 0, None, None), |f| (f.kind, f.size, Some(f.modified), f.link));
    Value::record([
        ("exists", Value::Bool(exists)),
        ("kind", Value::Word(kind.into())),
        ("size", Value::Quantity(Dim::Bytes, size as f64)),
        ("modified", modified.map_or(Value::None, Value::Time)),
        ("link", link.map_or(Value::None, |l| Value::Untrusted(l.into()))),
    ])
}
