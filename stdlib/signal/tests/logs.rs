//! Masking, blame and templates.

use heal_signal::logs::{blame, mask, template};
use proptest::prelude::*;

#[test]
fn what_varies_is_masked() {
    assert_eq!(mask::masked("\u{1b}[31mERROR\u{1b}[m took 1.25 s at 12:30:05"), "ERROR took # s at #");
    assert_eq!(mask::masked("commit 9fceb02d0ae598e9 at 0x7ffe"), "commit # at #");
    assert_eq!(mask::masked("2022-06-04T16:07:52.31Z done"), mask::masked("2023-11-14T01:17:02.99Z done"));
    assert_eq!(mask::masked("facade"), "facade");
}

#[test]
fn the_new_concrete_error_comes_first() {
    let pass = ["[INFO] Compiling 12 sources", "[WARNING] could not fetch metadata", "[INFO] BUILD SUCCESS"];
    let fail = [
        "[INFO] Compiling 13 sources",
        "[WARNING] could not fetch metadata",
        "[INFO] BUILD FAILURE",
        "[ERROR] src/Main.java:[12,8] cannot find symbol Foo",
        "[ERROR] Re-run Maven using the -X switch to enable full debug logging.",
        "Finished: FAILURE",
    ];
    let ranked = blame::rank(&fail, &pass, 10);
    assert_eq!(ranked[0].line, 4);
    assert!(ranked[0].new);
    assert_eq!(blame::rank(&[], &pass, 10), Vec::new());
}

#[test]
fn lines_of_one_statement_share_a_template() {
    let mut miner = template::Miner::new(template::Params::default()).unwrap();
    let ids: Vec<usize> = ["alice", "bob", "carol", "dave", "erin", "frank", "grace"]
        .iter()
        .enumerate()
        .map(|(i, user)| miner.learn(&format!("Failed password for user {user} from 10.0.0.{i} port {}", 4000 + i)))
        .collect();
    let now: Vec<usize> = ids.iter().map(|&i| miner.current(i)).collect();
    assert!(now.iter().all(|&i| i == now[0]));
    assert_eq!(miner.templates()[now[0]].text(), "Failed password for user <*> from <*> port <*>");
    assert_eq!(miner.templates()[now[0]].count, 7);
    let other = miner.learn("VM Paused (Lifecycle Event)");
    assert_ne!(miner.current(other), now[0]);
    assert_ne!(miner.learn("VM Resumed (Lifecycle Event)"), other);
}

proptest! {
    /// A miner that was saved and loaded goes on as if it had never stopped, and no text upsets any of it.
    #[test]
    fn a_saved_miner_goes_on(lines in prop::collection::vec("[a-c ]{0,12}[0-9:=()\u{1}é/\"]{0,4}[a-b]{0,3}", 0..60), cut in 0_usize..60) {
        let mut whole = template::Miner::new(template::Params::default()).unwrap();
        let mut parts = whole.clone();
        for (i, line) in lines.iter().enumerate() {
            if i == cut {
                let text = serde_json::to_string(&parts).unwrap();
                parts = serde_json::from_str(&text).unwrap();
                parts.check().unwrap();
            }
            prop_assert_eq!(whole.learn(line), parts.learn(line));
        }
        prop_assert_eq!(serde_json::to_string(&whole).unwrap(), serde_json::to_string(&parts).unwrap());
        let views: Vec<&str> = lines.iter().map(String::as_str).collect();
        for suspect in blame::rank(&views, &views[..views.len() / 2], 20) {
            prop_assert!(suspect.score.is_finite() && suspect.line >= 1 && suspect.line <= lines.len());
        }
    }
}
