//! Servers for tests that say what they should not, on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Long enough for any machine.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A server on loopback, and what it was sent.
pub(crate) struct Server {
    pub(crate) at: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// The requests so far, heads and bodies.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("whole").clone()
    }
}

/// Answers each request by what `answer` makes of its path; then the connection is cut.
pub(crate) async fn serve<F>(answer: F) -> Server
where
    F: Fn(&str) -> Reply + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (answer, all) = (Arc::new(answer), heard.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, answer.clone(), all.clone()));
        }
    });
    Server { at, heard }
}

/// What a server does with a request.
pub(crate) enum Reply {
    /// Sends this and closes.
    Text(String),
    /// Sends this and goes on with the same connection.
    Stay(String),
    /// Sends this and then nothing more, without closing.
    Hang(&'static str),
    /// Sends this, then the second for ever.
    Flood(&'static str, &'static str),
    /// Sends this and resets the connection.
    Reset(&'static str),
}

async fn talk<F: Fn(&str) -> Reply>(mut stream: TcpStream, answer: Arc<F>, heard: Arc<Mutex<Vec<String>>>) {
    loop {
        let Some(request) = hear(&mut stream).await else { return };
        let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
        heard.lock().expect("whole").push(request);
        match answer(&path) {
            Reply::Text(text) => return drop(stream.write_all(text.as_bytes()).await),
            Reply::Stay(text) => drop(stream.write_all(text.as_bytes()).await),
            Reply::Hang(text) => {
                let _ = stream.write_all(text.as_bytes()).await;
                // Until the other side gives up.
                let _ = stream.read(&mut [0]).await;
                return;
            }
            Reply::Flood(head, rest) => {
                let _ = stream.write_all(head.as_bytes()).await;
                while stream.write_all(rest.as_bytes()).await.is_ok() {}
                return;
            }
            Reply::Reset(text) => {
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.flush().await;
                let _ = stream.set_zero_linger();
                return;
            }
        }
    }
}

/// One request, with its body.
async fn hear(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if text.len() >= end + 4 + length {
                return Some(text);
            }
        }
        match stream.read(&mut buffer).await {
            Ok(n @ 1..) => text += &String::from_utf8_lossy(&buffer[..n]),
            _ => return None,
        }
    }
}

pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

pub(crate) fn to(location: &str) -> Reply {
    Reply::Text(format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"))
}
