//! The files of a playbook: the one place where `.heal` texts are read.

use heal_lang::source::{LoadError, Loader, SourceFile};
use heal_lang::syntax::MAX_BYTES;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Loads what playbooks name, from the repository they lie in and from nowhere else (R68).
pub struct Files {
    /// Nothing above it is read.
    root: PathBuf,
}

impl Files {
    /// For the playbook at `path`: its repository's root, else the folder of `healrun.yaml`, else its own folder.
    #[must_use]
    pub fn around(path: &Path) -> Files {
        let absolute = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = absolute.parent().unwrap_or(Path::new("/")).to_owned();
        let holds = |name: &str| folder.ancestors().find(|f| f.join(name).exists()).map(Path::to_owned);
        Files { root: holds(".git").or_else(|| holds(crate::config::FILE)).unwrap_or(folder) }
    }

    fn place(&self, from: &str, path: &str) -> Result<PathBuf, LoadError> {
        if Path::new(path).is_absolute() {
            return Err(LoadError::Outside);
        }
        let folder = Path::new(from).parent().unwrap_or(Path::new(""));
        let place = std::fs::canonicalize(folder.join(path)).map_err(other)?;
        if !place.starts_with(&self.root) {
            return Err(LoadError::Outside);
        }
        Ok(place)
    }
}

fn other(error: std::io::Error) -> LoadError {
    match error.kind() {
        std::io::ErrorKind::NotFound => LoadError::NotFound,
        _ => LoadError::Other(why(&error)),
    }
}

/// The bytes of a file, at most one more than a playbook may have: a text of 100 MB is refused without being read.
///
/// # Errors
/// The operating system's.
pub fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A byte-order mark is not counted.
    let limit = MAX_BYTES as u64 + 4;
    std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the operating system says, in words and without its numbers.
#[must_use]
pub fn why(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "this user is not allowed to".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::QuotaExceeded => "this user's quota of the disk is used up".to_owned(),
        ErrorKind::FileTooLarge => "it would be larger than this process may write".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "its filesystem is read-only".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder".to_owned(),
        ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => {
            let words = error.to_string();
            let words = words.split(" (os error").next().unwrap_or_default();
            let mut letters = words.chars();
            // `Too many open files` begins like a sentence; a name in capitals stays.
            match (letters.next(), letters.clone().next()) {
                (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
                _ => words.to_owned(),
            }
        }
    }
}

/// Puts `text` at `path` in one rename: a full disk or a crash leaves what was there before, never a part. A link stays a
/// link; the mode stays what it was.
///
/// # Errors
/// The operating system's; then nothing at `path` has changed, and nothing is left beside it.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(name);
    let written = write_beside(&beside, &path, text).and_then(|()| std::fs::rename(&beside, &path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn write_beside(beside: &Path, path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::File::create(beside)?;
    file.write_all(text.as_bytes())?;
    if let Ok(facts) = std::fs::metadata(path) {
        file.set_permissions(facts.permissions())?;
    }
    file.sync_all()
}

impl Loader for Files {
    fn load(&self, from: &str, path: &str) -> Result<SourceFile, LoadError> {
        let place = self.place(from, path)?;
        let bytes = read(&place).map_err(other)?;
        if bytes.len() > MAX_BYTES {
            return Err(LoadError::TooLarge { limit: MAX_BYTES as u64 });
        }
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes).to_vec();
        let text = String::from_utf8(bytes).map_err(|e| LoadError::NotUtf8 { at: e.utf8_error().valid_up_to() })?;
        Ok(SourceFile { name: shown(&place), text })
    }

    fn exists(&self, from: &str, path: &str) -> bool {
        self.place(from, path).is_ok_and(|place| place.is_file())
    }
}

/// A path as people know it: relative to where they stand, if it is below. One file has one such name.
#[must_use]
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(std::fs::canonicalize);
    let absolute = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match here.ok().and_then(|here| absolute.strip_prefix(here).map(Path::to_owned).ok()) {
        Some(relative) => relative.display().to_string(),
        None => absolute.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_keeps_its_mode_and_its_link_and_leaves_nothing_beside_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real.heal"), folder.path().join("link.heal"));
        std::fs::write(&real, "old").expect("written");
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).expect("set");
        std::os::unix::fs::symlink(&real, &link).expect("linked");
        replace(&link, "new").expect("replaced");
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&real).expect("read"), "new");
        assert_eq!(std::fs::metadata(&real).expect("facts").permissions().mode() & 0o777, 0o640);
        assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 2);
    }

    #[test]
    fn nothing_outside_of_the_repository_is_read() {
        let root = tempfile::tempdir().expect("a folder");
        let inside = root.path().join("repo");
        std::fs::create_dir_all(inside.join(".git")).expect("folders");
        std::fs::create_dir_all(inside.join("ops")).expect("folders");
        std::fs::write(root.path().join("secret.heal"), "x").expect("written");
        std::fs::write(inside.join("lib.heal"), "heal 1\n").expect("written");
        std::os::unix::fs::symlink(root.path().join("secret.heal"), inside.join("link.heal")).expect("linked");
        let playbook = inside.join("ops/p.heal");
        std::fs::write(&playbook, "").expect("written");

        let files = Files::around(&playbook);
        let from = playbook.display().to_string();
        assert_eq!(files.load(&from, "../lib.heal").map(|f| f.text), Ok("heal 1\n".to_owned()));
        assert_eq!(files.load(&from, "../../secret.heal"), Err(LoadError::Outside));
        assert_eq!(files.load(&from, "../link.heal"), Err(LoadError::Outside));
        assert_eq!(files.load(&from, "/etc/passwd"), Err(LoadError::Outside));
        assert_eq!(files.load(&from, "no.heal"), Err(LoadError::NotFound));
    }
}
