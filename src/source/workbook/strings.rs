//! The texts that the cells of a workbook share. They are held in memory, and count in its limit.

use quick_xml::events::Event;

use super::xml::{XmlPart, resolve, unescape_characters};
use crate::error::{Code, Error, Result};

/// Texts by their numbers.
#[derive(Debug, Default)]
pub struct SharedStrings {
    text: String,
    ends: Vec<usize>,
}

impl SharedStrings {
    /// Reads the part that has them; they may take `most` bytes.
    ///
    /// # Errors
    /// [`Code::MemoryLimit`] if they take more; [`Code::TypedFile`] for a part that is damaged.
    pub fn read(part: &mut XmlPart, most: u64) -> Result<Self> {
        let mut strings = Self::default();
        let mut place = StringPlace::default();
        loop {
            let fault = match part.next()? {
                Event::Start(tag) => {
                    place.enter(tag.local_name().as_ref());
                    continue;
                }
                Event::End(tag) => {
                    if place.leave(tag.local_name().as_ref()) {
                        strings.end();
                    }
                    if strings.bytes() as u64 > most {
                        return Err(too_many(most));
                    }
                    continue;
                }
                Event::Text(text) if place.is_text() => {
                    strings.text.push_str(&text.xml10_content());
                    continue;
                }
                Event::CData(text) if place.is_text() => {
                    strings.text.push_str(&text.xml10_content());
                    continue;
                }
                Event::GeneralRef(reference) if place.is_text() => {
                    match resolve(&reference, &mut strings.text) {
                        Ok(()) => continue,
                        Err(what) => what,
                    }
                }
                Event::Eof if place.depth == 0 => return Ok(strings),
                Event::Eof => "the end of the part within an element".to_owned(),
                _ => continue,
            };
            return Err(part.damaged(fault));
        }
    }

    /// Takes texts that are at hand.
    ///
    /// # Errors
    /// [`Code::MemoryLimit`] if they take more than `most` bytes.
    #[cfg(test)]
    pub fn of(texts: &[&str]) -> Self {
        let mut strings = Self::default();
        for text in texts {
            strings.text.push_str(text);
            strings.ends.push(strings.text.len());
        }
        strings
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text with this number; empty if there is none.
    pub fn get(&self, number: u32) -> &str {
        let at = number as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(0));
        self.ends.get(at).and_then(|end| self.text.get(start..*end)).unwrap_or_default()
    }

    fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<usize>()
    }

    fn end(&mut self) {
        let start = self.ends.last().copied().unwrap_or(0);
        unescape_characters(&mut self.text, start);
        self.ends.push(self.text.len());
    }
}

/// The error for texts that the memory has no room for.
fn too_many(most: u64) -> Error {
    let what = format!("the texts that cells share take more than {} MiB, half of the memory limit", most >> 20);
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
    /// A tag was opened.
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
