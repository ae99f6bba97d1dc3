//! H03xx: types and units.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: "H0301",
        title: "the types do not match",
        explanation: r##"
A value stands where another type is expected. Nothing converts by itself but whole numbers to numbers and checked
names (`kubernetes.name`) to strings."##,
    },
    Entry {
        code: "H0302",
        title: "no such unit",
        explanation: r##"
A quantity is a number with its unit attached: `5m`, `1h30m`, `5%`, `512MiB`, `30/s`, `0.5cpu`, `500mcpu`. `m` is
always minutes. Compounds go from the larger to the smaller unit of one kind."##,
    },
    Entry {
        code: "H0303",
        title: "units differ, or one is missing",
        explanation: r##"
A number without unit never becomes a ratio, a duration or bytes by itself: `> 5` beside a ratio is the mistake that
units exist to catch. Write `5%`, and say what a query counts: `unit: ratio`. Without `unit:` a query gives numbers."##,
    },
    Entry {
        code: "H0304",
        title: "the operator does not apply",
        explanation: r##"
Operators work on a closed table of types: quantities of one kind add and compare, times subtract to durations, a
quantity is scaled by a number or a ratio, a rate times a duration is a number. There are no products like `s²`."##,
    },
    Entry {
        code: "H0305",
        title: "a value may be absent",
        explanation: r##"
`T?` is a value that is known to be there or not, and must be handled before it is used: `x ?? default`,
`let x = e else skip "reason"` in `remediate`, or `x exists and …`, which narrows `x` to its right and in the `then` of
an `if`. This is not missing data: data that cannot be had is unknown, and spreads by itself."##,
    },
    Entry {
        code: "H0306",
        title: "outside of 0% to 100%, or an empty range",
        explanation: r##"
Confidences, scores and shares lie between 0% and 100%. A comparison with a number outside always has the same answer,
and nothing lies in a range whose start is above its end."##,
    },
    Entry {
        code: "H0307",
        title: "a series is many values",
        explanation: r##"
A series is compared over time: `(errors > 5% for 2m)` holds if every sample of the last two minutes satisfies it and
the two minutes are covered. `for` needs such a comparison; how long a verify must hold is said by `holds`."##,
    },
    Entry {
        code: "H0308",
        title: "this must be written as a literal",
        explanation: r##"
Bounds are known before the run, so settings such as `timeout`, `within` and `attempts` are literals, not values that
are read. So is an argument that decides a result's type (`unit:`), and the reason of a skip."##,
    },
    Entry {
        code: "H0309",
        title: "a hole outside of the quotes of a query",
        explanation: r##"
Inside of quotes a hole is escaped, so that no label can change the query. Outside only numbers and durations may
stand. Put quotes around it: `{service="${service}"}`."##,
    },
    Entry {
        code: "H0310",
        title: "a string is not a query",
        explanation: r##"
Queries have types of their own, so that holes are escaped for their language. Write the query where it is used, or
give its `let` the type: `let errors: promql = """…"""`."##,
    },
    Entry {
        code: "H0311",
        title: "a regex that does not compile",
        explanation: r##"
Regexes are those of the Rust crate `regex`: no look-around and no back-references, and in turn no text can make them
slow. Flags stand inside: `re"(?i)timed? ?out"`."##,
    },
    Entry {
        code: "H0312",
        title: "a secret would leave its path",
        explanation: r##"
A secret reaches only parameters that are declared secret. It is not compared (each comparison gives a piece of it
away), not searched, and not put into untyped data, scripts or targets. `"Bearer ${token}"` is secret as a whole."##,
    },
    Entry {
        code: "H0313",
        title: "a text that breaks its rule",
        explanation: r##"
Some strings have a rule, such as `kubernetes.name`; the note says which. A string that is only known at run time is
not one: take it as an input of that type, which is judged when a run starts."##,
    },
    Entry {
        code: "H0314",
        title: "a query that does not parse",
        explanation: r##"
The query is read by its own language's parser, with stand-ins for its holes: `x` inside of quotes, `1m` for durations
and `1` for numbers outside."##,
    },
    Entry {
        code: "H0315",
        title: "a script that does not fit",
        explanation: r##"
Scripts are pure functions over plain data: numbers, strings, times, series, and lists and maps of them. They see no
targets, secrets, records or untyped data. Their code has no `${…}`: values come in as parameters."##,
    },
    Entry {
        code: "H0316",
        title: "comparisons do not chain",
        explanation: r##"
`a < b < c` would compare a yes or no with a number. Say `a < b and b < c`, or use a range: `b in a..c`. `with` belongs
to `is`: `cause is x with confidence >= 90%`."##,
    },
    Entry {
        code: "H0318",
        title: "a value is never absent",
        explanation: r##"
`exists`, `??` and `else skip` handle what may be absent. Here the value is always there, so the other branch is never
taken. Missing data is unknown, not absent, and needs no handling."##,
    },
    Entry {
        code: "H0319",
        title: "a number that is none",
        explanation: r##"
The number is too large for what it counts."##,
    },
    Entry {
        code: "H0320",
        title: "this gives no value",
        explanation: r##"
Some actions give nothing back. They stand alone on their line."##,
    },
    Entry {
        code: "H0321",
        title: "a function of one value",
        explanation: r##"
`x => …` stands in the arguments of methods that look at each element: `pods.any(p => p.restarts > 3)`."##,
    },
];
