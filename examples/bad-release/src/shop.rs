//! The part of the shop that is the same in every release: its pages, its counters, its log file, its command line.
//!
//! A release brings one function, which works out what an order costs.

use crate::client;
use crate::server::{Reply, serve};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a release brings: the cost of an order in cents, or why there is none.
pub type Price = fn(&Shop, Order) -> Result<u64, String>;

/// An order as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Order {
    /// How many pieces.
    pub pieces: u64,
    /// The delivery zone, from 1; the last one lies abroad.
    pub zone: usize,
}

/// What a release may use to work out a price.
#[derive(Debug)]
pub struct Shop {
    /// The delivery zones: a file with one `name cents` line for each zone, in order.
    pub zones: PathBuf,
    /// Where the customs service answers.
    pub customs: SocketAddr,
}

impl Shop {
    /// The lines of the zones file.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn zone_lines(&self) -> Result<Vec<String>, String> {
        let text = std::fs::read_to_string(&self.zones).map_err(|e| format!("{}: {e}", self.zones.display()))?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// The delivery cost on one line of the zones file, in cents.
    ///
    /// # Errors
    /// When the line isn't `name cents`.
    pub fn delivery(line: &str) -> Result<u64, String> {
        line.split_once(' ')
            .and_then(|(_, cents)| cents.trim().parse().ok())
            .ok_or_else(|| format!("zones file: cannot read {line:?}"))
    }

    /// The duty on a value, in cents; asks the customs service.
    ///
    /// # Errors
    /// When customs can't be reached or answers with anything but a number.
    pub fn duty(&self, cents: u64) -> Result<u64, String> {
        let path = format!("/duty?cents={cents}");
        let answer = client::get(self.customs, &path, Duration::from_secs(1))
            .map_err(|e| format!("customs at {}: {e}", self.customs))?;
        answer.body.trim().parse().map_err(|_| format!("customs answered {}", answer.status))
    }
}

/// The zone abroad: orders to it pay a duty.
pub const ABROAD: usize = 4;

/// What one piece costs, in cents.
pub const PIECE: u64 = 990;

/// Runs a release: `shop ZONES_FILE LOG_FILE CUSTOMS_ADDRESS`, with the listening socket as standard input.
///
/// # Errors
/// When the command line or a file is wrong.
pub fn run(release: &'static str, price: Price) -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [zones, log, customs] = arguments.as_slice() else {
        return Err("usage: shop ZONES_FILE LOG_FILE CUSTOMS_ADDRESS".into());
    };
    let desk = Desk {
        shop: Shop { zones: zones.into(), customs: customs.parse()? },
        price,
        log: Mutex::new(OpenOptions::new().create(true).append(true).open(log)?),
        started: seconds(),
        orders: AtomicU64::new(0),
        answers: Mutex::new(BTreeMap::new()),
    };
    desk.say("INFO", &format!("release {release} is up"));
    Ok(serve(move |path| desk.page(path))?)
}

/// One running shop.
struct Desk {
    shop: Shop,
    price: Price,
    log: Mutex<File>,
    started: f64,
    orders: AtomicU64,
    /// How many orders were answered, by status code.
    answers: Mutex<BTreeMap<u16, u64>>,
}

impl Desk {
    fn page(&self, path: &str) -> Reply {
        let (page, query) = path.split_once('?').unwrap_or((path, ""));
        match page {
            "/health" => Reply::text(200, "ok\n"),
            "/metrics" => self.metrics(),
            "/order" => self.order(query),
            _ => Reply::text(404, "no such page\n"),
        }
    }

    fn order(&self, query: &str) -> Reply {
        let number = self.orders.fetch_add(1, Ordering::Relaxed) + 1;
        let field = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name));
            value.and_then(|value| value.strip_prefix('='))?.parse().ok()
        };
        let order = Order { pieces: field("pieces").unwrap_or(1), zone: field("zone").unwrap_or(1) as usize };
        let reply = match (self.price)(&self.shop, order) {
            Ok(cents) => {
                self.say("INFO", &format!("order {number}: {cents} cents"));
                Reply::text(200, format!("{cents}\n"))
            }
            Err(why) => {
                self.say("ERROR", &format!("order {number}: {why}"));
                Reply::text(500, "order failed\n")
            }
        };
        *lock(&self.answers).entry(reply.status).or_default() += 1;
        reply
    }

    fn metrics(&self) -> Reply {
        let mut body = String::from("# TYPE shop_orders counter\n");
        for (code, count) in lock(&self.answers).iter() {
            body += &format!("shop_orders_total{{code=\"{code}\"}} {count}\n");
        }
        body += "# TYPE process_start_time_seconds gauge\n";
        body += &format!("process_start_time_seconds {:.3}\n# EOF\n", self.started);
        Reply { status: 200, kind: "application/openmetrics-text; version=1.0.0; charset=utf-8", body }
    }

    fn say(&self, level: &str, text: &str) {
        // A log that can't be written must not stop the shop.
        let _ = writeln!(lock(&self.log), "{} {level} {text}", stamp(SystemTime::now()));
    }
}

/// Seconds since 1970.
fn seconds() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// The time of a log line, as RFC 3339 has it.
fn stamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    // Years are counted from March, so that a leap day ends one; 400 of them have 146,097 days. 719,468 days lie between
    // 1 March of the year 0 and 1970.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let (year, millis) = (era * 400 + year + next, since.subsec_millis());
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// A panic in one request's thread leaves whole values behind, so the lock is used on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        let at = |seconds| stamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59.000Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(951_868_800), "2000-03-01T00:00:00.000Z");
        assert_eq!(at(1_795_251_599), "2026-11-21T08:59:59.000Z");
    }
}
