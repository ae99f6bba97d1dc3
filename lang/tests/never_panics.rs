//! Whatever the bytes: playbooks with pieces missing, doubled and exchanged are checked without a panic, and what is
//! not wrong any more is a plan again.

mod support;

use proptest::prelude::*;
use support::{Files, check_with, with_escalate};

const EXAMPLE: &str = include_str!("syntax/good/rollback_bad_release.heal");
const FORMS: &str = include_str!("syntax/good/every_form.heal");

/// Words, marks and line ends of a text.
fn tokens(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for c in text.chars() {
        let word = c.is_alphanumeric() || c == '_';
        match all.last_mut() {
            Some(last) if word && last.chars().all(|l| l.is_alphanumeric() || l == '_') => last.push(c),
            _ => all.push(c.to_string()),
        }
    }
    all
}

#[derive(Clone, Debug)]
enum Change {
    Drop,
    Double,
    Exchange(usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![Just(Change::Drop), Just(Change::Double), any::<usize>().prop_map(Change::Exchange)]
}

fn changed(text: &str, changes: &[(usize, Change)]) -> String {
    let mut all = tokens(text);
    for (at, change) in changes {
        let count = all.len().max(1);
        let at = at % count;
        match change {
            Change::Drop => all[at].clear(),
            Change::Double => all[at] = all[at].repeat(2),
            Change::Exchange(with) => all.swap(at, with % count),
        }
    }
    all.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_with_a_few_changes(
        second in any::<bool>(),
        changes in proptest::collection::vec((any::<usize>(), change()), 1..6),
    ) {
        let text = changed(if second { FORMS } else { EXAMPLE }, &changes);
        let (_, checked) = check_with(&text, &Files::default(), &with_escalate());
        prop_assert!(checked.plans.is_empty() || !checked.has_errors());
    }

    /// Whole lines more or less: most of these still parse, so the checker sees them.
    #[test]
    fn a_text_with_lines_left_out(second in any::<bool>(), out in proptest::collection::btree_set(0usize..170, 1..8)) {
        let text = if second { FORMS } else { EXAMPLE };
        let kept: Vec<&str> = text.lines().enumerate().filter(|(i, _)| !out.contains(i)).map(|(_, l)| l).collect();
        let (_, checked) = check_with(&kept.join("\n"), &Files::default(), &with_escalate());
        prop_assert!(checked.plans.is_empty() || !checked.has_errors());
    }
}
