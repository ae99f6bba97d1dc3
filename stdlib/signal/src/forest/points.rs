//! The points that the trees of a forest share, with a count of the trees that hold each.

use serde::{Deserialize, Serialize};

/// Rows of `width` coordinates in one array; freed rows are used again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Points {
    width: usize,
    rows: Vec<f32>,
    holders: Vec<u32>,
    free: Vec<u32>,
}

impl Points {
    pub(crate) fn new(width: usize) -> Points {
        Points { width, rows: Vec::new(), holders: Vec::new(), free: Vec::new() }
    }

    /// Stores a point with one holder and returns its handle.
    pub(crate) fn add(&mut self, point: &[f32]) -> u32 {
        match self.free.pop() {
            Some(handle) => {
                let at = handle as usize * self.width;
                self.rows[at..at + self.width].copy_from_slice(point);
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
        let at = handle as usize * self.width;
        &self.rows[at..at + self.width]
    }

    /// Multiplies coordinate `k` of every point.
    pub(crate) fn rescale(&mut self, k: usize, factor: f32) {
        for v in self.rows.iter_mut().skip(k).step_by(self.width) {
            *v *= factor;
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.holders.len()
    }

    pub(crate) fn sound(&self, width: usize) -> bool {
        self.width == width
            && self.rows.len() == self.holders.len() * width
            && self.free.iter().all(|&h| (h as usize) < self.holders.len())
    }

    pub(crate) fn bytes(&self) -> usize {
        self.rows.capacity() * 4 + self.holders.capacity() * 4 + self.free.capacity() * 4
    }
}
