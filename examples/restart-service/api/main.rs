//! A service as small as can be: `api PORT` answers every request with "ok".

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse::<u16>().ok()).unwrap_or(8080);
    for mut stream in TcpListener::bind(("127.0.0.1", port))?.incoming().flatten() {
        let Ok(reading) = stream.try_clone() else { continue };
        let head = BufReader::new(reading).lines().map_while(Result::ok);
        if head.take_while(|line| !line.is_empty()).count() > 0 {
            // Whoever asked may be gone already.
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
        }
    }
    Ok(())
}
