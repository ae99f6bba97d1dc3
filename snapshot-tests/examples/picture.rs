//! Terminal output from standard input, its picture to standard output. `./dev picture` uses it.

use std::io::{Read, Write};

fn main() -> std::io::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let svg = heal_snapshot_tests::picture::svg(&text, heal_snapshot_tests::picture::LABEL);
    std::io::stdout().write_all(svg.as_bytes())
}
