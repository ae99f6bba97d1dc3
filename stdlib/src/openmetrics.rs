//! Lines of Prometheus text and OpenMetrics. What is not a sample is left out; nothing is ever refused as a whole.

/// The sample that each scrape of `http.scrape` adds: 1 where it worked, 0 where it did not.
pub(crate) const MARKER: &str = "heal_scrape_ok";

/// One sample, borrowed from its line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample<'t> {
    /// `http_requests_total`
    pub(crate) name: &'t str,
    /// `{code="500"}`, as written; empty where there are none.
    pub(crate) labels: &'t str,
    /// As written.
    pub(crate) value: &'t str,
    /// As written, in the unit of its format.
    pub(crate) at: Option<&'t str>,
}

impl Sample<'_> {
    /// Its number; NaN where it is none.
    pub(crate) fn number(&self) -> f64 {
        match self.value {
            "+Inf" | "Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            text => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// Its labels.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut rest = self.labels.trim_start_matches('{').trim_end_matches('}');
        while let Some((name, after)) = rest.split_once('=') {
            let Some((value, left)) = quoted(after.trim_start()) else { break };
            pairs.push((name.trim().trim_start_matches(',').trim().to_owned(), value));
            rest = left;
        }
        pairs
    }
}

/// The text in quotes at the front, and what comes after it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.strip_prefix('"')?.char_indices();
    while let Some((i, c)) = chars.next() {
        match c {
            '"' => return Some((value, text.get(i + 2..).unwrap_or_default())),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

/// Where the labels end: the first `}` outside of quotes.
fn close(text: &str) -> Option<usize> {
    let mut inside = false;
    let mut escaped = false;
    for (i, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            '}' if !inside => return Some(i),
            _ => {}
        }
    }
    None
}

/// The samples of whole lines.
pub(crate) fn samples(text: &str) -> impl Iterator<Item = Sample<'_>> {
    text.lines().filter_map(sample)
}

/// One line; `None` for comments and whatever else is no sample.
pub(crate) fn sample(line: &str) -> Option<Sample<'_>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|c: char| c == '{' || c.is_whitespace())?;
    let (name, rest) = line.split_at(end);
    let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == ':');
    let (labels, rest) = if rest.starts_with('{') {
        let close = close(rest)?;
        (rest.get(..=close)?, rest.get(close + 1..)?)
    } else {
        ("", rest)
    };
    // What follows `#` is an exemplar.
    let rest = rest.split(" #").next().unwrap_or(rest);
    let mut words = rest.split_whitespace();
    let sample = Sample { name, labels, value: words.next()?, at: words.next() };
    let number = !sample.number().is_nan() || sample.value.eq_ignore_ascii_case("nan");
    (named && number && words.next().is_none()).then_some(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_written() {
        let s = sample(r#"a_total{code="5\"}00",x="y, z"} 3.5 12.5 # {id="1"} 1"#).unwrap();
        assert_eq!((s.name, s.number(), s.at), ("a_total", 3.5, Some("12.5")));
        let wanted = [("code".to_owned(), "5\"}00".to_owned()), ("x".to_owned(), "y, z".to_owned())];
        assert_eq!(s.pairs(), wanted);
        assert_eq!(sample("up 1").unwrap().labels, "");
        assert!(sample("a{} NaN").unwrap().number().is_nan());
        for no in ["", "# TYPE a counter", "a", "a{x=\"1\" 2", "a b", "a 1 2 3", "{} 1", "1 2"] {
            assert_eq!(sample(no), None, "{no}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_fail(text in "\\PC{0,80}") {
            for s in samples(&text) {
                let _ = (s.number(), s.pairs());
            }
        }
    }
}
