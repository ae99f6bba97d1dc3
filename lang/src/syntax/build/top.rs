//! What stands at the top of a file, and in policies and scenarios.

use super::{Builder, Built, Parts};
use crate::diagnostic::Diagnostic;
use crate::syntax::grammar::Rule;
use crate::syntax::tree::{
    Edition, Fn, Param, Playbook, Policy, PolicyRule, Profile, ProfileKind, Scenario, ScenarioItem, Script,
    ScriptSource, Text, TextPart, Top, TypeExpr, TypeExprKind, Use,
};
use pest::iterators::Pair;

/// An item of a file: the edition stands apart in the tree.
pub(crate) enum FileItem {
    Edition(Edition),
    Top(Box<Top>),
}

impl Builder<'_> {
    /// The items of the `file` (or `one_top`) rule.
    pub(crate) fn file_items(&self, pair: Pair<'_, Rule>) -> Built<Vec<FileItem>> {
        Parts::of(pair).map(|p| self.file_item(p)).collect()
    }

    fn file_item(&self, pair: Pair<'_, Rule>) -> Built<FileItem> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair);
        let top = match rule {
            Rule::edition => {
                parts.need(Rule::kw_heal)?;
                let number = parts.need(Rule::integer)?;
                return Ok(FileItem::Edition(Edition { number: self.integer(&number), span: self.span(&number) }));
            }
            Rule::use_ => {
                parts.need(Rule::kw_use)?;
                let path = self.text(parts.need(Rule::string)?)?;
                parts.need(Rule::kw_as)?;
                Top::Use(Use { path, name: self.ident(&parts.need(Rule::ident)?), span })
            }
            Rule::playbook => {
                parts.need(Rule::kw_playbook)?;
                let name = self.ident(&parts.need(Rule::ident)?);
                Top::Playbook(Playbook { name, body: self.body(parts.need(Rule::body)?)?, span })
            }
            Rule::scenario => {
                parts.need(Rule::kw_scenario)?;
                let title = self.text(parts.need(Rule::string)?)?;
                parts.need(Rule::kw_for)?;
                let playbook = self.ident(&parts.need(Rule::ident)?);
                let items = Parts::of(parts.need(Rule::sbody)?).map(|p| self.scenario_item(p)).collect::<Built<_>>()?;
                Top::Scenario(Scenario { title, playbook, items, span })
            }
            Rule::policy => {
                parts.need(Rule::kw_policy)?;
                let name = self.ident(&parts.need(Rule::ident)?);
                let rules = parts.map(|p| self.policy_rule(p)).collect::<Built<_>>()?;
                Top::Policy(Policy { name, rules, span })
            }
            Rule::fn_ => {
                parts.need(Rule::kw_fn)?;
                let name = self.ident(&parts.need(Rule::ident)?);
                let params = self.params(parts.need(Rule::params)?)?;
                let result = parts.want(Rule::typ).map(|p| self.type_expr(p)).transpose()?;
                Top::Fn(Fn { name, params, result, body: self.expr(parts.need(Rule::expr)?)?, span })
            }
            Rule::script => {
                parts.need(Rule::kw_script)?;
                let name = self.ident(&parts.need(Rule::ident)?);
                let params = self.params(parts.need(Rule::params)?)?;
                let result = self.type_expr(parts.need(Rule::typ)?)?;
                let source = match parts.rule() {
                    Some(Rule::call) => ScriptSource::Call(self.call(parts.need(Rule::call)?)?),
                    Some(Rule::raw_block) => ScriptSource::Inline(self.raw_block(&parts.need(Rule::raw_block)?)),
                    _ => ScriptSource::Inline(self.script_text(parts.need(Rule::string)?)?),
                };
                Top::Script(Script { name, params, result, source, span })
            }
            Rule::profile => {
                let kind = match parts.any()?.as_rule() {
                    Rule::kw_breaker => ProfileKind::Breaker,
                    Rule::kw_approval => ProfileKind::Approval,
                    _ => ProfileKind::Retry,
                };
                let name = self.ident(&parts.need(Rule::ident)?);
                Top::Profile(Profile { kind, name, body: self.body(parts.need(Rule::body)?)?, span })
            }
            _ => return Err(parts.gap()),
        };
        Ok(FileItem::Top(Box::new(top)))
    }

    fn script_text(&self, pair: Pair<'_, Rule>) -> Built<Text> {
        let text = self.text(pair)?;
        if let Some(TextPart::Hole(hole)) = text.parts.iter().find(|p| matches!(p, TextPart::Hole(_))) {
            self.report(
                Diagnostic::error("H0106", hole.span, "a script has no `${`: its text is Rhai's")
                    .at("evaluated by healrun, not by Rhai")
                    .help("give the value as a parameter, and the script as a `\"\"\"` block"),
            );
        }
        Ok(text)
    }

    fn params(&self, pair: Pair<'_, Rule>) -> Built<Vec<Param>> {
        Parts::of(pair)
            .map(|p| {
                let mut parts = Parts::of(p);
                let name = self.ident(&parts.need(Rule::ident)?);
                Ok(Param { name, typ: self.type_expr(parts.need(Rule::typ)?)? })
            })
            .collect()
    }

    pub(super) fn type_expr(&self, pair: Pair<'_, Rule>) -> Built<TypeExpr> {
        let span = self.span(&pair);
        let optional = pair.as_str().trim_end().ends_with('?');
        let mut parts = Parts::of(pair);
        self.deeper(span, 1, || {
            if let Some(list) = parts.want(Rule::enum_) {
                let mut words = Parts::of(list);
                words.need(Rule::kw_enum)?;
                let names = words.map(|p| self.ident(&p)).collect();
                return Ok(TypeExpr { kind: TypeExprKind::Enum(names), optional: false, span });
            }
            let path = self.path(parts.need(Rule::path)?);
            let args = parts.by_ref().map(|p| self.type_expr(p)).collect::<Built<_>>()?;
            Ok(TypeExpr { kind: TypeExprKind::Named { path, args }, optional, span })
        })
        .unwrap_or_else(|| {
            let path = crate::syntax::tree::Path { parts: Vec::new(), span };
            Ok(TypeExpr { kind: TypeExprKind::Named { path, args: Vec::new() }, optional, span })
        })
    }

    /// One rule of a policy.
    pub(crate) fn policy_rule(&self, pair: Pair<'_, Rule>) -> Built<PolicyRule> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        if rule == Rule::setting {
            return Ok(PolicyRule::Setting(self.setting(pair)?));
        }
        let mut parts = Parts::of(pair);
        parts.any()?;
        parts.want(Rule::kw_for);
        let path = self.path(parts.need(Rule::path)?);
        Ok(match rule {
            Rule::p_forbid => PolicyRule::Forbid { path, when: self.when(&mut parts)?, span },
            Rule::p_allow => PolicyRule::Allow { path, when: self.when(&mut parts)?, span },
            Rule::p_limit => {
                parts.need(Rule::kw_to)?;
                PolicyRule::Limit { path, quota: self.quota(parts.need(Rule::quota)?)?, span }
            }
            Rule::p_window => {
                parts.need(Rule::kw_in)?;
                PolicyRule::Window { path, call: self.call(parts.need(Rule::call)?)?, span }
            }
            Rule::p_approval => {
                let when = self.when(&mut parts)?;
                PolicyRule::Approval { path, when, body: self.body(parts.need(Rule::body)?)?, span }
            }
            _ => return Err(parts.gap()),
        })
    }

    /// One item of a scenario.
    pub(crate) fn scenario_item(&self, pair: Pair<'_, Rule>) -> Built<ScenarioItem> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut parts = Parts::of(pair);
        parts.any()?;
        Ok(match rule {
            Rule::world => ScenarioItem::World(self.text(parts.need(Rule::string)?)?, span),
            Rule::given => ScenarioItem::Given(self.body(parts.need(Rule::body)?)?, span),
            Rule::expect => ScenarioItem::Expect(self.expr(parts.need(Rule::expr)?)?, span),
            Rule::event => {
                let at = self.operand(parts.need(Rule::operand)?)?;
                let fault = parts.any()?.as_rule() == Rule::kw_fault;
                let call = self.call(parts.need(Rule::call)?)?;
                if fault { ScenarioItem::Fault { at, call, span } } else { ScenarioItem::Trigger { at, call, span } }
            }
            _ => return Err(parts.gap()),
        })
    }
}
