//! `healrun run`.

use super::args::Run;
use super::prepare::{self, Prepared};
use super::{out, resume, tree};
use crate::failure::Failure;
use crate::session::{self, Opening};
use crate::store::Store;

pub(super) fn run(args: &Run) -> Result<u8, Failure> {
    let exits = prepare::exit_map(&args.exits)?;
    refuse_forks()?;
    let Prepared { givens, start, tokens } = prepare::prepare(&args.start)?;
    let store = Store::open(&start.state)?;
    match session::open(store, &givens, &start)? {
        Opening::Joined(row, owner) => {
            out::note(&format!(
                "run {} of the same incident is at work ({}): nothing to do here",
                row.id,
                owner.words()
            ));
            let finished = session::joined(&givens, &row);
            Ok(prepare::end(&finished, args.start.format, &exits))
        }
        Opening::Goes(row) => {
            out::note(&format!("run {} of the same incident is not over: going on with it", row.id));
            let store = Store::open(&start.state)?;
            resume::go_on(store, &row, args.start.format, &exits)
        }
        Opening::New(held, autonomy) => {
            let mut observer = tree::observer(&givens, start.terminal, args.start.format);
            let work = session::fresh(*held, autonomy, givens, &start, &tokens, observer.as_mut());
            let finished = prepare::drive(work)?;
            drop(observer);
            Ok(prepare::end(&finished?, args.start.format, &exits))
        }
    }
}

/// R68: what runs for a fork's pull request is the fork's text with our credentials.
fn refuse_forks() -> Result<(), Failure> {
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let refused = |why: &str| {
        Err(Failure::invalid(format!("healrun does not run for {why}"))
            .help("`check` and `plan` do; run it from a protected branch"))
    };
    match var("GITHUB_EVENT_NAME").as_str() {
        "pull_request_target" => refused("`pull_request_target`"),
        "pull_request" => {
            let event = std::fs::read_to_string(var("GITHUB_EVENT_PATH")).unwrap_or_default();
            let event: serde_json::Value = serde_json::from_str(&event).unwrap_or_default();
            let head = event["pull_request"]["head"]["repo"]["full_name"].as_str().unwrap_or_default();
            if head == var("GITHUB_REPOSITORY") && !head.is_empty() { Ok(()) } else { refused("a fork's pull request") }
        }
        _ => Ok(()),
    }
}
