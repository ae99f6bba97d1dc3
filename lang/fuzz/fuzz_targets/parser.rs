//! Any bytes: decode, parse, render, format, with the promises of the property tests.
#![no_main]

#[path = "../../tests/support/promises.rs"]
mod promises;

use heal_lang::source::FileId;
use heal_lang::syntax::decode;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = decode(FileId(0), bytes) {
        promises::keeps_its_promises(&text);
    }
});
