//! For a terminal: a tree, each step once below the step that leads to it last.

use super::{Arrow, Drawing, details};
use crate::plan::{EdgeKind, NodeId, Plan};

/// Which of several arrows into a step is drawn as a branch; the others are named.
fn strength(kind: EdgeKind) -> u8 {
    match kind {
        EdgeKind::Rung => 4,
        EdgeKind::Gate => 3,
        EdgeKind::Needs => 2,
        EdgeKind::After => 1,
        EdgeKind::Soft => 0,
    }
}

struct Page<'p> {
    plan: &'p Plan,
    drawing: Drawing,
    /// For each node the arrow that it hangs on.
    branch: Vec<Option<Arrow>>,
    out: String,
}

/// The plan as text with lines.
#[must_use]
pub fn terminal(plan: &Plan) -> String {
    let drawing = Drawing::of(plan);
    let branch = (0..plan.nodes.len())
        .map(|i| {
            let into = drawing.arrows.iter().filter(|a| a.to.0 as usize == i);
            into.max_by_key(|a| (strength(a.kind), a.from.0)).cloned()
        })
        .collect();
    let mut page = Page { plan, drawing, branch, out: String::new() };
    page.head();
    let roots: Vec<usize> = (0..plan.nodes.len()).filter(|i| page.branch[*i].is_none()).collect();
    for root in roots {
        page.out.push('\n');
        page.node(root, "");
    }
    page.foot();
    page.out
}

impl Page<'_> {
    fn head(&mut self) {
        self.out.push_str(&format!("playbook {}\n", self.plan.playbook));
        for t in &self.plan.triggers {
            let name = t
                .args
                .first()
                .and_then(|a| crate::check::plain_text(&a.value))
                .map(|n| format!("(\"{n}\")"))
                .unwrap_or_default();
            self.out.push_str(&format!("on {}{name}\n", t.kind));
        }
    }

    fn foot(&mut self) {
        let names =
            |calls: &[crate::plan::TellCall]| calls.iter().map(|t| t.action.clone()).collect::<Vec<_>>().join(", ");
        self.out.push_str(&format!("\nescalate: {}\n", names(&self.plan.escalate)));
        for (outcome, calls) in &self.plan.handlers {
            self.out.push_str(&format!("on {outcome}: {}\n", names(calls)));
        }
        for ladder in &self.plan.ladders {
            let rungs: Vec<&str> =
                ladder.rungs.iter().filter_map(|r| self.plan.step(*r)).map(|s| s.name.as_str()).collect();
            self.out.push_str(&format!("ladder {}: {}\n", ladder.name, rungs.join(" → ")));
        }
    }

    fn node(&mut self, index: usize, indent: &str) {
        let Some(node) = self.plan.nodes.get(index) else {
            return;
        };
        let Some(step) = self.plan.step(node.step) else {
            return;
        };
        self.out.push_str(&format!("{} {}\n", step.kind.word(), node.name));
        let children: Vec<(usize, Arrow)> = self
            .branch
            .iter()
            .enumerate()
            .filter_map(|(i, a)| a.as_ref().filter(|a| a.from == id(index)).map(|a| (i, a.clone())))
            .collect();
        let bar = if children.is_empty() { " " } else { "│" };
        let details = details(self.plan, step);
        if !details.is_empty() {
            self.out.push_str(&format!("{indent}{bar}   {}\n", details.join(", ")));
        }
        let others: Vec<String> = self
            .drawing
            .arrows
            .iter()
            .filter(|a| a.to == id(index) && self.branch[index].as_ref().is_some_and(|b| b.from != a.from))
            .filter_map(|a| self.plan.node(a.from).map(|n| format!("{} ({})", n.name, a.label)))
            .collect();
        if !others.is_empty() {
            self.out.push_str(&format!("{indent}{bar}   waits for {}\n", others.join(", ")));
        }
        for line in self.drawing.routes.get(index).cloned().unwrap_or_default() {
            let by = if line.default { "" } else { "  (handler)" };
            self.out.push_str(&format!("{indent}{bar}   {} → {}{by}\n", line.exits.join(", "), line.text));
        }
        let last = children.len().saturating_sub(1);
        for (k, (child, arrow)) in children.into_iter().enumerate() {
            let (corner, below) = if k == last { ("└─", "   ") } else { ("├─", "│  ") };
            let gate = if arrow.default { " (default gate)" } else { "" };
            self.out.push_str(&format!("{indent}{corner} {}{gate} ─▶ ", arrow.label));
            self.node(child, &format!("{indent}{below}"));
        }
    }
}

fn id(index: usize) -> NodeId {
    NodeId(u32::try_from(index).unwrap_or(u32::MAX))
}
