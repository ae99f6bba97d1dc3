//! `file.logs`: the last lines of a text file.
//!
//! A file that does not exist has no data: a log that was never written proves nothing.

use crate::declare::{example, int, local, maybe, optional, reads, result, subject};
use heal_lang::catalogue::{ActionDecl, DefaultValue, Evidence, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "Lines may start with a time (RFC 3339, or seconds or milliseconds since 1970). With `over`, lines older \
              than that are left out; a line without a time has that of the line before it, and lines before the \
              first time are left out too, unless no line has one."
            .to_owned(),
        params: vec![
            subject("path", Type::String, "Which file."),
            maybe("over", Type::DURATION, "How far back; otherwise as far as the caps reach."),
            int("at_most", 5_000, "Most lines, from the end."),
            optional("bytes", Type::BYTES, DefaultValue::Number(4_194_304.0), "Most bytes, from the end."),
        ],
        result: result(Type::Logs),
        permissions: vec![local("read the file")],
        evidence: Evidence::Text,
        examples: vec![example(
            "A refused connection in the last minute",
            r#"file.logs("./shop.log", over: 1m) matches re"refused""#,
        )],
        ..reads("file.logs", "reads the end of a log file")
    }
}
