//! Mermaid, as GitHub shows it in Markdown.

use super::{Drawing, Goal, details};
use crate::plan::{EdgeKind, Plan};
use crate::syntax::tree::StepKind;

/// Mermaid has no escapes but entities.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '\n' => out.push_str("<br/>"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The plan as a flowchart.
#[must_use]
pub fn mermaid(plan: &Plan) -> String {
    let drawing = Drawing::of(plan);
    let mut out = String::from("flowchart TD\n");
    for (i, node) in plan.nodes.iter().enumerate() {
        let Some(step) = plan.step(node.step) else {
            continue;
        };
        let (open, close) = match step.kind {
            StepKind::Detect => ("([", "])"),
            StepKind::Diagnose => ("{{", "}}"),
            StepKind::Remediate => ("[", "]"),
            StepKind::Verify => ("[/", "/]"),
        };
        let mut label = format!("{} {}", step.kind.word(), node.name);
        for line in details(plan, step) {
            label.push('\n');
            label.push_str(&line);
        }
        out.push_str(&format!("  n{i}{open}{}{close}\n", quoted(&label)));
    }
    for (i, ladder) in plan.ladders.iter().enumerate() {
        out.push_str(&format!("  subgraph ladder{i} [{}]\n", quoted(&format!("ladder {}", ladder.name))));
        for (n, node) in plan.nodes.iter().enumerate() {
            if ladder.rungs.contains(&node.step) {
                out.push_str(&format!("    n{n}\n"));
            }
        }
        out.push_str("  end\n");
    }
    out.push_str("  quiet((\"healthy or healed\"))\n  person[[\"escalate\"]]\n");
    for a in &drawing.arrows {
        let label = if a.default { format!("{} (default gate)", a.label) } else { a.label.clone() };
        let line = if a.kind == EdgeKind::Soft || a.default { "-.->" } else { "-->" };
        out.push_str(&format!("  n{} {line}|{}| n{}\n", a.from.0, quoted(&label), a.to.0));
    }
    for (i, lines) in drawing.routes.iter().enumerate() {
        for line in lines {
            let target = if line.goal == Goal::Quiet { "quiet" } else { "person" };
            out.push_str(&format!(
                "  n{i} -.->|{}| {target}\n",
                quoted(&format!("{}: {}", line.exits.join(", "), line.text))
            ));
        }
    }
    out
}
