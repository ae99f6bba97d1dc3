//! That the output says what the input said.

use crate::source::FileId;
use crate::syntax::lexer::{Kind, Lexer};
use crate::syntax::parse;
use crate::syntax::tree::File;

/// Where in the input the output departs from it, if it does.
pub(super) fn difference(input: &str, tree: &File, output: &str) -> Option<usize> {
    let (before, after) = (words(input), words(output));
    if before.len() != after.len() || before.iter().zip(&after).any(|((a, _), (b, _))| a != b) {
        let same = before.iter().zip(&after).take_while(|((a, _), (b, _))| a == b).count();
        return Some(before.get(same).map_or(input.len(), |(_, at)| *at));
    }
    let parsed = parse(FileId(0), output);
    let Some(again) = parsed.file.filter(|_| parsed.diagnostics.is_empty()) else { return Some(0) };
    // A comment may move to the front of what it belongs to, so their order says little; none may be lost.
    let comments = |file: &File| {
        let mut texts: Vec<String> = file.comments.iter().map(|c| c.text.clone()).collect();
        texts.sort_unstable();
        texts
    };
    let same = again.edition == tree.edition && again.items == tree.items && comments(&again) == comments(tree);
    if same { None } else { Some(0) }
}

/// The words of a text that no layout may touch, each with its place: all but line ends, comments, `;`, commas before a
/// closing bracket, and the text of blocks, whose margin moves (the tree knows it without).
fn words(text: &str) -> Vec<(&str, usize)> {
    let mut words: Vec<(&str, usize)> = Vec::new();
    let mut lexer = Lexer::new(text);
    let mut blocks: Vec<bool> = Vec::new();
    while let Some(token) = lexer.next() {
        let word = text.get(token.start..token.end).unwrap_or("");
        match token.kind {
            Kind::Newline | Kind::Comment => continue,
            Kind::Mark if word == ";" => continue,
            Kind::Text if blocks.last() == Some(&true) => continue,
            Kind::Quote => blocks.push(word.len() == 3),
            Kind::Unquote => {
                blocks.pop();
            }
            Kind::Close if words.last().is_some_and(|(w, _)| *w == ",") => {
                words.pop();
            }
            _ => {}
        }
        words.push((word, token.start));
    }
    words
}
