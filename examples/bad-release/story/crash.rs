//! The crash test: healrun is killed right after each row of its journal, in as many worlds side by side, and goes on each time.

use crate::healrun::{Healrun, Voice};
use crate::scene::{GOOD, NEXT, Scene};
use crate::watch::Watcher;
use crate::{Fault, RUN_IN, expect, fresh_folder, programs};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// More rows than a healing run writes. A cut behind the last row kills nobody and is counted as not reached.
const ROWS: u32 = 48;

/// How many worlds there are at one time.
const SIDE_BY_SIDE: u32 = 48;

const KILLED: i32 = 9;

/// How one cut ended.
struct Cut {
    killed: bool,
    resumes: u32,
    switches: usize,
}

/// Kills after each row up to `rows`, or after as many as a healing run can have.
pub(crate) fn play(rows: Option<&str>) -> Result<Value, String> {
    let rows = match rows {
        None => ROWS,
        Some(text) => text.parse().map_err(|e| format!("{text:?}: {e}"))?,
    };
    let from = Instant::now();
    let (programs, folder) = (programs()?, fresh_folder("crash")?);
    let next = AtomicU32::new(1);
    let cuts = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE.min(rows) {
            scope.spawn(|| {
                loop {
                    let row = next.fetch_add(1, Ordering::Relaxed);
                    if row > rows {
                        break;
                    }
                    let place = folder.join(format!("row-{row:02}"));
                    let cut = cut(row, &place, &programs);
                    eprintln!("[{:>3} s] row {row}: {}", from.elapsed().as_secs(), words(&cut));
                    cuts.lock().unwrap_or_else(PoisonError::into_inner).insert(row, cut);
                }
            });
        }
    });
    let cuts = cuts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let wrong: Vec<String> =
        cuts.iter().filter_map(|(row, cut)| Some(format!("row {row}: {}", cut.as_ref().err()?))).collect();
    let killed = cuts.values().flatten().filter(|cut| cut.killed).count();
    let summary = json!({
        "story": "crash",
        "seconds": from.elapsed().as_secs(),
        "rows": cuts.len(),
        "killed": killed,
        "not_reached": cuts.values().flatten().filter(|cut| !cut.killed).count(),
        "healed_with_one_switch": cuts.values().flatten().filter(|cut| cut.killed && cut.switches == 1).count(),
        "resumes": cuts.values().flatten().map(|cut| cut.resumes).sum::<u32>(),
    });
    if !wrong.is_empty() || killed == 0 {
        return Err(format!("{summary}\n{}", wrong.join("\n")));
    }
    Ok(summary)
}

fn words(cut: &Result<Cut, String>) -> String {
    match cut {
        Ok(cut) if cut.killed => {
            format!("killed, {} resume, {} switch", cut.resumes, cut.switches)
        }
        Ok(_) => "not reached".to_owned(),
        Err(why) => why.clone(),
    }
}

/// One world: a bad release, a healrun that dies after `row`, and its way on.
fn cut(row: u32, folder: &Path, programs: &Path) -> Result<Cut, String> {
    let scene = Scene::start(folder, programs, "shop-hasty")?;
    let healrun = Healrun::new(&programs.join("healrun"), &scene, Voice::Kept);
    std::thread::sleep(RUN_IN);
    expect("the first look", &healrun.run(None)?, 0, "healthy")?;
    scene.strike(Fault::Release)?;
    std::thread::sleep(Duration::from_secs(1));
    if scene.serves() != Path::new(NEXT) {
        return Err("the bad release is not served".to_owned());
    }

    let watcher = Watcher::start(&scene.link()).map_err(|e| format!("watch: {e}"))?;
    let mut ended = healrun.run(Some(row))?;
    let killed = ended.signal == Some(KILLED);
    let mut resumes = 0;
    if killed {
        // A resumed run may end without an end of the story, when something it waits for isn't due yet: it is asked again.
        while resumes < 5 {
            ended = healrun.resume()?;
            resumes += 1;
            if ended.code == Some(0) {
                break;
            }
        }
    }
    expect("the run", &ended, 0, "healed")?;
    let switches = watcher.switches();
    if switches != [PathBuf::from(GOOD)] {
        return Err(format!("the link was switched to {switches:?}"));
    }
    let failing = scene.failing(Duration::from_secs(2));
    if failing > 0.0 {
        return Err(format!("{:.0} % of the orders fail", failing * 100.0));
    }
    Ok(Cut { killed, resumes, switches: switches.len() })
}
