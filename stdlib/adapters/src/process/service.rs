//! Local services: a pid file says who lives, the start time of that pid says whether it is still the same.

use super::identity;
use crate::connections::{Connections, Service};
use crate::departure::Departure;
use crate::failure;
use heal_lang::plan::ErrorClass;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::Answer;
use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// pid and start time.
type Who = (u32, u64);

/// How often we look whether a process has ended or a pid file has come.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A service that ends this soon after its start has not started.
const SETTLES: Duration = Duration::from_millis(150);
/// Clocks of files and of processes tick apart.
const SLACK: Duration = Duration::from_secs(2);

/// Becomes the service. The process writes its own pid, so that a kill of ours at any moment leaves either no process or
/// one that is named; the output that we read ends with the last thing that can go wrong here.
const START: &str = r#"exec 2>&1
pid_file=$1 log=$2; shift 2
printf '%s\n' "$$" > "$pid_file.new" && mv -f "$pid_file.new" "$pid_file" || exit 126
exec "$@" >> "$log" 2>&1"#;

pub(super) fn look(connections: &Connections, name: &str) -> Result<Answer, ErrorInfo> {
    let (_, pid_file) = find(connections, name)?;
    Ok(match alive(&pid_file)? {
        Ok(who) => Answer::Service { process: Some(who), why: String::new() },
        Err(why) => Answer::Service { process: None, why },
    })
}

pub(super) async fn restart(
    connections: &Connections,
    name: &str,
    expect: Option<Who>,
    within: Duration,
    departure: &Departure,
) -> Result<Answer, ErrorInfo> {
    let (service, pid_file) = find(connections, name)?;
    let start = Start::new(connections, name, service, &pid_file)?;
    let now = alive(&pid_file)?.ok();
    match (now, expect) {
        (Some(now), Some(expect)) if now == expect => {
            let signal = signal(&service.stop.signal)?;
            let grace = Duration::from_millis(service.stop.grace_ms).min(within / 2);
            stop(name, now, signal, grace, departure).await?;
        }
        (Some((pid, _)), _) => {
            let message = format!("{name} runs as process {pid} by now: somebody else has started it");
            return Err(failure::unsent(ErrorClass::Conflict, "conflict", message));
        }
        // It has ended since it was looked at, or was never there.
        (None, _) => departure.leave()?,
    }
    let who = start.start().await.map_err(|error| ErrorInfo { refused_definitely: false, ..error })?;
    Ok(Answer::Service { process: Some(who), why: String::new() })
}

fn find<'a>(connections: &'a Connections, name: &str) -> Result<(&'a Service, PathBuf), ErrorInfo> {
    let Some(service) = connections.services.get(name) else {
        let message = format!("there is no service `{name}`; describe it under `services` in healrun.yaml");
        return Err(ErrorInfo::permanent("no_service", message));
    };
    Ok((service, connections.base.join(&service.pid_file)))
}

/// Who lives; or why nobody does, in words.
fn alive(pid_file: &Path) -> Result<Result<Who, String>, ErrorInfo> {
    let shown = pid_file.display();
    let text = match std::fs::read_to_string(pid_file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Err(format!("there is no pid file {shown}"))),
        Err(error) => return Err(failure::system(&format!("read the pid file {shown}"), &error)),
    };
    // The first process and ourselves are nobody's service; zero and below mean groups.
    let pid = text.split_ascii_whitespace().next().and_then(|word| word.parse::<u32>().ok());
    let Some(pid) = pid.filter(|pid| *pid > 1 && *pid != std::process::id() && i32::try_from(*pid).is_ok()) else {
        return Ok(Err(format!("the pid file {shown} holds no pid")));
    };
    let Some(started) = identity::started(pid) else {
        return Ok(Err(format!("process {pid} of the pid file {shown} does not live")));
    };
    let written = std::fs::metadata(pid_file).and_then(|meta| meta.modified()).ok();
    let written = written.and_then(|time| SystemTime::now().duration_since(time).ok());
    match (identity::age(started), written) {
        (Some(lives), Some(named)) if lives + SLACK < named => {
            Ok(Err(format!("process {pid} is another one: it started after the pid file {shown} was written")))
        }
        _ => Ok(Ok((pid, started))),
    }
}

fn signal(name: &str) -> Result<Signal, ErrorInfo> {
    Ok(match name.strip_prefix("SIG").unwrap_or(name) {
        "TERM" => Signal::TERM,
        "INT" => Signal::INT,
        "QUIT" => Signal::QUIT,
        "HUP" => Signal::HUP,
        "USR1" => Signal::USR1,
        "USR2" => Signal::USR2,
        "KILL" => Signal::KILL,
        _ => {
            let message =
                format!("`{name}` is no signal to stop a service with: TERM, INT, QUIT, HUP, USR1, USR2, KILL");
            return Err(ErrorInfo::permanent("signal", message));
        }
    })
}

/// Ends a process, the hard way when it does not end within its grace, and then what it leaves in its group.
async fn stop(name: &str, who: Who, signal: Signal, grace: Duration, departure: &Departure) -> Result<(), ErrorInfo> {
    let failed = |error: Errno| match error {
        Errno::PERM => failure::denied(
            format!("signal process {}", who.0),
            format!("{name} runs as somebody else: process {} cannot be stopped by this user", who.0),
        ),
        error => failure::system(&format!("stop {name}"), &error.into()),
    };
    // A process that leads a group has children there: they may hold its port, whether it ends by itself or not.
    let group = Pid::from_raw(who.0.cast_signed()).filter(|_| identity::leads_group(who.0));
    departure.leave()?;
    send(who, signal).map_err(failed)?;
    let in_time = ended(who, grace).await;
    match group {
        Some(group) => kill_process_group(group, Signal::KILL).or_else(gone).map_err(failed)?,
        None if in_time => {}
        None => send(who, Signal::KILL).map_err(failed)?,
    }
    // The caller's time is the limit: a process that even this does not end sits in the kernel.
    while !ended(who, Duration::from_secs(1)).await {}
    Ok(())
}

async fn ended(who: Who, within: Duration) -> bool {
    let watch = async {
        while identity::started(who.0) == Some(who.1) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(within, watch).await.is_ok()
}

fn gone(error: Errno) -> Result<(), Errno> {
    if error == Errno::SRCH { Ok(()) } else { Err(error) }
}

/// A signal to that very process: the handle is taken first and the start time looked at after, so that the pid cannot
/// pass to another process in between.
#[cfg(target_os = "linux")]
fn send(who: Who, signal: Signal) -> Result<(), Errno> {
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};
    let Some(pid) = Pid::from_raw(who.0.cast_signed()) else { return Ok(()) };
    let handle = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(handle) => handle,
        Err(Errno::SRCH) => return Ok(()),
        // An old kernel, or a sandbox without it.
        Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => return send_by_pid(who, signal),
        Err(error) => return Err(error),
    };
    match identity::started(who.0) {
        Some(started) if started == who.1 => pidfd_send_signal(handle, signal).or_else(gone),
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn send(who: Who, signal: Signal) -> Result<(), Errno> {
    send_by_pid(who, signal)
}

fn send_by_pid(who: Who, signal: Signal) -> Result<(), Errno> {
    match Pid::from_raw(who.0.cast_signed()) {
        Some(pid) if identity::started(who.0) == Some(who.1) => {
            rustix::process::kill_process(pid, signal).or_else(gone)
        }
        _ => Ok(()),
    }
}

/// Everything that a start needs, looked at before the old process is stopped.
struct Start<'a> {
    name: &'a str,
    pid_file: &'a Path,
    log: PathBuf,
    command: Command,
}

impl<'a> Start<'a> {
    fn new(connections: &Connections, name: &'a str, service: &Service, pid_file: &'a Path) -> Result<Self, ErrorInfo> {
        let folder = service.folder.as_ref().map_or_else(|| connections.base.clone(), |f| connections.base.join(f));
        let environment = super::environment(&service.env);
        let program = service.start.first().and_then(|first| super::program(first, &folder, &environment));
        let (Some(program), true) = (program, folder.is_dir()) else {
            let message =
                format!("{name} cannot start: its program or its folder is missing; see `services` in healrun.yaml");
            return Err(ErrorInfo::permanent("no_program", message));
        };
        let log = pid_file.with_extension("log");
        let mut command = Command::new("sh");
        command.args(["-c", START, "sh"]).arg(pid_file).arg(&log);
        // A session of its own: it outlives us, our terminal and our process group. Without that program, a group.
        match super::program("setsid", &folder, &environment) {
            Some(setsid) => command.arg(setsid),
            None => command.process_group(0),
        };
        command.arg(program).args(&service.start[1..]).current_dir(folder).env_clear().envs(environment);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        Ok(Self { name, pid_file, log, command })
    }

    async fn start(mut self) -> Result<Who, ErrorInfo> {
        let failed = |error| failure::system(&format!("start {}", self.name), &error);
        let mut child = self.command.spawn().map_err(failed)?;
        let mut said = String::new();
        if let Some(stdout) = child.stdout.take() {
            // Ends when the output goes to the log, or with the process.
            let _ = stdout.take(4096).read_to_string(&mut said).await;
        }
        let early = tokio::time::timeout(SETTLES, child.wait()).await;
        match early {
            Ok(status) => {
                let status = status.map_err(failed)?;
                // A service that goes to the background by itself ends well, and leaves its own pid behind.
                if !status.success() {
                    let said = if said.is_empty() { String::new() } else { format!(" ({})", said.trim()) };
                    let message = format!("{} ended at once, {status}{said}; see {}", self.name, self.log.display());
                    return Err(failure::asked(ErrorClass::Permanent, "not_started", message));
                }
            }
            // Waited for as long as we live, so that it leaves no dead entry if it ends before us.
            Err(_) => drop(tokio::spawn(async move { child.wait().await })),
        }
        loop {
            if let Ok(Ok(who)) = alive(self.pid_file) {
                return Ok(who);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::Stop;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    const WITHIN: Duration = Duration::from_secs(20);

    struct Scene {
        folder: tempfile::TempDir,
        connections: Connections,
    }

    /// Whatever a test started ends with it.
    impl Drop for Scene {
        fn drop(&mut self) {
            let left = alive(&self.folder.path().join("api.pid")).ok().and_then(Result::ok);
            let leads = left.filter(|(pid, _)| identity::leads_group(*pid));
            if let Some(group) = leads.and_then(|(pid, _)| Pid::from_raw(pid.cast_signed())) {
                let _ = kill_process_group(group, Signal::KILL);
            }
        }
    }

    fn scene(script: &str, stop: Stop) -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let mut connections = Connections::new(folder.path().into(), folder.path().into());
        let start = ["sh", "-c", script].map(str::to_owned).to_vec();
        let service = Service {
            pid_file: "api.pid".into(),
            stop,
            start,
            folder: None,
            env: BTreeMap::from([("A".into(), "b".into())]),
        };
        connections.services.insert("api".to_owned(), service);
        Scene { folder, connections }
    }

    impl Scene {
        fn who(&self) -> Option<Who> {
            match look(&self.connections, "api").expect("an answer") {
                Answer::Service { process, .. } => process,
                other => panic!("{other:?}"),
            }
        }

        async fn restart(&self, expect: Option<Who>) -> Result<Who, ErrorInfo> {
            let departure = Departure::new(Arc::new(|| 0), 0);
            match restart(&self.connections, "api", expect, WITHIN, &departure).await {
                Ok(Answer::Service { process: Some(who), .. }) => Ok(who),
                Ok(other) => panic!("{other:?}"),
                Err(error) => Err(departure.judge(error)),
            }
        }

        /// Waits until the service has written a line to its log.
        async fn says(&self, line: &str) {
            let log = self.folder.path().join("api.log");
            while !std::fs::read_to_string(&log).is_ok_and(|text| text.lines().any(|l| l == line)) {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn a_dead_service_is_started_detached_and_named() {
        let scene = scene("echo A is $A; exec sleep 1000", Stop::default());
        assert_eq!(scene.who(), None);
        let who = scene.restart(None).await.expect("it starts");
        assert_eq!(scene.who(), Some(who));
        scene.says("A is b").await;
        #[cfg(target_os = "linux")]
        assert!(identity::leads_session(who.0), "it has a session of its own");
    }

    #[tokio::test]
    async fn a_restart_replaces_the_process_that_was_expected() {
        let scene = scene("trap 'echo stopped; exit' TERM; echo up; while :; do sleep 0.1; done", Stop::default());
        let first = scene.restart(None).await.expect("it starts");
        scene.says("up").await;
        let second = scene.restart(Some(first)).await.expect("it restarts");
        assert_ne!(first, second);
        assert_ne!(identity::started(first.0), Some(first.1));
        scene.says("stopped").await;
    }

    /// Restarts a service that has a child, and waits for the end of that child.
    async fn its_child_ends(script: &str, stop: Stop) {
        let scene = scene(script, stop);
        let first = scene.restart(None).await.expect("it starts");
        scene.says("up").await;
        let log = std::fs::read_to_string(scene.folder.path().join("api.log")).expect("a log");
        let child = log.lines().find_map(|l| l.strip_prefix("child ")).expect("a child").parse().expect("a pid");
        scene.restart(Some(first)).await.expect("it restarts");
        while identity::started(child).is_some() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_service_that_does_not_stop_is_killed_with_its_children() {
        let stop = Stop { signal: "SIGINT".to_owned(), grace_ms: 50 };
        its_child_ends("trap '' INT TERM; sleep 1000 & echo child $!; echo up; wait; sleep 1000", stop).await;
    }

    #[tokio::test]
    async fn a_service_that_stops_leaves_no_children() {
        its_child_ends("sleep 1000 & echo child $!; echo up; wait", Stop::default()).await;
    }

    #[tokio::test]
    async fn a_process_that_was_not_expected_is_left_alone() {
        let scene = scene("exec sleep 1000", Stop::default());
        let who = scene.restart(None).await.expect("it starts");
        for expect in [None, Some((who.0, who.1 + 1)), Some((who.0 + 1, who.1))] {
            let error = scene.restart(expect).await.expect_err("a conflict");
            assert_eq!((error.class, error.sent), (ErrorClass::Conflict, heal_stdlib::error::Sent::No));
        }
        assert_eq!(scene.who(), Some(who));
    }

    #[tokio::test]
    async fn one_that_died_in_between_is_started() {
        let scene = scene("exec sleep 1000", Stop::default());
        let who = scene.restart(None).await.expect("it starts");
        send(who, Signal::KILL).expect("ours to kill");
        assert!(ended(who, WITHIN).await);
        assert_ne!(scene.restart(Some(who)).await.expect("it starts"), who);
    }

    #[tokio::test]
    async fn one_that_ends_at_once_has_not_started() {
        let scene = scene("exit 3", Stop::default());
        let error = scene.restart(None).await.expect_err("it ends");
        assert_eq!((error.code.as_str(), error.class), ("not_started", ErrorClass::Uncertain));
        assert_eq!(scene.who(), None);
    }

    #[tokio::test]
    async fn one_that_goes_to_the_background_is_found_by_its_own_pid_file() {
        let scene = scene("sleep 1000 & echo $! > new.pid; mv new.pid api.pid", Stop::default());
        let who = scene.restart(None).await.expect("it starts");
        assert_eq!(scene.who(), Some(who));
    }

    #[test]
    fn a_pid_file_that_names_no_process_of_ours_means_dead() {
        let scene = scene("exec sleep 1000", Stop::default());
        let file = scene.folder.path().join("api.pid");
        for text in ["", "nonsense", "0", "1", "-5", "99999999999", &std::process::id().to_string()] {
            std::fs::write(&file, text).expect("a pid file");
            assert_eq!(scene.who(), None, "{text}");
        }
    }

    #[test]
    fn a_pid_that_was_given_out_again_is_not_the_service() {
        let scene = scene("exec sleep 1000", Stop::default());
        let file = scene.folder.path().join("api.pid");
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().expect("a process");
        std::fs::write(&file, child.id().to_string()).expect("a pid file");
        assert!(scene.who().is_some());
        let hour = SystemTime::now() - Duration::from_secs(3600);
        std::fs::File::options().append(true).open(&file).and_then(|f| f.set_modified(hour)).expect("an old file");
        assert_eq!(scene.who(), None);
        child.kill().and_then(|()| child.wait()).expect("ours to kill");
    }

    #[tokio::test]
    async fn a_service_that_cannot_start_is_not_stopped_first() {
        let mut scene = scene("exec sleep 1000", Stop::default());
        let who = scene.restart(None).await.expect("it starts");
        scene.connections.services.get_mut("api").expect("it").start[0] = "no-such-program".to_owned();
        assert_eq!(scene.restart(Some(who)).await.expect_err("no program").code, "no_program");
        assert_eq!(scene.who(), Some(who));
    }

    #[tokio::test]
    async fn a_service_outlives_a_starter_that_is_killed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut starter = std::process::Command::new(std::env::current_exe().expect("this program"))
            .args(["--ignored", "--exact", "process::service::tests::the_starter", "--nocapture"])
            .env("STARTER", folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        let pid_file = folder.path().join("api.pid");
        // As soon as there is a pid at all: this may well be before it has become the service.
        while !pid_file.exists() {
            tokio::task::yield_now().await;
        }
        starter.kill().and_then(|()| starter.wait()).expect("ours to kill");
        let who = alive(&pid_file).expect("an answer").expect("it lives");
        while !std::fs::read_to_string(folder.path().join("api.log")).is_ok_and(|text| text.contains("up")) {
            tokio::task::yield_now().await;
        }
        assert_eq!(alive(&pid_file).expect("an answer"), Ok(who));
        send(who, Signal::KILL).expect("ours to kill");
    }

    /// Starts a service and waits to be killed; run by the test above.
    #[tokio::test]
    #[ignore = "a part of another test"]
    async fn the_starter() {
        let folder = PathBuf::from(std::env::var_os("STARTER").expect("a folder"));
        let mut scene = scene("echo up; exec sleep 1000", Stop::default());
        scene.connections.base = folder;
        let _ = scene.restart(None).await;
        std::future::pending::<()>().await;
    }
}
