//! One order for all forms.

use super::Diagnostic;

/// By place: file, then where the first label begins; what is said twice is said once.
#[must_use]
pub fn ordered(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let place = |d: &Diagnostic| d.labels.first().map_or((0, 0, 0), |l| (l.span.file.0, l.span.start, l.span.end));
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|d| (place(d), d.code));
    // Spans do not count in the equality of findings, so the place is compared beside it.
    sorted.dedup_by(|a, b| place(a) == place(b) && a == b);
    sorted
}

/// `1 finding`, `17 findings`
pub(super) fn count(n: usize) -> String {
    if n == 1 { "1 finding".to_owned() } else { format!("{n} findings") }
}
