//! The items of a block.

use super::{Builder, Built, Parts};
use crate::source::Span;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{
    Action, After, AfterMode, Arg, Block, BlockKind, Body, Call, Each, Expr, Handler, Input, Item, Ladder, Let, Rank,
    RankRow, Secret, Setting, Step, StepKind, Target, Trigger, Until,
};
use pest::iterators::Pair;

impl Builder<'_> {
    pub(super) fn body(&self, pair: Pair<'_, Rule>) -> Built<Body> {
        let span = self.span(&pair);
        let items = Parts::of(pair).map(|p| self.item(p)).collect::<Built<_>>()?;
        Ok(Body { items, span })
    }

    /// One item of a block.
    pub(crate) fn item(&self, pair: Pair<'_, Rule>) -> Built<Item> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        match rule {
            Rule::setting => return Ok(Item::Setting(self.setting(pair)?)),
            Rule::step => return Ok(Item::Step(self.step(pair, span)?)),
            Rule::clause => {
                let mut parts = Parts::of(pair);
                return self.clause(parts.any()?, span);
            }
            Rule::action => {
                let mut parts = Parts::of(pair);
                let call = self.call(parts.need(Rule::call)?)?;
                return Ok(Item::Action(Action { call, undo: self.undo(&mut parts)?, span }));
            }
            Rule::block => {
                let mut parts = Parts::of(pair);
                let kind = block_kind(&mut parts)?;
                let when = self.when(&mut parts)?;
                return Ok(Item::Block(Block { kind, when, body: self.body(parts.need(Rule::body)?)?, span }));
            }
            _ => {}
        }
        let mut parts = Parts::of(pair);
        parts.any()?; // the keyword
        Ok(match rule {
            Rule::input => self.input(parts, span)?,
            Rule::secret => {
                let name = self.ident(&parts.need(Rule::ident)?);
                parts.need(Rule::kw_from)?;
                Item::Secret(Secret { name, from: self.call(parts.need(Rule::call)?)?, span })
            }
            Rule::target => {
                let name = self.ident(&parts.need(Rule::ident)?);
                Item::Target(Target { name, call: self.call(parts.need(Rule::call)?)?, span })
            }
            Rule::trigger => {
                let call = self.call(parts.need(Rule::call)?)?;
                let body = parts.want(Rule::body).map(|p| self.body(p)).transpose()?;
                Item::Trigger(Trigger { call, body, span })
            }
            Rule::let_ => self.let_item(parts, span)?,
            Rule::each => {
                let name = self.ident(&parts.need(Rule::ident)?);
                parts.need(Rule::kw_in)?;
                let list = self.expr(parts.need(Rule::expr)?)?;
                parts.need(Rule::kw_at_most)?;
                let at_most = self.integer(&parts.need(Rule::integer)?);
                Item::Each(Each { name, list, at_most, body: self.body(parts.need(Rule::body)?)?, span })
            }
            Rule::rank => Item::Rank(Rank { rows: parts.map(|p| self.rank_row(p)).collect::<Built<_>>()?, span }),
            Rule::handler => {
                let exit = self.ident(&parts.need(Rule::ident)?);
                Item::Handler(Handler { exit, body: self.body(parts.need(Rule::body)?)?, span })
            }
            _ => return Err(parts.gap()),
        })
    }

    fn input(&self, mut parts: Parts<'_>, span: Span) -> Built<Item> {
        let name = self.ident(&parts.need(Rule::ident)?);
        let typ = self.type_expr(parts.need(Rule::typ)?)?;
        let from = match parts.want(Rule::kw_from) {
            Some(_) => Some(self.call(parts.need(Rule::call)?)?),
            None => None,
        };
        let default = parts.want(Rule::expr).map(|p| self.expr(p)).transpose()?;
        let condition = match parts.want(Rule::kw_where) {
            Some(_) => Some(self.expr(parts.need(Rule::expr)?)?),
            None => None,
        };
        Ok(Item::Input(Input { name, typ, from, default, condition, span }))
    }

    fn let_item(&self, mut parts: Parts<'_>, span: Span) -> Built<Item> {
        let name = self.ident(&parts.need(Rule::ident)?);
        let typ = parts.want(Rule::typ).map(|p| self.type_expr(p)).transpose()?;
        let value = self.expr(parts.need(Rule::expr)?)?;
        let skip = match parts.want(Rule::kw_else) {
            Some(_) => {
                parts.need(Rule::kw_skip)?;
                Some(self.text(parts.need(Rule::string)?)?)
            }
            None => None,
        };
        Ok(Item::Let(Let { name, typ, value, skip, undo: self.undo(&mut parts)?, span }))
    }

    fn undo(&self, parts: &mut Parts<'_>) -> Built<Option<Body>> {
        match parts.want(Rule::kw_undo) {
            Some(_) => Ok(Some(self.body(parts.need(Rule::body)?)?)),
            None => Ok(None),
        }
    }

    /// `when expr`, where it stands.
    pub(super) fn when(&self, parts: &mut Parts<'_>) -> Built<Option<Expr>> {
        match parts.want(Rule::kw_when) {
            Some(_) => Ok(Some(self.expr(parts.need(Rule::expr)?)?)),
            None => Ok(None),
        }
    }

    fn step(&self, pair: Pair<'_, Rule>, span: Span) -> Built<Step> {
        let start = pair.as_span().start();
        let text = pair.as_str();
        let mut parts = Parts::of(pair);
        let kind = match parts.need(Rule::step_kind)?.into_inner().next().map(|p| p.as_rule()) {
            Some(Rule::kw_detect) => StepKind::Detect,
            Some(Rule::kw_diagnose) => StepKind::Diagnose,
            Some(Rule::kw_verify) => StepKind::Verify,
            _ => StepKind::Remediate,
        };
        let name = self.ident(&parts.need(Rule::ident)?);
        let after = match parts.want(Rule::kw_after) {
            Some(_) => Some(self.after(parts.need(Rule::after)?)),
            None => None,
        };
        let when = self.when(&mut parts)?;
        let body = parts.need(Rule::body)?;
        let head = text.get(..body.as_span().start() - start).unwrap_or("").trim_end();
        let head = self.range(start, start + head.len());
        Ok(Step { kind, name, after, when, body: self.body(body)?, span, head })
    }

    fn after(&self, pair: Pair<'_, Rule>) -> After {
        let span = self.span(&pair);
        let (mut steps, mut joins) = (Vec::new(), Vec::new());
        for part in Parts::of(pair) {
            match part.as_rule() {
                Rule::kw_or => joins.push(AfterMode::Or),
                Rule::kw_and => joins.push(AfterMode::And),
                _ => steps.push(self.ident(&part)),
            }
        }
        After { steps, joins, span }
    }

    fn clause(&self, pair: Pair<'_, Rule>, span: Span) -> Built<Item> {
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair);
        parts.any()?; // the keyword
        Ok(match rule {
            Rule::fire | Rule::clear => {
                parts.need(Rule::kw_when)?;
                let condition = self.expr(parts.need(Rule::expr)?)?;
                if rule == Rule::fire { Item::Fire(condition, span) } else { Item::Clear(condition, span) }
            }
            Rule::guard => Item::Guard(self.expr(parts.need(Rule::expr)?)?, span),
            Rule::run_undo => Item::RunUndo(span),
            Rule::run_escalate => Item::RunEscalate(span),
            Rule::until => {
                let condition = self.expr(parts.need(Rule::expr)?)?;
                let holds = match parts.want(Rule::kw_holds) {
                    Some(_) => Some(self.operand(parts.need(Rule::operand)?)?),
                    None => None,
                };
                parts.need(Rule::kw_within)?;
                Item::Until(Until { condition, holds, within: self.operand(parts.need(Rule::operand)?)?, span })
            }
            Rule::ladder => {
                let name = self.ident(&parts.need(Rule::ident)?);
                let when = self.when(&mut parts)?;
                Item::Ladder(Ladder { name, when, rungs: parts.map(|p| self.ident(&p)).collect(), span })
            }
            _ => return Err(parts.gap()),
        })
    }

    /// One row of a `rank`.
    pub(crate) fn rank_row(&self, pair: Pair<'_, Rule>) -> Built<RankRow> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let cause = self.ident(&parts.need(Rule::ident)?);
        let confidence = self.quantity(&parts.need(Rule::quantity)?);
        parts.need(Rule::kw_when)?;
        Ok(RankRow { cause, confidence, when: self.expr(parts.need(Rule::expr)?)?, span })
    }

    /// One rung of a `ladder`.
    pub(crate) fn rung(&self, pair: &Pair<'_, Rule>) -> crate::syntax::tree::Ident {
        self.ident(pair)
    }

    pub(super) fn setting(&self, pair: Pair<'_, Rule>) -> Built<Setting> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let key = self.ident(&parts.need(Rule::word)?);
        Ok(Setting { key, value: self.expr(parts.need(Rule::expr)?)?, span })
    }

    pub(super) fn call(&self, pair: Pair<'_, Rule>) -> Built<Call> {
        let span = self.span(&pair);
        let mut parts = Parts::of(pair);
        let path = self.path(parts.need(Rule::path)?);
        Ok(Call { path, args: self.args(parts.need(Rule::args)?)?, span })
    }

    pub(super) fn args(&self, pair: Pair<'_, Rule>) -> Built<Vec<Arg>> {
        Parts::of(pair)
            .map(|p| {
                let mut parts = Parts::of(p);
                let label = parts.want(Rule::label).map(|p| self.ident(&p));
                Ok(Arg { label, value: self.expr(parts.need(Rule::expr)?)? })
            })
            .collect()
    }
}

fn block_kind(parts: &mut Parts<'_>) -> Built<BlockKind> {
    let kind = parts.need(Rule::block_kind)?.into_inner().next().map(|p| p.as_rule());
    Ok(match kind {
        Some(Rule::kw_limits) => BlockKind::Limits,
        Some(Rule::kw_retry) => BlockKind::Retry,
        Some(Rule::kw_breaker) => BlockKind::Breaker,
        Some(Rule::kw_approval) => BlockKind::Approval,
        Some(Rule::kw_escalate) => BlockKind::Escalate,
        _ => BlockKind::Undo,
    })
}
