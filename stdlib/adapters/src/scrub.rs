//! Bytes from outside become text that may be kept: scrubbed of secrets first, cut to size after, so that no cut leaves
//! half a secret.

use crate::connections::Redactor;

/// Read beyond a cap so that a secret across the cut is seen whole.
pub(crate) const MARGIN: u64 = 8 * 1024;

/// Keeps the front: at most `max` bytes. The flag says whether something was left out.
#[cfg(any(test, feature = "wire"))]
pub(crate) fn front(bytes: &[u8], max: u64, redact: &Redactor) -> (String, bool) {
    let mut text = redact(&String::from_utf8_lossy(bytes));
    let end = text.floor_char_boundary(usize::try_from(max).unwrap_or(usize::MAX));
    // By the bytes that came, not by the text: a redacted or a lossy text has another length.
    let cut = bytes.len() as u64 > max || end < text.len();
    text.truncate(end);
    (text, cut)
}

/// Keeps the end: at most `max` bytes.
pub(crate) fn end(bytes: &[u8], max: u64, redact: &Redactor) -> (String, bool) {
    let text = redact(&String::from_utf8_lossy(bytes));
    let too_much = text.len().saturating_sub(usize::try_from(max).unwrap_or(usize::MAX));
    let start = text.ceil_char_boundary(too_much);
    (text[start..].to_owned(), bytes.len() as u64 > max || start > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn redactor() -> Redactor {
        Arc::new(|text| text.replace("hunter2hunter2", "***"))
    }

    #[test]
    fn a_secret_across_the_cut_is_scrubbed_before_the_cut() {
        let (text, cut) = front(b"key=hunter2hunter2 and more", 9, &redactor());
        assert_eq!((text.as_str(), cut), ("key=*** a", true));
        let (text, cut) = end(b"key=hunter2hunter2!", 6, &redactor());
        assert_eq!((text.as_str(), cut), ("y=***!", true));
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        assert_eq!(front("a€".as_bytes(), 2, &redactor()), ("a".to_owned(), true));
        assert_eq!(end("€a".as_bytes(), 2, &redactor()), ("a".to_owned(), true));
    }

    #[test]
    fn what_fits_is_whole() {
        assert_eq!(front(b"abc", 3, &redactor()), ("abc".to_owned(), false));
        assert_eq!(end(b"abc", 3, &redactor()), ("abc".to_owned(), false));
    }
}
