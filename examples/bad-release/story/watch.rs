//! Counts the switches of a link from outside, by the events of its folder: independent of what healrun says about itself.

use inotify::{EventMask, Inotify, WatchMask};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A thread that notes each time the link is replaced.
pub(crate) struct Watcher {
    seen: Arc<Mutex<Vec<PathBuf>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watcher {
    /// Watches the folder of `link`, which must exist.
    pub(crate) fn start(link: &Path) -> std::io::Result<Watcher> {
        let folder = link.parent().unwrap_or(Path::new(".")).to_owned();
        let name = link.file_name().unwrap_or_default().to_owned();
        let link = link.to_owned();
        let mut inotify = Inotify::init()?;
        inotify.watches().add(folder, WatchMask::CREATE | WatchMask::MOVED_TO)?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (notes, ending) = (Arc::clone(&seen), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !ending.load(Ordering::Relaxed) {
                if let Ok(events) = inotify.read_events(&mut buffer) {
                    let replaced = events.filter(|event| {
                        event.name == Some(&name) && event.mask.intersects(EventMask::CREATE | EventMask::MOVED_TO)
                    });
                    for _ in replaced {
                        let target = std::fs::read_link(&link).unwrap_or_default();
                        notes.lock().unwrap_or_else(PoisonError::into_inner).push(target);
                    }
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        Ok(Watcher { seen, stop, thread: Some(thread) })
    }

    /// How often the link was replaced, and by what, since the watch began.
    pub(crate) fn switches(&self) -> Vec<PathBuf> {
        // One more look of the thread, so that the last switch is in.
        std::thread::sleep(Duration::from_millis(100));
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
