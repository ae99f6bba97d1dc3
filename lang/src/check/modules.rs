//! Loads what a file uses: parsed modules, and circles among them drawn.

use super::options::{ESCALATE_SOURCE, Options};
use super::patterns::Patterns;
use super::suggest;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{FileId, LoadError, Loader, Sources, Span};
use crate::syntax::{self, tree};
use std::collections::BTreeMap;

/// Files of one compilation at most; a limit so that a generated heap of files gets a clear answer.
const MOST_FILES: usize = 256;

/// What stands before the text of `defaults.escalate` so that it parses as a file.
const WRAP: (&str, &str) = ("playbook defaults { escalate {\n", "\n}\n}\n");

/// A parsed file.
pub(super) struct Module {
    /// The name people know it by.
    pub(super) name: String,
    /// Its tree; empty where it does not parse.
    pub(super) file: tree::File,
    /// It does not parse: whatever is looked up in it is unknown, without a second report.
    pub(super) broken: bool,
    /// Names of the modules it uses, by their name here.
    pub(super) uses: BTreeMap<String, usize>,
}

/// What a name of a module stands for.
#[derive(Clone, Copy)]
pub(super) enum Found<'a> {
    Fn(&'a tree::Fn),
    Script(&'a tree::Script),
    Profile(&'a tree::Profile),
    Use(usize, Span),
}

impl Found<'_> {
    pub(super) fn span(&self) -> Span {
        match self {
            Found::Fn(x) => x.name.span,
            Found::Script(x) => x.name.span,
            Found::Profile(x) => x.name.span,
            Found::Use(_, span) => *span,
        }
    }
}

impl Module {
    /// What `name` stands for here.
    pub(super) fn find(&self, name: &str) -> Option<Found<'_>> {
        self.named().find(|(n, _)| *n == name).map(|(_, f)| f)
    }

    /// All names that this file declares, in order.
    pub(super) fn named(&self) -> impl Iterator<Item = (&str, Found<'_>)> {
        self.file.items.iter().filter_map(|item| {
            Some(match item {
                tree::Top::Fn(x) => (x.name.name.as_str(), Found::Fn(x)),
                tree::Top::Script(x) => (x.name.name.as_str(), Found::Script(x)),
                tree::Top::Profile(x) => (x.name.name.as_str(), Found::Profile(x)),
                tree::Top::Use(x) => {
                    let index = self.uses.get(&x.name.name).copied().unwrap_or(usize::MAX);
                    (x.name.name.as_str(), Found::Use(index, x.name.span))
                }
                _ => return None,
            })
        })
    }
}

/// The files of a compilation; the root is the first.
pub(super) struct Loaded {
    /// Modules; the root is 0.
    pub(super) modules: Vec<Module>,
    /// The items of `defaults.escalate`, as a module of its own.
    pub(super) defaults: Option<Module>,
    defaults_file: Option<FileId>,
    /// The regexes of all of them.
    pub(super) patterns: Patterns,
}

impl Loaded {
    /// Moves the places of findings in `defaults.escalate` back to the text that the user wrote.
    pub(super) fn shift(&self, diagnostics: &mut [Diagnostic]) {
        if let Some(file) = self.defaults_file {
            shift(file, diagnostics);
        }
    }
}

fn shift(file: FileId, diagnostics: &mut [Diagnostic]) {
    let by = u32::try_from(WRAP.0.len()).unwrap_or(0);
    let mend = |span: &mut Span| {
        if span.file == file {
            span.start = span.start.saturating_sub(by);
            span.end = span.end.saturating_sub(by);
        }
    };
    for d in diagnostics {
        d.labels.iter_mut().for_each(|l| mend(&mut l.span));
        if let Some(fix) = &mut d.fix {
            mend(&mut fix.span);
        }
    }
}

/// Loads the root and everything it uses. None if the root itself does not parse: a check of half a file would
/// report what the parser lost.
pub(super) fn load(
    sources: &mut Sources,
    root: FileId,
    loader: &dyn Loader,
    options: &Options<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Loaded> {
    let mut work =
        Work { sources, loader, diagnostics, modules: Vec::new(), by_name: BTreeMap::new(), path: Vec::new() };
    work.add(root);
    let mut modules = work.modules;
    if modules.first().is_none_or(|m| m.broken) {
        modules.clear();
    }
    let mut defaults = None;
    let mut defaults_file = None;
    if let Some(text) = &options.defaults.escalate {
        let file = sources.add(ESCALATE_SOURCE, text.clone());
        let parsed = syntax::parse(file, &format!("{}{text}{}", WRAP.0, WRAP.1));
        let broken = has_errors(&parsed.diagnostics);
        let mut found = parsed.diagnostics;
        shift(file, &mut found);
        diagnostics.append(&mut found);
        if let (false, Some(tree)) = (broken, parsed.file) {
            defaults = Some(Module { name: ESCALATE_SOURCE.to_owned(), file: tree, broken, uses: BTreeMap::new() });
        }
        defaults_file = Some(file);
    }
    (!modules.is_empty()).then_some(Loaded { modules, defaults, defaults_file, patterns: Patterns::default() })
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

struct Work<'w> {
    sources: &'w mut Sources,
    loader: &'w dyn Loader,
    diagnostics: &'w mut Vec<Diagnostic>,
    modules: Vec<Module>,
    by_name: BTreeMap<String, usize>,
    /// The files that are being loaded, each with the `use` that led on from it.
    path: Vec<(usize, Option<Span>)>,
}

impl Work<'_> {
    fn add(&mut self, id: FileId) -> usize {
        let (name, text) = self.sources.get(id).map(|f| (f.name.clone(), f.text.clone())).unwrap_or_default();
        let mut parsed = syntax::parse(id, &text);
        let broken = has_errors(&parsed.diagnostics) || parsed.file.is_none();
        self.diagnostics.append(&mut parsed.diagnostics);
        let file = parsed.file.unwrap_or_else(|| tree::File {
            edition: None,
            items: Vec::new(),
            comments: Vec::new(),
            span: Span::new(id, 0, 0),
        });
        let index = self.modules.len();
        let uses: Vec<tree::Use> = file
            .items
            .iter()
            .filter_map(|i| match i {
                tree::Top::Use(u) => Some(u.clone()),
                _ => None,
            })
            .collect();
        self.by_name.insert(name.clone(), index);
        self.modules.push(Module { name: name.clone(), file, broken, uses: BTreeMap::new() });
        if broken {
            return index;
        }
        self.path.push((index, None));
        for u in uses {
            if let Some(last) = self.path.last_mut() {
                last.1 = Some(u.path.span);
            }
            if let Some(target) = self.follow(&name, &u) {
                self.modules[index].uses.insert(u.name.name.clone(), target);
            }
        }
        self.path.pop();
        index
    }

    fn follow(&mut self, from: &str, u: &tree::Use) -> Option<usize> {
        let Some(path) = u.path.plain() else {
            self.diagnostics.push(
                Diagnostic::error("H0211", u.path.span, "the path of a `use` cannot have holes")
                    .help("write the file's path as plain text"),
            );
            return None;
        };
        let loaded = match self.loader.load(from, &path) {
            Ok(loaded) => loaded,
            Err(error) => {
                let d = Diagnostic::error("H0211", u.path.span, load_error(&path, &error));
                self.diagnostics.push(match error {
                    LoadError::NotFound => d.help("paths start at the folder of the file that names them"),
                    LoadError::Outside => d.help("a playbook uses files of its own repository only"),
                    _ => d,
                });
                return None;
            }
        };
        if let Some(&known) = self.by_name.get(&loaded.name) {
            if let Some(start) = self.path.iter().position(|(i, _)| *i == known) {
                self.circle(start, u.path.span);
                return None;
            }
            return Some(known);
        }
        if self.modules.len() >= MOST_FILES {
            self.diagnostics.push(Diagnostic::error(
                "H0211",
                u.path.span,
                format!("more than {MOST_FILES} files are used by one playbook"),
            ));
            return None;
        }
        let id = self.sources.add(loaded.name, loaded.text);
        Some(self.add(id))
    }

    /// Draws `a -> b -> a`, with the line that makes each arrow.
    fn circle(&mut self, start: usize, here: Span) {
        let members: Vec<(usize, Option<Span>)> = self.path[start..].to_vec();
        let mut d = Diagnostic::error("H0212", here, "files use each other in a circle").at("this closes the circle");
        let mut drawing = String::new();
        for (i, (index, span)) in members.iter().enumerate() {
            let name = &self.modules[*index].name;
            let line = span.map_or(0, |s| self.sources.line_column(s).0);
            drawing.push_str(&format!("{name} (line {line}) -> "));
            if let (Some(span), true) = (span, i + 1 < members.len()) {
                d = d.label(*span, "which leads on to the next file");
            }
        }
        if let Some((first, _)) = members.first() {
            drawing.push_str(&self.modules[*first].name);
        }
        self.diagnostics.push(d.note(drawing).help("move what both need into a file that uses neither"));
    }
}

/// In words.
pub(super) fn load_error(path: &str, error: &LoadError) -> String {
    match error {
        LoadError::NotFound => format!("there is no file `{path}`"),
        LoadError::Outside => format!("`{path}` leaves the repository"),
        LoadError::TooLarge { limit } => format!("`{path}` is larger than {limit} bytes"),
        LoadError::NotUtf8 { at } => format!("`{path}` is not UTF-8 at byte {at}"),
        LoadError::Other(why) => format!("`{path}` cannot be read: {why}"),
    }
}

/// The names that a module offers, for suggestions.
pub(super) fn nearest_in<'m>(module: &'m Module, name: &str) -> Option<&'m str> {
    suggest::nearest(name, module.named().filter(|(_, f)| !matches!(f, Found::Use(..))).map(|(n, _)| n))
}
