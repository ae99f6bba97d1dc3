//! The adapters against the real servers of `../parts`.

#[path = "../parts/mod.rs"]
mod parts;

mod deployment;
mod driver;
mod github;
mod kubernetes;
mod prometheus;

use crate::carrier::Carrier;
use crate::departure::Departure;
use heal_stdlib::error::ErrorInfo;
use heal_stdlib::request::{Answer, ChangeRequest, HttpAnswer, ReadRequest};
use std::sync::Arc;
use std::time::Duration;

/// Long enough for any machine.
const LONG: Duration = Duration::from_secs(60);

async fn ask(carrier: &Carrier, request: ReadRequest) -> Result<HttpAnswer, ErrorInfo> {
    http(carrier.read(request, LONG).await)
}

/// Sends a change, in time or (`late`) past its `send_by`.
async fn act(carrier: &Carrier, request: ChangeRequest, late: bool) -> Result<HttpAnswer, ErrorInfo> {
    let departure = Arc::new(Departure::new(Arc::new(move || u64::from(late)), 0));
    http(carrier.change(request, LONG, &departure).await)
}

fn http(answer: Answer) -> Result<HttpAnswer, ErrorInfo> {
    match answer {
        Answer::Http(answer) => Ok(answer),
        Answer::Failed(error) => Err(error),
        other => panic!("{other:?}"),
    }
}

fn json(answer: &HttpAnswer) -> serde_json::Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}
