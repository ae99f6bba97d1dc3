//! Calls, types, quantities, texts and expressions.

use super::{Ident, Path};
use crate::source::Span;

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
