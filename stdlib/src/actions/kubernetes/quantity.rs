//! Quantities as Kubernetes writes them: `512Mi`, `500m`, `2`, `1e3`.

/// In base units; `None` where it is none.
pub(super) fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    // The longest suffix first: `Mi` before `m`.
    const UNITS: [(&str, f64); 15] = [
        ("Ki", 1024.0),
        ("Mi", 1_048_576.0),
        ("Gi", 1_073_741_824.0),
        ("Ti", 1_099_511_627_776.0),
        ("Pi", 1_125_899_906_842_624.0),
        ("Ei", 1_152_921_504_606_846_976.0),
        ("n", 1e-9),
        ("u", 1e-6),
        ("m", 1e-3),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("P", 1e15),
        ("E", 1e18),
    ];
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let (number, factor) = UNITS.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))?;
    number.parse::<f64>().ok().map(|n| n * factor).filter(|n| n.is_finite())
}

/// Whole bytes; in a larger unit where nothing is lost.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded; `as` saturates")]
pub(super) fn bytes(value: f64) -> String {
    let whole = value.max(0.0).round() as u64;
    for (unit, size) in [("Gi", 1_u64 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)] {
        if whole >= size && whole.is_multiple_of(size) {
            return format!("{}{unit}", whole / size);
        }
    }
    whole.to_string()
}

/// Whole thousandths of a core.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded; `as` saturates")]
pub(super) fn cpu(value: f64) -> String {
    let milli = (value.max(0.0) * 1000.0).round() as u64;
    if milli.is_multiple_of(1000) { (milli / 1000).to_string() } else { format!("{milli}m") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        assert_eq!(parse("512Mi"), Some(536_870_912.0));
        assert_eq!(parse("500m"), Some(0.5));
        assert_eq!(parse("2"), Some(2.0));
        assert_eq!(parse("1e3"), Some(1000.0));
        assert_eq!(parse("1G"), Some(1e9));
        assert_eq!(parse("much"), None);
        assert_eq!(bytes(805_306_368.0), "768Mi");
        assert_eq!(bytes(1e9), "1000000000");
        assert_eq!((cpu(0.75), cpu(2.0)), ("750m".to_owned(), "2".to_owned()));
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(n in 0_u32..) {
            proptest::prop_assert_eq!(parse(&bytes(f64::from(n))), Some(f64::from(n)));
        }
    }
}
