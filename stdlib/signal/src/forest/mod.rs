//! Random Cut Forest: a sketch of recent points from which the surprise of a new point follows.
//!
//! Guha, Mishra, Roy, Schrijvers, "Robust random cut forest based anomaly detection on streams", ICML 2016. Flat arrays,
//! points shared by the trees, seeded, no allocation per point once full. Uses `math` alone.

mod points;
mod tree;

use crate::Reason;
use crate::math::rng::Rng;
use points::Points;
use serde::{Deserialize, Serialize};
use tree::{LANES, Scratch, Tree};

/// Version of the saved form of a [`Forest`].
const VERSION: u32 = 2;

/// Shape of a forest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ForestParams {
    /// Number of trees, 1 to 1000.
    pub trees: usize,
    /// Points that each tree keeps, 2 to 4096.
    pub sample: usize,
    /// Width of a point, 1 to 1024.
    pub width: usize,
    /// Decay of the sampling weight a point: a point that is `1 / decay` updates old is `e` times less likely to be kept.
    /// 0 samples uniformly; `None` takes 0.1 / `sample`.
    pub decay: Option<f64>,
    /// Seed of all randomness.
    pub seed: u64,
}

impl Default for ForestParams {
    fn default() -> ForestParams {
        ForestParams { trees: 50, sample: 256, width: 1, decay: None, seed: 7 }
    }
}

/// How far each coordinate of a point contributes to its score, by direction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// Share of the score because the coordinate is above what was seen, one a coordinate, in score units.
    pub high: Vec<f64>,
    /// Share of the score because the coordinate is below what was seen.
    pub low: Vec<f64>,
}

/// A forest of random cut trees over points of `width` f32 coordinates.
///
/// Memory: `trees · sample · (8 · width + 24)` bytes for the trees and at most `trees · sample · 4 · width` for the points,
/// widths from 4 on rounded up to a multiple of 4.
/// A score costs O(trees · depth) with depth about 2 ln `sample`; an update reaches about a tenth of the trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    version: u32,
    params: ForestParams,
    decay: f64,
    growth: f64,
    seen: u64,
    points: Points,
    trees: Vec<Tree>,
    #[serde(skip)]
    scratch: Scratch,
}

impl Forest {
    /// An empty forest.
    ///
    /// # Errors
    /// [`Reason::Parameter`] when a parameter is out of range.
    pub fn new(params: ForestParams) -> Result<Forest, Reason> {
        if !(1..=1000).contains(&params.trees) {
            return Err(Reason::parameter("trees", "must be 1 to 1000"));
        }
        if !(2..=4096).contains(&params.sample) {
            return Err(Reason::parameter("sample", "must be 2 to 4096"));
        }
        if !(1..=1024).contains(&params.width) {
            return Err(Reason::parameter("width", "must be 1 to 1024"));
        }
        let decay = params.decay.unwrap_or(0.1 / params.sample as f64);
        if !(0.0..=1.0).contains(&decay) {
            return Err(Reason::parameter("decay", "must be 0 to 1"));
        }
        let mut seeds = Rng::new(params.seed);
        let trees = (0..params.trees).map(|_| Tree::new(params.sample, params.width, seeds.bits())).collect();
        Ok(Forest {
            version: VERSION,
            points: Points::new(params.width),
            decay,
            growth: libm::exp(decay),
            seen: 0,
            trees,
            params,
            scratch: Scratch::default(),
        })
    }

    /// Refuses a forest that was read from elsewhere unless it was written by this version and has a sound shape.
    ///
    /// # Errors
    /// [`Reason::State`].
    pub fn check(&self) -> Result<(), Reason> {
        if self.version != VERSION {
            return Err(Reason::state("forest of another version"));
        }
        let sound = self.trees.len() == self.params.trees
            && self.points.sound(self.params.width)
            && self.trees.iter().all(|t| t.sound(self.params.sample, self.params.width, self.points.rows()));
        if sound { Ok(()) } else { Err(Reason::state("forest with a damaged shape")) }
    }

    /// Points seen so far.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Width of a point.
    #[must_use]
    pub fn width(&self) -> usize {
        self.params.width
    }

    /// Bytes held by trees and points (capacity, not counting the struct itself).
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.points.bytes() + self.trees.iter().map(Tree::bytes).sum::<usize>()
    }

    /// Surprise of a point: 0 before anything was seen, about 1 for an ordinary point, several for an outlier (the mean
    /// over trees of 1 / (depth + 1) where the point would be cut off, times log2 of the tree's mass).
    /// A point of the wrong width or with a value that is not finite scores 0.
    #[must_use]
    pub fn score(&mut self, point: &[f32]) -> f64 {
        if !self.fits(point) {
            return 0.0;
        }
        let point = self.scratch.padded(point);
        let mut sum = 0.0;
        let mut groups = self.trees.chunks_exact(LANES);
        for group in groups.by_ref() {
            // Walked together: the processor waits for the nodes of several trees at once.
            let leaves = Tree::descend_together(group, &point, &mut self.scratch.paths);
            for ((tree, leaf), path) in group.iter().zip(leaves).zip(&self.scratch.paths) {
                sum += f64::from(tree.score_from(&point, leaf, path, &self.points));
            }
        }
        for tree in groups.remainder() {
            sum += f64::from(tree.score(&point, &self.points, &mut self.scratch));
        }
        self.scratch.point = point;
        sum / self.trees.len() as f64
    }

    /// Collusive displacement of a point: the expected number of points that would move down if it were inserted, mean
    /// over trees (the score of the 2016 paper without the maximum over accomplices).
    #[must_use]
    pub fn displacement(&mut self, point: &[f32]) -> f64 {
        if !self.fits(point) {
            return 0.0;
        }
        let point = self.scratch.padded(point);
        let mut sum = 0.0;
        for tree in &self.trees {
            sum += tree.displacement(&point, &self.points, &mut self.scratch);
        }
        self.scratch.point = point;
        sum / self.trees.len() as f64
    }

    /// The score split over coordinates and directions; the sum of all parts is the score. O(trees · depth · width).
    #[must_use]
    pub fn attribution(&mut self, point: &[f32]) -> Attribution {
        let width = self.params.width;
        let mut out = Attribution { high: vec![0.0; width], low: vec![0.0; width] };
        if !self.fits(point) {
            return out;
        }
        let point = self.scratch.padded(point);
        for tree in &self.trees {
            tree.attribute(&point, &self.points, &mut self.scratch, &mut out);
        }
        self.scratch.point = point;
        let n = self.trees.len() as f64;
        for v in out.high.iter_mut().chain(out.low.iter_mut()) {
            *v /= n;
        }
        out
    }

    /// Takes a point in. Points of the wrong width or with values that are not finite are ignored.
    pub fn update(&mut self, point: &[f32]) {
        if !self.fits(point) {
            return;
        }
        let time = self.decay * self.seen as f64;
        self.seen += 1;
        let point = self.scratch.padded(point);
        let handle = self.points.add(&point);
        self.scratch.point = point;
        for tree in &mut self.trees {
            tree.offer(handle, time, self.growth, &mut self.points, &mut self.scratch);
        }
        self.points.release(handle);
    }

    /// Multiplies coordinates of all points held by 2 to the `power`: as if they had been given in another unit. Exact while
    /// no coordinate leaves the range of normal f32 numbers, which the caller sees to. O(trees · sample · width).
    pub fn rescale(&mut self, coordinates: &[usize], power: i32) {
        let factor = libm::ldexpf(1.0, power);
        for &k in coordinates.iter().filter(|&&k| k < self.params.width) {
            self.points.rescale(k, factor);
            for tree in &mut self.trees {
                tree.rescale(k, factor);
            }
        }
        for tree in &mut self.trees {
            tree.measure();
        }
    }

    fn fits(&self, point: &[f32]) -> bool {
        point.len() == self.params.width && point.iter().all(|v| v.is_finite())
    }
}
