//! The points that the trees of a forest share, with a count of the trees that hold each.

use serde::{Deserialize, Serialize};

/// Coordinates that a row or one side of a box takes up: four lanes at a time but for the narrowest points, so that no loop
/// has a remainder. What is added is 0 everywhere and changes no distance.
pub(crate) fn stride(width: usize) -> usize {
    if width < 4 { width } else { width.next_multiple_of(4) }
}

/// Rows of [`stride`] coordinates in one array; freed rows are used again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Points {
    stride: usize,
    rows: Vec<f32>,
    holders: Vec<u32>,
    free: Vec<u32>,
}

impl Points {
    pub(crate) fn new(width: usize) -> Points {
        Points { stride: stride(width), rows: Vec::new(), holders: Vec::new(), free: Vec::new() }
    }

    /// Stores a point (of a whole stride) with one holder and returns its handle.
    pub(crate) fn add(&mut self, point: &[f32]) -> u32 {
        match self.free.pop() {
            Some(handle) => {
                let at = handle as usize * self.stride;
                self.rows[at..at + self.stride].copy_from_slice(point);
                self.holders[handle as usize] = 1;
                handle
            }
            None => {
                self.rows.extend_from_slice(point);
                self.holders.push(1);
                (self.holders.len() - 1) as u32
            }
        }
    }

    pub(crate) fn hold(&mut self, handle: u32) {
        self.holders[handle as usize] += 1;
    }

    pub(crate) fn release(&mut self, handle: u32) {
        let count = &mut self.holders[handle as usize];
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.free.push(handle);
        }
    }

    #[inline]
    pub(crate) fn row(&self, handle: u32) -> &[f32] {
        let at = handle as usize * self.stride;
        &self.rows[at..at + self.stride]
    }

    /// Multiplies coordinate `k` of every point.
    pub(crate) fn rescale(&mut self, k: usize, factor: f32) {
        for v in self.rows.iter_mut().skip(k).step_by(self.stride) {
            *v *= factor;
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.holders.len()
    }

    pub(crate) fn sound(&self, width: usize) -> bool {
        self.stride == stride(width)
            && self.rows.len() == self.holders.len() * self.stride
            && self.free.iter().all(|&h| (h as usize) < self.holders.len())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.rows.capacity() * 4 + self.holders.capacity() * 4 + self.free.capacity() * 4
    }
}
