//! What is seen while a run goes on: a live tree of steps on a terminal, plain lines elsewhere. On standard error:
//! standard output is for the result.

use super::args::Format;
use super::{github, out, show};
use crate::config::show_duration;
use crate::driver::{Answers, Givens, Observer, Typed};
use heal_engine::command::{AskRequest, Note};
use heal_engine::event::Event;
use heal_engine::run::{NodeView, RunView, Stage};
use heal_lang::plan::{Exit, StepKind};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal, Write};
use std::time::Duration;

/// Whoever watches this run.
pub(super) fn observer(givens: &Givens, terminal: bool, format: Format) -> Box<dyn Observer> {
    let name = format!("{} in {}, run {}", givens.plan.playbook, givens.environment, givens.run);
    if stays() && format == Format::Text {
        Box::new(Tree::new(&name, terminal))
    } else {
        Box::new(Lines::new(&name, terminal))
    }
}

/// Whoever watches a plan being made: what is seen goes away at its end, because the plan says it all again.
pub(super) fn looking(format: Format) -> Box<dyn Observer> {
    if stays() && format == Format::Text {
        Box::new(Tree { bars: Tree::bars(), lines: Vec::new(), terminal: false, passes: true })
    } else {
        Box::new(Warnings)
    }
}

/// A live tree is shown on standard error, and stays there.
pub(super) fn stays() -> bool {
    std::io::stderr().is_terminal() && !github::is_ci()
}

/// What a node does right now.
fn doing(node: &NodeView) -> Option<&'static str> {
    Some(match &node.stage {
        Stage::Idle => return None,
        Stage::Reading => "reading",
        Stage::Judging(_) => "judging",
        Stage::Resolving => "resolving",
        Stage::Asking(_) => "waits for an approval",
        Stage::LockWait(_) => "waits for the lock",
        Stage::Refreshing | Stage::RefreshWait(_) => "reading again",
        Stage::SettleWait | Stage::Admitting(_) => "asks the guards",
        Stage::Working(_) => "changing",
        Stage::Telling(_) => "telling",
        Stage::Polling(_) => "verifying",
        Stage::Following => "following up",
        Stage::Ended => return None,
    })
}

/// A node's line: its end or what it does, how long, how often, why; of a change what is changed.
fn line(node: &NodeView, view: &RunView, now: u64) -> String {
    let mut text = format!("{:9} {:20}", crate::report::word(&node.kind), node.name);
    let since = node.started.map(|from| show_duration(node.ended.unwrap_or(now).saturating_sub(from)));
    match (node.exit, doing(node)) {
        (Some(exit), _) => text.push_str(&format!(" {:12}", exit.word())),
        (None, Some(doing)) => text.push_str(&format!(" {doing:12}")),
        (None, None) => return text,
    }
    if let Some(since) = since {
        text.push_str(&format!(" {since:>6}"));
    }
    if node.attempts > 1 && node.kind == StepKind::Remediate {
        text.push_str(&format!(" {} attempts", node.attempts));
    }
    let changes: Vec<&str> = view.changes.iter().filter(|c| c.node == node.node).map(|c| c.summary.as_str()).collect();
    let changes = changes.join("; ");
    let why = match &node.because {
        Some(because) => because.text.as_str(),
        None if !changes.is_empty() => changes.as_str(),
        None => node.evidence.as_str(),
    };
    if !why.is_empty() {
        text.push_str(&format!("  {}", clip(&show::one_line(why), 160)));
    }
    text
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// A person at this terminal is asked. The answer comes from a thread of its own: a read cannot be called off.
fn ask_here(ask: &AskRequest, evidence: &[(String, String)], answers: Answers, say: impl Fn(&str)) {
    say(&format!("approval needed: {}", ask.request));
    for change in &ask.changes {
        say(&format!("  would {}", show::one_line(change)));
    }
    for (name, said) in evidence {
        say(&format!("  because {name}: {}", clip(&show::one_line(said), 300)));
    }
    say(&format!("  fingerprint {}", ask.fingerprint));
    let request = ask.request.clone();
    std::thread::spawn(move || {
        let mut err = std::io::stderr();
        let _ = write!(err, "approve? [y/N] ").and_then(|()| err.flush());
        let mut typed = String::new();
        if std::io::stdin().lock().read_line(&mut typed).is_ok_and(|n| n > 0) {
            let approve = matches!(typed.trim().to_ascii_lowercase().as_str(), "y" | "yes");
            answers(Typed { request, approve });
        }
    });
}

/// Nobody is here: it is said how to answer. That is a delivery.
fn ask_elsewhere(ask: &AskRequest, say: impl Fn(&str)) -> bool {
    say(&format!("approval needed: {}", ask.request));
    for change in &ask.changes {
        say(&format!("  would {}", show::one_line(change)));
    }
    say(&format!("  fingerprint {}", ask.fingerprint));
    say(&format!("  answer with: healrun approve {}", ask.request));
    if github::is_on() {
        let text = format!("approve with: healrun approve {}\n{}\n", ask.request, ask.changes.join("\n"));
        github::summary("healrun waits for an approval", &text);
        out::note(&github::command("warning", "healrun waits for an approval", &text));
    }
    true
}

/// Nothing but warnings.
struct Warnings;

impl Observer for Warnings {
    fn warn(&mut self, text: &str) {
        out::note(&format!("warning: {}", show::one_line(text)));
    }
}

/// Plain lines: one for each end.
struct Lines {
    seen: BTreeMap<usize, (Option<Exit>, Option<&'static str>)>,
    terminal: bool,
}

impl Lines {
    fn new(name: &str, terminal: bool) -> Self {
        out::note(name);
        Self { seen: BTreeMap::new(), terminal }
    }
}

impl Observer for Lines {
    fn event(&mut self, event: &Event, view: &RunView) {
        for (index, node) in view.nodes.iter().enumerate() {
            let told = match (node.exit, doing(node)) {
                (None, Some("changing" | "verifying" | "waits for an approval" | "waits for the lock")) => doing(node),
                _ => None,
            };
            let is = (node.exit, told);
            if self.seen.get(&index) != Some(&is) && is != (None, None) {
                self.seen.insert(index, is);
                out::note(&format!("{:>7}  {}", show_duration(event.now), line(node, view, event.now)));
            }
        }
    }

    fn note(&mut self, note: &Note) {
        if note.what == "retry" {
            let code = note.terms.get("code").and_then(|v| v.as_str()).unwrap_or("");
            out::note(&format!("         retry after {}", show::one_line(code)));
        }
    }

    fn ask(&mut self, ask: &AskRequest, evidence: &[(String, String)], answers: Answers) -> bool {
        if self.terminal {
            ask_here(ask, evidence, answers, out::note);
            return true;
        }
        ask_elsewhere(ask, out::note)
    }

    fn warn(&mut self, text: &str) {
        out::note(&format!("warning: {}", show::one_line(text)));
    }
}

/// A live tree.
struct Tree {
    bars: MultiProgress,
    lines: Vec<ProgressBar>,
    terminal: bool,
    /// It is cleared at its end.
    passes: bool,
}

impl Tree {
    fn new(name: &str, terminal: bool) -> Self {
        let bars = Self::bars();
        let _ = bars.println(name);
        Self { bars, lines: Vec::new(), terminal, passes: false }
    }

    fn bars() -> MultiProgress {
        MultiProgress::with_draw_target(ProgressDrawTarget::stderr())
    }

    fn style(exit: Option<Exit>, busy: bool) -> ProgressStyle {
        let template = match exit {
            Some(Exit::Fixed | Exit::Changed | Exit::Found | Exit::Quiet) => "  {prefix:.green} {msg}",
            Some(Exit::Skipped | Exit::Unchanged | Exit::Resolved) => "  {prefix:.dim} {msg:.dim}",
            Some(_) => "  {prefix:.yellow} {msg}",
            None if busy => "  {spinner:.cyan} {msg}",
            None => "  {prefix:.dim} {msg:.dim}",
        };
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
    }
}

impl Observer for Tree {
    fn event(&mut self, event: &Event, view: &RunView) {
        while self.lines.len() < view.nodes.len() {
            let bar = self.bars.add(ProgressBar::new_spinner());
            bar.enable_steady_tick(Duration::from_millis(120));
            self.lines.push(bar);
        }
        for (node, bar) in view.nodes.iter().zip(&self.lines) {
            let busy = doing(node).is_some();
            let mark = match node.exit {
                Some(Exit::Fixed | Exit::Changed | Exit::Found | Exit::Quiet) => "✓",
                Some(Exit::Skipped | Exit::Unchanged | Exit::Resolved) => "-",
                Some(_) => "!",
                None => "·",
            };
            bar.set_style(Self::style(node.exit, busy));
            bar.set_prefix(mark);
            bar.set_message(line(node, view, event.now));
        }
    }

    fn ask(&mut self, ask: &AskRequest, evidence: &[(String, String)], answers: Answers) -> bool {
        let say = |text: &str| {
            let _ = self.bars.println(text);
        };
        if self.terminal {
            // The prompt needs the cursor for itself.
            self.lines.iter().for_each(ProgressBar::disable_steady_tick);
            ask_here(ask, evidence, answers, say);
            return true;
        }
        ask_elsewhere(ask, say)
    }

    fn warn(&mut self, text: &str) {
        let _ = self.bars.println(format!("warning: {}", show::one_line(text)));
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        for bar in &self.lines {
            if self.passes {
                bar.finish_and_clear();
            } else {
                bar.abandon();
            }
        }
    }
}
