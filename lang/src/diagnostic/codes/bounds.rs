//! H06xx: bounds and worst cases.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "H0601",
        title: "a change that can never start",
        explanation: r##"
A change starts only if its attempts, its verify, its undo and the message still fit before the deadline. This one does
not fit even if it starts at once: allow a longer `deadline`, or bound the parts tighter."##,
    },
    Entry {
        code: "H0602",
        title: "a change that may not start",
        explanation: r##"
In the worst case (every read tried three times, the approval answered at the last moment) too little of the deadline
is left for this change, and it would be handed to a person instead. That may be intended; it should be known."##,
    },
    Entry {
        code: "H0603",
        title: "too few samples",
        explanation: r##"
`holds D` needs at least five samples in D, so `every` is at most a fifth of it."##,
    },
    Entry {
        code: "H0604",
        title: "a `settle` that is too short",
        explanation: r##"
`rate(x[5m])` mixes the time before a change with the time after it for five minutes. Samples count only after that;
leave `settle` away and it is computed from the queries."##,
    },
    Entry {
        code: "H0605",
        title: "`until` without `holds`",
        explanation: r##"
A value of a series may be good by chance at one moment. Say for how long it must hold. Without `holds` only the state
of an API, an exit status or a probe's answer can be asked for: two equal answers in a row count."##,
    },
    Entry {
        code: "H0606",
        title: "a proof that never fits",
        explanation: r##"
`settle` and `holds` together are longer than `within`, so the verify could never say `fixed`."##,
    },
    Entry {
        code: "H0607",
        title: "a setting out of its range",
        explanation: r##"
The value of this setting makes no sense: it is zero, negative, or far beyond what is meant. The message says the range."##,
    },
    Entry {
        code: "H0608",
        title: "an approval that is always or never asked for",
        explanation: r##"
The condition has the same answer in every environment of `healrun.yaml`. `risk` there is the most of the action's own
risk, the step's `risk` and the environment's `risk_floor`."##,
    },
    Entry {
        code: "H0609",
        title: "the playbook is too large",
        explanation: r##"
Functions are put in the place of their calls; together they made a plan beyond its limit."##,
    },
    Entry {
        code: "H0610",
        title: "a `within` shorter than one attempt",
        explanation: r##"
`timeout` bounds one attempt, `within` all attempts of a step and the waits between them."##,
    },
];
