//! Peer outliers: which of several like series (pods of one service) is the odd one.

use crate::math::stats;
use crate::{Reason, Series};
use serde::{Deserialize, Serialize};

/// How far one series is from its peers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peer {
    /// Index of the series.
    pub index: usize,
    /// Median distance to the peers' median, in robust standard deviations of the peers; the sign says above or below.
    pub distance: f64,
    /// In [0, 1], 0.5 at a distance of 5.
    pub score: f64,
}

/// Ranks like series by their distance from the median of all at each stamp, the farthest first. Stamps that fewer than
/// three series share are left out; three series and three shared stamps are needed. O(points · log points).
///
/// # Errors
/// [`Reason::TooFewPoints`] with fewer than three series or shared stamps.
pub fn rank(series: &[Series]) -> Result<Vec<Peer>, Reason> {
    if series.len() < 3 {
        return Err(Reason::TooFewPoints { have: series.len(), need: 3 });
    }
    let mut rows: std::collections::BTreeMap<i64, Vec<(usize, f64)>> = std::collections::BTreeMap::new();
    for (index, s) in series.iter().enumerate() {
        let (at, value) = s.present();
        for (t, v) in at.into_iter().zip(value) {
            rows.entry(t).or_default().push((index, v));
        }
    }
    rows.retain(|_, row| row.len() >= 3);
    if rows.len() < 3 {
        return Err(Reason::TooFewPoints { have: rows.len(), need: 3 });
    }
    let mut distances: Vec<Vec<f64>> = vec![Vec::new(); series.len()];
    let mut spreads = Vec::new();
    for row in rows.values() {
        let mut values: Vec<f64> = row.iter().map(|r| r.1).collect();
        let Some((centre, scale)) = stats::median_and_scale(&values) else { continue };
        spreads.push(scale);
        values.clear();
        for &(index, v) in row {
            distances[index].push(v - centre);
        }
    }
    // One scale for all stamps: the usual spread of the peers, or, when they agree to the bit, a millionth of the level.
    let spread = stats::median(&mut spreads).unwrap_or(0.0);
    let level = distances.iter().flatten().fold(0.0_f64, |a, d| a.max(d.abs()));
    let scale = spread.max(1e-6 * level).max(1e-150);
    let mut peers: Vec<Peer> = distances
        .iter_mut()
        .enumerate()
        .map(|(index, d)| {
            let distance = (stats::median(d).unwrap_or(0.0) / scale).clamp(-1e9, 1e9);
            Peer { index, distance, score: distance.abs() / (distance.abs() + 5.0) }
        })
        .collect();
    peers.sort_by(|a, b| b.distance.abs().total_cmp(&a.distance.abs()).then(a.index.cmp(&b.index)));
    Ok(peers)
}
