//! What a tree says about a point: score, displacement, attribution. Changes nothing.

use super::super::Attribution;
use super::super::points::Points;
use super::{NONE, Scratch, Tree, log2};

impl Tree {
    pub(crate) fn score(&self, point: &[f32], points: &Points, scratch: &mut Scratch) -> f32 {
        if self.root == NONE {
            return 0.0;
        }
        let leaf = self.descend(point, &mut scratch.path);
        self.score_from(point, leaf, &scratch.path, points)
    }

    /// The score by the walk to the leaf of the point.
    #[inline]
    pub(crate) fn score_from(&self, point: &[f32], leaf: u16, path: &[u16], points: &Points) -> f32 {
        if self.root == NONE {
            return 0.0;
        }
        let mut depth = path.len() as f32;
        if points.row(self.leaf_point[leaf as usize]) == point {
            let mass = f32::from(self.leaf_mass[leaf as usize]);
            return (1.0 - 0.5 * mass / f32::from(self.mass())) / (depth + log2(mass + 1.0)) * self.scale;
        }
        let mut score = 1.0 / (depth + 1.0);
        for &node in path.iter().rev() {
            let p = self.separation(node, point);
            if p == 0.0 {
                break;
            }
            score += p * (1.0 / depth - score);
            depth -= 1.0;
        }
        score * self.scale
    }

    pub(crate) fn displacement(&self, point: &[f32], points: &Points, scratch: &mut Scratch) -> f64 {
        if self.root == NONE {
            return 0.0;
        }
        let leaf = self.descend(point, &mut scratch.path);
        let mass = f64::from(self.leaf_mass[leaf as usize]);
        if points.row(self.leaf_point[leaf as usize]) == point {
            return 1.0 / (mass + 1.0);
        }
        let mut moved = mass;
        for &node in scratch.path.iter().rev() {
            let p = f64::from(self.separation(node, point));
            if p == 0.0 {
                break;
            }
            moved += p * (f64::from(self.nodes[node as usize].mass) - moved);
        }
        moved
    }

    pub(crate) fn attribute(&self, point: &[f32], points: &Points, scratch: &mut Scratch, out: &mut Attribution) {
        if self.root == NONE {
            return;
        }
        let scale = f64::from(self.scale);
        let leaf = self.descend(point, &mut scratch.path);
        let depth = scratch.path.len();
        let row = points.row(self.leaf_point[leaf as usize]);
        let whole = f64::from(self.score(point, points, scratch));
        if row == point {
            // An exact repeat has no direction: share evenly.
            let part = whole / (2.0 * self.width as f64);
            out.high.iter_mut().chain(out.low.iter_mut()).for_each(|v| *v += part);
            return;
        }
        // The weight of each node is its separation probability times that of not being separated above it.
        let mut weights = Vec::with_capacity(depth + 1);
        let mut remaining = 1.0_f64;
        for (level, &node) in scratch.path.iter().enumerate() {
            let p = f64::from(self.separation(node, point));
            weights.push((Some(node), remaining * p / (level as f64 + 1.0)));
            remaining *= 1.0 - p;
        }
        weights.push((None, remaining / (depth as f64 + 1.0)));
        for (node, weight) in weights {
            if weight <= 0.0 {
                continue;
            }
            let w = self.width;
            let (low, high) = match node {
                Some(n) => self.sides(n),
                None => (row, row),
            };
            let gaps = |k: usize| (f64::from((point[k] - high[k]).max(0.0)), f64::from((low[k] - point[k]).max(0.0)));
            let outside: f64 = (0..w).map(|k| gaps(k).0 + gaps(k).1).sum();
            if outside <= 0.0 {
                continue;
            }
            for k in 0..w {
                let (above, below) = gaps(k);
                out.high[k] += weight * scale * above / outside;
                out.low[k] += weight * scale * below / outside;
            }
        }
    }
}
