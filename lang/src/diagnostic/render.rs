//! For people: the source, the places in it, what is wrong and what to do.

use super::order::{count, ordered};
use super::{Diagnostic, Label, Severity};
use crate::source::{FileId, SourceFile, Sources};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Findings beyond these are counted, not shown: the first ones are the ones to mend.
pub const MAX_SHOWN: usize = 20;

/// A source line beyond this many bytes is not shown: it is data, not something a person reads.
const MAX_LINE: usize = 2_000;

/// All findings in order, [`MAX_SHOWN`] at most and the rest as a count; ends with a line end where there is any.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let sorted = ordered(diagnostics);
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in sorted.iter().take(MAX_SHOWN) {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&one(diagnostic, sources, &renderer));
        out.push('\n');
    }
    if sorted.len() > MAX_SHOWN {
        out.push_str(&format!("\n… and {} more\n", count(sorted.len() - MAX_SHOWN)));
    }
    out
}

fn one(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()).id(diagnostic.code));
    let mut files: Vec<FileId> = Vec::new();
    for label in &diagnostic.labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    for id in files {
        let Some(file) = sources.get(id) else { continue };
        let labels: Vec<(bool, &Label)> =
            diagnostic.labels.iter().enumerate().filter(|(_, l)| l.span.file == id).map(|(i, l)| (i == 0, l)).collect();
        match snippet(file, &labels) {
            Some(snippet) => group = group.element(snippet),
            None => {
                let place = labels.first().map_or((1, 1), |(_, l)| sources.line_column(l.span));
                let origin = annotate_snippets::Origin::path(file.name.as_str()).line(place.0).char_column(place.1);
                group = group.element(origin);
                let texts = labels.iter().filter(|(_, l)| !l.text.is_empty());
                group = group.elements(texts.map(|(_, l)| Level::NOTE.message(l.text.as_str())));
            }
        }
    }
    let notes = diagnostic.notes.iter().map(|note| Level::NOTE.message(note.as_str()));
    let help = diagnostic.help.iter().map(|help| Level::HELP.message(help.as_str()));
    renderer.render(&[group.elements(notes).elements(help)])
}

// None where a line is too long to be shown, or the file has no text (it could not be read).
fn snippet<'a>(
    file: &'a SourceFile,
    labels: &[(bool, &'a Label)],
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let text = file.text.as_str();
    let clamp = |at: u32| {
        let mut at = (at as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let ranges: Vec<_> = labels.iter().map(|(_, l)| clamp(l.span.start)..clamp(l.span.end.max(l.span.start))).collect();
    let from = ranges.iter().map(|r| r.start).min()?;
    let to = ranges.iter().map(|r| r.end).max()?;
    // Only the lines in question go to the renderer: its time is then that of the finding, not of the file.
    let begin = text[..from].rfind('\n').map_or(0, |i| i + 1);
    let end = text[to..].find('\n').map_or(text.len(), |i| to + i);
    let window = &text[begin..end];
    if text.is_empty() || window.lines().any(|l| l.len() > MAX_LINE) {
        return None;
    }
    let line = text[..begin].bytes().filter(|b| *b == b'\n').count() + 1;
    let annotations = labels.iter().zip(ranges).map(|((primary, label), range)| {
        let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
        let text = Some(label.text.as_str()).filter(|t| !t.is_empty());
        kind.span(range.start - begin..range.end - begin).label(text)
    });
    Some(Snippet::source(window).line_start(line).path(file.name.as_str()).annotations(annotations))
}
