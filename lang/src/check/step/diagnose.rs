//! `diagnose`: `let`, `rank`.

use super::super::checker::Checker;
use super::super::evidence::Weight;
use super::super::expr::Callee;
use super::super::quantity::{self, Literal};
use crate::catalogue::{Dim, Effect};
use crate::diagnostic::Diagnostic;
use crate::plan::{LetDef, RankRow};
use crate::syntax::tree::{self, BlockKind, Ident, Item};

impl<'a> Checker<'a> {
    pub(super) fn diagnose_items(&mut self, t: &'a tree::Step, owner: &str) -> (Vec<LetDef>, Vec<(RankRow, Weight)>) {
        let mut lets = Vec::new();
        let mut rows = Vec::new();
        let mut first: Option<&tree::Rank> = None;
        for item in &t.body.items {
            match item {
                Item::Let(l) => lets.extend(self.let_item(l)),
                Item::Rank(rank) => {
                    if let Some(first) = first {
                        self.report(
                            Diagnostic::error("H0215", rank.span, "`rank` stands here twice")
                                .label(first.span, "first here"),
                        );
                    }
                    first.get_or_insert(rank);
                    for row in &rank.rows {
                        rows.extend(self.row(row, rank));
                    }
                }
                Item::Setting(_) => {}
                Item::Block(b) if b.kind == BlockKind::Retry => {}
                Item::Action(a) => self.stray_call(a),
                other => self.misplaced(other, owner),
            }
        }
        if first.is_none() {
            self.report(
                Diagnostic::error("H0506", t.head, format!("`{}` ranks no causes", t.name.name))
                    .help("add `rank { some_cause 90% when … }`"),
            );
        }
        (lets, rows)
    }

    fn row(&mut self, row: &'a tree::RankRow, rank: &'a tree::Rank) -> Option<(RankRow, Weight)> {
        let name = &row.cause;
        if let Some(first) = rank.rows.iter().find(|r| r.cause.name == name.name)
            && first.span.range() != row.span.range()
        {
            self.report(
                Diagnostic::error("H0202", name.span, format!("the cause `{}` stands here twice", name.name))
                    .label(first.cause.span, "first here")
                    .help("join the conditions with `or`"),
            );
        }
        if crate::plan::Exit::from_word(&name.name).is_some() {
            self.report(
                Diagnostic::error(
                    "H0203",
                    name.span,
                    format!("`{}` is an end of a step, and cannot be the name of a cause", name.name),
                )
                .help("choose another name"),
            );
        }
        let confidence = match quantity::parse(&row.confidence.text) {
            Ok(Literal::Quantity(Dim::Ratio, n)) => self.share(n, row.confidence.span, "a confidence"),
            Ok(Literal::Int(n)) => {
                self.report(
                    Diagnostic::error(
                        "H0303",
                        row.confidence.span,
                        "a confidence is a ratio, and a bare number has no unit",
                    )
                    .fix(row.confidence.span, format!("{n}%"), format!("write it as `{n}%`")),
                );
                None
            }
            _ => {
                self.report(
                    Diagnostic::error("H0301", row.confidence.span, "a confidence is a ratio").help("as in `90%`"),
                );
                None
            }
        };
        let when = self.condition(&row.when, "the condition of a cause");
        let weight = self.weight(&when);
        let text_only = weight == Weight::Text;
        let row = RankRow {
            cause: name.name.clone(),
            confidence: confidence.unwrap_or(0.0),
            when,
            text_only,
            span: row.span,
        };
        Some((row, weight))
    }

    /// A call that stands alone where nothing is done.
    pub(super) fn stray_call(&mut self, a: &'a tree::Action) {
        let path: Vec<&'a Ident> = a.call.path.parts.iter().collect();
        let Some(callee) = self.callee(&path) else {
            return;
        };
        if let Callee::Action(decl) = callee {
            let effect = self.asserted(decl, &a.call.args).unwrap_or(decl.effect);
            if effect > Effect::Read {
                self.wrong_effect(decl, effect, a.call.path.span);
                return;
            }
        }
        self.report(
            Diagnostic::error("H0409", a.call.span, "nobody sees what this gives")
                .help(format!("give it a name: `let x = {}(…)`", a.call.path.text())),
        );
    }
}
