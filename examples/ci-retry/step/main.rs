//! A step of a CI job: `ci-step SERVER SUITE ATTEMPTS_FILE` fetches a fixture from a server and runs one test suite over it.
//!
//! It notes each start in a file, so that somebody else than healrun can count them.
#![allow(clippy::print_stdout, reason = "a CI step prints its log")]

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, suite, attempts] = arguments.as_slice() else {
        println!("usage: ci-step SERVER SUITE ATTEMPTS_FILE");
        return ExitCode::from(2);
    };
    let noted = OpenOptions::new().create(true).append(true).open(attempts);
    if let Err(e) = noted.and_then(|mut file| writeln!(file, "{suite}")) {
        println!("{attempts}: {e}");
        return ExitCode::from(2);
    }
    println!("fetching the fixture from {server}");
    let numbers = match fetch(server) {
        Ok(numbers) => numbers,
        Err(e) => {
            println!("error: http://{server}/fixture: {e}");
            return ExitCode::from(7);
        }
    };
    let (is, wanted) = match suite.as_str() {
        "sum" => (sum(&numbers), 24),
        "mean" => (mean(&numbers), 6),
        _ => {
            println!("no suite {suite}");
            return ExitCode::from(2);
        }
    };
    if is == wanted {
        println!("test {suite} ... ok");
        ExitCode::SUCCESS
    } else {
        println!("test {suite} ... FAILED\nassertion failed: {suite}({numbers:?}) is {is}, expected {wanted}");
        ExitCode::FAILURE
    }
}

fn fetch(server: &str) -> std::io::Result<Vec<u64>> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /fixture HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok(body.split_whitespace().filter_map(|word| word.parse().ok()).collect())
}

fn sum(numbers: &[u64]) -> u64 {
    numbers.iter().sum()
}

/// The bug that the suite `mean` finds: it divides by one too many.
fn mean(numbers: &[u64]) -> u64 {
    sum(numbers) / (numbers.len() as u64 + 1)
}
