//! Tells the errors of clients apart (R8): by their types, not by their words.

use super::gate::Stopped;
use crate::failure;
use heal_lang::plan::ErrorClass::{Permanent, Transient};
use heal_stdlib::error::{ErrorInfo, Sent};
use std::error::Error;
use std::io::ErrorKind;

/// What an error of a client means. `what`: `GET http://host/path`.
pub(crate) fn classify(what: &str, error: &(dyn Error + 'static)) -> ErrorInfo {
    let mut connecting = false;
    let mut found = None;
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(Stopped(info)) = error.downcast_ref() {
            return ErrorInfo { message: format!("{what}: {}", info.message), ..info.clone() };
        }
        if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
            connecting |= error.is_connect();
        }
        // The innermost that tells something wins: the outer ones only say where it happened.
        found = told(error).or(found);
        next = source(error);
    }
    let (class, code, words) = found.unwrap_or((Transient, "network", ""));
    let words = if words.is_empty() { chain(error) } else { words.to_owned() };
    let info = failure::asked(class, code, format!("{what}: {words}"));
    if connecting { ErrorInfo { sent: Sent::No, refused_definitely: true, ..info } } else { info }
}

type Told = (heal_lang::plan::ErrorClass, &'static str, &'static str);

fn told(error: &(dyn Error + 'static)) -> Option<Told> {
    if error.is::<rustls::Error>() {
        return Some((Permanent, "tls", ""));
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        return match error {
            e if e.is_incomplete_message() => Some((Transient, "reset", "the connection ended before the answer did")),
            e if e.is_parse() || spoke_first(e) => {
                Some((Permanent, "protocol", "what answers there does not speak HTTP"))
            }
            e if e.is_timeout() => Some((Transient, "timeout", "")),
            _ => None,
        };
    }
    let error = error.downcast_ref::<std::io::Error>()?;
    match error.kind() {
        ErrorKind::ConnectionRefused => Some((Transient, "refused", "connection refused: nothing listens there")),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof
        | ErrorKind::NotConnected => Some((Transient, "reset", "the connection was cut")),
        ErrorKind::TimedOut => Some((Transient, "timeout", "the connection timed out")),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            Some((Transient, "unreachable", "there is no way to the host"))
        }
        ErrorKind::AddrNotAvailable => Some((Transient, "no_local_socket", "this machine has no free port")),
        _ => None,
    }
}

/// The other side spoke before it was asked, as mail and SSH servers do. Whether its words arrive before or after the
/// request left is a matter of luck, so both mean the same. hyper has no predicate for this one; a test holds the words.
fn spoke_first(error: &hyper::Error) -> bool {
    error.source().is_none() && error.to_string() == "received unexpected message from connection"
}

/// What is inside: an error of the system holds others in it without calling them its source.
fn source<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let inside = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    inside.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
}

/// An error and its causes, in words.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut next = source(error);
    while let Some(error) = next {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        next = source(error);
    }
    words
}
