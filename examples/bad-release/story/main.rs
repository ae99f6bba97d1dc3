//! The story: sets the scene, plays a fault, runs healrun, and looks from outside at what it did.
//!
//! It knows healrun by its command line alone. `story --list` names the variants.
#![allow(clippy::print_stdout, reason = "a program that tells a story")]
#![allow(clippy::print_stderr, reason = "a program that tells a story")]

mod crash;
mod healrun;
mod scene;
mod watch;

use healrun::{Ended, Healrun, Voice};
use scene::{GOOD, NEXT, Scene};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use watch::Watcher;

/// What goes wrong in a variant.
#[derive(Clone, Copy)]
enum Fault {
    None,
    Release,
    Dependency,
}

/// A variant and the end that it must have.
struct Variant {
    name: &'static str,
    /// The program that the next release holds.
    next: &'static str,
    fault: Fault,
    exit: i32,
    outcome: &'static str,
    world: &'static str,
    told: bool,
    /// Where healrun points the link, in order.
    switches: &'static [&'static str],
}

const VARIANTS: [Variant; 4] = [
    Variant {
        name: "bad-release",
        next: "shop-hasty",
        fault: Fault::Release,
        exit: 0,
        outcome: "healed",
        world: "kept",
        told: false,
        switches: &[GOOD],
    },
    Variant {
        name: "no-fault",
        next: "shop-hasty",
        fault: Fault::None,
        exit: 0,
        outcome: "healthy",
        world: "untouched",
        told: false,
        switches: &[],
    },
    Variant {
        name: "dead-dependency",
        next: "shop-hasty",
        fault: Fault::Dependency,
        exit: 20,
        outcome: "not_healed",
        world: "untouched",
        told: true,
        switches: &[],
    },
    Variant {
        name: "damaged-data",
        next: "shop-careless",
        fault: Fault::Release,
        exit: 20,
        outcome: "not_healed",
        world: "undone",
        told: true,
        switches: &[GOOD, NEXT],
    },
];

/// How long the shop serves before healrun looks for the first time. With that first look, this is the run-in; it is longer
/// than the time after its deploy in which the playbook suspects a release.
const RUN_IN: Duration = Duration::from_secs(25);

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let as_json = arguments.first().is_some_and(|first| first == "--json");
    if as_json {
        arguments.remove(0);
    }
    let name = arguments.first().map_or("bad-release", String::as_str);
    let told = match name {
        "--list" => {
            for variant in &VARIANTS {
                println!("{}", variant.name);
            }
            println!("crash");
            return ExitCode::SUCCESS;
        }
        "crash" => crash::play(arguments.get(1).map(String::as_str)),
        _ => match VARIANTS.iter().find(|variant| variant.name == name) {
            Some(variant) => play(variant, if as_json { Voice::Kept } else { Voice::Shown }),
            None => Err("no such variant: see story --list".to_owned()),
        },
    };
    match told {
        Ok(summary) if as_json => println!("{summary}"),
        Ok(summary) => println!("{}", in_words(&summary)),
        Err(why) => {
            eprintln!("story {name}: {why}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// The summary for a person: what healrun reports about itself was shown already.
fn in_words(summary: &Value) -> String {
    let own = summary.as_object().into_iter().flatten().filter(|(key, _)| *key != "healrun");
    let lines = own.map(|(key, value)| match value.as_str() {
        Some(text) => format!("  {key:<24}{text}"),
        None => format!("  {key:<24}{value}"),
    });
    format!("As it must be:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// Plays one variant to its end; the error says what was not as it must be.
fn play(variant: &Variant, voice: Voice) -> Result<Value, String> {
    let from = Instant::now();
    let say = |text: &str| eprintln!("[{:>3} s] {text}", from.elapsed().as_secs());
    let programs = programs()?;
    let scene = Scene::start(&fresh_folder(variant.name)?, &programs, variant.next)?;
    let watcher = Watcher::start(&scene.link()).map_err(|e| format!("watch: {e}"))?;
    let healrun = Healrun::new(&programs.join("healrun"), &scene, voice);

    say(&format!("the shop serves {} at http://{}", scene.serves().display(), scene.shop));
    say(&format!("everything of this story lies in {}", scene.folder.display()));
    let before = scene.failing(RUN_IN);
    say("healrun looks for the first time: nothing is wrong");
    let first = healrun.run(None)?;
    expect("the first look", &first, 0, "healthy")?;

    let deployed = watcher.switches().len();
    match variant.fault {
        Fault::None => say("nothing happens"),
        Fault::Release => say(&format!("{NEXT} is deployed")),
        Fault::Dependency => say("the customs service dies"),
    }
    scene.strike(variant.fault)?;
    let deployed = deployed + usize::from(matches!(variant.fault, Fault::Release));
    let during = scene.failing(Duration::from_secs(2));
    say(&format!("{:.0} % of the orders fail", during * 100.0));
    let ended = healrun.run(None)?;
    say(&format!(
        "healrun ended after {} s: {}, exit {}",
        ended.took.as_secs(),
        ended.field("outcome"),
        ended.code.unwrap_or(-1)
    ));
    let after = scene.failing(Duration::from_secs(3));

    expect("the run", &ended, variant.exit, variant.outcome)?;
    same("world", ended.field("world"), variant.world)?;
    // Nothing to tell is neither true nor false.
    same("told", &ended.report["told"].as_bool().unwrap_or(false).to_string(), &variant.told.to_string())?;
    let switches: Vec<PathBuf> = watcher.switches().split_off(deployed);
    let wanted: Vec<PathBuf> = variant.switches.iter().map(PathBuf::from).collect();
    if switches != wanted {
        return Err(format!("the link was switched to {switches:?}, not to {wanted:?}"));
    }
    if variant.exit == 0 && after > 0.0 {
        return Err(format!("{:.0} % of the orders still fail", after * 100.0));
    }
    Ok(json!({
        "story": variant.name,
        "seconds": from.elapsed().as_secs(),
        "failing before": percent(before),
        "failing with the fault": percent(during),
        "failing at the end": percent(after),
        "switches": switches,
        "serves": scene.serves(),
        "healrun": ended.report,
    }))
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn expect(what: &str, ended: &Ended, exit: i32, outcome: &str) -> Result<(), String> {
    match ended.code {
        Some(code) if code == exit && ended.field("outcome") == outcome => Ok(()),
        _ => Err(format!(
            "{what} ended with {:?} {}, not with {exit} {outcome}: {:#}",
            ended.code.or(ended.signal),
            ended.field("outcome"),
            ended.report
        )),
    }
}

fn same(what: &str, is: &str, wanted: &str) -> Result<(), String> {
    if is == wanted { Ok(()) } else { Err(format!("{what} is {is}, not {wanted}")) }
}

/// Where cargo puts programs: this one lies beside the others.
fn programs() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|e| format!("my own path: {e}"))?;
    let folder = own.parent().unwrap_or(Path::new(".")).to_owned();
    if folder.join("healrun").exists() {
        Ok(folder)
    } else {
        Err("healrun is not built: cargo build -p healrun".to_owned())
    }
}

/// A folder under `target/stories` that no earlier run used.
fn fresh_folder(name: &str) -> Result<PathBuf, String> {
    let programs = programs()?;
    let target = programs.parent().unwrap_or(&programs);
    let folder = target.join("stories").join(format!("{name}-{}", std::process::id()));
    match std::fs::remove_dir_all(&folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(format!("{}: {e}", folder.display())),
        _ => Ok(folder),
    }
}
