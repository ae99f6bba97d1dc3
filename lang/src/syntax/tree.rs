//! The syntax tree: what stands in a file, each part with its place, nothing yet resolved.
//!
//! One type per form of the grammar. Bodies are lists of [`Item`]s as written; which items a block may hold is the
//! checker's business, so that one misplaced word is one clear error and not a parse failure.

use crate::source::Span;

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ident {
    /// As written.
    pub name: String,
    /// Where.
    pub span: Span,
}

/// `kubernetes.logs`: an identifier and the words after its dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// At least one.
    pub parts: Vec<Ident>,
    /// The whole.
    pub span: Span,
}

impl Path {
    /// The parts joined by dots.
    #[must_use]
    pub fn text(&self) -> String {
        self.parts.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(".")
    }
}

/// What kind of comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentKind {
    /// `// …`
    Plain,
    /// `/// …`, shown to approvers
    Doc,
    /// `//! …`, about the file
    File,
}

/// A comment; comments live beside the tree, not in it (L59).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// With its slashes, without the line end.
    pub text: String,
    /// Which kind.
    pub kind: CommentKind,
    /// Nothing but blanks stands before it on its line.
    pub own_line: bool,
    /// The line before is blank.
    pub blank_before: bool,
    /// Where.
    pub span: Span,
}

/// A whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// `heal 1`; absent means 1.
    pub edition: Option<Edition>,
    /// In order, without the edition.
    pub items: Vec<Top>,
    /// In order.
    pub comments: Vec<Comment>,
    /// The whole text.
    pub span: Span,
}

/// `heal 1`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// The number.
    pub number: u64,
    /// Where.
    pub span: Span,
}

/// What may stand at the top of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Top {
    /// `use "./lib.heal" as lib`
    Use(Use),
    /// `playbook name { … }`
    Playbook(Playbook),
    /// `scenario "…" for name { … }`
    Scenario(Scenario),
    /// `policy name { … }`
    Policy(Policy),
    /// `fn f(a: T) -> T = expr`
    Fn(Fn),
    /// `script f(a: T) -> T = """…"""`
    Script(Script),
    /// `retry gentle { … }`, `breaker x { … }`, `approval y { … }`
    Profile(Profile),
}

impl Top {
    /// The whole item.
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Top::Use(x) => x.span,
            Top::Playbook(x) => x.span,
            Top::Scenario(x) => x.span,
            Top::Policy(x) => x.span,
            Top::Fn(x) => x.span,
            Top::Script(x) => x.span,
            Top::Profile(x) => x.span,
        }
    }
}

/// `use "./lib.heal" as lib`
#[derive(Clone, Debug, PartialEq)]
pub struct Use {
    /// The file.
    pub path: Text,
    /// Its name here.
    pub name: Ident,
    /// Where.
    pub span: Span,
}

/// `playbook name { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Playbook {
    /// Its name.
    pub name: Ident,
    /// Its items.
    pub body: Body,
    /// Where.
    pub span: Span,
}

/// `fn f(a: T, b: T) -> T = expr`
#[derive(Clone, Debug, PartialEq)]
pub struct Fn {
    /// Its name.
    pub name: Ident,
    /// Parameters.
    pub params: Vec<Param>,
    /// Result, where written.
    pub result: Option<TypeExpr>,
    /// The expression.
    pub body: Expr,
    /// Where.
    pub span: Span,
}

/// `script f(a: T) -> T = """…"""` or `= file("f.rhai")`
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// Its name.
    pub name: Ident,
    /// Parameters.
    pub params: Vec<Param>,
    /// Result.
    pub result: TypeExpr,
    /// The code.
    pub source: ScriptSource,
    /// Where.
    pub span: Span,
}

/// Where a script's code stands.
#[derive(Clone, Debug, PartialEq)]
pub enum ScriptSource {
    /// In the playbook.
    Inline(Text),
    /// `file("f.rhai")`
    Call(Call),
}

/// `a: T`
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub typ: TypeExpr,
}

/// Which block a profile stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileKind {
    /// `retry`
    Retry,
    /// `breaker`
    Breaker,
    /// `approval`
    Approval,
}

/// `retry gentle { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Which block.
    pub kind: ProfileKind,
    /// Its name.
    pub name: Ident,
    /// Its settings.
    pub body: Body,
    /// Where.
    pub span: Span,
}

/// `policy name { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: Ident,
    /// Its rules.
    pub rules: Vec<PolicyRule>,
    /// Where.
    pub span: Span,
}

/// One line of a policy.
#[derive(Clone, Debug, PartialEq)]
pub enum PolicyRule {
    /// `forbid a.b when …`
    Forbid {
        /// What.
        path: Path,
        /// The condition.
        when: Option<Expr>,
        /// Where.
        span: Span,
    },
    /// `allow a.b when …`
    Allow {
        /// What.
        path: Path,
        /// The condition.
        when: Option<Expr>,
        /// Where.
        span: Span,
    },
    /// `limit a.b to 3 per 1h`
    Limit {
        /// What.
        path: Path,
        /// How often.
        quota: Expr,
        /// Where.
        span: Span,
    },
    /// `window a.b in calendar(…)`
    Window {
        /// What.
        path: Path,
        /// When.
        call: Call,
        /// Where.
        span: Span,
    },
    /// `approval for a.b when … { … }`
    Approval {
        /// What.
        path: Path,
        /// The condition.
        when: Option<Expr>,
        /// Its settings.
        body: Body,
        /// Where.
        span: Span,
    },
    /// `key = value`
    Setting(Setting),
}

/// `scenario "…" for name { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Its title.
    pub title: Text,
    /// The playbook it tests.
    pub playbook: Ident,
    /// In order.
    pub items: Vec<ScenarioItem>,
    /// Where.
    pub span: Span,
}

/// What may stand in a scenario.
#[derive(Clone, Debug, PartialEq)]
pub enum ScenarioItem {
    /// `world "./w.yaml"`
    World(Text, Span),
    /// `given { … }`
    Given(Body, Span),
    /// `at 30m fault x(…)`
    Fault {
        /// When.
        at: Expr,
        /// What.
        call: Call,
        /// Where.
        span: Span,
    },
    /// `at 30m trigger alert(…)`
    Trigger {
        /// When.
        at: Expr,
        /// What.
        call: Call,
        /// Where.
        span: Span,
    },
    /// `expect expr`
    Expect(Expr, Span),
}

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

/// `kubernetes.logs(app, over: 15m)`
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What is called.
    pub path: Path,
    /// With what.
    pub args: Vec<Arg>,
    /// Where.
    pub span: Span,
}

/// `over: 15m` or the positional subject
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    /// Its label; none for the subject.
    pub label: Option<Ident>,
    /// Its value.
    pub value: Expr,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeExprKind,
    /// `T?`
    pub optional: bool,
    /// Where.
    pub span: Span,
}

/// The forms of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExprKind {
    /// `list<kubernetes.Pod>`
    Named {
        /// Its name.
        path: Path,
        /// Its arguments.
        args: Vec<TypeExpr>,
    },
    /// `enum(fast, slow)`
    Enum(Vec<Ident>),
}

/// A number with the unit attached to it, as written: `5m`, `1h30m`, `5%`, `30/s`, `4GiB`, `12`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// As written; the checker reads the unit, for a better message than the grammar could give.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A string with its holes.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Decoded pieces, margins stripped.
    pub parts: Vec<TextPart>,
    /// `"""`
    pub block: bool,
    /// With its quotes.
    pub span: Span,
}

impl Text {
    /// The text, if it has no hole.
    #[must_use]
    pub fn plain(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|p| match p {
                TextPart::Text { text, .. } => Some(text.as_str()),
                TextPart::Hole(_) => None,
            })
            .collect()
    }
}

/// A piece of a string.
#[derive(Clone, Debug, PartialEq)]
pub enum TextPart {
    /// Text, decoded.
    Text {
        /// Its value.
        text: String,
        /// Where.
        span: Span,
    },
    /// `${expr}`
    Hole(Box<Expr>),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `true`
    Bool(bool),
    /// `none`
    None,
    /// `5m`
    Quantity(Quantity),
    /// `3 per 1h`
    Quota {
        /// How many.
        count: u64,
        /// In how long.
        per: Quantity,
    },
    /// `"…"`
    Text(Text),
    /// `re"…"`: the pattern, raw
    Regex(String),
    /// A bare name
    Name(Ident),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ a: 1 }`
    Record(Vec<Entry>),
    /// `(e)`
    Group(Box<Expr>),
    /// `if c then a else b`
    If {
        /// The condition.
        condition: Box<Expr>,
        /// Where it holds.
        then: Box<Expr>,
        /// Where it doesn't.
        otherwise: Box<Expr>,
    },
    /// `p => e`
    Lambda {
        /// The parameter.
        param: Ident,
        /// The expression.
        body: Box<Expr>,
    },
    /// `not e`, `-e`
    Unary {
        /// Which.
        op: UnaryOp,
        /// Of what.
        operand: Box<Expr>,
    },
    /// `a + b` and all other infix operators
    Binary {
        /// Which.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// Its left side.
        left: Box<Expr>,
        /// Its right side.
        right: Box<Expr>,
    },
    /// `e.name`, `e?.name`
    Field {
        /// Of what.
        base: Box<Expr>,
        /// Which.
        name: Ident,
        /// `?.`
        soft: bool,
    },
    /// `e[i]`
    Index {
        /// Of what.
        base: Box<Expr>,
        /// Which.
        index: Box<Expr>,
    },
    /// `e(args)`
    Call {
        /// What is called: a name, or a field of something.
        callee: Box<Expr>,
        /// With what.
        args: Vec<Arg>,
    },
    /// `e exists`
    Exists(Box<Expr>),
    /// `e as T`
    As {
        /// What.
        base: Box<Expr>,
        /// As what.
        typ: TypeExpr,
    },
}

/// `a: 1` in a record
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key, decoded.
    pub key: String,
    /// It was written in quotes.
    pub quoted: bool,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Expr,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Negate,
}

/// Infix operators, loosest first as in L7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is its own word")]
pub enum BinaryOp {
    Or,
    And,
    For,
    With,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Is,
    Matches,
    Coalesce,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl BinaryOp {
    /// As written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::For => "for",
            BinaryOp::With => "with",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::In => "in",
            BinaryOp::Is => "is",
            BinaryOp::Matches => "matches",
            BinaryOp::Coalesce => "??",
            BinaryOp::Range => "..",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
        }
    }

    /// `== != < <= > >=`
    #[must_use]
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            BinaryOp::Equal
                | BinaryOp::NotEqual
                | BinaryOp::Less
                | BinaryOp::LessEqual
                | BinaryOp::Greater
                | BinaryOp::GreaterEqual
        )
    }
}
