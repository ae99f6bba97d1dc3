//! Did you mean: the one known name that is near enough. A wrong guess is worse than none.

/// How many edits a name of this length may be away.
fn limit(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=4 => 1,
        5..=8 => 2,
        _ => 3,
    }
}

/// The nearest of `known`, if it is near enough to `name`; ties go to the first.
pub(super) fn nearest<'a, S: AsRef<str> + ?Sized + 'a>(
    name: &str,
    known: impl IntoIterator<Item = &'a S>,
) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let candidate = candidate.as_ref();
        if candidate == name {
            continue;
        }
        if candidate.eq_ignore_ascii_case(name) {
            return Some(candidate);
        }
        let distance = strsim::damerau_levenshtein(name, candidate);
        let shorter = name.chars().count().min(candidate.chars().count());
        if distance <= limit(shorter) && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, c)| c)
}

/// `a`, `b` and `c`, each in backticks; at most eight, then "…".
pub(super) fn list<'a, S: AsRef<str> + ?Sized + 'a>(names: impl IntoIterator<Item = &'a S>) -> String {
    let all: Vec<String> = names.into_iter().map(|n| format!("`{}`", n.as_ref())).collect();
    match all.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        many if many.len() > 8 => format!("{}, …", many[..8].join(", ")),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let known = ["service", "namespace", "ceiling", "s", "p99"];
        assert_eq!(nearest("serivce", known), Some("service"));
        assert_eq!(nearest("Service", known), Some("service"));
        assert_eq!(nearest("celing", known), Some("ceiling"));
        assert_eq!(nearest("x", known), None, "one letter is near to every other letter");
        assert_eq!(nearest("p95", known), Some("p99"));
        assert_eq!(nearest("replicas", known), None);
    }

    #[test]
    fn lists_read_like_sentences() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(list::<str>([]), "none");
    }
}
