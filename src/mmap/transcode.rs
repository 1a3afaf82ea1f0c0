//! UTF-16 and the old 8-bit and East Asian encodings, to UTF-8.
//!
//! Refuses UTF-32, and bytes that the encoding does not assign: nothing ever becomes U+FFFD. A byte order
//! mark decides; one that contradicts the encoding the user named is an error. Invariant: each character
//! comes out whole and once, however input and output are cut.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::error::{Code, Error, Result};

/// The UTF-8 byte order mark: stripped by streams, left in place in a mapped file.
pub const UTF8_BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// Encoded bytes held at a time.
const INPUT: usize = 64 << 10;

/// Room that always takes one more character, whatever the encoding.
const ROOM: usize = 32;

/// Names in use outside the WHATWG list, lower case, and what they are called there.
const ALIASES: [(&str, &str); 12] = [
    ("ansi", "windows-1252"),
    ("big-5", "big5"),
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("euc_jp", "euc-jp"),
    ("euc_kr", "euc-kr"),
    ("latin-1", "latin1"),
    ("utf16", "utf-16le"),
    ("utf16be", "utf-16be"),
    ("utf16le", "utf-16le"),
];

/// The encoding a user calls `label`: any label of the WHATWG Encoding Standard (4.2), in any case.
///
/// That standard reads `iso-8859-1`, `latin1` and `ascii` as windows-1252, which differs from ISO 8859-1 in
/// bytes 80 to 9F only: printable characters instead of control codes. Likewise `gb2312` is GBK, `iso-8859-9`
/// is windows-1254, and `utf-16` is little endian.
///
/// # Errors
/// `Encoding` for a name not in the list, and for those browsers refuse (UTF-7, UTF-32, ISO-2022-KR, HZ).
pub fn encoding_for(label: &str) -> Result<&'static Encoding> {
    let name = label.trim().to_ascii_lowercase();
    let name =
        ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, standard)| standard);
    Encoding::for_label_no_replacement(name.as_bytes()).ok_or_else(|| {
        Error::new(Code::Encoding, format!("unknown encoding {label:?}"))
            .help("use for example utf-8, utf-16le, windows-1252, iso-8859-15, shift_jis, gbk, euc-jp or koi8-r; convert other encodings with iconv first")
    })
}

/// What the head of a text says.
pub(super) struct DecodeCheck {
    /// Bytes of the byte order mark.
    pub(super) mark: usize,
    /// The encoding named by mark or user; `None`: not known.
    pub(super) encoding: Option<&'static Encoding>,
}

/// Judges `head`, the first bytes of a text, for which the user named `given`.
///
/// # Errors
/// `Encoding` for UTF-32, or a mark that contradicts `given`.
pub(super) fn judge(head: &[u8], given: Option<&'static Encoding>) -> Result<DecodeCheck> {
    // FF FE 00 00 could be UTF-16 that begins with U+0000, which no text does.
    if head.starts_with(&[0xFF, 0xFE, 0, 0]) || head.starts_with(&[0, 0, 0xFE, 0xFF]) {
        return Err(Error::new(
            Code::Encoding,
            "expected UTF-8 or UTF-16, found the byte order mark of UTF-32",
        )
        .at_byte(0)
        .help("convert it first: iconv -f UTF-32 -t UTF-8"));
    }
    let marked = match head {
        [0xEF, 0xBB, 0xBF, ..] => Some((UTF_8, 3)),
        [0xFF, 0xFE, ..] => Some((UTF_16LE, 2)),
        [0xFE, 0xFF, ..] => Some((UTF_16BE, 2)),
        _ => None,
    };
    match (marked, given) {
        (Some((marked, _)), Some(given)) if marked != given => Err(Error::new(
            Code::Encoding,
            format!("expected {}, found the byte order mark of {}", given.name(), marked.name()),
        )
        .at_byte(0)
        .help("omit ⟦encoding⟧ for this file")),
        (Some((marked, mark)), _) => Ok(DecodeCheck { mark, encoding: Some(marked) }),
        (None, given) => Ok(DecodeCheck { mark: 0, encoding: given }),
    }
}

/// Whether a text with this head needs no transcoding and no refusal.
pub(super) fn is_utf8(head: &[u8], given: Option<&'static Encoding>) -> bool {
    judge(head, given).is_ok_and(|verdict| verdict.encoding.is_none_or(|encoding| encoding == UTF_8))
}

/// Encoded bytes in, UTF-8 out.
pub(super) struct Transcoder {
    decoder: Decoder,
    input: Vec<u8>,
    at: usize,
    end: usize,
    /// Encoded bytes decoded so far, the byte order mark included.
    offset: u64,
    /// The input gave its last byte, and the decoder has said its last word.
    ended: bool,
    done: bool,
    /// Characters decoded into too small a buffer.
    spare: [u8; ROOM],
    spare_at: usize,
    spare_end: usize,
    /// An error met after characters that were still good: returned by the next call.
    failed: Option<Error>,
}

impl Transcoder {
    /// From `encoding`; the text's first `mark` bytes were a byte order mark and are not passed in.
    pub(super) fn new(encoding: &'static Encoding, mark: usize) -> Self {
        Self {
            decoder: encoding.new_decoder_without_bom_handling(),
            input: vec![0; INPUT],
            at: 0,
            end: 0,
            offset: mark as u64,
            ended: false,
            done: false,
            spare: [0; ROOM],
            spare_at: 0,
            spare_end: 0,
            failed: None,
        }
    }

    /// Fills some of `out` with whole or cut characters in UTF-8, from what `more` reads; 0 at the end.
    pub(super) fn pull(
        &mut self,
        out: &mut [u8],
        more: impl FnMut(&mut [u8]) -> Result<usize>,
    ) -> Result<usize> {
        if out.len() >= ROOM && self.spare_at == self.spare_end {
            return self.decode(out, more);
        }
        if self.spare_at == self.spare_end {
            let mut spare = [0; ROOM];
            self.spare_end = self.decode(&mut spare, more)?;
            self.spare = spare;
            self.spare_at = 0;
        }
        let given = out.len().min(self.spare_end - self.spare_at);
        out[..given].copy_from_slice(&self.spare[self.spare_at..self.spare_at + given]);
        self.spare_at += given;
        Ok(given)
    }

    fn decode(&mut self, out: &mut [u8], mut more: impl FnMut(&mut [u8]) -> Result<usize>) -> Result<usize> {
        let mut filled = 0;
        while filled == 0 && !self.done {
            if let Some(error) = &self.failed {
                return Err(error.clone());
            }
            if self.at == self.end && !self.ended {
                self.at = 0;
                self.end = more(&mut self.input)?;
                self.ended = self.end == 0;
            }
            let input = &self.input[self.at..self.end];
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(input, out, self.ended);
            self.at += read;
            self.offset += read as u64;
            filled = written;
            match result {
                DecoderResult::InputEmpty => self.done = self.ended,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, after) => {
                    let at = self.offset - u64::from(length) - u64::from(after);
                    self.failed = Some(self.malformed(at));
                }
            }
        }
        Ok(filled)
    }

    fn malformed(&self, at: u64) -> Error {
        Error::new(
            Code::NotText,
            format!("byte {at} begins no character of {}", self.decoder.encoding().name()),
        )
        .at_byte(at)
        .help("if the file is in another encoding, give it with ⟦encoding⟧")
    }
}

impl std::fmt::Debug for Transcoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transcoder").field("from", &self.decoder.encoding().name()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `bytes` in `encoding` as UTF-8, read `step` bytes at a time from an input cut every `cut` bytes.
    fn transcode(encoding: &'static Encoding, bytes: &[u8], step: usize, cut: usize) -> Result<Vec<u8>> {
        let mut transcoder = Transcoder::new(encoding, 0);
        let mut parts = bytes.chunks(cut);
        let (mut text, mut part) = (Vec::new(), vec![0; step]);
        loop {
            let read = transcoder.pull(&mut part, |out| {
                let input = parts.next().unwrap_or_default();
                out[..input.len()].copy_from_slice(input);
                Ok(input.len())
            })?;
            if read == 0 {
                return Ok(text);
            }
            text.extend_from_slice(&part[..read]);
        }
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn characters_survive_every_cut_of_input_and_output() {
        let text = "Fall;Aktivität;Größe\n日本語 and 😀 and €\n";
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode("ケース,活動\n1,検査ｱｲｳ\n");
        for step in [1, 2, 3, 31, 32, 33, 4096] {
            for cut in [1, 2, 3, 5, 4096] {
                assert_eq!(transcode(UTF_16LE, &utf16(text), step, cut).unwrap(), text.as_bytes());
                let plain = transcode(encoding_rs::SHIFT_JIS, &sjis, step, cut).unwrap();
                assert_eq!(plain, "ケース,活動\n1,検査ｱｲｳ\n".as_bytes());
            }
        }
    }

    #[test]
    fn what_no_character_is_comes_as_an_error_with_its_offset() {
        let mut lone = utf16("ab");
        lone.extend_from_slice(&[0x00, 0xD8]);
        lone.extend_from_slice(&utf16("c"));
        // A lead byte of Shift_JIS before a line feed; a byte GBK has no use for; one half of a UTF-16 unit.
        let odd = [utf16("ab"), vec![b'c']].concat();
        let cases: [(&'static Encoding, &[u8], u64); 5] = [
            (UTF_16LE, &lone, 4),
            (encoding_rs::SHIFT_JIS, b"ab\x81\n", 2),
            (encoding_rs::GBK, b"abc\xFF", 3),
            (encoding_rs::WINDOWS_1253, b"a\xD2b", 1),
            (UTF_16LE, &odd, 4),
        ];
        for (encoding, bytes, at) in cases {
            for cut in [1, 2, 100] {
                let error = transcode(encoding, bytes, 100, cut).unwrap_err();
                assert_eq!(error.code(), Code::NotText);
                assert_eq!(error.position().unwrap().byte, Some(at), "{} cut by {cut}", encoding.name());
            }
        }
    }

    #[test]
    fn labels_people_use_name_encodings() {
        let labels = [
            ("UTF-8", "UTF-8"),
            ("latin1", "windows-1252"),
            ("Latin-1", "windows-1252"),
            ("iso-8859-1", "windows-1252"),
            ("ISO-8859-15", "ISO-8859-15"),
            ("windows-1251", "windows-1251"),
            ("cp1250", "windows-1250"),
            ("utf-16le", "UTF-16LE"),
            ("UTF-16BE", "UTF-16BE"),
            ("shift_jis", "Shift_JIS"),
            ("cp932", "Shift_JIS"),
            ("gbk", "GBK"),
            ("gb18030", "gb18030"),
            ("euc-jp", "EUC-JP"),
            (" koi8-r ", "KOI8-R"),
            ("big5", "Big5"),
        ];
        for (label, name) in labels {
            assert_eq!(encoding_for(label).unwrap().name(), name, "{label}");
        }
        for (alias, standard) in ALIASES {
            assert!(Encoding::for_label(alias.as_bytes()).is_none(), "{alias} is in the standard");
            assert_eq!(encoding_for(alias).unwrap(), encoding_for(standard).unwrap());
        }
        for label in ["utf-32", "utf-7", "ebcdic", "hz-gb-2312", ""] {
            assert_eq!(encoding_for(label).unwrap_err().code(), Code::Encoding, "{label}");
        }
    }

    #[test]
    fn a_byte_order_mark_decides_unless_it_contradicts_the_user() {
        let verdict = |head: &[u8], given| judge(head, given).map(|verdict| (verdict.mark, verdict.encoding));
        assert_eq!(verdict(b"a,b\n", None).unwrap(), (0, None));
        assert_eq!(verdict(b"\xEF\xBB\xBFa", None).unwrap(), (3, Some(UTF_8)));
        assert_eq!(verdict(b"\xFF\xFEa\0", None).unwrap(), (2, Some(UTF_16LE)));
        assert_eq!(verdict(b"\xFE\xFF\0a", Some(UTF_16BE)).unwrap(), (2, Some(UTF_16BE)));
        assert_eq!(verdict(b"a\0b\0", Some(UTF_16LE)).unwrap(), (0, Some(UTF_16LE)));
        for (head, given) in [
            (&b"\xFF\xFEa\0"[..], Some(UTF_8)),
            (b"\xEF\xBB\xBFa", Some(encoding_rs::WINDOWS_1252)),
            (b"\xFF\xFE\0\0", None),
            (b"\0\0\xFE\xFF", None),
        ] {
            assert_eq!(verdict(head, given).unwrap_err().code(), Code::Encoding);
        }
    }
}
