//! An HTTP server on a socket that it is handed as standard input, as a supervisor with socket activation does.
//!
//! The supervisor keeps the socket across restarts, so a restart refuses nobody and a port is never lost to another program.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

/// What a service answers to one request.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// The media type of the body.
    pub kind: &'static str,
    /// The body.
    pub body: String,
}

impl Reply {
    /// A plain text answer.
    #[must_use]
    pub fn text(status: u16, body: impl Into<String>) -> Reply {
        Reply { status, kind: "text/plain; charset=utf-8", body: body.into() }
    }
}

/// Serves the socket on standard input for as long as the process lives. The handler gets the path with its query.
///
/// # Errors
/// When standard input is no listening socket.
pub fn serve(handler: impl Fn(&str) -> Reply + Send + Sync + 'static) -> std::io::Result<()> {
    let listener = TcpListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    std::thread::spawn(leave_with_parent);
    let handler = Arc::new(handler);
    loop {
        let (stream, _) = listener.accept()?;
        let handler = Arc::clone(&handler);
        std::thread::spawn(move || {
            // A client that goes away in the middle is the client's matter.
            let _ = answer(stream, handler.as_ref());
        });
    }
}

/// A story that was killed leaves no service behind.
fn leave_with_parent() {
    let parent = std::os::unix::process::parent_id();
    while std::os::unix::process::parent_id() == parent {
        std::thread::sleep(Duration::from_millis(500));
    }
    std::process::exit(0);
}

fn answer(mut stream: TcpStream, handler: &dyn Fn(&str) -> Reply) -> std::io::Result<()> {
    let patience = Some(Duration::from_secs(5));
    stream.set_read_timeout(patience)?;
    stream.set_write_timeout(patience)?;
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = first.split(' ');
    let reply = match (words.next(), words.next()) {
        (Some("GET"), Some(path)) => handler(path),
        _ => Reply::text(405, "only GET\n"),
    };
    let reason = match reply.status {
        200 => "OK",
        404 => "Not Found",
        _ => "Error",
    };
    write!(
        stream,
        "HTTP/1.1 {} {reason}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
        reply.status,
        reply.kind,
        reply.body.len(),
        reply.body
    )?;
    stream.flush()
}
