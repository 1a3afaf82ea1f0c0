//! The file's BLAKE3, made by the workers from the pages they have in cache anyway.
//!
//! BLAKE3 is a binary tree over chunks of 1 KiB, and a subtree that starts on a multiple of its own size can
//! be hashed by itself (section 2.1 of the BLAKE3 paper). Shards start on multiples of [`GRAIN`], so each
//! worker hashes grains, joins those that are siblings, and the merger joins the rest. Only the very last
//! join is marked as the root.

use blake3::Hasher;
use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};

use super::plan::GRAIN;

/// The hash of a stretch that is a node of the tree.
#[derive(Debug, Clone, Copy)]
pub struct Subtree {
    start: u64,
    len: u64,
    value: ChainingValue,
}

/// Hashes one shard's stretch of a file, from front to back.
#[derive(Debug)]
pub struct StretchHasher {
    total: u64,
    at: u64,
    end: u64,
    grain: Hasher,
    nodes: Vec<Subtree>,
}

impl StretchHasher {
    /// A hasher for the bytes from `start`, a multiple of [`GRAIN`], to `end` of a file of `total` bytes.
    pub fn new(start: u64, end: u64, total: u64) -> Self {
        debug_assert!(start.is_multiple_of(GRAIN));
        Self { total, at: start, end, grain: grain_at(start), nodes: Vec::new() }
    }

    /// Hashes what is not hashed yet of the file's bytes up to `to`.
    pub fn advance(&mut self, file: &[u8], to: u64) {
        let to = to.min(self.end);
        while self.at < to {
            let grain_end = (self.at / GRAIN + 1) * GRAIN;
            let stop = grain_end.min(to);
            self.grain.update(&file[self.at as usize..stop as usize]);
            self.at = stop;
            if stop == grain_end || stop == self.end {
                let start = grain_end - GRAIN;
                let full = std::mem::replace(&mut self.grain, grain_at(stop));
                let node = Subtree { start, len: stop - start, value: full.finalize_non_root() };
                push(&mut self.nodes, node, self.total);
            }
        }
    }

    /// The stretch's nodes, the bytes after the last [`advance`](Self::advance) hashed from `file`.
    pub fn finish(mut self, file: &[u8]) -> Vec<Subtree> {
        self.advance(file, self.end);
        self.nodes
    }
}

fn grain_at(start: u64) -> Hasher {
    let mut hasher = Hasher::new();
    if start.is_multiple_of(GRAIN) {
        hasher.set_input_offset(start);
    }
    hasher
}

/// Adds a node and joins siblings. What would be the root stays in two halves.
fn push(nodes: &mut Vec<Subtree>, node: Subtree, total: u64) {
    nodes.push(node);
    while let [.., left, right] = nodes.as_slice() {
        let joined = left.len * 2;
        if left.len != right.len
            || !left.len.is_power_of_two()
            || !left.start.is_multiple_of(joined)
            || left.start + left.len != right.start
            || joined >= total
        {
            return;
        }
        let value = merge_subtrees_non_root(&left.value, &right.value, Mode::Hash);
        let joined = Subtree { start: left.start, len: joined, value };
        nodes.truncate(nodes.len() - 2);
        nodes.push(joined);
    }
}

/// The file's hash from the nodes of all its stretches, in order; `small` are the bytes of a file of one
/// grain or less.
pub fn whole(stretches: impl IntoIterator<Item = Subtree>, total: u64, small: &[u8]) -> blake3::Hash {
    if total <= GRAIN {
        return blake3::hash(&small[..total as usize]);
    }
    let mut nodes = Vec::new();
    for node in stretches {
        push(&mut nodes, node, total);
    }
    let Some(mut right) = nodes.pop().map(|node| node.value) else { return blake3::hash(small) };
    while let Some(left) = nodes.pop() {
        if nodes.is_empty() {
            return merge_subtrees_root(&left.value, &right, Mode::Hash);
        }
        right = merge_subtrees_non_root(&left.value, &right, Mode::Hash);
    }
    // Unreachable for more than one grain: the root is never joined before.
    blake3::hash(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_give_the_hash_of_the_whole() {
        let grain = GRAIN as usize;
        let file: Vec<u8> = (0..grain * 9 + 77).map(|i| (i * 31 % 251) as u8).collect();
        for len in [
            0,
            1,
            grain - 1,
            grain,
            grain + 1,
            grain * 2,
            grain * 2 + 5,
            grain * 3,
            grain * 4,
            grain * 7,
            grain * 8,
            grain * 8 + 1,
            grain * 9 + 77,
        ] {
            for shard in [grain, grain * 2, grain * 3, grain * 5] {
                let file = &file[..len];
                let mut nodes = Vec::new();
                let mut start = 0;
                while start < len {
                    let end = (start + shard).min(len);
                    let mut hasher = StretchHasher::new(start as u64, end as u64, len as u64);
                    hasher.advance(file, (start + shard / 3) as u64);
                    nodes.extend(hasher.finish(file));
                    start = end;
                }
                assert_eq!(whole(nodes, len as u64, file), blake3::hash(file), "{len} by {shard}");
            }
        }
    }
}
