//! Runs a command to its end, or ends it.

use crate::connections::{Connections, Redactor};
use crate::departure::Departure;
use crate::{failure, scrub};
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{Answer, CommandLine, ProcessAnswer};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::VecDeque;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// How long a command may take to end after SIGTERM, before SIGKILL.
const AFTER_TERM: Duration = Duration::from_millis(500);
/// How long we go on reading what a command's own children still write after it has ended.
const AFTER_EXIT: Duration = Duration::from_millis(300);

/// Runs a command in a process group of its own. At `timeout_ms` (or `within`) the group gets SIGTERM, and SIGKILL
/// [`AFTER_TERM`] later; dropping the future kills it at once. What a command leaves running after its own end, runs on.
pub(super) async fn run(
    connections: &Connections,
    line: CommandLine,
    within: Duration,
    departure: Option<&Departure>,
) -> Result<Answer, ErrorInfo> {
    let Some(name) = line.argv.first().filter(|name| !name.is_empty()) else {
        return Err(ErrorInfo::permanent("no_program", "the command is empty; give it at least a program"));
    };
    let folder = line.folder.as_ref().map_or_else(|| connections.base.clone(), |f| connections.base.join(f));
    if !folder.is_dir() {
        return Err(ErrorInfo::permanent("no_folder", format!("there is no folder {}", folder.display())));
    }
    let environment = super::environment(&line.env);
    let Some(program) = super::program(name, &folder, &environment) else {
        let message = format!("there is no program `{name}`; install it, or name it by its path");
        return Err(ErrorInfo::permanent("no_program", message));
    };
    let mut command = Command::new(program);
    command.args(&line.argv[1..]).current_dir(&folder).env_clear().envs(environment);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    if let Some(departure) = departure {
        departure.leave()?;
    }
    let started = Instant::now();
    let mut child = command.spawn().map_err(|error| failure::system(&format!("start `{name}`"), &error))?;
    // After the child, so that it is dropped before it: the group is killed while the child still holds its number.
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let stdout = Capture::of(child.stdout.take(), line.max_bytes);
    let stderr = Capture::of(child.stderr.take(), line.max_bytes);

    let limit = within.min(Duration::from_millis(line.timeout_ms));
    let mut timed_out = false;
    let status = match tokio::time::timeout(limit, child.wait()).await {
        Ok(status) => status,
        Err(_) => {
            timed_out = true;
            group.signal(Signal::TERM);
            let ended = tokio::time::timeout(AFTER_TERM, child.wait()).await;
            // Its children too, also where it has ended itself.
            group.signal(Signal::KILL);
            match ended {
                Ok(status) => status,
                Err(_) => child.wait().await,
            }
        }
    };
    group.0 = None;
    let status = status.map_err(|error| failure::system(&format!("wait for `{name}`"), &error))?;
    let elapsed = started.elapsed();
    let until = tokio::time::Instant::now() + AFTER_EXIT;
    Ok(Answer::Process(ProcessAnswer {
        exit_code: status.code(),
        signal: status.signal(),
        timed_out,
        stdout: stdout.text(until, &connections.redact).await,
        stderr: stderr.text(until, &connections.redact).await,
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
    }))
}

/// The process group of a command that has not ended yet.
struct Group(Option<Pid>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.0 {
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Reads a stream to its end and keeps the last of it, so that a command never waits for us.
struct Capture {
    kept: Arc<Mutex<VecDeque<u8>>>,
    reader: tokio::task::JoinHandle<()>,
    max: u64,
}

impl Capture {
    fn of(stream: Option<impl AsyncRead + Unpin + Send + 'static>, max: u64) -> Self {
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let keep = usize::try_from(max.saturating_add(scrub::MARGIN)).unwrap_or(usize::MAX);
        let into = kept.clone();
        let reader = tokio::spawn(async move {
            let Some(mut stream) = stream else { return };
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                let mut kept = into.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&buffer[..n]);
                let too_much = kept.len().saturating_sub(keep);
                kept.drain(..too_much);
            }
        });
        Self { kept, reader, max }
    }

    async fn text(mut self, until: tokio::time::Instant, redact: &Redactor) -> String {
        let _ = tokio::time::timeout_at(until, &mut self.reader).await;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        scrub::end(kept.make_contiguous(), self.max, redact).0
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::identity;
    use heal_lang::plan::ErrorClass;
    use std::collections::BTreeMap;

    fn shell(script: &str) -> CommandLine {
        CommandLine {
            argv: vec!["sh".to_owned(), "-c".to_owned(), script.to_owned()],
            folder: None,
            env: BTreeMap::new(),
            max_bytes: 1024,
            timeout_ms: 20_000,
        }
    }

    async fn run_line(line: CommandLine) -> Result<ProcessAnswer, ErrorInfo> {
        let folder = tempfile::tempdir().expect("a folder");
        let connections = Connections::new(folder.path().into(), folder.path().into());
        match run(&connections, line, Duration::from_secs(60), None).await? {
            Answer::Process(answer) => Ok(answer),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn an_exit_code_and_both_streams_come_back() {
        let answer = run_line(shell("echo out; echo err >&2; exit 3")).await.expect("it ran");
        assert_eq!((answer.exit_code, answer.signal, answer.timed_out), (Some(3), None, false));
        assert_eq!((answer.stdout.as_str(), answer.stderr.as_str()), ("out\n", "err\n"));
    }

    #[tokio::test]
    async fn a_signal_is_told_as_one() {
        let answer = run_line(shell("kill -9 $$")).await.expect("it ran");
        assert_eq!((answer.exit_code, answer.signal), (None, Some(9)));
    }

    #[tokio::test]
    async fn much_output_blocks_nobody_and_its_end_is_kept() {
        let answer =
            run_line(shell("head -c 5000000 /dev/zero | tr '\\0' x; echo; echo the end")).await.expect("it ran");
        assert_eq!(answer.exit_code, Some(0));
        assert!(answer.stdout.ends_with("x\nthe end\n") && answer.stdout.len() == 1024, "{}", answer.stdout.len());
    }

    #[tokio::test]
    async fn a_command_sees_a_clean_environment() {
        let mut line = shell("env");
        line.env.insert("GIVEN".to_owned(), "1".to_owned());
        let answer = run_line(line).await.expect("it ran");
        let names: Vec<&str> = answer.stdout.lines().filter_map(|l| Some(l.split_once('=')?.0)).collect();
        assert!(names.contains(&"GIVEN") && names.contains(&"PATH"), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("CARGO")), "{names:?}");
    }

    #[tokio::test]
    async fn at_its_timeout_a_command_and_its_children_are_ended() {
        let mut line = shell("trap '' TERM; sleep 1000 & echo $!; wait; wait; sleep 1000");
        line.timeout_ms = 1500;
        let answer = run_line(line).await.expect("it ran");
        assert!(answer.timed_out && answer.signal == Some(9), "{answer:?}");
        let child: u32 = answer.stdout.trim().parse().expect("a pid");
        ended(child).await;
    }

    #[tokio::test]
    async fn a_command_may_end_itself_when_its_time_is_up() {
        let mut line = shell("trap 'echo bye; exit 7' TERM; sleep 1000 & wait");
        line.timeout_ms = 1500;
        let answer = run_line(line).await.expect("it ran");
        assert_eq!((answer.timed_out, answer.exit_code, answer.stdout.as_str()), (true, Some(7), "bye\n"));
    }

    #[tokio::test]
    async fn a_command_that_was_given_up_is_killed() {
        let folder = tempfile::tempdir().expect("a folder");
        let connections = Connections::new(folder.path().into(), folder.path().into());
        let line = shell("echo $$ > pid.new; mv pid.new pid; sleep 1000");
        let file = folder.path().join("pid");
        let running = run(&connections, line, Duration::from_secs(60), None);
        let pid = tokio::select! {
            _ = running => panic!("it should still run"),
            pid = written(&file) => pid,
        };
        ended(pid).await;
    }

    #[tokio::test]
    async fn a_daemon_that_keeps_the_pipes_open_holds_nobody_up() {
        let answer = run_line(shell("sleep 1000 & echo $!")).await.expect("it ran");
        assert_eq!(answer.exit_code, Some(0));
        let pid: u32 = answer.stdout.trim().parse().expect("a pid");
        assert!(identity::started(pid).is_some(), "it runs on");
        let pid = Pid::from_raw(pid.cast_signed()).expect("a pid");
        rustix::process::kill_process(pid, Signal::KILL).expect("ours to kill");
    }

    #[tokio::test]
    async fn what_cannot_start_is_an_error_before_anything_happened() {
        for (argv, code) in [(vec!["no-such-program"], "no_program"), (vec![], "no_program"), (vec!["/"], "no_program")]
        {
            let line = CommandLine { argv: argv.into_iter().map(str::to_owned).collect(), ..shell("") };
            let error = run_line(line).await.expect_err("it cannot start");
            assert_eq!((error.code.as_str(), error.class), (code, ErrorClass::Permanent));
        }
        let line = CommandLine { folder: Some("gone".to_owned()), ..shell("") };
        assert_eq!(run_line(line).await.expect_err("no folder").code, "no_folder");
    }

    async fn written(path: &std::path::Path) -> u32 {
        loop {
            if let Some(pid) = std::fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()) {
                return pid;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Waits for the end of a process that was ended.
    async fn ended(pid: u32) {
        while identity::started(pid).is_some() {
            tokio::task::yield_now().await;
        }
    }
}
