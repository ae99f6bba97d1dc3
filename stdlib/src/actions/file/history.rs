//! The history of a release link: which release served when, and which of them was good.

use crate::evaluate::plain;
use crate::moment;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A release as it came to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Release {
    /// Where the link points, as it stands in it.
    pub(super) target: String,
    /// When it was switched to.
    pub(super) at: i64,
}

impl Release {
    /// `file.Release`
    pub(super) fn value(&self) -> Value {
        Value::record([("target", Value::text(&self.target)), ("at", Value::Time(self.at))])
    }

    /// The line of a switch.
    pub(super) fn line(&self) -> String {
        format!("{} {}", moment::format_ms(self.at), self.target)
    }

    /// Out of a value.
    pub(super) fn of(fields: &BTreeMap<String, Value>) -> Option<Release> {
        let at = match fields.get("at") {
            Some(Value::Time(at)) => *at,
            _ => 0,
        };
        fields.get("target").and_then(plain).filter(|t| !t.is_empty()).map(|target| Release { target, at })
    }
}

/// All switches, oldest first; the last is what the link points at, since `since` where the history does not know.
pub(super) fn read(text: &str, truncated: bool, current: &str, since: i64) -> Vec<Release> {
    let mut releases: Vec<Release> = Vec::new();
    let whole = text.ends_with('\n');
    let count = text.lines().count();
    for (i, line) in text.lines().enumerate() {
        let Some((at, target)) = line.trim_end().split_once(' ') else { continue };
        let Some(at) = moment::parse(at) else { continue };
        // Half a first line that the cap left, and half a last one that somebody is writing.
        if (truncated && i == 0) || (!whole && i + 1 == count && target != current) {
            continue;
        }
        releases.push(Release { target: target.to_owned(), at });
    }
    // Clocks jump; a switch never comes before the one above it.
    let mut newest = i64::MIN;
    for release in &mut releases {
        release.at = release.at.max(newest);
        newest = release.at;
    }
    if releases.last().is_none_or(|r| r.target != current) {
        releases.push(Release { target: current.to_owned(), at: since.max(newest) });
    }
    releases
}

/// The newest release, other than the latest, that served for `stable_after` before it was replaced by a newer one.
///
/// A release that was switched away from by going back to an older one (one that first came before it) was taken back:
/// it is not stable, however long it ran, and however well it seemed to run earlier.
pub(super) fn last_stable(releases: &[Release], stable_after: i64) -> Option<&Release> {
    let latest = releases.last()?;
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, release) in releases.iter().enumerate() {
        first.entry(&release.target).or_insert(i);
    }
    let mut taken_back: BTreeSet<&str> = BTreeSet::new();
    for (i, pair) in releases.windows(2).enumerate().rev() {
        let [release, next] = pair else { continue };
        // Switched to itself it went on serving.
        if next.target == release.target {
            continue;
        }
        if first.get(next.target.as_str()) < first.get(release.target.as_str()) {
            taken_back.insert(&release.target);
        }
        let suspect = release.target == latest.target || taken_back.contains(release.target.as_str());
        if !suspect && next.at.saturating_sub(began(releases, i)) >= stable_after {
            return Some(release);
        }
    }
    None
}

/// Since when the release at `i` served without a break.
fn began(releases: &[Release], i: usize) -> i64 {
    let target = &releases[i].target;
    releases[..=i].iter().rev().take_while(|r| &r.target == target).last().map_or(releases[i].at, |r| r.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn releases(switches: &[(i64, &str)]) -> Vec<Release> {
        switches.iter().map(|(m, t)| Release { target: (*t).to_owned(), at: m * MINUTE }).collect()
    }

    fn stable(switches: &[(i64, &str)]) -> Option<String> {
        last_stable(&releases(switches), 60 * MINUTE).map(|r| r.target.clone())
    }

    #[test]
    fn the_newest_that_served_long_enough() {
        assert_eq!(stable(&[(0, "r1"), (100, "r2"), (200, "r3")]).as_deref(), Some("r2"));
        assert_eq!(stable(&[(0, "r1"), (100, "r2"), (130, "r3")]).as_deref(), Some("r1"), "r2 was short");
        assert_eq!(stable(&[(0, "r1")]), None);
        assert_eq!(stable(&[(0, "r1"), (30, "r2")]), None);
    }

    #[test]
    fn what_was_taken_back_is_not_stable_merely_because_it_ran() {
        assert_eq!(stable(&[(0, "r1"), (100, "r2"), (300, "r1"), (400, "r3")]).as_deref(), Some("r1"));
        let twice = [(0, "r1"), (100, "r2"), (200, "r3"), (300, "r2"), (500, "r1"), (510, "r4")];
        assert_eq!(stable(&twice).as_deref(), Some("r1"), "r2 ran well once, then was taken back");
    }

    #[test]
    fn a_rollback_that_was_undone_leaves_the_older_release_as_it_was() {
        let undone = [(0, "r1"), (100, "r2"), (200, "r3"), (201, "r2"), (202, "r3")];
        assert_eq!(stable(&undone).as_deref(), Some("r2"));
    }

    #[test]
    fn the_latest_is_never_its_own_refuge() {
        assert_eq!(stable(&[(0, "r1"), (100, "r2"), (200, "r1")]), None);
    }

    #[test]
    fn a_history_that_lacks_the_last_switch_takes_the_links_own_time() {
        let read = read("1970-01-01T00:00:01Z a\nrubbish\n1970-01-01T00:00:02Z b", false, "c", 5_000);
        assert_eq!(read.iter().map(|r| (r.target.as_str(), r.at)).collect::<Vec<_>>(), [("a", 1_000), ("c", 5_000)]);
    }

    #[test]
    fn a_line_is_read_as_it_is_written() {
        let release = Release { target: "releases/r 42".to_owned(), at: 1_767_355_200_123 };
        let read = read(&format!("{}\n", release.line()), false, "releases/r 42", 0);
        assert_eq!(read, [release]);
    }
}
