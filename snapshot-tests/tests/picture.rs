//! The picture in the README is what its recording shows: nothing in it was written by hand.
#![allow(clippy::expect_used, reason = "a test")]

use heal_snapshot_tests::picture;
use std::path::Path;

#[test]
fn the_picture_is_drawn_from_its_recording() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let read = |name: &str| std::fs::read_to_string(docs.join(name)).expect("a file of the repository");
    assert_eq!(
        picture::svg(&read("healing.txt"), picture::LABEL),
        read("healing.svg"),
        "`./dev picture` draws it anew"
    );
}

#[test]
fn nothing_of_a_long_line_is_lost() {
    let words: Vec<String> = (0..80).map(|n| format!("w{n}<&")).collect();
    let svg = picture::svg(&format!("  30s  detect    name   fired   {}", words.join(" ")), "x");
    let drawn = svg.replace("&lt;", "<").replace("&amp;", "&");
    assert!(words.iter().all(|word| drawn.contains(word.as_str())), "{svg}");
    assert!(svg.lines().filter(|line| line.starts_with("<text")).count() > 3, "{svg}");
    assert!(!svg.contains("<&"), "{svg}");
}
