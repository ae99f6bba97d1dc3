//! H07xx: scenarios, policies and configuration.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "H0701",
        title: "no such fault or trigger in a scenario",
        explanation: r##"
`healrun actions` lists the faults that a scenario can inject, with their parameters."##,
    },
    Entry {
        code: "H0702",
        title: "a scenario without its world",
        explanation: r##"
A scenario plays in the world of a file: `world "./worlds/shop.yaml"`. Paths start at the folder of the scenario."##,
    },
    Entry {
        code: "H0703",
        title: "a scenario for no playbook",
        explanation: r##"
A scenario names a playbook of its own file."##,
    },
    Entry {
        code: "H0704",
        title: "a rule that applies to nothing",
        explanation: r##"
A policy rule names an action, a family of actions, or a class of effect. A misspelt rule would forbid nothing."##,
    },
    Entry {
        code: "H0705",
        title: "an expectation that is none",
        explanation: r##"
Expectations are over the end of the run: `outcome is healed`, `cause is bad_release`, `time_to_repair < 10m`,
`changes == [process.restart]`, `pages == 1`, `told`, joined by `and`, `or` and `not`."##,
    },
    Entry {
        code: "H0706",
        title: "no such part of a policy",
        explanation: r##"
Policies have `forbid`, `allow`, `limit`, `window … in calendar(…)`, `approval for`, and the settings `note`, `owner`
and `autonomy`."##,
    },
    Entry {
        code: "H0707",
        title: "a target that healrun.yaml does not know",
        explanation: r##"
What can be done to some targets stands in `healrun.yaml`: how a `process.service` is stopped and started stands under
`services:`. A name that is missing there fails when a run comes to it, which is the worst time to find out."##,
    },
];
