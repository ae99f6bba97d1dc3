//! What `run`, `plan` and `resume` do before and after the driver.

use super::args::{Exits, Format, Start as StartArgs};
use super::{compile, github, out, show, tree};
use crate::config::Config;
use crate::connections;
use crate::driver::Givens;
use crate::driver::codec;
use crate::failure::Failure;
use crate::input::{self, trigger};
use crate::run_context::RunContext;
use crate::session::{self, Finished, Start};
use crate::store::RunRow;
use heal_lang::plan::Plan;
use heal_stdlib::value::Secret;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

/// Everything a run needs.
pub(super) struct Prepared {
    pub(super) givens: Givens,
    pub(super) start: Start,
    pub(super) tokens: BTreeMap<String, Secret>,
}

/// A person can be asked: both ends of the conversation are a terminal.
pub(super) fn at_terminal() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal() && !github::is_ci()
}

/// `run.url`: the job's page in CI, else the command that shows the run.
fn url(run: &str) -> String {
    github::page().unwrap_or_else(|| format!("healrun runs show {run}"))
}

/// Drives a run to its end, in a runtime of its own.
pub(super) fn drive<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    // One TLS for every client; a second call finds it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .map_err(|e| Failure::internal(format!("cannot start: {}", crate::files::why(&e))))?;
    let done = runtime.block_on(work);
    // A name lookup or a file system that hangs sits on a thread that nobody can stop: the end does not wait for it.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    Ok(done)
}

/// From arguments to everything a new run needs.
pub(super) fn prepare(args: &StartArgs) -> Result<Prepared, Failure> {
    let config = Config::find(&args.playbook)?;
    let settings = config.environment(&args.env)?;
    let (plan, _) = compile::plan(&args.playbook, args.name.as_deref(), &config)?;
    let trigger = args.trigger.as_deref().map(|path| trigger::read(path, &plan)).transpose()?;
    let bound = trigger.as_ref().map(|t| t.inputs.clone()).unwrap_or_default();
    let inputs = input::inputs(&plan, &args.inputs, &bound, &input::process_env)?;
    let mut secrets = input::secrets(&plan, &input::process_env)?;
    let tokens = connections::tokens(&config)?;
    // They are kept out of texts like the playbook's own.
    secrets.extend(tokens.clone());
    input::no_secret_inside(&inputs, &secrets)?;
    let state_path = config.state_path(args.state.path.as_deref());
    let explicit = args.state.path.is_some() || config.state.is_some();
    let run = session::new_id();
    let facts = trigger
        .as_ref()
        .map_or_else(|| BTreeMap::from([("kind".to_owned(), serde_json::json!("manual"))]), |t| t.facts.clone());
    let start = Start {
        playbook: std::path::absolute(&args.playbook).unwrap_or_else(|_| args.playbook.clone()),
        state: state_path,
        state_is_explicit: explicit,
        terminal: at_terminal(),
        ci: github::is_ci(),
        trigger: facts,
    };
    let url = url(&run);
    let binds = trigger.map(|t| t.binds);
    let givens = Givens::new(Arc::new(plan), run, (args.env.clone(), settings), config, inputs, secrets, binds, url)?;
    Ok(Prepared { givens, start, tokens })
}

/// From a stored run to everything that going on with it needs.
pub(super) fn prepare_again(row: &RunRow, plan: Plan, state: &Path) -> Result<Prepared, Failure> {
    let context = RunContext::read(&row.context)?;
    let config = context.config()?;
    let settings = config.environment(&context.environment)?;
    let mut secrets = input::secrets(&plan, &input::process_env)?;
    let tokens = connections::tokens(&config)?;
    secrets.extend(tokens.clone());
    let inputs = codec::decode_map(&context.inputs, &secrets);
    let trigger = context.trigger.as_ref().map(|(name, value)| (name.clone(), codec::decode(value, &secrets)));
    let start = Start {
        playbook: context.playbook.clone(),
        state: state.to_owned(),
        state_is_explicit: context.tier != "C",
        terminal: at_terminal(),
        ci: github::is_ci(),
        trigger: BTreeMap::new(),
    };
    let givens = Givens::new(
        Arc::new(plan),
        row.id.clone(),
        (context.environment, settings),
        config,
        inputs,
        secrets,
        trigger,
        url(&row.id),
    )?;
    Ok(Prepared { givens, start, tokens })
}

/// `--exit-on suggested=0`
pub(super) fn exit_map(exits: &Exits) -> Result<BTreeMap<String, u8>, Failure> {
    let mut map = BTreeMap::new();
    for pair in &exits.exit_on {
        let wrong = || {
            Failure::invalid(format!("--exit-on {pair}: write OUTCOME=CODE"))
                .help("for instance `--exit-on suggested=0`")
        };
        let (outcome, code) = pair.split_once('=').ok_or_else(wrong)?;
        let known = heal_stdlib::catalogue::catalogue();
        let words = known.enums.get("outcome").map(|e| e.values.clone()).unwrap_or_default();
        if !words.iter().any(|w| w == outcome) {
            let failure = Failure::invalid(format!("--exit-on {pair}: there is no outcome `{outcome}`"));
            return Err(match crate::config::nearest(outcome, words.iter().map(String::as_str)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help(format!("outcomes are {}", words.join(", "))),
            });
        }
        map.insert(outcome.to_owned(), code.parse().map_err(|_| wrong())?);
    }
    Ok(map)
}

/// Shows how it ended, and gives the exit code.
pub(super) fn end(finished: &Finished, format: Format, exits: &BTreeMap<String, u8>) -> u8 {
    let text = show::report(&finished.report, true);
    match format {
        Format::Json => out::json(&finished.report),
        // The tree above has the steps already.
        Format::Text if tree::stays() && std::io::stdout().is_terminal() => {
            out::print(&show::report(&finished.report, false));
        }
        Format::Text => out::print(&text),
    }
    let exit_code = exits.get(&finished.outcome).copied().unwrap_or(finished.exit_code);
    let word = |name: &str| finished.report[name].as_str().unwrap_or_default().to_owned();
    if github::is_on() {
        github::outputs(&[
            ("outcome", finished.outcome.clone()),
            ("exit_code", exit_code.to_string()),
            ("run_id", word("run_id")),
            ("world", word("world")),
            ("verify", word("verify")),
            ("changed", finished.report["changes"].as_array().is_some_and(|c| !c.is_empty()).to_string()),
        ]);
        github::summary(&format!("healrun: {} {}", word("playbook"), finished.outcome), &text);
        let title = format!("healrun {}", word("playbook"));
        let kind = match exit_code {
            0 => "notice",
            75 => "warning",
            _ => "error",
        };
        let why = finished.report["because"][0]["text"].as_str();
        let why = why.or_else(|| finished.report["changes"][0]["summary"].as_str());
        out::note(&github::command(kind, &title, &format!("{}: {}", finished.outcome, why.unwrap_or("see the run"))));
    }
    exit_code
}
