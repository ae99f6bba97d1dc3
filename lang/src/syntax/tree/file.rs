//! What stands at the top of a file: `use`, playbooks, functions, scripts, profiles, policies, scenarios.

use super::{Body, Call, Comment, Expr, Ident, Path, Setting, Text, TypeExpr};
use crate::source::Span;

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
