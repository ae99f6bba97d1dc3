//! Graphviz.

use super::{Drawing, Goal, details};
use crate::plan::{EdgeKind, Plan};
use crate::syntax::tree::StepKind;

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// The plan as a digraph in the DOT language.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    let drawing = Drawing::of(plan);
    let mut out = format!("digraph {} {{\n", quoted(&plan.playbook));
    out.push_str("  rankdir=TB; node [fontname=\"sans-serif\", style=\"rounded\", shape=box]; edge [fontname=\"sans-serif\", fontsize=10];\n");
    for (i, node) in plan.nodes.iter().enumerate() {
        let Some(step) = plan.step(node.step) else {
            continue;
        };
        let shape = match step.kind {
            StepKind::Detect => "ellipse",
            StepKind::Diagnose => "diamond",
            StepKind::Remediate => "box",
            StepKind::Verify => "hexagon",
        };
        let mut label = format!("{} {}", step.kind.word(), node.name);
        for line in details(plan, step) {
            label.push('\n');
            label.push_str(&line);
        }
        out.push_str(&format!("  n{i} [shape={shape}, label={}];\n", quoted(&label)));
    }
    for (i, ladder) in plan.ladders.iter().enumerate() {
        out.push_str(&format!(
            "  subgraph cluster_{i} {{ label={}; style=dashed;",
            quoted(&format!("ladder {}", ladder.name))
        ));
        for (n, node) in plan.nodes.iter().enumerate() {
            if ladder.rungs.contains(&node.step) {
                out.push_str(&format!(" n{n};"));
            }
        }
        out.push_str(" }\n");
    }
    for (id, label, shape) in [("quiet", "healthy or healed", "oval"), ("person", "escalate", "octagon")] {
        out.push_str(&format!("  {id} [shape={shape}, label={}];\n", quoted(label)));
    }
    for a in &drawing.arrows {
        let style = match (a.kind, a.default) {
            (EdgeKind::Soft, _) => ", style=dotted",
            (_, true) => ", style=dashed",
            _ => "",
        };
        let label = if a.default { format!("{} (default gate)", a.label) } else { a.label.clone() };
        out.push_str(&format!("  n{} -> n{} [label={}{style}];\n", a.from.0, a.to.0, quoted(&label)));
    }
    for (i, lines) in drawing.routes.iter().enumerate() {
        for line in lines {
            let target = if line.goal == Goal::Quiet { "quiet" } else { "person" };
            let label = format!("{}: {}", line.exits.join(", "), line.text);
            out.push_str(&format!("  n{i} -> {target} [label={}, color=gray, fontcolor=gray40];\n", quoted(&label)));
        }
    }
    out.push_str("}\n");
    out
}
