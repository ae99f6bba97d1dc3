//! One random cut tree with its reservoir sample, in flat arrays.
//!
//! Inner nodes are numbered from 0; a reference with the top bit set names a leaf. A leaf is one distinct point with a
//! mass. `boxes` holds per inner node the smallest and the largest coordinates below it (`lo`, then `hi`), each of a whole
//! stride (see [`super::points::stride`]).

mod scoring;

use super::points::{Points, stride};
use crate::math::rng::Rng;
use serde::{Deserialize, Serialize};

const LEAF: u16 = 0x8000;
const NONE: u16 = u16::MAX;
/// Trees that are walked together.
pub(crate) const LANES: usize = 4;

/// Working memory that belongs to no state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    path: Vec<u16>,
    pub(crate) paths: [Vec<u16>; LANES],
    pub(crate) point: Vec<f32>,
    fresh: Vec<f32>,
}

impl Scratch {
    /// A point of a whole stride; give the buffer back to `point` afterwards.
    pub(crate) fn padded(&mut self, point: &[f32]) -> Vec<f32> {
        let mut buffer = std::mem::take(&mut self.point);
        buffer.clear();
        buffer.extend_from_slice(point);
        buffer.resize(stride(point.len()), 0.0);
        buffer
    }
}

impl PartialEq for Scratch {
    fn eq(&self, _: &Scratch) -> bool {
        true
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Node {
    cut: f32,
    dimension: u16,
    mass: u16,
    children: [u16; 2],
    /// Sum of the sides of the box.
    span: f32,
}

/// A tree over a time-decayed reservoir sample of the points offered to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tree {
    rng: Rng,
    sample: usize,
    width: usize,
    stride: usize,
    root: u16,
    nodes: Vec<Node>,
    boxes: Vec<f32>,
    free_nodes: Vec<u16>,
    leaf_point: Vec<u32>,
    leaf_mass: Vec<u16>,
    free_leaves: Vec<u16>,
    /// Max-heap of (weight, point): the heaviest weight leaves first.
    heap: Vec<(f64, u32)>,
    /// Probability scale of accepting the next point: exp(heaviest weight + time).
    gate: f64,
    /// log2 of the mass of the tree.
    scale: f32,
}

impl Tree {
    pub(crate) fn new(sample: usize, width: usize, seed: u64) -> Tree {
        Tree {
            rng: Rng::new(seed),
            sample,
            width,
            stride: stride(width),
            root: NONE,
            nodes: Vec::with_capacity(sample),
            boxes: Vec::with_capacity(sample * 2 * stride(width)),
            free_nodes: Vec::new(),
            leaf_point: Vec::with_capacity(sample),
            leaf_mass: Vec::with_capacity(sample),
            free_leaves: Vec::new(),
            heap: Vec::with_capacity(sample),
            gate: 0.0,
            scale: 0.0,
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.nodes.capacity() * 12
            + self.boxes.capacity() * 4
            + self.leaf_point.capacity() * 4
            + self.leaf_mass.capacity() * 2
            + self.heap.capacity() * 16
    }

    /// Whether every index of a tree that was read from elsewhere is in range and the tree is one.
    pub(crate) fn sound(&self, sample: usize, width: usize, rows: usize) -> bool {
        let (n, m) = (self.nodes.len(), self.leaf_point.len());
        let mut shape = self.sample == sample
            && self.width == width
            && self.stride == stride(width)
            && n <= sample
            && m <= sample
            && self.leaf_mass.len() == m
            && self.scale.is_finite()
            && self.boxes.len() == n * 2 * self.stride
            && self.heap.len() <= sample
            && self.heap.iter().all(|e| (e.1 as usize) < rows && e.0.is_finite())
            && self.leaf_point.iter().all(|&p| (p as usize) < rows)
            && self.free_nodes.iter().all(|&i| (i as usize) < n)
            && self.free_leaves.iter().all(|&i| (i as usize) < m);
        let mut visited = vec![false; n];
        let mut stack = if self.root == NONE { Vec::new() } else { vec![self.root] };
        while let (true, Some(at)) = (shape, stack.pop()) {
            if at & LEAF != 0 {
                shape &= ((at & !LEAF) as usize) < m;
                continue;
            }
            let i = at as usize;
            shape &= i < n && !visited[i] && usize::from(self.nodes[i].dimension) < width;
            if shape {
                visited[i] = true;
                stack.extend(self.nodes[i].children);
            }
        }
        shape
    }

    /// Offers a point to the sample; a point that is let in may push out another one.
    pub(crate) fn offer(&mut self, point: u32, time: f64, growth: f64, points: &mut Points, scratch: &mut Scratch) {
        let u = self.rng.unit();
        if self.heap.len() < self.sample {
            let weight = libm::log(-libm::log(u)) - time;
            let kept = self.insert(point, points, scratch);
            points.hold(kept);
            self.push(weight, kept);
            self.scale = log2(f32::from(self.mass()));
            self.gate = libm::exp(self.heap[0].0 + time + self.step(growth));
            return;
        }
        // Accept when -ln u < gate; -ln u is at least 1 - u, which spares the logarithm most of the time.
        let gate = self.gate;
        self.gate *= growth;
        if 1.0 - u >= gate {
            return;
        }
        let draw = -libm::log(u);
        if draw >= gate {
            return;
        }
        let out = self.heap[0].1;
        self.delete(out, points, scratch);
        points.release(out);
        self.pop();
        let kept = self.insert(point, points, scratch);
        points.hold(kept);
        self.push(libm::log(draw) - time, kept);
        self.gate = libm::exp(self.heap[0].0 + time + self.step(growth));
    }

    fn step(&self, growth: f64) -> f64 {
        libm::log(growth)
    }

    fn push(&mut self, weight: f64, point: u32) {
        self.heap.push((weight, point));
        let mut i = self.heap.len() - 1;
        while i > 0 {
            let parent = (i - 1) / 2;
            if self.heap[parent].0 >= self.heap[i].0 {
                break;
            }
            self.heap.swap(i, parent);
            i = parent;
        }
    }

    fn pop(&mut self) {
        if self.heap.is_empty() {
            return;
        }
        self.heap.swap_remove(0);
        let n = self.heap.len();
        let mut i = 0;
        loop {
            let left = 2 * i + 1;
            if left >= n {
                break;
            }
            let right = left + 1;
            let child = if right < n && self.heap[right].0 > self.heap[left].0 { right } else { left };
            if self.heap[i].0 >= self.heap[child].0 {
                break;
            }
            self.heap.swap(i, child);
            i = child;
        }
    }

    fn mass(&self) -> u16 {
        self.mass_of(self.root)
    }

    fn mass_of(&self, at: u16) -> u16 {
        if at == NONE {
            0
        } else if at & LEAF != 0 {
            self.leaf_mass[(at & !LEAF) as usize]
        } else {
            self.nodes[at as usize].mass
        }
    }

    /// Walks to the leaf of a point, leaving the inner nodes passed in `path`.
    #[inline]
    fn descend(&self, point: &[f32], path: &mut Vec<u16>) -> u16 {
        path.clear();
        let mut at = self.root;
        while at & LEAF == 0 {
            path.push(at);
            at = self.next(at, point);
        }
        at & !LEAF
    }

    /// [`Tree::descend`] of one point in several trees at once; the leaf of each.
    pub(crate) fn descend_together(trees: &[Tree], point: &[f32], paths: &mut [Vec<u16>; LANES]) -> [u16; LANES] {
        let mut at = [NONE; LANES];
        for ((at, tree), path) in at.iter_mut().zip(trees).zip(paths.iter_mut()) {
            *at = tree.root;
            path.clear();
        }
        while at.iter().fold(0, |a, b| a | b) & LEAF == 0 {
            for ((at, tree), path) in at.iter_mut().zip(trees).zip(paths.iter_mut()) {
                path.push(*at);
                *at = tree.next(*at, point);
            }
        }
        for ((at, tree), path) in at.iter_mut().zip(trees).zip(paths.iter_mut()) {
            while *at & LEAF == 0 {
                path.push(*at);
                *at = tree.next(*at, point);
            }
        }
        at.map(|a| a & !LEAF)
    }

    #[inline]
    fn next(&self, at: u16, point: &[f32]) -> u16 {
        let node = &self.nodes[at as usize];
        node.children[usize::from(point[node.dimension as usize] > node.cut)]
    }

    /// The two sides of a node's box.
    #[inline]
    fn sides(&self, node: u16) -> (&[f32], &[f32]) {
        let at = node as usize * 2 * self.stride;
        self.boxes[at..at + 2 * self.stride].split_at(self.stride)
    }

    /// Probability that a random cut of the node's box grown by the point separates the two.
    #[inline]
    fn separation(&self, node: u16, point: &[f32]) -> f32 {
        let (low, high) = self.sides(node);
        let outside = beyond(low, high, point);
        if outside <= 0.0 { 0.0 } else { outside / (outside + self.nodes[node as usize].span) }
    }

    fn new_leaf(&mut self, point: u32) -> u16 {
        match self.free_leaves.pop() {
            Some(i) => {
                self.leaf_point[i as usize] = point;
                self.leaf_mass[i as usize] = 1;
                i
            }
            None => {
                self.leaf_point.push(point);
                self.leaf_mass.push(1);
                (self.leaf_point.len() - 1) as u16
            }
        }
    }

    /// A cut between a box and a point outside it, each place as likely: `left` in [0, 1) says where along the distances
    /// summed over the dimensions. The dimension, and a value that keeps the two apart: a coordinate up to it is on the
    /// lower side.
    fn cut(low: &[f32], high: &[f32], point: &[f32], left: f64) -> (u16, f32) {
        let gap = |k: usize| f64::from(low[k] - point[k]).max(f64::from(point[k] - high[k])).max(0.0);
        let mut left = left * (0..point.len()).map(gap).sum::<f64>();
        let mut last = (0, low[0]);
        for k in 0..point.len() {
            let range = gap(k);
            if range <= 0.0 {
                continue;
            }
            let (from, to) = if point[k] < low[k] { (point[k], low[k]) } else { (high[k], point[k]) };
            let cut = (f64::from(from) + left.min(range)) as f32;
            last = (k as u16, if cut >= to || cut < from { from } else { cut });
            if left < range {
                return last;
            }
            left -= range;
        }
        last
    }

    /// Puts a point into the tree; returns the handle that the tree keeps (an equal point's, when there is one).
    fn insert(&mut self, handle: u32, points: &Points, scratch: &mut Scratch) -> u32 {
        let w = self.stride;
        if self.root == NONE {
            self.root = self.new_leaf(handle) | LEAF;
            return handle;
        }
        let point = points.row(handle);
        let leaf = self.descend(point, &mut scratch.path);
        let other = points.row(self.leaf_point[leaf as usize]);
        if other == point {
            self.leaf_mass[leaf as usize] += 1;
            for &node in &scratch.path {
                self.nodes[node as usize].mass += 1;
            }
            return self.leaf_point[leaf as usize];
        }
        let (mut dimension, mut cut) = Tree::cut(other, other, point, self.rng.unit());
        let mut level = scratch.path.len();
        for i in (0..scratch.path.len()).rev() {
            let p = f64::from(self.separation(scratch.path[i], point));
            if p == 0.0 {
                break;
            }
            // A random cut of the grown box matters only when it separates the two; where it then lies follows from the
            // same draw.
            let draw = self.rng.unit();
            if draw < p {
                let (low, high) = self.sides(scratch.path[i]);
                (dimension, cut) = Tree::cut(low, high, point, draw / p);
                level = i;
            }
        }
        let below = if level == scratch.path.len() { leaf | LEAF } else { scratch.path[level] };
        let fresh = self.new_leaf(handle) | LEAF;
        let mass = self.mass_of(below) + 1;
        let children = if point[dimension as usize] <= cut { [fresh, below] } else { [below, fresh] };
        let node = Node { cut, dimension, mass, children, span: 0.0 };
        let id = match self.free_nodes.pop() {
            Some(i) => {
                self.nodes[i as usize] = node;
                i
            }
            None => {
                self.nodes.push(node);
                self.boxes.resize(self.nodes.len() * 2 * w, 0.0);
                (self.nodes.len() - 1) as u16
            }
        };
        let target = id as usize * 2 * w;
        if below & LEAF != 0 {
            self.boxes[target..target + w].copy_from_slice(other);
            self.boxes[target + w..target + 2 * w].copy_from_slice(other);
        } else {
            let source = below as usize * 2 * w;
            self.boxes.copy_within(source..source + 2 * w, target);
        }
        self.grow(id, point);
        match level.checked_sub(1) {
            None => self.root = id,
            Some(up) => {
                let parent = &mut self.nodes[scratch.path[up] as usize];
                let side = usize::from(parent.children[1] == below);
                parent.children[side] = id;
            }
        }
        let mut growing = true;
        for i in (0..level).rev() {
            let node = scratch.path[i];
            self.nodes[node as usize].mass += 1;
            if growing {
                growing = self.grow(node, point);
            }
        }
        handle
    }

    /// Grows a node's box to hold a point; returns whether it had to.
    fn grow(&mut self, node: u16, point: &[f32]) -> bool {
        let w = self.stride;
        let at = node as usize * 2 * w;
        let (low, high) = self.boxes[at..at + 2 * w].split_at_mut(w);
        if beyond(low, high, point) <= 0.0 {
            return false;
        }
        for ((l, h), &p) in low.iter_mut().zip(high.iter_mut()).zip(point) {
            *l = if p < *l { p } else { *l };
            *h = if p > *h { p } else { *h };
        }
        self.nodes[node as usize].span = span(low, high);
        true
    }

    /// Takes one copy of a point out of the tree.
    fn delete(&mut self, handle: u32, points: &Points, scratch: &mut Scratch) {
        if self.root == NONE {
            return;
        }
        let point = points.row(handle);
        let leaf = self.descend(point, &mut scratch.path);
        for &node in &scratch.path {
            self.nodes[node as usize].mass -= 1;
        }
        self.leaf_mass[leaf as usize] -= 1;
        if self.leaf_mass[leaf as usize] > 0 {
            return;
        }
        self.free_leaves.push(leaf);
        let Some(parent) = scratch.path.pop() else {
            self.root = NONE;
            return;
        };
        let pair = self.nodes[parent as usize].children;
        let sibling = pair[usize::from(pair[0] == leaf | LEAF)];
        self.free_nodes.push(parent);
        match scratch.path.last() {
            None => self.root = sibling,
            Some(&up) => {
                let node = &mut self.nodes[up as usize];
                let side = usize::from(node.children[1] == parent);
                node.children[side] = sibling;
            }
        }
        let path = std::mem::take(&mut scratch.path);
        for &node in path.iter().rev() {
            let (low, high) = self.sides(node);
            // Strictly inside, the point held no side of the box.
            if !point[..self.width].iter().zip(low.iter().zip(high)).any(|(p, (l, h))| p <= l || p >= h) {
                break;
            }
            if !self.refit(node, points, &mut scratch.fresh) {
                break;
            }
        }
        scratch.path = path;
    }

    /// Makes a node's box that of its children; returns whether it changed.
    fn refit(&mut self, node: u16, points: &Points, fresh: &mut Vec<f32>) -> bool {
        let w = self.stride;
        let at = node as usize * 2 * w;
        fresh.clear();
        let [a, b] = self.nodes[node as usize].children;
        let ((al, ah), (bl, bh)) = (self.bounds(a, points), self.bounds(b, points));
        fresh.extend(al.iter().zip(bl).map(|(x, y)| if x < y { *x } else { *y }));
        fresh.extend(ah.iter().zip(bh).map(|(x, y)| if x > y { *x } else { *y }));
        let changed = fresh[..] != self.boxes[at..at + 2 * w];
        if changed {
            self.boxes[at..at + 2 * w].copy_from_slice(fresh);
            let (low, high) = fresh.split_at(w);
            self.nodes[node as usize].span = span(low, high);
        }
        changed
    }

    /// Lower and upper sides of a subtree.
    #[inline]
    fn bounds<'a>(&'a self, at: u16, points: &'a Points) -> (&'a [f32], &'a [f32]) {
        if at & LEAF != 0 {
            let row = points.row(self.leaf_point[(at & !LEAF) as usize]);
            (row, row)
        } else {
            self.sides(at)
        }
    }

    /// Multiplies dimension `k` of all cuts and boxes; [`Tree::measure`] has to follow.
    pub(crate) fn rescale(&mut self, k: usize, factor: f32) {
        for node in self.nodes.iter_mut().filter(|n| usize::from(n.dimension) == k) {
            node.cut *= factor;
        }
        for bound in self.boxes.iter_mut().skip(k).step_by(self.stride) {
            *bound *= factor;
        }
    }

    /// Measures all boxes again.
    pub(crate) fn measure(&mut self) {
        let w = self.stride;
        for (node, sides) in self.nodes.iter_mut().zip(self.boxes.chunks_exact(2 * w)) {
            let (low, high) = sides.split_at(w);
            node.span = span(low, high);
        }
    }
}

/// How far a point lies outside a box, summed over the dimensions: in four lanes, the same order of additions everywhere.
#[inline]
fn beyond(low: &[f32], high: &[f32], point: &[f32]) -> f32 {
    let gap = |l: f32, h: f32, p: f32| {
        let (below, above) = (l - p, p - h);
        let far = if below > above { below } else { above };
        if far > 0.0 { far } else { 0.0 }
    };
    if point.len() < 4 {
        return low.iter().zip(high).zip(point).map(|((&l, &h), &p)| gap(l, h, p)).sum();
    }
    let mut lanes = [0.0_f32; 4];
    for ((l, h), p) in low.chunks_exact(4).zip(high.chunks_exact(4)).zip(point.chunks_exact(4)) {
        for k in 0..4 {
            lanes[k] += gap(l[k], h[k], p[k]);
        }
    }
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
}

/// Sum of the sides of a box, likewise.
#[inline]
fn span(low: &[f32], high: &[f32]) -> f32 {
    if low.len() < 4 {
        return low.iter().zip(high).map(|(l, h)| h - l).sum();
    }
    let mut lanes = [0.0_f32; 4];
    for (l, h) in low.chunks_exact(4).zip(high.chunks_exact(4)) {
        for k in 0..4 {
            lanes[k] += h[k] - l[k];
        }
    }
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
}

#[inline]
fn log2(x: f32) -> f32 {
    libm::log2f(x)
}
