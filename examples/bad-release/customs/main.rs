//! The service that the shop asks for the duty on orders abroad: a fifth of the value.

use bad_release_story::server::{Reply, serve};

fn main() -> std::io::Result<()> {
    serve(|path| {
        let cents = path.strip_prefix("/duty?cents=").map(str::parse::<u64>);
        match cents {
            Some(Ok(cents)) => Reply::text(200, format!("{}\n", cents / 5)),
            _ => Reply::text(404, "ask for /duty?cents=NUMBER\n"),
        }
    })
}
