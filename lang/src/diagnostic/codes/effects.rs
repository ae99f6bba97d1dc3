//! H04xx: effects.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "H0401",
        title: "a step that looks must not change anything",
        explanation: r##"
Only `remediate` changes the world. `detect`, `diagnose` and `verify` run as often as they like, in `plan` too, so
nothing in them may change anything. A command (`process.run`) counts as one that may do anything, until its author
asserts at the call that it only looks: `effect: read`."##,
    },
    Entry {
        code: "H0402",
        title: "a step that looks must not speak",
        explanation: r##"
Messages are outward and cannot be taken back, so they stand in `escalate`, in handlers and in `remediate`, not in a
step that may run at every tick of a schedule."##,
    },
    Entry {
        code: "H0403",
        title: "nothing can be read here",
        explanation: r##"
Reads belong to steps, where they are evidence: read once, kept, shown. They do not stand in lets of the playbook, in
`when`, in `undo`, in messages, or in a function that is called for each element. Read before, with a `let` of the step."##,
    },
    Entry {
        code: "H0404",
        title: "what may do anything needs an approval each time",
        explanation: r##"
An action whose effect is not known counts as the worst. It runs only behind an `approval` that is always asked for, or
where its author asserts `effect: change`, or where a policy grants it."##,
    },
    Entry {
        code: "H0405",
        title: "a change without what it expects",
        explanation: r##"
A change that replaces a version or a size names what it expects to find: `expect: bad`. If the world has moved on
meanwhile, it stops instead of overwriting somebody else's work."##,
    },
    Entry {
        code: "H0406",
        title: "a change inside of an expression",
        explanation: r##"
Each change is admitted, journalled and undone on its own, so it stands alone on its line or is all that a `let` holds:
`let done = kubernetes.scale(app, to: 3, expect: 2)`."##,
    },
    Entry {
        code: "H0407",
        title: "an assertion that is none",
        explanation: r##"
`effect: read` and `effect: change` are what an author may assert of a command. `plan` lists each assertion, and a
policy may forbid it."##,
    },
    Entry {
        code: "H0408",
        title: "a change among messages",
        explanation: r##"
`escalate` and handlers only speak. A change there would be neither approved nor verified."##,
    },
    Entry {
        code: "H0409",
        title: "nobody sees what this gives",
        explanation: r##"
A read or a function that stands alone does nothing. Give its value a name with `let`, or take it away."##,
    },
    Entry {
        code: "H0410",
        title: "text alone justifies a change above low risk",
        explanation: r##"
Anyone who can get a line into a log could start this change. A rule over logs, labels or annotations needs a second
kind of evidence beside it, joined with `and`: a metric, the state of an API or a file, an exit status, a probe."##,
    },
    Entry {
        code: "H0411",
        title: "text from outside where it may not go",
        explanation: r##"
What a trigger brings, labels, log lines, the output of a command, names of branches and pods: anyone may have written
it. It may be compared, counted, told to people, stand inside the quotes of a query, name a target that is looked up
in the live system, and be one whole argument of a program that does not read its arguments as code. It never becomes
a path, a host, a program, or code.

Choose among what the playbook itself names, and let the text only decide which:

    let path = if alert.labels.tier == "web" then "/var/log/web.log" else "/var/log/app.log"

Or make it an input that whoever starts the run gives by hand."##,
    },
];
