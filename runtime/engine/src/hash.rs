//! Hashes that must be the same on every machine and after every restart: idempotency keys (R19), counted random
//! numbers (R17) and the hash of commands that stands in each journal row (R39).

use crate::command::{Command, IntentId};
use crate::mode::Mode;
use heal_lang::plan::NodeId;
use serde::Serialize;

/// Length-prefixed parts, so that no two lists of parts collide.
fn digest(domain: &str, parts: &[&[u8]]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_derive_key(domain);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()
}

/// 26 characters of base32: fits every API's limit for keys and labels.
fn short(hash: &blake3::Hash) -> String {
    let bytes = hash.as_bytes().get(..16).unwrap_or_default();
    data_encoding::BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

/// The idempotency key of an intent: the same for all attempts and after a restart, new for a new intent (R19).
#[must_use]
pub fn intent_key(run: &str, node: Option<NodeId>, item: u32, intent: IntentId) -> String {
    let node = node.map_or(u32::MAX, |n| n.0);
    short(&digest(
        "heal-engine intent key 1",
        &[run.as_bytes(), &node.to_le_bytes(), &item.to_le_bytes(), &intent.0.to_le_bytes()],
    ))
}

/// The key of something that is said at most once per run under one name: a page, an approval request.
#[must_use]
pub fn named_key(run: &str, name: &str) -> String {
    short(&digest("heal-engine named key 1", &[run.as_bytes(), name.as_bytes()]))
}

/// What a random number is for; part of its counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Draw {
    Read = 1,
    Change = 2,
    Tell = 3,
}

/// A random number that depends on nothing but its name: the order of events does not matter (R17).
pub(crate) fn rand(seed: u64, draw: Draw, name: [u64; 4]) -> u64 {
    let mut bytes = Vec::with_capacity(48);
    bytes.extend_from_slice(&seed.to_le_bytes());
    bytes.extend_from_slice(&(draw as u64).to_le_bytes());
    for part in name {
        bytes.extend_from_slice(&part.to_le_bytes());
    }
    let hash = digest("heal-engine rand 1", &[&bytes]);
    hash.as_bytes().iter().take(8).fold(0, |n, b| (n << 8) | u64::from(*b))
}

/// Feeds JSON to a hasher without building it in memory first.
struct Sink<'a>(&'a mut blake3::Hasher);

impl std::io::Write for Sink<'_> {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0.update(buf);
        Ok(buf.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn add<T: Serialize>(hasher: &mut blake3::Hasher, word: &str, value: &T) {
    hasher.update(word.as_bytes());
    // Only maps with keys that are no strings fail, and there are none in commands.
    let _ = serde_json::to_writer(Sink(hasher), value);
    hasher.update(b"\n");
}

/// The hash of the commands that an event produced (R39); the same in every mode that has orders.
#[must_use]
pub fn commands_hash<M: Mode>(commands: &[Command<M>]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("heal-engine commands 1");
    for command in commands {
        let h = &mut hasher;
        match command {
            Command::Read(c) => add(h, "read", c),
            Command::Judge { node, purpose, over } => add(h, "judge", &(node, purpose, over)),
            Command::Resolve { node } => add(h, "resolve", node),
            Command::Admit(c) => add(h, "admit", c),
            Command::Act(o) => add(h, "act", &M::order_parts(o)),
            Command::Tell(o) => add(h, "tell", &M::order_parts(o)),
            Command::Ask(c) => add(h, "ask", c),
            Command::Settle { intent, result, vote, cool_down_ms } => {
                add(h, "settle", &(intent, result, vote, cool_down_ms));
            }
            Command::Withdraw { request, because } => add(h, "withdraw", &(request, because)),
            Command::Abandon { call } => add(h, "abandon", call),
            Command::Note(n) => add(h, "note", n),
            Command::Park { until, on, exit_code } => add(h, "park", &(until, on, exit_code)),
            Command::Close(r) => add(h, "close", r),
        }
    }
    hasher.finalize().to_hex().to_string()
}
