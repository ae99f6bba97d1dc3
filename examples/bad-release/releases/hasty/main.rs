//! "Simplify the zone lookup." Zones are counted from one and the list from zero: the last zone is not found any more, and
//! every other order pays for the zone after its own.

use bad_release_story::shop::{ABROAD, Order, PIECE, Shop, run};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    run("hasty", price)
}

fn price(shop: &Shop, order: Order) -> Result<u64, String> {
    let goods = order.pieces * PIECE;
    let zones = shop.zone_lines()?;
    let zone = zones.get(order.zone);
    let line = zone.ok_or_else(|| format!("no delivery zone {}", order.zone))?;
    let duty = if order.zone == ABROAD { shop.duty(goods)? } else { 0 };
    Ok(goods + Shop::delivery(line)? + duty)
}
