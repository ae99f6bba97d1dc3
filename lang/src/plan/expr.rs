//! Typed expressions. Names are resolved, `fn`s are inlined, calls of read actions are lifted out (see [`ReadCall`]):
//! what is left is pure and is judged by the evaluator of heal-stdlib, in every driver alike.

use super::step::{ReadId, StepId};
use crate::catalogue::{Language, Type};
use crate::source::Span;
use crate::syntax::tree::{BinaryOp, UnaryOp};
use serde::{Deserialize, Serialize};

/// An expression with its type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub typ: Type,
    /// Where it stands, for explanations.
    pub span: Span,
}

/// `name: value`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedArg {
    /// The parameter.
    pub name: String,
    /// Its value.
    pub value: Expr,
}

/// A piece of a string.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// As it is.
    Text(String),
    /// A hole. In a query `quoted` says whether it stands inside quotes (then it is escaped) or outside (then only
    /// numbers and durations may stand there) (L26).
    Hole {
        /// The value.
        value: Box<Expr>,
        /// Inside quotes of the query language.
        quoted: bool,
    },
}

/// The forms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExprKind {
    /// `true`
    Bool(bool),
    /// A whole number without unit.
    Int(i64),
    /// A number in the base unit of the expression's dimension.
    Number(f64),
    /// A string, with its holes; of a query language where the type is one.
    Text {
        /// In order.
        pieces: Vec<Piece>,
        /// Which escaping the holes need.
        language: Option<Language>,
    },
    /// A pattern that compiles.
    Regex(String),
    /// A word of the enum that is the expression's type.
    Word(String),
    /// `3 per 1h`
    Quota(super::Quota),
    /// `none`
    None,
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ a: 1 }`
    Record(Vec<NamedArg>),
    /// `a..b`, both ends belong to it.
    Range(Box<Expr>, Box<Expr>),
    /// A lambda's parameter, an inlined `fn`'s parameter bound by [`ExprKind::Bind`], or `for x in`'s name.
    Local(String),
    /// `let name = value in body`: an inlined `fn`'s argument.
    Bind {
        /// The parameter's name, unique within the plan.
        name: String,
        /// The argument.
        value: Box<Expr>,
        /// The function's body.
        body: Box<Expr>,
    },
    /// An input of the playbook.
    Input(String),
    /// A secret of the playbook: `secret<string>`.
    Secret(String),
    /// A target of the playbook.
    Target(String),
    /// A let of the playbook.
    PlaybookLet(String),
    /// A let of this step or another one: `step.name`.
    StepLet {
        /// Whose.
        step: StepId,
        /// Which.
        name: String,
        /// `s?.x`: absent where the step did not run to its end.
        soft: bool,
    },
    /// A built-in of a step's record: `fired since best confidence verdict changes because`.
    StepField {
        /// Whose.
        step: StepId,
        /// Which.
        field: String,
        /// `s?.x`
        soft: bool,
    },
    /// `run.url`, `run.outcome`, `run.id`, …
    Run(String),
    /// A name that a trigger binds: `alert`.
    Trigger(String),
    /// `now`: the step's event time.
    Now,
    /// The result of a read of this step.
    Read(ReadId),
    /// The result of a changing call of this step (its index), bound by a `let`.
    Change(u32),
    /// A pure function of the catalogue; every parameter has its value, defaults filled in.
    Call {
        /// Full name.
        function: String,
        /// In order of the declaration.
        args: Vec<NamedArg>,
    },
    /// A method: `xs.any(p => …)`.
    Method {
        /// Of what.
        receiver: Box<Expr>,
        /// Which.
        name: String,
        /// In order of the declaration.
        args: Vec<NamedArg>,
    },
    /// A script function; in order of its parameters.
    Script {
        /// Its name.
        name: String,
        /// Its arguments.
        args: Vec<Expr>,
    },
    /// `p => e`
    Lambda {
        /// The parameter, unique within the plan.
        param: String,
        /// The expression.
        body: Box<Expr>,
    },
    /// `if c then a else b`
    If {
        /// The condition.
        condition: Box<Expr>,
        /// Where it holds.
        then: Box<Expr>,
        /// Where it doesn't.
        otherwise: Box<Expr>,
    },
    /// `not e`, `-e`
    Unary {
        /// Which.
        op: UnaryOp,
        /// Of what.
        operand: Box<Expr>,
    },
    /// Arithmetic, comparison, `and or`, `in`, `matches`, `??`. (`for`, `with`, `is`, `..` have forms of their own.)
    Binary {
        /// Which.
        op: BinaryOp,
        /// Its left side.
        left: Box<Expr>,
        /// Its right side.
        right: Box<Expr>,
    },
    /// `series cmp x for D`: every sample of the last D satisfies it and the window is covered, else unknown (L8).
    For {
        /// The series.
        series: Box<Expr>,
        /// The comparison.
        op: BinaryOp,
        /// With what.
        bound: Box<Expr>,
        /// Over what time.
        duration: Box<Expr>,
    },
    /// `cause is X`, `cause is X with confidence >= 90%` (L30).
    CauseIs {
        /// The diagnose step.
        step: StepId,
        /// The cause.
        cause: String,
        /// The bound: comparison and value.
        bound: Option<(BinaryOp, Box<Expr>)>,
    },
    /// `s is fired`: how a step ended.
    EndIs {
        /// The step.
        step: StepId,
        /// Which exit.
        exit: super::Exit,
    },
    /// `x is word` on an enum.
    WordIs {
        /// The value.
        value: Box<Expr>,
        /// The word.
        word: String,
    },
    /// `e.name` on a record; `e?.name` where `soft`.
    Field {
        /// Of what.
        base: Box<Expr>,
        /// Which.
        name: String,
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
    /// `e exists`
    Exists(Box<Expr>),
    /// `j as T`: opens json.
    As(Box<Expr>),
    /// `before(x)` in verify: the value right before the change (L48); the index into the step's `befores`.
    Before(u32),
}
