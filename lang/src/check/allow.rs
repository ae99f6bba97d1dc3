//! `// allow H0602: reason`: a warning that somebody has looked at (L64).
//!
//! It stands on the line of the finding or on the line above, and needs its reason: a warning without one comes back.
//! Errors cannot be allowed.

use super::modules::Module;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Sources;

/// The code that a comment allows, if it says why.
fn allowed(comment: &str) -> Option<&str> {
    let rest = comment.trim_start_matches('/').trim_start().strip_prefix("allow ")?;
    let (code, reason) = rest.split_once(':')?;
    (!reason.trim().is_empty()).then_some(code.trim())
}

/// Takes out the warnings that comments of their own file allow.
pub(super) fn apply(sources: &Sources, modules: &[Module], diagnostics: &mut Vec<Diagnostic>) {
    let lines: Vec<(u16, usize, &str)> = modules
        .iter()
        .flat_map(|m| &m.file.comments)
        .filter_map(|c| {
            let code = allowed(&c.text)?;
            let (line, _) = sources.line_column(c.span);
            Some((c.span.file.0, if c.own_line { line + 1 } else { line }, code))
        })
        .collect();
    diagnostics.retain(|d| {
        let place = d.labels.first().map(|l| (l.span.file.0, sources.line_column(l.span).0));
        let silenced =
            place.is_some_and(|(file, line)| lines.iter().any(|(f, l, c)| (*f, *l, *c) == (file, line, d.code)));
        d.severity == Severity::Error || !silenced
    });
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn a_reason_is_needed() {
        assert_eq!(allowed("// allow H0602: a person takes over then"), Some("H0602"));
        assert_eq!(allowed("// allow H0602"), None);
        assert_eq!(allowed("// allow H0602: "), None);
        assert_eq!(allowed("// H0602: x"), None);
    }
}
