//! Walks over expressions, typed and untyped.

use crate::plan::{Expr, ExprKind, NamedArg, Piece};
use crate::syntax::tree;

/// The direct parts of an expression, in order.
pub(crate) fn children(e: &Expr) -> Vec<&Expr> {
    fn values(args: &[NamedArg]) -> Vec<&Expr> {
        args.iter().map(|a| &a.value).collect()
    }
    match &e.kind {
        ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Number(_)
        | ExprKind::Regex(_)
        | ExprKind::Word(_)
        | ExprKind::Quota(_)
        | ExprKind::None
        | ExprKind::Local(_)
        | ExprKind::Input(_)
        | ExprKind::Secret(_)
        | ExprKind::Target(_)
        | ExprKind::PlaybookLet(_)
        | ExprKind::StepLet { .. }
        | ExprKind::StepField { .. }
        | ExprKind::Run(_)
        | ExprKind::Trigger(_)
        | ExprKind::Now
        | ExprKind::Read(_)
        | ExprKind::Change(_)
        | ExprKind::EndIs { .. }
        | ExprKind::Before(_) => Vec::new(),
        ExprKind::Text { pieces, .. } => pieces
            .iter()
            .filter_map(|p| match p {
                Piece::Hole { value, .. } => Some(&**value),
                Piece::Text(_) => None,
            })
            .collect(),
        ExprKind::List(xs) => xs.iter().collect(),
        ExprKind::Record(entries) => values(entries),
        ExprKind::Range(a, b) => vec![a, b],
        ExprKind::Bind { value, body, .. } => vec![value, body],
        ExprKind::Call { args, .. } => values(args),
        ExprKind::Method { receiver, args, .. } => {
            let mut all = vec![&**receiver];
            all.extend(values(args));
            all
        }
        ExprKind::Script { args, .. } => args.iter().collect(),
        ExprKind::Lambda { body, .. } => vec![body],
        ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
        ExprKind::Unary { operand, .. } => vec![operand],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::For { series, bound, duration, .. } => vec![series, bound, duration],
        ExprKind::CauseIs { bound, .. } => bound.iter().map(|(_, b)| &**b).collect(),
        ExprKind::WordIs { value, .. } => vec![value],
        ExprKind::Field { base, .. } => vec![base],
        ExprKind::Index { base, index } => vec![base, index],
        ExprKind::Exists(base) | ExprKind::As(base) => vec![base],
    }
}

/// Calls `f` on the expression and everything in it, outside first.
pub(crate) fn visit<'e>(e: &'e Expr, f: &mut dyn FnMut(&'e Expr)) {
    f(e);
    for child in children(e) {
        visit(child, f);
    }
}

/// Whether any part is so.
pub(crate) fn any(e: &Expr, test: &dyn Fn(&Expr) -> bool) -> bool {
    test(e) || children(e).into_iter().any(|c| any(c, test))
}

/// Calls `f` on every bare name that the untyped expression mentions: the heads of paths too, but not what stands
/// after a dot or a label.
pub(super) fn names<'t>(e: &'t tree::Expr, f: &mut dyn FnMut(&'t tree::Ident)) {
    use tree::ExprKind as K;
    match &e.kind {
        K::Bool(_) | K::None | K::Quantity(_) | K::Quota { .. } | K::Regex(_) => {}
        K::Text(text) => text_names(text, f),
        K::Name(name) => f(name),
        K::List(xs) => xs.iter().for_each(|x| names(x, f)),
        K::Record(entries) => entries.iter().for_each(|x| names(&x.value, f)),
        K::Group(x) | K::Exists(x) => names(x, f),
        K::If { condition, then, otherwise } => [condition, then, otherwise].into_iter().for_each(|x| names(x, f)),
        K::Lambda { body, .. } => names(body, f),
        K::Unary { operand, .. } => names(operand, f),
        K::Binary { left, right, .. } => {
            names(left, f);
            names(right, f);
        }
        K::Field { base, .. } => names(base, f),
        K::Index { base, index } => {
            names(base, f);
            names(index, f);
        }
        K::Call { callee, args } => {
            names(callee, f);
            args.iter().for_each(|a| names(&a.value, f));
        }
        K::As { base, .. } => names(base, f),
    }
}

fn text_names<'t>(text: &'t tree::Text, f: &mut dyn FnMut(&'t tree::Ident)) {
    for part in &text.parts {
        if let tree::TextPart::Hole(hole) = part {
            names(hole, f);
        }
    }
}

fn call_names<'t>(call: &'t tree::Call, f: &mut dyn FnMut(&'t tree::Ident)) {
    if let Some(head) = call.path.parts.first() {
        f(head);
    }
    call.args.iter().for_each(|a| names(&a.value, f));
}

/// The same over a block and all it holds.
pub(super) fn body_names<'t>(body: &'t tree::Body, f: &mut dyn FnMut(&'t tree::Ident)) {
    use tree::Item;
    for item in &body.items {
        match item {
            Item::Input(_) | Item::Secret(_) | Item::Target(_) | Item::Trigger(_) | Item::Step(_) => {}
            Item::RunUndo(_) | Item::RunEscalate(_) | Item::Ladder(_) => {}
            Item::Let(x) => {
                names(&x.value, f);
                if let Some(undo) = &x.undo {
                    body_names(undo, f);
                }
            }
            Item::Each(x) => {
                names(&x.list, f);
                body_names(&x.body, f);
            }
            Item::Rank(x) => x.rows.iter().for_each(|r| names(&r.when, f)),
            Item::Fire(x, _) | Item::Clear(x, _) | Item::Guard(x, _) => names(x, f),
            Item::Until(x) => names(&x.condition, f),
            Item::Handler(x) => body_names(&x.body, f),
            Item::Block(x) => {
                if let Some(when) = &x.when {
                    names(when, f);
                }
                body_names(&x.body, f);
            }
            Item::Setting(x) => names(&x.value, f),
            Item::Action(x) => {
                call_names(&x.call, f);
                if let Some(undo) = &x.undo {
                    body_names(undo, f);
                }
            }
        }
    }
}
