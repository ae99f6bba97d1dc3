//! H02xx: names, files and modules.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "H0201",
        title: "nothing of this name is in scope",
        explanation: r##"
A name stands for an input, a secret, a target, a `let`, a step, a parameter, or a word of an enum where that enum is
expected. `run` is known everywhere by its fields; `run.outcome` and its siblings only where a run has ended: in
`escalate` and in handlers. A `fn` sees its parameters only, and `defaults.escalate` only `run`.

Check the spelling, or declare what is missing: `input service: string`."##,
    },
    Entry {
        code: "H0202",
        title: "a name is taken twice",
        explanation: r##"
Steps, lets, inputs, secrets, targets, functions and used files share one namespace: a reader who sees a name need not
ask which one is meant. Lets of different steps may share a name, since elsewhere they are read as `step.name`.

Choose another name for one of the two."##,
    },
    Entry {
        code: "H0203",
        title: "a name that has a meaning of its own",
        explanation: r##"
Every step has a record with `fired`, `since`, `best`, `confidence`, `verdict`, `changes` and `because`, so no `let` of
a step may be called so. Units of time (`s`, `m`, `h` …) cannot be bound because `30 / s` must stay readable; `now`,
`run`, `risk` and `before` belong to the language; ends of steps (`found`, `blind` …) cannot be causes."##,
    },
    Entry {
        code: "H0204",
        title: "no such action, function, target or trigger",
        explanation: r##"
Actions and functions are called by their full name: `kubernetes.logs(app, over: 15m)`. `healrun actions` lists all of
them with their parameters. Functions of a file that is used are called through its name: `lib.score(x)`."##,
    },
    Entry {
        code: "H0205",
        title: "no such parameter",
        explanation: r##"
The labels of a call are the parameters of what is called; `healrun actions NAME` shows them. Nothing is ignored: a
misspelt `timeout` would otherwise be a default that nobody wanted."##,
    },
    Entry {
        code: "H0206",
        title: "a parameter is missing",
        explanation: r##"
A parameter without a default must be given. The notes say what each is for; `healrun actions NAME` shows all."##,
    },
    Entry {
        code: "H0207",
        title: "arguments without their names",
        explanation: r##"
One argument at most stands without its name: the subject, that which the call is about. All others are named, so that
two strings cannot be swapped: `kubernetes.deployment(service, namespace: ns)`. No argument is given twice."##,
    },
    Entry {
        code: "H0208",
        title: "no such field",
        explanation: r##"
Records are closed: their fields are named in the catalogue, and a field that does not exist is a mistake, not an
absent value. Untyped answers (`json`) are opened by key and type: `j["status"] as string`."##,
    },
    Entry {
        code: "H0209",
        title: "no such setting",
        explanation: r##"
Each block takes the settings of its kind and no others, so that a misspelt bound is never a bound that is missing."##,
    },
    Entry {
        code: "H0210",
        title: "this does not stand here",
        explanation: r##"
Each block holds only what belongs to it: `fire when` stands in `detect`, `rank` in `diagnose`, changes in
`remediate`, `until` and `guard` in `verify`; inputs, targets, triggers, limits, ladders and `escalate` in the
playbook. The help says where the misplaced item belongs."##,
    },
    Entry {
        code: "H0211",
        title: "a file cannot be read",
        explanation: r##"
`use` and `file(…)` name files by paths that start at the folder of the file that names them. They stay inside the
repository, are UTF-8, and are at most 1 MiB."##,
    },
    Entry {
        code: "H0212",
        title: "files use each other in a circle",
        explanation: r##"
The note draws the circle with the line that makes each arrow. Move what both files need into a third that uses
neither."##,
    },
    Entry {
        code: "H0213",
        title: "no such word",
        explanation: r##"
An enum is a closed set of words. They are written without quotes and are known only where their enum is expected:
`severity = high`, `p.last_exit is oom_killed`."##,
    },
    Entry {
        code: "H0214",
        title: "a value of another step, without its step",
        explanation: r##"
Every `let` of a step is read elsewhere as `step.name`, never bare, so that a reader sees where a value was observed.
Inside of its own step a `let` is visible below its line."##,
    },
    Entry {
        code: "H0215",
        title: "the same thing twice",
        explanation: r##"
A setting, a clause, a handler or a key of a record stands once. Two of them would leave open which one counts."##,
    },
    Entry {
        code: "H0216",
        title: "no such method",
        explanation: r##"
Methods belong to types: lists have `any`, `all`, `filter`, `map`, `count` and more, strings and logs their own. The
message names the type that was found."##,
    },
    Entry {
        code: "H0217",
        title: "values or functions need each other in a circle",
        explanation: r##"
A `let` of the playbook is computed from those before it, and a `fn` is put in the place of its call; neither can need
itself. The note draws the circle."##,
    },
    Entry {
        code: "H0218",
        title: "no such type",
        explanation: r##"
Types are `bool int number string regex time duration ratio bytes rate cpu bytes_per_second json logs forecast`,
`list<T> map<T> series<T> secret<T> target<K>`, the query languages `promql logql sql json_text`, and the names of the
catalogue such as `kubernetes.name`. `T?` may be absent. `enum(a, b)` is a type of inputs."##,
    },
    Entry {
        code: "H0219",
        title: "no such step, cause or end",
        explanation: r##"
`after` names steps, rungs are `remediate` steps, and `x is y` asks a step for one of its ends or a `diagnose` for one
of its causes."##,
    },
    Entry {
        code: "H0221",
        title: "no such playbook in the file",
        explanation: r##"
A file may hold several playbooks; the one that was asked for is not among them."##,
    },
];
