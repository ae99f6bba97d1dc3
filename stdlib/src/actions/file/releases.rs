//! `file.releases`: which release a link serves, and which it served before.
//!
//! A link that is missing, or is no link, is a `permanent` failure. A history that does not end with what the link
//! points at (somebody switched without writing it down) takes the link's own time for the latest release.

use crate::declare::{example, local, reads, result_record, subject};
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
