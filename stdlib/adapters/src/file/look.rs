//! Looks at files. What is no regular file is not opened to be read: a pipe would wait for its other end.

use crate::connections::Redactor;
use crate::{failure, scrub};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{Answer, FileFacts};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

pub(super) fn facts(path: &Path) -> Result<Answer, ErrorInfo> {
    let doing = || format!("look at {}", path.display());
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if absent(&error) => return Ok(Answer::File(None)),
        Err(error) => return Err(failure::system(&doing(), &error)),
    };
    let kind = match meta.file_type() {
        t if t.is_symlink() => "link",
        t if t.is_file() => "file",
        t if t.is_dir() => "folder",
        _ => "other",
    };
    let link = match kind {
        "link" => {
            let target = std::fs::read_link(path).map_err(|error| failure::system(&doing(), &error))?;
            Some(target.to_string_lossy().into_owned())
        }
        _ => None,
    };
    Ok(Answer::File(Some(FileFacts { kind: kind.to_owned(), size: meta.len(), modified: modified(&meta), link })))
}

pub(super) fn tail(path: &Path, max: u64, redact: &Redactor) -> Result<Answer, ErrorInfo> {
    let Some((mut file, meta)) = open(path)? else { return Ok(Answer::Text { text: None, truncated: false }) };
    let keep = max.saturating_add(scrub::MARGIN);
    let start = meta.len().saturating_sub(keep);
    let mut bytes = Vec::new();
    // It may grow while we read: what comes after the end that we saw is left for the next look.
    let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.take(keep).read_to_end(&mut bytes));
    read.map_err(|error| failure::system(&format!("read the file {}", path.display()), &error))?;
    let (text, cut) = scrub::end(&bytes, max, redact);
    Ok(Answer::Text { text: Some(text), truncated: cut || start > 0 })
}

pub(super) fn whole(path: &Path, max: u64, redact: &Redactor) -> Result<Answer, ErrorInfo> {
    let Some((file, _)) = open(path)? else { return Ok(Answer::Text { text: None, truncated: false }) };
    let mut bytes = Vec::new();
    let read = file.take(max.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| failure::system(&format!("read the file {}", path.display()), &error))?;
    if bytes.len() as u64 > max {
        let message = format!("{} is longer than the {max} bytes that are read of it", path.display());
        return Err(ErrorInfo::permanent("too_large", message));
    }
    Ok(Answer::Text { text: Some(redact(&String::from_utf8_lossy(&bytes))), truncated: false })
}

/// Opens a regular file; none: there is no such file.
fn open(path: &Path) -> Result<Option<(File, Metadata)>, ErrorInfo> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    let opened = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path);
    let opened = opened.and_then(|file| file.metadata().map(|meta| (file, meta)));
    match opened {
        Ok((file, meta)) if meta.is_file() => Ok(Some((file, meta))),
        Ok(_) => Err(ErrorInfo::permanent("not_a_file", format!("{} is not a regular file", path.display()))),
        Err(error) if absent(&error) => Ok(None),
        Err(error) => Err(failure::system(&format!("read the file {}", path.display()), &error)),
    }
}

fn absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn modified(meta: &Metadata) -> i64 {
    let Ok(time) = meta.modified() else { return 0 };
    let ms = |d: std::time::Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
    time.duration_since(UNIX_EPOCH).map_or_else(|before| -ms(before.duration()), ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn plain() -> Redactor {
        Arc::new(str::to_owned)
    }

    fn text(answer: Answer) -> (Option<String>, bool) {
        match answer {
            Answer::Text { text, truncated } => (text, truncated),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_link_is_told_with_its_own_target_even_where_it_dangles() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("current");
        std::os::unix::fs::symlink("releases/v9", &link).expect("a link");
        let Ok(Answer::File(Some(facts))) = facts(&link) else { panic!("no facts") };
        assert_eq!((facts.kind.as_str(), facts.link.as_deref()), ("link", Some("releases/v9")));
        assert!(facts.modified > 1_600_000_000_000, "{facts:?}");
    }

    #[test]
    fn what_is_not_there_is_an_answer() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("none");
        assert_eq!(facts(&path), Ok(Answer::File(None)));
        assert_eq!(text(tail(&path, 10, &plain()).expect("an answer")), (None, false));
        assert_eq!(facts(&Path::new("/dev/null").join("below")), Ok(Answer::File(None)));
    }

    #[test]
    fn a_tail_is_the_end_and_a_whole_file_is_refused_above_the_cap() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        std::fs::write(&path, "x".repeat(100_000) + "the end").expect("a file");
        assert_eq!(text(tail(&path, 7, &plain()).expect("an answer")), (Some("the end".to_owned()), true));
        assert_eq!(whole(&path, 7, &plain()).expect_err("too large").code, "too_large");
        assert_eq!(text(whole(&path, 100_007, &plain()).expect("an answer")).0.map(|t| t.len()), Some(100_007));
    }

    #[test]
    fn a_pipe_nobody_writes_to_does_not_hang() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
        assert!(made.success());
        assert_eq!(tail(&path, 10, &plain()).expect_err("not a file").code, "not_a_file");
        assert_eq!(whole(folder.path(), 10, &plain()).expect_err("not a file").code, "not_a_file");
    }

    #[test]
    fn a_file_of_proc_has_text_although_it_has_no_size() {
        let (text, cut) = text(tail(Path::new("/proc/self/stat"), 4096, &plain()).expect("an answer"));
        assert!(text.is_some_and(|t| t.len() > 20) && !cut);
    }
}
