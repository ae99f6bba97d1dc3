//! H01xx: what cannot be read.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "H0101",
        title: "something else is expected here",
        explanation: r##"
The grammar allows only the named forms at this place. Look at the word or mark that is underlined, and at what stands
before it: a value that is not complete is the most common reason.

```heal
playbook p { let a = }
```
```heal
playbook p { let a = 1 }
```"##,
    },
    Entry {
        code: "H0102",
        title: "a bracket is never closed",
        explanation: r##"
Each `(`, `[` and `{` needs its partner. Where one is missing, the place named is the bracket whose partner stands at
another indentation: most likely the one that was forgotten.

```heal
playbook p { let a = f(1 }
```
```heal
playbook p { let a = f(1) }
```"##,
    },
    Entry {
        code: "H0103",
        title: "a bracket closes nothing",
        explanation: r##"
A closing bracket has no partner before it.

```heal
playbook p { let a = 1 } }
```
```heal
playbook p { let a = 1 }
```"##,
    },
    Entry {
        code: "H0104",
        title: "a text is not closed",
        explanation: r##"
A text in `"` quotes ends on its line. Text of several lines is a block: `"""`, a line end, the lines, and `"""` alone
on its line; the margin that all lines share is not part of it.

```heal
playbook p {
  owner = "team
}
```
```heal
playbook p {
  owner = "team"
}
```"##,
    },
    Entry {
        code: "H0105",
        title: "an unknown escape",
        explanation: r##"
In a `"` text these escapes exist: `\n`, `\t`, `\r`, `\\`, `\"`, `\$` and `\u{1F600}`. In `re"…"` and in blocks
a backslash is text, so patterns need no doubling.

```heal
playbook p { let a = "\d+" }
```
```heal
playbook p { let a = re"\d+" }
```"##,
    },
    Entry {
        code: "H0106",
        title: "a wrong `${`",
        explanation: r##"
`${…}` puts a value into a text; it holds one expression, is closed on its line in a `"` text, and is not doubled. The
two characters themselves are written `$${`. A script has no `${` of ours: its text is Rhai's.

```heal
playbook p { let a = "${{ x }}" }
```
```heal
playbook p { let a = "${x} and $${{ x }}" }
```"##,
    },
    Entry {
        code: "H0107",
        title: "a comment of another language",
        explanation: r##"
Comments begin with `//` and go to the end of the line. `///` above a step is shown to those who approve it, `//!` is
about the file. There is no block form.

```heal
playbook p {
  # mine
}
```
```heal
playbook p {
  // mine
}
```"##,
    },
    Entry {
        code: "H0108",
        title: "`=` and `:` mixed up",
        explanation: r##"
`key = value` declares in a block; `key: value` labels an argument in a call or an entry in a record.

```heal
playbook p { owner: "team" }
```
```heal
playbook p { owner = "team" }
```"##,
    },
    Entry {
        code: "H0109",
        title: "a blank between a number and its unit",
        explanation: r##"
A unit stands directly at its number: `5%`, `10m`, `1h30m`, `512MiB`, `30/s`. With a blank it would be a number and a
name.

```heal
playbook p { within = 5 m }
```
```heal
playbook p { within = 5m }
```"##,
    },
    Entry {
        code: "H0110",
        title: "an operator of another language",
        explanation: r##"
The operators are words: `and`, `or`, `not`. `==` compares, `=` declares. A choice is `if a then b else c`, the rest of
a division is `mod(a, by: b)`, and `not` stands before the whole test: `not a in b`.

```heal
playbook p { let a = b && c }
```
```heal
playbook p { let a = b and c }
```"##,
    },
    Entry {
        code: "H0111",
        title: "tests that need parentheses",
        explanation: r##"
Comparisons, `for`, `with` and `..` do not chain, because readers disagree about what a chain means. A test with `for`
beside `and` or `or` needs parentheses, since it speaks about a series and the others about a value.

```heal
playbook p { let a = 1 < b < 3 }
```
```heal
playbook p { let a = 1 < b and b < 3 }
```"##,
    },
    Entry {
        code: "H0112",
        title: "a word of the language as a name",
        explanation: r##"
Only words that stand in expressions are reserved: `and or not in is matches for with per holds when if then else true
false none exists as let after undo escalate on`. Before `:` and `=`, and after `.`, any word may stand.

```heal
playbook p { let on = 1 }
```
```heal
playbook p { let active = 1 }
```"##,
    },
    Entry {
        code: "H0113",
        title: "not a number",
        explanation: r##"
A number has digits, `_` between them where it helps, at most one point with digits on both sides, and a unit without a
blank. `1..5` is a range.

```heal
playbook p { let a = .5 }
```
```heal
playbook p { let a = 0.5 }
```"##,
    },
    Entry {
        code: "H0114",
        title: "the quotes of a block",
        explanation: r##"
A line end follows the opening `"""`, and the closing one stands alone on its line. What all lines begin with is the
margin and is taken away. Text on one line is written `"…"`.

```heal
playbook p { let a = """one""" }
```
```heal
playbook p { let a = "one" }
```"##,
    },
    Entry {
        code: "H0115",
        title: "the edition's place",
        explanation: r##"
`heal 1` stands once, before everything else but comments.

```heal
playbook p { }
heal 1
```
```heal
heal 1
playbook p { }
```"##,
    },
    Entry {
        code: "H0116",
        title: "two items on one line",
        explanation: r##"
An item ends at the line end or with `;`.

```heal
playbook p { let a = 1 let b = 2 }
```
```heal
playbook p { let a = 1; let b = 2 }
```"##,
    },
    Entry {
        code: "H0117",
        title: "a word that begins no item here",
        explanation: r##"
Each item of a file or of a block begins with a word of the language, or is a setting (`key = value`) or a call. Steps,
inputs and triggers stand inside a `playbook`; playbooks, policies and scenarios at the top of the file.

```heal
playbook p { dectect down { } }
```
```heal
playbook p { detect down { } }
```"##,
    },
    Entry {
        code: "H0118",
        title: "a comma where none belongs",
        explanation: r##"
Items end at the line end or with `;`. Steps after `after` are joined by a word that says what is meant: `or` waits for
all of them and needs one that ran, `and` needs all of them to have run.

```heal
playbook p { verify v after a, b { } }
```
```heal
playbook p { verify v after a or b { } }
```"##,
    },
    Entry {
        code: "H0119",
        title: "text in other quotes",
        explanation: r##"
Text stands in double quotes, or in a `"""` block.

```heal
playbook p { owner = 'team' }
```
```heal
playbook p { owner = "team" }
```"##,
    },
    Entry {
        code: "H0198",
        title: "a mistake in the formatter",
        explanation: "
Before it writes, the formatter reads its own result and compares it with the input, word by word. Here they differed,
so the file was left as it is. Nothing is wrong with the file; please report it.",
    },
    Entry {
        code: "H0199",
        title: "a mistake in healrun",
        explanation: r##"
The grammar accepted a form that the reader of its result does not know. Nothing is wrong with the file; please report
it."##,
    },
];
