//! Takes secrets out of text: by value in the forms in which they leak, and by known shapes of tokens (R71).

use crate::value::Secret;
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD};
use regex::Regex;
use std::sync::{Arc, OnceLock};

/// A secret shorter than this is refused: its value would match everywhere.
pub const SHORTEST: usize = 8;

/// A secret that can't be kept out of what is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the secret `{name}` has {length} characters, at least {SHORTEST} are needed: a shorter value could not be kept out of logs"
)]
pub struct TooShort {
    /// Its name.
    pub name: String,
    /// Its length.
    pub length: usize,
}

/// Takes secrets out of text.
#[derive(Clone)]
pub struct Redactor {
    /// All forms of all secrets, the longest first; none where there is no secret.
    forms: Option<Arc<Regex>>,
    /// Form and name, to say which one it was.
    names: Arc<Vec<(String, String)>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor of {} forms", self.names.len())
    }
}

impl Default for Redactor {
    fn default() -> Self {
        Self { forms: None, names: Arc::new(Vec::new()) }
    }
}

impl Redactor {
    /// For these secrets.
    ///
    /// # Errors
    /// A secret that is too short.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Result<Self, TooShort> {
        let mut names: Vec<(String, String)> = Vec::new();
        for secret in secrets {
            let value = secret.reveal();
            if value.trim().chars().count() < SHORTEST {
                return Err(TooShort { name: secret.name().to_owned(), length: value.trim().chars().count() });
            }
            for form in forms(value) {
                names.push((form, secret.name().to_owned()));
            }
        }
        names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        names.dedup_by(|a, b| a.0 == b.0);
        let pattern: Vec<String> = names.iter().map(|(form, _)| regex::escape(form)).collect();
        let forms = if pattern.is_empty() {
            None
        } else {
            // Escaped literals always compile; a set beyond any size limit would be a mistake of the configuration.
            regex::RegexBuilder::new(&pattern.join("|")).size_limit(1 << 26).build().ok().map(Arc::new)
        };
        Ok(Self { forms, names: Arc::new(names) })
    }

    /// The text without them.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let by_value = match &self.forms {
            None => std::borrow::Cow::Borrowed(text),
            Some(forms) => forms.replace_all(text, |found: &regex::Captures<'_>| {
                let form = found.get(0).map_or("", |m| m.as_str());
                let name = self.names.iter().find(|(f, _)| f == form).map_or("secret", |(_, n)| n.as_str());
                format!("<secret {name}>")
            }),
        };
        match shapes() {
            Some(shapes) => shapes.replace_all(&by_value, "<redacted>").into_owned(),
            None => by_value.into_owned(),
        }
    }

    /// Every text within some JSON without them: keys too.
    #[must_use]
    pub fn redact_json(&self, json: &serde_json::Value) -> serde_json::Value {
        use serde_json::Value as Json;
        match json {
            Json::String(text) => Json::String(self.redact(text)),
            Json::Array(items) => Json::Array(items.iter().map(|j| self.redact_json(j)).collect()),
            Json::Object(fields) => {
                Json::Object(fields.iter().map(|(k, j)| (self.redact(k), self.redact_json(j))).collect())
            }
            other => other.clone(),
        }
    }
}

/// The forms in which a value turns up elsewhere.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned(), value.trim().to_owned()];
    // A key of many lines is often printed line by line.
    forms.extend(value.lines().map(str::trim).filter(|l| value.contains('\n') && l.len() >= 16).map(str::to_owned));
    let json = serde_json::Value::String(value.to_owned()).to_string();
    forms.push(json.trim_matches('"').to_owned());
    for value in [value, value.trim()] {
        for upper in [true, false] {
            forms.push(percent(value, upper, false));
            forms.push(percent(value, upper, true));
        }
        forms.push(BASE64.encode(value.as_bytes()));
        // Inside of longer text (`user:password`) base64 comes out in one of three ways; its ends depend on what is
        // around it and are left out.
        for shift in 0..3_usize {
            let padded = [vec![0_u8; shift], value.as_bytes().to_vec()].concat();
            let whole = padded.len() / 3 * 3;
            let from = if shift == 0 { 0 } else { 4 };
            for text in [BASE64_NOPAD.encode(&padded[..whole]), BASE64URL_NOPAD.encode(&padded[..whole])] {
                if let Some(middle) = text.get(from..) {
                    forms.push(middle.to_owned());
                }
            }
        }
    }
    forms.retain(|f| f.len() >= SHORTEST);
    forms.sort();
    forms.dedup();
    forms
}

/// URL encoding: everything but the unreserved characters; a space as `+` in forms.
fn percent(text: &str, upper: bool, plus: bool) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' if plus => out.push('+'),
            _ if upper => {
                let _ = write!(out, "%{byte:02X}");
            }
            _ => {
                let _ = write!(out, "%{byte:02x}");
            }
        }
    }
    out
}

/// Tokens that are known by their shape, whoever they belong to.
fn shapes() -> Option<&'static Regex> {
    static SHAPES: OnceLock<Option<Regex>> = OnceLock::new();
    SHAPES
        .get_or_init(|| {
            Regex::new(concat!(
                r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}",
                r"|xox[abprs]-[A-Za-z0-9-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}\b|[sr]k_live_[A-Za-z0-9]{16,}",
                r"|npm_[A-Za-z0-9]{30,}|AIza[A-Za-z0-9_-]{30,}|pypi-[A-Za-z0-9_-]{40,}",
                r"|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
                r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
            ))
            .ok()
        })
        .as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(value: &str) -> Redactor {
        Redactor::new([&Secret::new("key", value.to_owned())]).unwrap()
    }

    #[test]
    fn a_secret_leaves_in_none_of_its_forms() {
        let r = redactor("s3cr3t/pass w+rd");
        for leaked in [
            "s3cr3t/pass w+rd".to_owned(),
            "s3cr3t%2Fpass%20w%2Brd".to_owned(),
            "s3cr3t%2fpass+w%2brd".to_owned(),
            BASE64.encode(b"s3cr3t/pass w+rd"),
            BASE64.encode(b"user:s3cr3t/pass w+rd"),
            BASE64.encode(b"us:s3cr3t/pass w+rd!"),
            BASE64.encode(b"use:s3cr3t/pass w+rd"),
        ] {
            let shown = r.redact(&format!("before {leaked} after"));
            assert!(shown.contains("<secret key>"), "{leaked} is shown: {shown}");
            assert!(shown.starts_with("before ") && shown.ends_with(" after"), "{shown}");
        }
    }

    #[test]
    fn tokens_are_known_by_their_shape() {
        let r = Redactor::default();
        assert_eq!(r.redact("token ghp_0123456789abcdefghijABCDEFGHIJ012345 x"), "token <redacted> x");
        assert_eq!(r.redact("nothing here"), "nothing here");
    }

    #[test]
    fn short_secrets_are_refused() {
        let short = Redactor::new([&Secret::new("pin", "1234567".to_owned())]);
        assert_eq!(short.unwrap_err().length, 7);
    }

    proptest::proptest! {
        #[test]
        fn the_value_itself_never_stays(value in "[ -~]{8,40}", around in "[ -~]{0,20}") {
            proptest::prop_assume!(value.trim().len() >= SHORTEST && !"<secret key>".contains(value.trim()));
            let r = redactor(&value);
            let shown = r.redact(&format!("{around}{value}{around}"));
            let kept = shown.replace("<secret key>", "");
            let left = around.matches(&value).count();
            proptest::prop_assert!(left > 0 || !kept.contains(&value) || around.contains(value.trim()), "{}", shown);
        }
    }
}
