//! Root-cause figures: PetShop.

use crate::{Outcome, Setting, table};
use heal_signal::Series;
use heal_signal::cause::baseline::{self, Baseline};
use heal_signal::cause::{self, Component, Signal, Symptom, System};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// Top-1 and top-3 of five baselines and of the ranking. Nothing is fitted, so leaving a scenario out changes nothing.
pub(crate) fn petshop(setting: &Setting) -> Outcome {
    std::fs::create_dir_all(&setting.scratch)?;
    let root = setting.data.join("petshop");
    let mut cases = Vec::new();
    for target in table::files(&root, "target.json")? {
        let folder = target.parent().ok_or("no folder")?;
        let name = folder.strip_prefix(&root)?.to_string_lossy().into_owned();
        let graph = root.join(name.split('/').next().unwrap_or_default()).join("graph.csv");
        cases.push((name, load(folder, &graph)?));
    }
    let choices = [
        ("z-score", Some(Baseline::Zscore)),
        ("correlation with lag", Some(Baseline::Correlation)),
        ("random walk", Some(Baseline::Walk)),
        ("latest onset", Some(Baseline::LatestOnset)),
        ("leaf-most anomaly", Some(Baseline::LeafMost)),
        ("rank", None),
    ];
    for (label, choice) in choices {
        let mut out = BTreeMap::new();
        for (name, (system, symptom)) in &cases {
            let order: Vec<usize> = match choice {
                Some(b) => baseline::rank(system, symptom, b)?,
                None => cause::rank(system, symptom)?.iter().map(|c| c.component).collect(),
            };
            let names: Vec<&str> = order.iter().take(5).map(|&i| system.components[i].name.as_str()).collect();
            out.insert(name.clone(), names.into_iter().map(str::to_owned).collect::<Vec<_>>());
        }
        let path = setting.scratch.join("causes.json");
        std::fs::write(&path, serde_json::to_string(&out)?)?;
        println!("== petshop {label}");
        let source = "import sys, rootcause_score\nsys.argv = ['r', '--data', sys.argv[1], '--pred', sys.argv[2]]\nrootcause_score.main()";
        setting.python(source, &[&root, &path])?;
    }
    Ok(())
}

fn load(folder: &Path, graph: &Path) -> Result<(System, Symptom), Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(folder.join("metrics.csv"))?;
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
    let [names, metrics, statistics, _, data @ ..] = rows.as_slice() else { return Err("too few rows".into()) };
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    let mut system = System::default();
    let mut component = |name: &str, system: &mut System| {
        *index.entry(name.to_owned()).or_insert_with(|| {
            system.components.push(Component { name: name.to_owned(), ..Component::default() });
            system.components.len() - 1
        })
    };
    for j in 1..names.len() {
        let i = component(names[j], &mut system);
        let mut text = String::new();
        write!(text, "{} {}", metrics[j], statistics[j])?;
        let pairs: Vec<(i64, f64)> = data
            .iter()
            .filter(|r| r.len() > j)
            .map(|r| (r[0].parse::<f64>().unwrap_or(0.0) as i64 * 1_000, r[j].parse().unwrap_or(f64::NAN)))
            .collect();
        let series = Series::from_pairs(&pairs);
        match text.as_str() {
            "latency Average" => system.components[i].latency = series,
            "availability Average" => system.components[i].availability = series,
            "requests Sum" => system.components[i].requests = series,
            _ => {}
        }
    }
    let text = std::fs::read_to_string(graph)?;
    let rows: Vec<Vec<&str>> = text.lines().map(|l| l.split(',').collect()).collect();
    let Some((head, rows)) = rows.split_first() else { return Err("an empty graph".into()) };
    for row in rows {
        let from = component(row[0], &mut system);
        for j in 1..row.len() {
            if row[j].parse::<f64>().unwrap_or(0.0) > 0.0 {
                let to = component(head[j], &mut system);
                system.calls.push((from, to));
            }
        }
    }
    let target: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.join("target.json"))?)?;
    let target = &target["target"];
    let symptom = Symptom {
        component: component(target["node"].as_str().unwrap_or_default(), &mut system),
        signal: if target["metric"] == "latency" { Signal::Latency } else { Signal::Availability },
        at: target["timestamp"].as_i64().unwrap_or(0) * 1_000,
    };
    Ok((system, symptom))
}
