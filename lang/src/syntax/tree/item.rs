//! What stands in a block: declarations, steps with their parts, settings, actions.

use super::{Call, Expr, Ident, Quantity, Text, TypeExpr};
use crate::source::Span;

/// `{ … }`: the items of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// In order.
    pub items: Vec<Item>,
    /// With its braces.
    pub span: Span,
}

/// One item of a block.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `input name: T from env("X") = default where cond`
    Input(Input),
    /// `secret name from env("X")`
    Secret(Secret),
    /// `target name = kind(…)`
    Target(Target),
    /// `on alert("…") { … }` (in a playbook)
    Trigger(Trigger),
    /// `let name: T = expr …`
    Let(Let),
    /// `detect name … { … }` and its three siblings
    Step(Step),
    /// `for x in xs at_most 5 { … }`
    Each(Each),
    /// `rank { … }`
    Rank(Rank),
    /// `fire when expr`
    Fire(Expr, Span),
    /// `clear when expr`
    Clear(Expr, Span),
    /// `until expr holds D within D`
    Until(Until),
    /// `guard expr`
    Guard(Expr, Span),
    /// `ladder name when expr { a; b }`
    Ladder(Ladder),
    /// `undo`, the statement
    RunUndo(Span),
    /// `escalate`, the statement
    RunEscalate(Span),
    /// `on exit { … }`
    Handler(Handler),
    /// `limits { … }` and its siblings
    Block(Block),
    /// `key = value`
    Setting(Setting),
    /// A call that stands alone, with its `undo { … }`
    Action(Action),
}

impl Item {
    /// The whole item.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Item::Input(x) => x.span,
            Item::Secret(x) => x.span,
            Item::Target(x) => x.span,
            Item::Trigger(x) => x.span,
            Item::Let(x) => x.span,
            Item::Step(x) => x.span,
            Item::Each(x) => x.span,
            Item::Rank(x) => x.span,
            Item::Fire(_, s) | Item::Clear(_, s) | Item::Guard(_, s) | Item::RunUndo(s) | Item::RunEscalate(s) => *s,
            Item::Until(x) => x.span,
            Item::Ladder(x) => x.span,
            Item::Handler(x) => x.span,
            Item::Block(x) => x.span,
            Item::Setting(x) => x.span,
            Item::Action(x) => x.span,
        }
    }
}

/// `input name: T from env("X") = default where cond`
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub typ: TypeExpr,
    /// `from env("X")`
    pub from: Option<Call>,
    /// `= default`
    pub default: Option<Expr>,
    /// `where cond`
    pub condition: Option<Expr>,
    /// Where.
    pub span: Span,
}

/// `secret name from env("X")`
#[derive(Clone, Debug, PartialEq)]
pub struct Secret {
    /// Its name.
    pub name: Ident,
    /// Where it comes from.
    pub from: Call,
    /// Where.
    pub span: Span,
}

/// `target name = kind(…)`
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Its name.
    pub name: Ident,
    /// The constructor.
    pub call: Call,
    /// Where.
    pub span: Span,
}

/// `on alert("…") { input = expr }`
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    /// What starts a run.
    pub call: Call,
    /// Which inputs it binds.
    pub body: Option<Body>,
    /// Where.
    pub span: Span,
}

/// `let name: T = expr else skip "…"` or `… undo { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// Its name.
    pub name: Ident,
    /// Its type, where written.
    pub typ: Option<TypeExpr>,
    /// The expression.
    pub value: Expr,
    /// `else skip "reason"`
    pub skip: Option<Text>,
    /// `undo { … }` after a changing call
    pub undo: Option<Body>,
    /// Where.
    pub span: Span,
}

/// The four kinds of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Notices that something is wrong.
    Detect,
    /// Finds out what.
    Diagnose,
    /// Changes the world.
    Remediate,
    /// Proves that it helped.
    Verify,
}

impl StepKind {
    /// The word of the language.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            StepKind::Detect => "detect",
            StepKind::Diagnose => "diagnose",
            StepKind::Remediate => "remediate",
            StepKind::Verify => "verify",
        }
    }
}

/// `remediate name after a or b when expr { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which kind.
    pub kind: StepKind,
    /// Its name.
    pub name: Ident,
    /// `after …`
    pub after: Option<After>,
    /// `when …`
    pub when: Option<Expr>,
    /// Its items.
    pub body: Body,
    /// Where.
    pub span: Span,
    /// From the first word to the brace: what errors about the step point at.
    pub head: Span,
}

/// How the names of an `after` are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AfterMode {
    /// All have ended and at least one ran.
    Or,
    /// All ran.
    And,
}

/// `after a or b`
#[derive(Clone, Debug, PartialEq)]
pub struct After {
    /// At least one.
    pub steps: Vec<Ident>,
    /// The joining words between them, one fewer than names; mixing them is an error of the checker.
    pub joins: Vec<AfterMode>,
    /// Where.
    pub span: Span,
}

/// `for x in xs at_most 5 { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    /// The name of one.
    pub name: Ident,
    /// The list.
    pub list: Expr,
    /// The bound.
    pub at_most: u64,
    /// Its items.
    pub body: Body,
    /// Where.
    pub span: Span,
}

/// `rank { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Rank {
    /// In order.
    pub rows: Vec<RankRow>,
    /// Where.
    pub span: Span,
}

/// `bad_release 95% when expr`
#[derive(Clone, Debug, PartialEq)]
pub struct RankRow {
    /// The cause.
    pub cause: Ident,
    /// Its confidence.
    pub confidence: Quantity,
    /// Its condition.
    pub when: Expr,
    /// Where.
    pub span: Span,
}

/// `until expr holds D within D`
#[derive(Clone, Debug, PartialEq)]
pub struct Until {
    /// The condition.
    pub condition: Expr,
    /// For how long it must hold.
    pub holds: Option<Expr>,
    /// By when.
    pub within: Expr,
    /// Where.
    pub span: Span,
}

/// `ladder name when expr { a; b }`
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    /// Its name.
    pub name: Ident,
    /// Its condition.
    pub when: Option<Expr>,
    /// The remediations, in order.
    pub rungs: Vec<Ident>,
    /// Where.
    pub span: Span,
}

/// `on not_fixed { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    /// The exit or outcome.
    pub exit: Ident,
    /// What is done.
    pub body: Body,
    /// Where.
    pub span: Span,
}

/// The blocks that have no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// `limits { … }`
    Limits,
    /// `retry { … }`
    Retry,
    /// `breaker { … }`
    Breaker,
    /// `approval when … { … }`
    Approval,
    /// `escalate { … }`
    Escalate,
    /// `undo { … }`
    Undo,
}

/// `approval when risk >= high { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Which.
    pub kind: BlockKind,
    /// Its condition.
    pub when: Option<Expr>,
    /// Its items.
    pub body: Body,
    /// Where.
    pub span: Span,
}

/// `key = value`
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The key: any word.
    pub key: Ident,
    /// The value.
    pub value: Expr,
    /// Where.
    pub span: Span,
}

/// A call that stands alone, with its undo.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// The call.
    pub call: Call,
    /// `undo { … }`
    pub undo: Option<Body>,
    /// Where.
    pub span: Span,
}
