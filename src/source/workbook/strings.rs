//! The texts that the cells of a workbook share. They are held in memory, and count in its limit.

use quick_xml::events::Event;

use super::xml::{XmlPart, resolve, unescape_characters};
use crate::error::{Code, Error, Result};

/// Bytes of a block: text that grows in one piece would be copied, and held twice for a while.
const BLOCK: usize = 1 << 20;

/// Texts by their numbers.
#[derive(Debug, Default)]
pub struct SharedStrings {
    blocks: Vec<String>,
    /// For each text its block, and where in it the text begins and ends.
    places: Vec<(u32, u32, u32)>,
    bytes: usize,
}

impl SharedStrings {
    /// Reads the part that has them; they may take `most` bytes.
    ///
    /// # Errors
    /// [`Code::MemoryLimit`] if they take more; [`Code::TypedFile`] for a part that is damaged.
    pub fn read(part: &mut XmlPart, most: u64) -> Result<Self> {
        let mut strings = Self::default();
        let (mut place, mut text) = (StringPlace::default(), String::new());
        loop {
            let fault = match part.token()? {
                Event::Start(tag) => {
                    place.enter(tag.local_name().as_ref());
                    continue;
                }
                Event::End(tag) => {
                    if place.leave(tag.local_name().as_ref()) {
                        unescape_characters(&mut text, 0);
                        strings.add(&text);
                        text.clear();
                    }
                    if (strings.bytes + text.len()) as u64 > most {
                        return Err(too_many(most));
                    }
                    continue;
                }
                Event::Text(found) if place.is_text() => {
                    text.push_str(&found.xml10_content());
                    continue;
                }
                Event::CData(found) if place.is_text() => {
                    text.push_str(&found.xml10_content());
                    continue;
                }
                Event::GeneralRef(reference) if place.is_text() => match resolve(&reference, &mut text) {
                    Ok(()) => continue,
                    Err(what) => what,
                },
                Event::Eof if place.depth == 0 => return Ok(strings),
                Event::Eof => "the end of the part within an element".to_owned(),
                _ => continue,
            };
            return Err(part.damaged(fault));
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The text with this number; empty if there is none.
    pub fn get(&self, number: u32) -> &str {
        let Some((block, start, end)) = self.places.get(number as usize) else { return "" };
        let block = self.blocks.get(*block as usize);
        block.and_then(|block| block.get(*start as usize..*end as usize)).unwrap_or_default()
    }

    fn add(&mut self, text: &str) {
        let fits = |block: &String| block.capacity() - block.len() >= text.len();
        if !self.blocks.last().is_some_and(fits) {
            self.blocks.push(String::with_capacity(text.len().max(BLOCK)));
        }
        let number = self.blocks.len() - 1;
        let block = &mut self.blocks[number];
        let start = block.len();
        block.push_str(text);
        self.places.push((number as u32, start as u32, block.len() as u32));
        self.bytes += text.len() + size_of::<(u32, u32, u32)>();
    }
}

/// The error for texts that the memory has no room for.
fn too_many(most: u64) -> Error {
    let what =
        format!("the texts that cells share take more than {} MiB, a third of the memory limit", most >> 20);
    Error::new(Code::MemoryLimit, what).help("raise ⟦memory-limit⟧")
}

/// Where within a shared string a token stands: `<si>` has `<t>`, or `<r>` with a `<t>` each; `<rPh>` tells
/// how it is pronounced, and is no part of it.
#[derive(Debug, Default)]
pub struct StringPlace {
    depth: usize,
    /// The depth at which pronunciation began.
    phonetic: Option<usize>,
    in_text: bool,
}

impl StringPlace {
    /// Is told that a tag was opened.
    pub fn enter(&mut self, name: &str) {
        self.depth += 1;
        match name {
            "rPh" if self.phonetic.is_none() => self.phonetic = Some(self.depth),
            "t" => self.in_text = self.phonetic.is_none(),
            _ => {}
        }
    }

    /// A tag was closed; true at the end of a string.
    pub fn leave(&mut self, name: &str) -> bool {
        if self.phonetic == Some(self.depth) {
            self.phonetic = None;
        }
        self.depth = self.depth.saturating_sub(1);
        self.in_text = false;
        name == "si"
    }

    /// Whether text here belongs to the string.
    pub fn is_text(&self) -> bool {
        self.in_text
    }
}
