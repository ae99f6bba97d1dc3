//! Points a release link elsewhere, in one rename.
//!
//! The link is what counts: a crash after the rename and before the history leaves a history that lacks its last line,
//! and whoever reads it takes the link's own target and time for that.

use crate::departure::Departure;
use crate::failure;
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::Answer;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) fn switch(
    link: &Path,
    to: &Path,
    expect: &Path,
    history: &str,
    departure: &Departure,
) -> Result<Answer, ErrorInfo> {
    let doing = || format!("switch {} to {}", link.display(), to.display());
    check(link, expect)?;
    let beside = Beside::new(link);
    std::os::unix::fs::symlink(to, &beside.0).map_err(|error| failure::system(&doing(), &error))?;
    // Again, now that nothing slow stands between the look and the rename.
    check(link, expect)?;
    departure.leave()?;
    std::fs::rename(&beside.0, link).map_err(|error| failure::system(&doing(), &error))?;
    let folder = link.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    record(&with_ending(link, ".history"), history)
        .and_then(|()| File::open(folder)?.sync_all())
        // The link has moved: the probe will see that, and this must not pass for a change that did not happen.
        .map_err(|error| ErrorInfo {
            refused_definitely: false,
            ..failure::system(&format!("record the switch of {}", link.display()), &error)
        })?;
    Ok(Answer::Done)
}

/// The link points where it was expected to.
fn check(link: &Path, expect: &Path) -> Result<(), ErrorInfo> {
    let conflict = |message: String| failure::unsent(ErrorClass::Conflict, "conflict", message);
    match std::fs::read_link(link) {
        Ok(target) if target == expect => Ok(()),
        Ok(target) => Err(conflict(format!(
            "{} points to {} by now, not to {}: somebody else has switched it",
            link.display(),
            target.display(),
            expect.display()
        ))),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(conflict(format!("{} is gone", link.display()))),
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            Err(ErrorInfo::permanent("not_a_link", format!("{} is not a symbolic link", link.display())))
        }
        Err(error) => Err(failure::system(&format!("read the link {}", link.display()), &error)),
    }
}

/// Appends one whole line, whatever a crash left at the end of the file.
fn record(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().read(true).append(true).create(true).open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(-1)).is_ok() {
        file.read_exact(&mut last)?;
    }
    let start = if last == [b'\n'] { "" } else { "\n" };
    file.write_all(format!("{start}{}\n", line.replace(['\n', '\r'], " ")).as_bytes())?;
    file.sync_all()
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(ending);
    text.into()
}

/// A name beside the link that is nobody else's, removed if the link under it was not moved away.
struct Beside(PathBuf);

impl Beside {
    fn new(link: &Path) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let mut name = OsString::from(".");
        name.push(link.file_name().unwrap_or_default());
        let unique = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        name.push(format!(".healrun-{}-{}", unique.0, unique.1));
        Self(link.with_file_name(name))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    struct Scene {
        folder: tempfile::TempDir,
        link: PathBuf,
    }

    fn scene() -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("current");
        std::os::unix::fs::symlink("v2", &link).expect("a link");
        Scene { folder, link }
    }

    impl Scene {
        fn switch(&self, to: &str, expect: &str, send_by: u64) -> (Result<Answer, ErrorInfo>, Option<u64>) {
            let departure = Departure::new(Arc::new(|| 100), send_by);
            let result = switch(&self.link, Path::new(to), Path::new(expect), "a line", &departure);
            (result.map_err(|error| departure.judge(error)), departure.left_at())
        }

        fn target(&self) -> String {
            std::fs::read_link(&self.link).expect("a link").to_string_lossy().into_owned()
        }

        fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(self.folder.path()).expect("the folder");
            let mut names: Vec<String> =
                entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        }
    }

    #[test]
    fn the_link_is_switched_and_the_history_tells() {
        let scene = scene();
        assert_eq!(scene.switch("v1", "v2", 200), (Ok(Answer::Done), Some(100)));
        assert_eq!(scene.switch("v2", "v1", 200), (Ok(Answer::Done), Some(100)));
        assert_eq!(scene.target(), "v2");
        let history = std::fs::read_to_string(scene.folder.path().join("current.history")).expect("a history");
        assert_eq!(history, "a line\na line\n");
        assert_eq!(scene.names(), ["current", "current.history"]);
    }

    #[test]
    fn a_link_that_somebody_else_moved_is_a_conflict_and_stays() {
        let scene = scene();
        let (result, left) = scene.switch("v1", "v3", 200);
        let error = result.expect_err("a conflict");
        assert_eq!((error.class, error.sent, left), (ErrorClass::Conflict, heal_stdlib::error::Sent::No, None));
        assert_eq!((scene.target().as_str(), scene.names().len()), ("v2", 1));
    }

    #[test]
    fn nothing_moves_after_send_by() {
        let scene = scene();
        let (result, left) = scene.switch("v1", "v2", 99);
        assert_eq!((result.expect_err("too late").code.as_str(), left), ("send_by", None));
        assert_eq!((scene.target().as_str(), scene.names().len()), ("v2", 1));
    }

    #[test]
    fn a_history_that_a_crash_cut_gets_a_line_of_its_own() {
        let scene = scene();
        std::fs::write(scene.folder.path().join("current.history"), "half a li").expect("a file");
        assert_eq!(scene.switch("v1", "v2", 200).0, Ok(Answer::Done));
        let history = std::fs::read_to_string(scene.folder.path().join("current.history")).expect("a history");
        assert_eq!(history, "half a li\na line\n");
    }

    #[test]
    fn a_switch_that_could_not_be_recorded_is_not_called_undone() {
        let scene = scene();
        std::fs::create_dir(scene.folder.path().join("current.history")).expect("a folder in the way");
        let (result, left) = scene.switch("v1", "v2", 200);
        assert_eq!((result.expect_err("an error").class, left), (ErrorClass::Uncertain, Some(100)));
        assert_eq!(scene.target(), "v1");
    }

    #[test]
    fn what_is_no_link_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("current");
        std::fs::write(&link, "a file").expect("a file");
        let departure = Departure::new(Arc::new(|| 0), 1);
        let result = switch(&link, Path::new("v1"), Path::new("v2"), "", &departure);
        assert_eq!(result.expect_err("an error").code, "not_a_link");
    }
}
