//! What a rule of the grammar is called when a person reads it.

use super::grammar::Rule;

/// How a rule counts when it could have stood at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wanted {
    /// This very word or mark.
    Mark(&'static str),
    /// Something that has a name.
    Form(&'static str),
    /// A value.
    Expression,
    /// What goes on with a value that is complete already.
    Operator,
    /// Never worth a word.
    Nothing,
}

/// Exhaustive, so that no rule comes without a name.
#[allow(clippy::match_same_arms, reason = "in the order of the grammar")]
pub(super) fn wanted(rule: Rule) -> Wanted {
    use Wanted::{Expression, Form, Mark, Nothing, Operator};
    match rule {
        Rule::EOI | Rule::comment | Rule::nl | Rule::sep | Rule::WHITESPACE | Rule::file | Rule::open | Rule::close => {
            Nothing
        }
        Rule::one_top => Form("an item of a file"),
        Rule::one_item => Form("an item of the block"),
        Rule::one_rule => Form("a rule of the policy"),
        Rule::one_sitem => Form("an item of the scenario"),
        Rule::one_row => Form("a row `cause 90% when …`"),
        Rule::one_rung => Form("the name of a remediation"),
        Rule::wc | Rule::reserved | Rule::digits | Rule::number | Rule::per_time => Nothing,
        Rule::obrace | Rule::body | Rule::sbody => Mark("{"),
        Rule::eq => Mark("="),
        Rule::colon => Mark(":"),
        Rule::arrow => Mark("->"),
        Rule::rangle => Mark(">"),
        Rule::args | Rule::params => Mark("("),
        Rule::top | Rule::edition | Rule::use_ | Rule::fn_ | Rule::script | Rule::profile => Form("an item of a file"),
        Rule::policy | Rule::playbook | Rule::scenario => Form("an item of a file"),
        Rule::rule_ | Rule::p_forbid | Rule::p_allow | Rule::p_limit | Rule::p_window | Rule::p_approval => {
            Form("a rule of the policy")
        }
        Rule::item | Rule::input | Rule::secret | Rule::target | Rule::trigger | Rule::let_ | Rule::step => {
            Form("an item of the block")
        }
        Rule::step_kind | Rule::each | Rule::clause | Rule::fire | Rule::clear | Rule::until | Rule::guard => {
            Form("an item of the block")
        }
        Rule::handler | Rule::run_undo | Rule::run_escalate | Rule::block | Rule::block_kind | Rule::setting => {
            Form("an item of the block")
        }
        Rule::action | Rule::rank | Rule::ladder => Form("an item of the block"),
        Rule::sitem | Rule::world | Rule::given | Rule::event | Rule::expect => Form("an item of the scenario"),
        Rule::rank_row => Form("a row `cause 90% when …`"),
        Rule::param => Form("a parameter"),
        Rule::after => Form("the name of a step"),
        Rule::typ | Rule::enum_ => Form("a type"),
        Rule::call => Form("a call"),
        Rule::path | Rule::ident => Form("a name"),
        Rule::word | Rule::label => Form("a word"),
        Rule::arg => Form("an argument"),
        Rule::entry => Form("an entry `key: value`"),
        Rule::integer => Form("a whole number"),
        Rule::quota => Form("a quota `3 per 1h`"),
        Rule::quantity => Form("a number"),
        Rule::string | Rule::line_string | Rule::block_string | Rule::raw_block => Form("a text in quotes"),
        Rule::line_text | Rule::block_text | Rule::escape => Form("text"),
        Rule::hole => Form("`${…}`"),
        Rule::expr | Rule::unary | Rule::operand | Rule::primary | Rule::prefix | Rule::not | Rule::neg => Expression,
        Rule::if_ | Rule::group | Rule::lambda | Rule::list | Rule::record | Rule::boolean | Rule::none => Expression,
        Rule::name | Rule::regex => Expression,
        Rule::infix | Rule::or | Rule::and | Rule::for_ | Rule::with_ | Rule::in_ | Rule::is_ | Rule::matches => {
            Operator
        }
        Rule::cmp | Rule::coalesce | Rule::range | Rule::add | Rule::sub | Rule::mul | Rule::div => Operator,
        Rule::postfix | Rule::field | Rule::index | Rule::exists | Rule::as_ => Operator,
        Rule::kw_and => Mark("and"),
        Rule::kw_or => Mark("or"),
        Rule::kw_in => Mark("in"),
        Rule::kw_is => Mark("is"),
        Rule::kw_matches => Mark("matches"),
        Rule::kw_with => Mark("with"),
        Rule::kw_exists => Mark("exists"),
        Rule::kw_not => Expression,
        Rule::kw_enum => Mark("enum"),
        Rule::kw_forbid => Mark("forbid"),
        Rule::kw_allow => Mark("allow"),
        Rule::kw_to => Mark("to"),
        Rule::kw_limit => Mark("limit"),
        Rule::kw_window => Mark("window"),
        Rule::kw_heal => Mark("heal"),
        Rule::kw_use => Mark("use"),
        Rule::kw_as => Mark("as"),
        Rule::kw_fn => Mark("fn"),
        Rule::kw_script => Mark("script"),
        Rule::kw_policy => Mark("policy"),
        Rule::kw_playbook => Mark("playbook"),
        Rule::kw_scenario => Mark("scenario"),
        Rule::kw_for => Mark("for"),
        Rule::kw_input => Mark("input"),
        Rule::kw_where => Mark("where"),
        Rule::kw_secret => Mark("secret"),
        Rule::kw_from => Mark("from"),
        Rule::kw_target => Mark("target"),
        Rule::kw_on => Mark("on"),
        Rule::kw_let => Mark("let"),
        Rule::kw_else => Mark("else"),
        Rule::kw_skip => Mark("skip"),
        Rule::kw_after => Mark("after"),
        Rule::kw_when => Mark("when"),
        Rule::kw_detect => Mark("detect"),
        Rule::kw_diagnose => Mark("diagnose"),
        Rule::kw_remediate => Mark("remediate"),
        Rule::kw_verify => Mark("verify"),
        Rule::kw_at_most => Mark("at_most"),
        Rule::kw_rank => Mark("rank"),
        Rule::kw_fire => Mark("fire"),
        Rule::kw_clear => Mark("clear"),
        Rule::kw_until => Mark("until"),
        Rule::kw_guard => Mark("guard"),
        Rule::kw_holds => Mark("holds"),
        Rule::kw_within => Mark("within"),
        Rule::kw_ladder => Mark("ladder"),
        Rule::kw_undo => Mark("undo"),
        Rule::kw_escalate => Mark("escalate"),
        Rule::kw_limits => Mark("limits"),
        Rule::kw_retry => Mark("retry"),
        Rule::kw_breaker => Mark("breaker"),
        Rule::kw_approval => Mark("approval"),
        Rule::kw_world => Mark("world"),
        Rule::kw_given => Mark("given"),
        Rule::kw_at => Mark("at"),
        Rule::kw_fault => Mark("fault"),
        Rule::kw_trigger => Mark("trigger"),
        Rule::kw_expect => Mark("expect"),
        Rule::kw_per => Mark("per"),
        Rule::kw_if => Mark("if"),
        Rule::kw_then => Mark("then"),
    }
}

/// The words that cannot be names, as the grammar's `reserved`.
pub(super) const RESERVED: [&str; 24] = [
    "and", "or", "not", "in", "is", "matches", "for", "with", "per", "holds", "when", "if", "then", "else", "true",
    "false", "none", "exists", "as", "let", "after", "undo", "escalate", "on",
];
