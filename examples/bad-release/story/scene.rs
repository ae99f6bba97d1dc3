//! A running shop in a folder of its own: releases behind a link, a supervisor, customs, traffic.
//!
//! Everything here is what a team has without healrun, and knows nothing of it.

use crate::Fault;
use bad_release_story::client;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The release that is served when the story begins.
pub(crate) const GOOD: &str = "releases/r42";
/// The release that is deployed later on.
pub(crate) const NEXT: &str = "releases/r43";

/// A shop that serves until it is dropped.
pub(crate) struct Scene {
    /// The folder that holds all of it.
    pub(crate) folder: PathBuf,
    /// Where the shop answers.
    pub(crate) shop: SocketAddr,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
    customs: Mutex<Option<Child>>,
    counted: Arc<Counted>,
}

#[derive(Default)]
struct Counted {
    good: AtomicU64,
    bad: AtomicU64,
}

impl Scene {
    /// Builds the folder and starts everything. `programs` is where the built programs lie.
    pub(crate) fn start(folder: &Path, programs: &Path, next: &str) -> Result<Scene, String> {
        let fail = |what: &str| {
            let what = what.to_owned();
            move |e: std::io::Error| format!("{what}: {e}")
        };
        std::fs::create_dir_all(folder).map_err(fail("the story's folder"))?;
        for (release, program) in [("releases/r41", "shop-steady"), (GOOD, "shop-steady"), (NEXT, next)] {
            let place = folder.join(release);
            std::fs::create_dir_all(&place).map_err(fail(release))?;
            let (built, shop) = (programs.join(program), place.join("shop"));
            // A second name costs nothing; other file systems get a copy.
            std::fs::hard_link(&built, &shop)
                .or_else(|_| std::fs::copy(&built, &shop).map(drop))
                .map_err(fail(program))?;
        }
        // No line end after the last zone, as many editors leave it.
        std::fs::write(folder.join("zones.txt"), "city 290\nregion 490\ncountry 690\nabroad 1490")
            .map_err(fail("zones.txt"))?;

        let bind = || TcpListener::bind(("127.0.0.1", 0)).map_err(fail("a free port"));
        let (shop_socket, customs_socket) = (bind()?, bind()?);
        let address = |socket: &TcpListener| socket.local_addr().map_err(fail("a free port"));
        let (shop, customs_address) = (address(&shop_socket)?, address(&customs_socket)?);
        // Customs is handed the only copy of its socket: when it dies, the port refuses.
        let customs = Command::new(programs.join("customs"))
            .stdin(Stdio::from(OwnedFd::from(customs_socket)))
            .spawn()
            .map_err(fail("customs"))?;

        let mut scene = Scene {
            folder: folder.to_owned(),
            shop,
            stop: Arc::new(AtomicBool::new(false)),
            threads: Vec::new(),
            customs: Mutex::new(Some(customs)),
            counted: Arc::default(),
        };
        scene.deploy("releases/r41")?;
        std::thread::sleep(Duration::from_secs(2));
        scene.deploy(GOOD)?;
        scene.supervise(shop_socket, customs_address);
        scene.send_traffic();
        Ok(scene)
    }

    /// The link that says which release is served.
    pub(crate) fn link(&self) -> PathBuf {
        self.folder.join("current")
    }

    /// What the link points at.
    pub(crate) fn serves(&self) -> PathBuf {
        std::fs::read_link(self.link()).unwrap_or_default()
    }

    /// Deploys a release with the team's own script.
    pub(crate) fn deploy(&self, release: &str) -> Result<(), String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
        let ended = Command::new(script).arg(self.link()).arg(release).status();
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("deploy of {release}: {status}")),
            Err(e) => Err(format!("deploy of {release}: {e}")),
        }
    }

    /// Makes the fault happen.
    pub(crate) fn strike(&self, fault: Fault) -> Result<(), String> {
        match fault {
            Fault::None => Ok(()),
            Fault::Release => self.deploy(NEXT),
            Fault::Dependency => {
                end(&self.customs);
                Ok(())
            }
        }
    }

    /// The share of failed orders over the next while, as the customers see it.
    pub(crate) fn failing(&self, over: Duration) -> f64 {
        let count = || {
            let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
            (get(&self.counted.good), get(&self.counted.bad))
        };
        let before = count();
        std::thread::sleep(over);
        let after = count();
        let bad = (after.1 - before.1) as f64;
        bad / (bad + (after.0 - before.0) as f64)
    }

    /// Runs what the link points at, and restarts it when the link is switched: the process supervisor of this small world.
    fn supervise(&mut self, socket: TcpListener, customs: SocketAddr) {
        let (link, folder) = (self.link(), self.folder.clone());
        let stop = Arc::clone(&self.stop);
        self.threads.push(std::thread::spawn(move || {
            let mut running: Option<(PathBuf, Child)> = None;
            while !stop.load(Ordering::Relaxed) {
                let wanted = std::fs::read_link(&link).unwrap_or_default();
                let alive = running
                    .as_mut()
                    .is_some_and(|(release, child)| *release == wanted && matches!(child.try_wait(), Ok(None)));
                if !alive {
                    if let Some((_, mut child)) = running.take() {
                        let _ = child.kill();
                        let _ = child.wait();
                    }
                    running = socket
                        .try_clone()
                        .and_then(|socket| {
                            Command::new(folder.join(&wanted).join("shop"))
                                .arg("zones.txt")
                                .arg("shop.log")
                                .arg(customs.to_string())
                                .current_dir(&folder)
                                .stdin(Stdio::from(OwnedFd::from(socket)))
                                .spawn()
                        })
                        .ok()
                        .map(|child| (wanted, child));
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            if let Some((_, mut child)) = running {
                let _ = child.kill();
                let _ = child.wait();
            }
        }));
    }

    /// Customers: twenty orders a second, evenly over the four zones.
    fn send_traffic(&mut self) {
        let (shop, stop) = (self.shop, Arc::clone(&self.stop));
        let counted = Arc::clone(&self.counted);
        self.threads.push(std::thread::spawn(move || {
            for number in 0_u64.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let path = format!("/order?pieces={}&zone={}", number % 7 + 1, number % 4 + 1);
                let answer = client::get(shop, &path, Duration::from_secs(2));
                let good = answer.is_ok_and(|answer| answer.status == 200);
                let count = if good { &counted.good } else { &counted.bad };
                count.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(50));
            }
        }));
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        end(&self.customs);
    }
}

fn end(child: &Mutex<Option<Child>>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(mut child) = child.take() {
        let _ = child.kill();
        let _ = child.wait();
    }
}
