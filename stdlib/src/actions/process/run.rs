//! `process.run`: a command, as an argument vector.
//!
//! How a command ends is data in a read. In a change a status other than 0 is `permanent`, unless `transient` matches
//! its output or `codes` names the status: then it is `transient` and may be sent again. Killed by its timeout it is
//! `uncertain` in a change, and no data in a read (L27, L35).

use crate::declare::{changes, example, local, maybe, no_undo, optional, result_record, subject};
use heal_lang::catalogue::{ActionDecl, Class, DefaultValue, Effect, Risk, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        // Nobody can know what a command does: the worst, until its author asserts otherwise (L35).
        effect: Effect::Destroy,
        assertable: true,
        doc: "The program is run directly, in a small clean environment and the folder of `healrun.yaml`; there is no \
              shell unless the vector names one. Both streams are kept from their end.\n\n`effect: read` or \
              `effect: change` at the call is the author's assertion; without it the command may do anything. Base \
              risk is low for an asserted read or change and high otherwise."
            .to_owned(),
        params: vec![
            subject(
                "argv",
                Type::String.list(),
                "The program and its arguments; text from outside is one whole argument.",
            ),
            maybe("timeout", Type::DURATION, "Killed after this; otherwise the step's `timeout`."),
            maybe("folder", Type::String, "Where it runs; otherwise the folder of `healrun.yaml`."),
            optional("env", Type::Map(Box::new(Type::String)), DefaultValue::EmptyMap, "Added to its environment."),
            maybe("transient", Type::Regex, "A failure whose output matches may pass by itself."),
            optional(
                "codes",
                Type::Int.list(),
                DefaultValue::EmptyList,
                "Exit codes of failures that may pass by themselves.",
            ),
        ],
        result: result_record("process.Run"),
        permissions: vec![local("run the command")],
        timeout_from: Some("timeout".to_owned()),
        examples: vec![
            example("Look at something", r#"process.run(["systemctl", "is-active", "api"], effect: read)"#),
            example(
                "Run a CI step again",
                r#"process.run(["make", "fetch"], effect: change, timeout: 2m, transient: re"(?i)connection refused")"#,
            ),
        ],
        ..changes(
            "process.run",
            "runs a command",
            Class::Blind,
            Risk::High,
            no_undo("nobody knows what the command did"),
        )
    }
}
