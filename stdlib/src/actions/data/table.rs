//! Rows of CSV and JSON lines: field by field, as text.

use std::collections::BTreeMap;

/// One row.
pub(super) type Row = BTreeMap<String, String>;

/// Rows of CSV with a head line. Quotes as in RFC 4180; an unfinished last line is left out.
pub(super) fn csv(text: &str) -> Vec<Row> {
    let mut records = records(text).into_iter();
    let Some(head) = records.next() else { return Vec::new() };
    let head: Vec<String> = head.into_iter().map(|h| h.trim().trim_start_matches('\u{feff}').to_owned()).collect();
    records.filter(|r| r.len() == head.len()).map(|r| head.iter().cloned().zip(r).collect()).collect()
}

fn records(text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let (mut record, mut field, mut inside) = (Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if inside => inside = false,
            '"' if field.is_empty() => inside = true,
            c if inside => field.push(c),
            ',' => record.push(std::mem::take(&mut field)),
            '\r' => {}
            '\n' => {
                record.push(std::mem::take(&mut field));
                if record.iter().any(|f| !f.is_empty()) {
                    all.push(std::mem::take(&mut record));
                }
                record.clear();
            }
            c => field.push(c),
        }
    }
    // What is left was not finished by a line end: somebody may be writing it.
    all
}

/// Rows of JSON lines; fields of fields are named `a.b`. A line that is no object is left out, and an unfinished one.
pub(super) fn json_lines(text: &str) -> Vec<Row> {
    let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
    whole
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(line).ok())
        .map(|object| {
            let mut row = Row::new();
            flatten("", &object, &mut row, 0);
            row
        })
        .collect()
}

fn flatten(prefix: &str, object: &serde_json::Map<String, serde_json::Value>, row: &mut Row, depth: u32) {
    use serde_json::Value as Json;
    for (key, value) in object {
        let name = format!("{prefix}{key}");
        match value {
            Json::String(text) => row.insert(name, text.clone()),
            Json::Number(number) => row.insert(name, number.to_string()),
            Json::Bool(b) => row.insert(name, b.to_string()),
            Json::Object(inner) if depth < 8 => {
                flatten(&format!("{name}."), inner, row, depth + 1);
                None
            }
            _ => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_with_quotes_and_an_unfinished_line() {
        let rows = csv("time,name,value\r\n1,\"a, \"\"b\"\"\",2\r\n\r\n3,c\n4,d,5\n6,e,7");
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert_eq!(rows[0]["name"], "a, \"b\"");
        assert_eq!(rows[1]["value"], "5");
    }

    #[test]
    fn json_lines_are_flattened() {
        let rows = json_lines("{\"a\":{\"b\":1},\"c\":\"x\"}\nrubbish\n{\"a\":2");
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0]["a.b"].as_str(), rows[0]["c"].as_str()), ("1", "x"));
    }
}
