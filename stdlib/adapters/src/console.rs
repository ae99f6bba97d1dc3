//! Text for people: standard error, and the job's summary in CI. What is in it may have been written by an enemy (R69).

use crate::departure::Departure;
use crate::failure;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::Answer;
use std::io::Write;
use std::path::Path;

pub(crate) async fn say(text: String, departure: &Departure) -> Result<Answer, ErrorInfo> {
    departure.leave()?;
    let summary = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
    let written = tokio::task::spawn_blocking(move || {
        let text = neutral(&text);
        writeln!(std::io::stderr().lock(), "{text}")
            .map_err(|error| failure::system("write to standard error", &error))?;
        match summary {
            Some(path) => summarise(Path::new(&path), &text),
            None => Ok(()),
        }
    });
    written.await.unwrap_or_else(|error| Err(ErrorInfo::permanent("internal", error.to_string())))?;
    Ok(Answer::Done)
}

fn summarise(path: &Path, text: &str) -> Result<(), ErrorInfo> {
    let append = || {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
        file.write_all(fenced(text).as_bytes())
    };
    append().map_err(|error| failure::system("append to the job's summary", &error))
}

/// Text that a terminal and a CI log show and do not obey: no control but line ends and tabs, no change of direction,
/// no workflow command.
#[must_use]
pub fn neutral(text: &str) -> String {
    let kept = |c: &char| match *c {
        '\n' | '\t' => true,
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => false,
        // Some programs end a line at these too.
        '\u{2028}' | '\u{2029}' => false,
        c => !c.is_control(),
    };
    let text: String = text.chars().filter(kept).collect();
    let lines: Vec<String> = text.split('\n').map(neutral_line).collect();
    lines.join("\n")
}

/// The runner takes `::` as a command after any blanks, and `##[` anywhere.
fn neutral_line(line: &str) -> String {
    let line = line.replace("##[", "## [");
    let words = line.trim_start();
    match words.strip_prefix("::") {
        Some(rest) => format!("{}: :{rest}", &line[..line.len() - words.len()]),
        None => line,
    }
}

/// As Markdown that renders nothing: a fence longer than any in the text, so no mention, image or link.
#[must_use]
pub fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workflow_command_is_shown_and_not_obeyed() {
        assert_eq!(neutral("::set-output name=a::b"), ": :set-output name=a::b");
        assert_eq!(neutral("ok\n \t ::stop-commands::x"), "ok\n \t : :stop-commands::x");
        assert_eq!(neutral("\u{1b}[31m::error::x"), "[31m::error::x");
        assert_eq!(neutral("\u{7f}\u{202e}::error::x"), ": :error::x");
        assert_eq!(neutral("log ##[add-mask]x"), "log ## [add-mask]x");
    }

    #[test]
    fn a_carriage_return_starts_no_line() {
        assert_eq!(neutral("a\r::error::b"), "a::error::b");
        assert_eq!(neutral("a\u{2028}::error::b"), "a::error::b");
    }

    #[test]
    fn a_fence_in_the_text_does_not_end_the_fence() {
        assert_eq!(fenced("x\n```\n@team"), "````text\nx\n```\n@team\n````\n");
    }
}
