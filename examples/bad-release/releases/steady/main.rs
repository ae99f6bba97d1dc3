//! The release that works.

use bad_release_story::shop::{ABROAD, Order, PIECE, Shop, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    run("steady", price)
}

fn price(shop: &Shop, order: Order) -> Result<u64, String> {
    let goods = order.pieces * PIECE;
    let zones = shop.zone_lines()?;
    // Zones are counted from one.
    let zone = zones.get(order.zone.wrapping_sub(1));
    let line = zone.ok_or_else(|| format!("no delivery zone {}", order.zone))?;
    let duty = if order.zone == ABROAD { shop.duty(goods)? } else { 0 };
    Ok(goods + Shop::delivery(line)? + duty)
}
