//! H00xx: what a text may be at all.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "H0001",
        title: "the file is too large",
        explanation: "
A playbook has at most 1 MiB. What is larger is data: read it at run time with an action (`data.series`, `file`), or
split the playbook with `use`.",
    },
    Entry {
        code: "H0002",
        title: "the file has too many lines",
        explanation: "
A playbook has at most 20,000 lines. Split it with `use \"./other.heal\" as other`.",
    },
    Entry {
        code: "H0003",
        title: "the file is not UTF-8",
        explanation: "
Playbooks are UTF-8 text; a byte-order mark is skipped. The place named is the first byte that is not. Save the file as
UTF-8; if it was made by a Windows editor, it may be UTF-16 or a code page.",
    },
    Entry {
        code: "H0004",
        title: "brackets are nested too deeply",
        explanation: "
At most 64 brackets, strings and `${` may be open at once. Name inner parts with `let`, or move them into a `fn`.",
    },
    Entry {
        code: "H0005",
        title: "strings are nested too deeply in strings",
        explanation: "
A `${…}` may hold text that holds `${…}` again, eight times over. Name the inner text with `let`.",
    },
    Entry {
        code: "H0006",
        title: "a character that cannot be seen",
        explanation: "
Control characters, and the characters that turn the direction of text, let a file look different from what it says. A
person approves what they see, so such a file is refused. Inside a string write the character as `\\u{202E}`. A carriage
return is only allowed directly before a line feed.",
    },
    Entry {
        code: "H0007",
        title: "an expression is too deep",
        explanation: "
At most 256 operators, calls, fields and brackets may hang on each other in one expression. A list of many values is
written as a list (`x in [a, b, c]`), parts are named with `let`, or become a `fn`.",
    },
    Entry {
        code: "H0008",
        title: "the file is too involved",
        explanation: "
The parser's last net: this text needs more steps than any ordinary playbook of its size. Please report the file; until
then split it with `use`, or name parts of long expressions with `let`.",
    },
    Entry {
        code: "H0009",
        title: "an unknown edition",
        explanation: "
`heal 1` names the edition of the language, so that a stored playbook keeps its meaning when the language grows. This
program knows edition 1.

```heal
heal 2
```
```heal
heal 1
```",
    },
    Entry {
        code: "H0010",
        title: "a file with nothing in it",
        explanation: "
A file without a playbook, a function, a script, a profile or a policy protects nothing, although its name says that it
does: it may have been cut off on a full disk, or saved before it was written.",
    },
];
