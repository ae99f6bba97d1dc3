//! The masked difference of two logs: what one says that the other never did.

use super::mask;
use std::collections::BTreeSet;

/// 1-based numbers of the lines of `fail` whose masked text (see [`mask::masked`]) no line of `pass` has, blank ones left
/// out, in order. O(total length · log lines).
#[must_use]
pub fn new_lines(fail: &[&str], pass: &[&str]) -> Vec<usize> {
    let known: BTreeSet<String> = pass.iter().map(|l| mask::masked(l)).collect();
    (1..=fail.len())
        .filter(|&n| {
            let text = mask::masked(fail[n - 1]);
            !text.is_empty() && !known.contains(&text)
        })
        .collect()
}
