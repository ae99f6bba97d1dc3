//! `process.restart`: stops a service and starts it anew.
//!
//! The started process is detached and outlives healrun. Its probe is pid and start time: a service whose process is
//! another one than before was restarted. Fails `permanent` where the start command can't be run, `transient` where the
//! service did not come up, `uncertain` where the answer was lost.

use crate::declare::{changes, example, local, no_undo, result_record, subject};
use heal_lang::catalogue::{ActionDecl, Class, Risk, Type};

pub(crate) fn decl() -> ActionDecl {
    ActionDecl {
        doc: "What the pid file names is stopped only if it still is the process that was seen. A service that is not \
              running is only started."
            .to_owned(),
        params: vec![subject("service", Type::target("process.service"), "Which service.")],
        result: result_record("process.Restart"),
        target: Some("service".to_owned()),
        permissions: vec![local("stop and start the service")],
        examples: vec![example("Start a dead service", "process.restart(api)")],
        ..changes(
            "process.restart",
            "restarts a service of `healrun.yaml`",
            Class::Probed,
            Risk::Low,
            no_undo("the process that was stopped is gone; the service runs anew"),
        )
    }
}
