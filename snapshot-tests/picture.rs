//! Plain terminal output as a picture for a README: an SVG, so that it stays text. Nothing is left out; a line that is too
//! long goes on below, under the beginning of its last column.

use std::fmt::Write;

/// What the README's picture shows, in words.
pub const LABEL: &str = "healrun takes a bad release back";

/// Characters of a line.
const WIDTH: usize = 118;
/// Pixels between lines, and of a character.
const LINE: usize = 20;
const CHARACTER: f64 = 8.2;

/// What colour says: which line speaks of what.
const COLOURS: [(&str, &str); 9] = [
    ("$ ", "#ffffff"),
    (" detect ", "#e3b341"),
    (" diagnose ", "#e3b341"),
    (" remediate ", "#d2a8ff"),
    ("  change ", "#d2a8ff"),
    (" verify ", "#7ee787"),
    ("healed", "#7ee787"),
    ("orders fail", "#ff7b72"),
    (", run ", "#79c0ff"),
];
const PLAIN: &str = "#c9d1d9";

fn colour(line: &str) -> &'static str {
    COLOURS.iter().find(|(mark, _)| line.contains(mark)).map_or(PLAIN, |(_, colour)| colour)
}

/// The column in which what follows a break is written: that of the last of the line's columns, as far as it leaves room.
fn indent(line: &str) -> usize {
    let (mut at, mut blanks) = (0, 2);
    for (column, c) in line.chars().enumerate() {
        if c == ' ' {
            blanks += 1;
        } else {
            if blanks >= 2 && column <= WIDTH / 2 {
                at = column;
            }
            blanks = 0;
        }
    }
    at
}

/// A line in parts that fit, broken at blanks where there are any.
fn wrapped(line: &str) -> Vec<String> {
    let indent = indent(line);
    let mut parts = Vec::new();
    let mut rest: Vec<char> = line.trim_end().chars().collect();
    while rest.len() > WIDTH {
        let last = (indent + 1..=WIDTH).rev().find(|at| rest[*at] == ' ').unwrap_or(WIDTH);
        parts.push(rest[..last].iter().collect());
        let more: String = rest[last..].iter().collect();
        rest = format!("{}{}", " ".repeat(indent), more.trim_start()).chars().collect();
    }
    parts.push(rest.into_iter().collect());
    parts
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The picture of `text`, with what it shows in words for those who do not see it.
#[must_use]
pub fn svg(text: &str, label: &str) -> String {
    let lines: Vec<(&str, String)> =
        text.lines().flat_map(|line| wrapped(line).into_iter().map(move |part| (colour(line), part))).collect();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred pixels")]
    let width = (WIDTH as f64 * CHARACTER) as usize + 32;
    let height = 40 + LINE * lines.len();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace, Menlo, \
         Consolas, monospace\" font-size=\"13\" role=\"img\" aria-label=\"{}\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#0d1117\"/>\n",
        escaped(label)
    );
    for (at, (colour, line)) in lines.iter().enumerate() {
        let y = 32 + LINE * at;
        let text = escaped(line);
        let _ = writeln!(svg, "<text x=\"16\" y=\"{y}\" fill=\"{colour}\" xml:space=\"preserve\">{text}</text>");
    }
    svg.push_str("</svg>\n");
    svg
}
