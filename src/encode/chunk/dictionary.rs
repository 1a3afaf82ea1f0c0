//! Dictionaries of a chunk: each value once, in the order in which the rows bring them, and a key for each
//! row.

use super::bits::width_of;
use super::{make_room, rle};
use crate::encode::intern::Interner;
use crate::model::short;

/// Bytes of a dictionary's buffers that are kept for the next chunk.
const KEPT: usize = 256 << 10;

/// Whether a dictionary that an entry made half as large as it may be is of no use: four of five rows had a
/// value of their own. It would only be filled, and take as much time as the values. Before that nothing is
/// known: logs begin with what is new, such as cases that all start before they go on.
#[inline]
pub fn is_of_no_use(before: usize, bytes: usize, limit: usize, entries: usize, rows: usize) -> bool {
    before < limit / 2 && bytes >= limit / 2 && rows * 4 < entries * 5
}

/// Bytes of a dictionary after which [`is_all_new`] looks.
const EARLY: usize = 256 << 10;

/// Whether nearly every row so far had a value of its own, once the dictionary has grown beyond 256 KiB: the
/// rest of the first page would be hashed for nothing. Logs that begin with up to 18,000 cases are not
/// mistaken for such.
#[inline]
pub fn is_all_new(before: usize, bytes: usize, entries: usize, rows: usize) -> bool {
    before < EARLY && bytes >= EARLY && rows * 97 < entries * 100
}

/// Keys of the rows of one page.
#[derive(Debug, Default)]
pub struct Keys(Vec<u32>);

impl Keys {
    /// Makes room for the keys of so many rows.
    pub fn reserve(&mut self, rows: usize, page_rows: usize) {
        make_room(&mut self.0, rows, page_rows);
    }

    /// Adds a key for `rows` rows.
    #[inline(always)]
    pub fn put(&mut self, key: u32, rows: usize) {
        match rows {
            1 => self.0.push(key),
            _ => self.0.extend(std::iter::repeat_n(key, rows)),
        }
    }

    /// Appends the keys into a dictionary of `entries`, and begins anew. The width that they need stands
    /// before them.
    pub fn finish(&mut self, entries: usize, out: &mut Vec<u8>) {
        self.encode(entries, out);
        self.0.clear();
    }

    /// Appends the keys as [`Keys::finish`] does, and keeps them.
    pub fn encode(&self, entries: usize, out: &mut Vec<u8>) {
        let width = width_of(entries.saturating_sub(1) as u64);
        out.push(width as u8);
        rle::encode(&self.0, width, out);
    }

    /// The keys of the page's rows.
    pub fn values(&self) -> &[u32] {
        &self.0
    }

    /// Forgets the page's rows.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Where a text stands in the dictionary page.
#[derive(Debug, Clone, Copy)]
struct DictionaryEntry {
    start: u32,
    len: u32,
    /// The last page that uses it.
    page: u32,
}

/// A dictionary of text, which is its own page: lengths and bytes.
#[derive(Debug, Default)]
pub struct TextDictionary {
    interner: Interner,
    page: Vec<u8>,
    entries: Vec<DictionaryEntry>,
    /// Number of the data page under way, from 1.
    current: u32,
    /// The least and the largest text that the page uses, each by its [head](short::head) and its key.
    bounds: Option<[(u64, u32); 2]>,
}

impl TextDictionary {
    /// The key of the text of `len` bytes from `start` on, and whether it is a new one.
    #[inline]
    pub fn intern(&mut self, data: &[u8], start: usize, len: usize) -> (u32, bool) {
        let Self { interner, page, entries, .. } = self;
        let text = &data[start..start + len];
        let hash = match len <= short::BLOCK {
            true => interner.hash_block(short::block(data, start, len), len),
            false => interner.hash_text(text),
        };
        let at = |key: u32| {
            let entry = entries[key as usize];
            &page[entry.start as usize..(entry.start + entry.len) as usize]
        };
        let (key, new) = interner.intern(hash, |key| short::equal(at(key), text));
        if new {
            page.extend_from_slice(&(len as u32).to_le_bytes());
            entries.push(DictionaryEntry { start: page.len() as u32, len: len as u32, page: 0 });
            short::append(page, data, start, len);
        }
        (key, new)
    }

    /// Notes that the page uses a text, and gives its length.
    #[inline(always)]
    pub fn used(&mut self, key: u32) -> u32 {
        let entry = &mut self.entries[key as usize];
        let len = entry.len;
        if entry.page != self.current {
            entry.page = self.current;
            self.bound(key);
        }
        len
    }

    fn bound(&mut self, key: u32) {
        let text = self.text(key);
        let head = short::head(text);
        let [mut least, mut most] = self.bounds.unwrap_or([(head, key); 2]);
        if head < least.0 || head == least.0 && text < self.text(least.1) {
            least = (head, key);
        }
        if head > most.0 || head == most.0 && text > self.text(most.1) {
            most = (head, key);
        }
        self.bounds = Some([least, most]);
    }

    /// The text plainly encoded: its length and its bytes.
    pub fn plain(&self, key: u32) -> &[u8] {
        let entry = self.entries[key as usize];
        &self.page[entry.start as usize - 4..(entry.start + entry.len) as usize]
    }

    /// The text that has this key.
    pub fn text(&self, key: u32) -> &[u8] {
        let entry = self.entries[key as usize];
        &self.page[entry.start as usize..(entry.start + entry.len) as usize]
    }

    /// Begins a data page.
    pub fn begin_page(&mut self) {
        self.current += 1;
        self.bounds = None;
    }

    /// The least and the largest text that the page uses.
    pub fn bounds(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.bounds.map(|[(_, least), (_, most)]| (self.text(least).to_vec(), self.text(most).to_vec()))
    }

    /// Bytes of the dictionary page.
    pub fn bytes(&self) -> usize {
        self.page.len()
    }

    /// Number of distinct texts.
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of the dictionary page, plain encoded and not compressed.
    pub fn page(&self) -> &[u8] {
        &self.page
    }

    /// Forgets all texts, and gives back what an odd chunk needed.
    pub fn clear(&mut self) {
        self.interner.clear();
        self.page.clear();
        self.page.shrink_to(KEPT);
        self.entries.clear();
        self.entries.shrink_to(KEPT / size_of::<DictionaryEntry>());
        (self.current, self.bounds) = (0, None);
    }
}
