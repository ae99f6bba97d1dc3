//! Which process a pid means: a pid is given out again, a pid with its start time is not.

/// When a process started, as the system counts it; none: it does not live. A dead process that nobody has waited for
/// does not live.
#[cfg(target_os = "linux")]
pub(super) fn started(pid: u32) -> Option<u64> {
    stat(pid, 22)?.parse().ok()
}

/// One field of a living process, counted from 1 as proc(5) does; 3 is its state.
#[cfg(target_os = "linux")]
fn stat(pid: u32, field: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it is in parentheses and may hold anything, even those.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(field.checked_sub(4)?).map(str::to_owned)
}

/// Whether a process leads a process group.
///
/// Not asked of `getpgid`: for a group that another pid namespace made, as a container's supervisor does, it answers 0,
/// which is no pid and which its binding takes for one.
#[cfg(target_os = "linux")]
pub(super) fn leads_group(pid: u32) -> bool {
    stat(pid, 5).is_some_and(|group| group == pid.to_string())
}

/// As on Linux; there are no pid namespaces here.
#[cfg(not(target_os = "linux"))]
pub(super) fn leads_group(pid: u32) -> bool {
    use rustix::process::{Pid, getpgid};
    Pid::from_raw(pid.cast_signed()).is_some_and(|pid| getpgid(Some(pid)) == Ok(pid))
}

/// Whether a process leads a session, so that no terminal but its own can end it.
#[cfg(all(test, target_os = "linux"))]
pub(super) fn leads_session(pid: u32) -> bool {
    stat(pid, 6).is_some_and(|session| session == pid.to_string())
}

/// As on Linux; the number is made of the start time's text, because there is no other way without C calls.
#[cfg(not(target_os = "linux"))]
pub(super) fn started(pid: u32) -> Option<u64> {
    let output =
        std::process::Command::new("ps").args(["-o", "stat=,lstart=", "-p", &pid.to_string()]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (state, start) = text.trim().split_once(' ')?;
    let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    (!state.starts_with('Z')).then(|| start.trim().bytes().fold(0xcbf2_9ce4_8422_2325, fnv))
}

/// How long a process has lived; none: nobody can tell.
#[cfg(target_os = "linux")]
pub(super) fn age(started: u64) -> Option<std::time::Duration> {
    use std::time::Duration;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let uptime = Duration::try_from_secs_f64(uptime.split_ascii_whitespace().next()?.parse().ok()?).ok()?;
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    // In some containers the uptime is the container's and the start time is not: then the difference says nothing.
    uptime.checked_sub(Duration::from_millis(started.saturating_mul(1000) / ticks))
}

/// As on Linux.
#[cfg(not(target_os = "linux"))]
pub(super) fn age(_: u64) -> Option<std::time::Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_living_process_has_one_start_time() {
        let ours = std::process::id();
        assert!(started(ours).is_some());
        assert_eq!(started(ours), started(ours));
    }

    #[test]
    fn a_dead_process_that_nobody_has_waited_for_does_not_live() {
        let mut child = std::process::Command::new("true").stdout(std::process::Stdio::piped()).spawn().expect("true");
        // Its end of the pipe closes when it ends.
        let mut out = child.stdout.take().expect("a pipe");
        std::io::Read::read_to_end(&mut out, &mut Vec::new()).expect("the end");
        while started(child.id()).is_some() {
            std::thread::yield_now();
        }
        child.wait().expect("it ended");
        assert_eq!(started(child.id()), None);
    }
}
