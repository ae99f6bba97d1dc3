//! How long reading and formatting take: the design's example, repeated to a thousand lines.
//!
//! The goal is 4 MB/s, which is what pest gives for a grammar of this kind.

use divan::Bencher;
use divan::counter::BytesCount;
use heal_lang::source::FileId;
use heal_lang::syntax;

const EXAMPLE: &str = include_str!("../tests/syntax/good/rollback_bad_release.heal");

/// At least this many lines: whole playbooks, each with a name of its own.
fn playbook(lines: usize) -> String {
    let items = EXAMPLE.split_once("\n\n").map_or(EXAMPLE, |(_, rest)| rest);
    let mut text = "heal 1\n\n".to_owned();
    let mut count = 0;
    while text.lines().count() < lines {
        count += 1;
        text.push_str(&items.replace("rollback_bad_release", &format!("rollback_{count}")));
        text.push('\n');
    }
    text
}

#[divan::bench(args = [100, 1_000, 10_000])]
fn parse(bencher: Bencher<'_, '_>, lines: usize) {
    let text = playbook(lines);
    bencher.counter(BytesCount::of_str(&text)).bench(|| syntax::parse(FileId(0), &text));
}

/// One error near the end: strict first, then item by item.
#[divan::bench(args = [1_000])]
fn parse_wrong(bencher: Bencher<'_, '_>, lines: usize) {
    let text = format!("{}playbook wrong {{\n  let a =\n}}\n", playbook(lines));
    bencher.counter(BytesCount::of_str(&text)).bench(|| syntax::parse(FileId(0), &text));
}

#[divan::bench(args = [1_000])]
fn format(bencher: Bencher<'_, '_>, lines: usize) {
    let text = playbook(lines);
    bencher.counter(BytesCount::of_str(&text)).bench(|| syntax::format(&text));
}

fn main() {
    divan::main();
}
