//! `file.facts`: kind, size and time of a path.
//!
//! A path where nothing stands is an answer: `exists` is false. A folder that may not be read is `denied`.

use crate::declare::{example, local, reads, result_record, subject};
use heal_lang::catalogue::{ActionDecl, Type};

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
