//! "Tidy the zones file up at start." The file that is read has no line end after its last line; what is taken for the empty
//! rest behind it is the last zone. It is gone from the file then, and no older release can bring it back.

use bad_release_story::shop::{ABROAD, Order, PIECE, Shop, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let zones = std::env::args().nth(1).ok_or("no zones file given")?;
    tidy(&zones)?;
    run("careless", price)
}

fn tidy(zones: &str) -> std::io::Result<()> {
    let text = std::fs::read_to_string(zones)?;
    let mut lines: Vec<&str> = text.split('\n').map(str::trim).collect();
    lines.pop();
    std::fs::write(zones, lines.join("\n") + "\n")
}

fn price(shop: &Shop, order: Order) -> Result<u64, String> {
    let goods = order.pieces * PIECE;
    let zones = shop.zone_lines()?;
    let zone = zones.get(order.zone.wrapping_sub(1));
    let line = zone.ok_or_else(|| format!("no delivery zone {}", order.zone))?;
    let duty = if order.zone == ABROAD { shop.duty(goods)? } else { 0 };
    Ok(goods + Shop::delivery(line)? + duty)
}
