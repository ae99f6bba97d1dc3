//! `detect`: `let`, `fire when`, `clear when`.

use super::super::checker::Checker;
use crate::plan::{Expr, LetDef};
use crate::syntax::tree::{self, BlockKind, Item};

impl<'a> Checker<'a> {
    pub(super) fn detect_items(&mut self, t: &'a tree::Step, owner: &str) -> (Vec<LetDef>, Option<Expr>, Option<Expr>) {
        let mut lets = Vec::new();
        let (mut fire, mut clear) = (None, None);
        for item in &t.body.items {
            match item {
                Item::Let(l) => lets.extend(self.let_item(l)),
                Item::Fire(e, span) => {
                    let value = self.condition(e, "`fire when`");
                    self.once(&mut fire, value, *span, "`fire when`");
                }
                Item::Clear(e, span) => {
                    let value = self.condition(e, "`clear when`");
                    self.once(&mut clear, value, *span, "`clear when`");
                }
                Item::Setting(_) => {}
                Item::Block(b) if b.kind == BlockKind::Retry => {}
                Item::Action(a) => self.stray_call(a),
                other => self.misplaced(other, owner),
            }
        }
        (lets, fire, clear)
    }
}
