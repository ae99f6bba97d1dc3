//! The layout of expressions.

use super::attach::{argument, arguments};
use super::chain::{flat, operands};
use super::doc::Doc;
use super::{Layout, text};
use crate::source::Span;
use crate::syntax::tree::{Arg, BinaryOp, Call, Entry, Expr, ExprKind, TypeExpr, TypeExprKind, UnaryOp};

impl Layout<'_> {
    pub(super) fn expr(&self, expr: &Expr) -> Doc {
        if let Some((op, parts)) = operands(expr) {
            return self.and_or(op, &parts);
        }
        match &expr.kind {
            ExprKind::Text(t) => self.string(t, false),
            ExprKind::Bool(_) | ExprKind::None | ExprKind::Quantity(_) | ExprKind::Regex(_) | ExprKind::Name(_) => {
                Doc::text(self.source(expr.span))
            }
            ExprKind::Quota { count, per } => Doc::text(format!("{} per {}", self.count(expr.span, *count), per.text)),
            ExprKind::List(list) => {
                let elements = list.iter().map(|e| (e.span, self.expr(e))).collect();
                self.bracket(("[", "]"), Doc::Soft, expr.span, elements)
            }
            ExprKind::Record(entries) => {
                let entries = entries.iter().map(|e| (e.key_span.to(e.value.span), self.entry(e))).collect();
                self.bracket(("{", "}"), Doc::Line, expr.span, entries)
            }
            ExprKind::Group(inner) => {
                Doc::Group(vec![text("("), Doc::Indent(vec![Doc::Soft, self.expr(inner)]), Doc::Soft, text(")")])
            }
            ExprKind::If { condition, then, otherwise } => Doc::Group(vec![
                text("if "),
                self.expr(condition),
                Doc::Indent(vec![
                    Doc::Line,
                    text("then "),
                    self.expr(then),
                    Doc::Line,
                    text("else "),
                    self.expr(otherwise),
                ]),
            ]),
            ExprKind::Lambda { param, body } => Doc::All(vec![text(&format!("{} => ", param.name)), self.expr(body)]),
            ExprKind::Unary { op: UnaryOp::Not, operand } => Doc::All(vec![text("not "), self.expr(operand)]),
            ExprKind::Unary { op: UnaryOp::Negate, operand } => Doc::All(vec![text("-"), self.expr(operand)]),
            ExprKind::Binary { op, left, right, .. } => self.binary(expr, *op, left, right),
            ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::Call { .. }
            | ExprKind::Exists(_)
            | ExprKind::As { .. } => self.postfixes(expr),
        }
    }

    // A number as written, its `_` included.
    fn count(&self, span: Span, count: u64) -> String {
        let written: String = self.source(span).chars().take_while(|c| c.is_ascii_digit() || *c == '_').collect();
        if written.is_empty() { count.to_string() } else { written }
    }

    fn and_or(&self, op: BinaryOp, parts: &[&Expr]) -> Doc {
        let mut docs = Vec::new();
        let mut rest = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let (leading, trailing) = self.comments(part.span);
            let inner = self.expr(part);
            if index == 0 {
                docs.extend([leading, inner, trailing]);
            } else {
                rest.extend([Doc::Line, leading, text(op.text()), text(" "), inner, trailing]);
            }
        }
        docs.push(Doc::Indent(rest));
        Doc::Group(docs)
    }

    fn binary(&self, expr: &Expr, op: BinaryOp, left: &Expr, right: &Expr) -> Doc {
        let same: fn(BinaryOp) -> bool = match op {
            BinaryOp::Add | BinaryOp::Subtract => |o| matches!(o, BinaryOp::Add | BinaryOp::Subtract),
            BinaryOp::Multiply | BinaryOp::Divide => |o| matches!(o, BinaryOp::Multiply | BinaryOp::Divide),
            BinaryOp::Coalesce => |o| o == BinaryOp::Coalesce,
            BinaryOp::Range => {
                return Doc::All(vec![self.expr(left), text(".."), self.expr(right)]);
            }
            _ => {
                let op = format!(" {} ", op.text());
                return Doc::All(vec![self.expr(left), text(&op), self.expr(right)]);
            }
        };
        let (first, rest) = flat(expr, same);
        let rest =
            rest.into_iter().flat_map(|(op, part)| [text(" "), text(op.text()), Doc::Line, self.expr(part)]).collect();
        Doc::Group(vec![self.expr(first), Doc::Indent(rest)])
    }

    // `a.b(c)[d].e(f)`: where two calls or more do not fit, each stands on a line of its own.
    fn postfixes(&self, expr: &Expr) -> Doc {
        let mut links = Vec::new();
        let mut base = expr;
        loop {
            links.push(base);
            base = match &base.kind {
                ExprKind::Field { base, .. } | ExprKind::Index { base, .. } | ExprKind::As { base, .. } => base,
                ExprKind::Call { callee, .. } => callee,
                ExprKind::Exists(base) => base,
                _ => {
                    links.pop();
                    break;
                }
            };
        }
        links.reverse();
        let is_call = |e: Option<&&Expr>| e.is_some_and(|e| matches!(e.kind, ExprKind::Call { .. }));
        let methods = links
            .iter()
            .enumerate()
            .filter(|(i, e)| matches!(e.kind, ExprKind::Field { .. }) && is_call(links.get(i + 1)))
            .count();
        let mut docs = Vec::new();
        for (index, link) in links.iter().enumerate() {
            match &link.kind {
                ExprKind::Field { name, soft, .. } => {
                    if methods > 1 && is_call(links.get(index + 1)) {
                        docs.push(Doc::Soft);
                    }
                    docs.push(text(if *soft { "?." } else { "." }));
                    docs.push(text(&name.name));
                }
                ExprKind::Index { index, .. } => docs.extend([text("["), self.expr(index), text("]")]),
                ExprKind::As { typ, .. } => docs.extend([text(" as "), self.type_expr(typ)]),
                ExprKind::Exists(_) => docs.push(text(" exists")),
                ExprKind::Call { callee, args } => docs.push(self.args(arguments(callee.span, link.span), args)),
                _ => {}
            }
        }
        let base = self.expr(base);
        if methods > 1 {
            Doc::Group(vec![base, Doc::Indent(docs)])
        } else {
            docs.insert(0, base);
            Doc::All(docs)
        }
    }

    fn entry(&self, entry: &Entry) -> Doc {
        let key = self.source(entry.key_span);
        Doc::All(vec![text(&key), text(": "), self.expr(&entry.value)])
    }

    pub(super) fn call(&self, call: &Call) -> Doc {
        Doc::All(vec![text(&call.path.text()), self.args(arguments(call.path.span, call.span), &call.args)])
    }

    fn args(&self, span: Span, args: &[Arg]) -> Doc {
        let args = args
            .iter()
            .map(|a| {
                let value = self.expr(&a.value);
                let doc = match &a.label {
                    Some(label) => Doc::All(vec![text(&label.name), text(": "), value]),
                    None => value,
                };
                (argument(a), doc)
            })
            .collect();
        self.bracket(("(", ")"), Doc::Soft, span, args)
    }

    /// Elements with commas between them: on one line, or each on its own with a comma after the last.
    fn bracket(&self, (open, close): (&str, &str), gap: Doc, span: Span, elements: Vec<(Span, Doc)>) -> Doc {
        let dangling = self.dangling(span);
        if elements.is_empty() && dangling.is_none() {
            return text(&format!("{open}{close}"));
        }
        let last_gap = if matches!(gap, Doc::Line) { Doc::Line } else { Doc::Soft };
        let count = elements.len();
        let mut docs = vec![gap];
        for (index, (span, element)) in elements.into_iter().enumerate() {
            let (leading, trailing) = self.comments(span);
            let last = index + 1 == count;
            docs.extend([leading, element, if last { Doc::IfBroken(",") } else { text(",") }, trailing]);
            if !last {
                docs.push(Doc::Line);
            }
        }
        if let Some(dangling) = dangling {
            if count > 0 {
                docs.push(Doc::Hard);
            }
            docs.push(dangling);
        }
        Doc::Group(vec![text(open), Doc::Indent(docs), last_gap, text(close)])
    }

    pub(super) fn type_expr(&self, typ: &TypeExpr) -> Doc {
        let mut out = String::new();
        write_type(typ, &mut out);
        text(&out)
    }
}

fn write_type(typ: &TypeExpr, out: &mut String) {
    match &typ.kind {
        TypeExprKind::Named { path, args } => {
            out.push_str(&path.text());
            for (index, arg) in args.iter().enumerate() {
                out.push_str(if index == 0 { "<" } else { ", " });
                write_type(arg, out);
            }
            if !args.is_empty() {
                out.push('>');
            }
        }
        TypeExprKind::Enum(names) => {
            let names: Vec<&str> = names.iter().map(|n| n.name.as_str()).collect();
            out.push_str(&format!("enum({})", names.join(", ")));
        }
    }
    if typ.optional {
        out.push('?');
    }
}
