//! H05xx: steps, flow and silence.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "H0501",
        title: "steps wait for each other in a circle",
        explanation: r##"
A step waits for every step it names. The note draws the circle; take one of the references away."##,
    },
    Entry {
        code: "H0502",
        title: "`or` and `and` in one `after`",
        explanation: r##"
`after a or b`: all have ended and at least one ran. `after a and b`: all ran. Mixed, readers disagree about it."##,
    },
    Entry {
        code: "H0503",
        title: "a message depends on a step",
        explanation: r##"
`step.x` skips whoever reads it when the step did not run. A page must never be skipped, so messages read softly:
`${cause?.best?.name ?? "cause unknown"}`."##,
    },
    Entry {
        code: "H0504",
        title: "nothing ever starts this remediation",
        explanation: r##"
A remediation starts by its `when` or as a rung of a `ladder`. Without either it is dead text that looks like a cure."##,
    },
    Entry {
        code: "H0505",
        title: "a detect that never fires",
        explanation: r##"
A `detect` step says when it fires: `fire when errors > 5% for 2m`."##,
    },
    Entry {
        code: "H0506",
        title: "a diagnose without causes",
        explanation: r##"
A `diagnose` step ranks causes: `rank { bad_release 95% when … }`."##,
    },
    Entry {
        code: "H0507",
        title: "a verify that covers no change",
        explanation: r##"
A `verify` names the remediations it proves: `verify fixed after rollback or restart { … }`."##,
    },
    Entry {
        code: "H0508",
        title: "a change that no verify covers",
        explanation: r##"
Every change is verified or undone or handed to a person. A remediation without a verify could never be called healed.
The smallest one is `verify fixed after restart { within = 2m }`: it waits until the detects have stopped firing."##,
    },
    Entry {
        code: "H0509",
        title: "a playbook with nobody to call",
        explanation: r##"
Every end that is not healed or quiet leads to `escalate`. A playbook has an `escalate` block, or `healrun.yaml` has
`defaults.escalate` for all of them."##,
    },
    Entry {
        code: "H0510",
        title: "a handler that ends in silence",
        explanation: r##"
A handler replaces the default route of an end, so it must lead to a person itself: `on worse { undo; escalate }`. A
message of its own does not count: `escalate` carries what is open and how to undo it."##,
    },
    Entry {
        code: "H0511",
        title: "an undo while nothing can be seen",
        explanation: r##"
`cannot_tell` means that verify had no data. An undo then would bring back what was replaced for a reason, blind. Keep
the change and call a person."##,
    },
    Entry {
        code: "H0512",
        title: "a trigger that leaves an input open",
        explanation: r##"
Every trigger binds every input without a default, so that a run never starts with a hole. A label that is missing at
run time starts no run, and says so."##,
    },
    Entry {
        code: "H0513",
        title: "a rung that cannot be one",
        explanation: r##"
A ladder is a list of `remediate` steps without a `when` of their own: the ladder's `when` starts the first, and each
next one starts where the one before did not help. A remediation stands in one ladder, once."##,
    },
    Entry {
        code: "H0514",
        title: "a remediation without a change",
        explanation: r##"
A `remediate` step holds at least one change. What only looks belongs into `detect` or `diagnose`, what only speaks into
`escalate` or a handler."##,
    },
    Entry {
        code: "H0515",
        title: "a condition where none belongs",
        explanation: r##"
A `verify` follows every change it covers and takes no `when`; of the blocks only `approval` has one."##,
    },
    Entry {
        code: "H0516",
        title: "an `escalate` that calls nobody",
        explanation: r##"
`escalate` is where every end leads that is not healed or quiet. It holds at least one message."##,
    },
    Entry {
        code: "H0517",
        title: "no such end or outcome",
        explanation: r##"
In a `verify` the ends `not_fixed`, `worse` and `cannot_tell` have handlers; in the playbook the outcomes of the run
have, such as `on healed { … }`."##,
    },
    Entry {
        code: "H0518",
        title: "`else skip` outside of a remediation",
        explanation: r##"
`let x = e else skip "reason"` ends a `remediate` step that has nothing to do. Elsewhere give a value in its place with
`?? …`, or ask with `exists`."##,
    },
    Entry {
        code: "H0519",
        title: "an undo that needs more than its step",
        explanation: r##"
What an undo uses is captured when its change is admitted, so it may use only what the step itself needs."##,
    },
    Entry {
        code: "H0520",
        title: "a name that does not fit behind `after`",
        explanation: r##"
`after` names other steps, each once. A ladder is named by its rungs."##,
    },
    Entry {
        code: "H0521",
        title: "healed while a change is unproven",
        explanation: r##"
A rung that did not help and cannot be undone stays in place when the ladder climbs. The verify that ends the run must
cover it too: `verify fixed after restart or grow`."##,
    },
    Entry {
        code: "H0522",
        title: "a change that is verified only together",
        explanation: r##"
`verify … after a and b` starts only where both ran. Where one was skipped nothing proves the other: write `or`, which
verifies each change on its own, or add a verify of its own."##,
    },
];
