//! The encoding of an input's text, where no byte order mark tells it: what the text declares, or what it
//! looks like.

use crate::error::{Code, Error, Result};
use crate::mmap::encoding_for;
use crate::source::foreign::Oddities;
use crate::source::signatures::signature;
use crate::text::{json, xml};

/// An encoding that was found.
pub struct FoundEncoding {
    /// Which one.
    pub encoding: &'static encoding_rs::Encoding,
    /// Whether the text itself names it.
    pub declared: bool,
}

/// The encoding of a text without a byte order mark: what XML declares, else what it looks like; `None` for
/// UTF-8.
pub fn find_encoding(head: &[u8]) -> Result<Option<FoundEncoding>> {
    // A database says itself how its text is written, and of other such files there is none to read.
    if signature(head).is_some() {
        return Ok(None);
    }
    let guessed = |encoding| FoundEncoding { encoding, declared: false };
    if json::head::is_meant(head) {
        // UTF-8 by its standard (RFC 8259, §8.1): a byte that is none is a bad row.
        return Ok(None);
    }
    if !xml::is_meant(head) {
        return Ok(guess_encoding(head).map(guessed));
    }
    let Some(label) = xml::declared_encoding(head) else { return Ok(None) };
    let encoding = encoding_for(&label)?;
    if encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE {
        return Err(Error::new(
            Code::Encoding,
            format!("the text declares {label} and is written in single bytes"),
        )
        .help("give the encoding that it really has, such as ⟦encoding⟧ utf-8"));
    }
    let found = FoundEncoding { encoding, declared: true };
    Ok(Some(found).filter(|it| it.encoding != encoding_rs::UTF_8))
}

/// Bytes from which an encoding is guessed.
const ENCODING_SAMPLE: usize = 64 << 10;

/// The encoding of text that is no UTF-8, if it can be told; `None` for UTF-8, and for UTF-8 that is damaged:
/// there a byte that does not belong is a bad row and nothing to guess about.
fn guess_encoding(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let sample = &head[..head.len().min(ENCODING_SAMPLE)];
    if let Some(encoding) = without_mark(sample) {
        return Some(encoding);
    }
    let error = std::str::from_utf8(sample).err()?;
    if error.error_len().is_none() || sample.contains(&0) || !is_evidence(sample) {
        return None;
    }
    let mut detector = chardetng::EncodingDetector::new();
    detector.feed(sample, head.len() == sample.len());
    let encoding = detector.guess(None, false);
    if meant_as_utf8(sample) && encoding.is_single_byte()
        || std::str::from_utf8(&sample[..error.valid_up_to()]).ok()?.chars().any(|c| c > '\x7f')
        // There it is a y with a diaeresis, which text hardly has and binary data often do.
        || encoding == encoding_rs::WINDOWS_1252 && sample.contains(&0xff)
    {
        return None;
    }
    let (text, malformed) = encoding.decode_without_bom_handling(&sample[..last_line(sample)]);
    // Bytes that an encoding leaves unassigned are decoded to control characters, which text does not have.
    let unassigned = text.chars().filter(|c| matches!(c, '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}')).count();
    (!malformed && unassigned * 50 <= sample.len()).then_some(encoding)
}

/// Whether bytes are enough of a text to guess its encoding by: a line, a few letters or digits, and no
/// more control characters than a delimiter explains.
/// Of binary data and of two bytes any encoding can be made.
fn is_evidence(sample: &[u8]) -> bool {
    let words = sample.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte >= 0x80).count();
    let has_line = sample.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
    words >= 4 && has_line && !Oddities::of(sample, b"").has_odd_controls()
}

/// Whether UTF-8 was meant, well formed or not: at least as many lead bytes with a byte behind them that
/// continues them as bytes beyond ASCII for themselves. In Windows-1252 such pairs are rare, but a German
/// closing quote after an ß is one.
fn meant_as_utf8(sample: &[u8]) -> bool {
    let (mut pairs, mut alone, mut at) = (0u32, 0u32, 0);
    while at < sample.len() {
        let continued =
            sample[at] >= 0xc0 && sample.get(at + 1).is_some_and(|next| (0x80..0xc0).contains(next));
        let tail = sample[at + 1..].iter().take(3).take_while(|next| (0x80..0xc0).contains(*next)).count();
        pairs += u32::from(continued);
        alone += u32::from(!continued && sample[at] >= 0x80);
        at += if continued { 1 + tail } else { 1 };
    }
    pairs > 0 && pairs >= alone
}

/// Index after the last line end, or the length.
fn last_line(sample: &[u8]) -> usize {
    sample.iter().rposition(|byte| *byte == b'\n').map_or(sample.len(), |at| at + 1)
}

/// UTF-16 without its mark: delimiters, digits and line ends have a zero byte, always on the same side,
/// whatever the letters are. The other side has next to none (U+4E00 and its like). Where the letters have
/// none, line ends must be whole units: bytes with a few zeros among them have single ones. And all of it
/// decodes.
fn without_mark(sample: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let (pairs, _) = sample.as_chunks::<2>();
    let pairs = &pairs[..pairs.len().min(512)];
    let count = |is: &dyn Fn(&[u8; 2]) -> bool| pairs.iter().filter(|pair| is(pair)).count();
    let low = count(&|pair| pair[0] != 0 && pair[1] == 0);
    let high = count(&|pair| pair[0] == 0 && pair[1] != 0);
    let (many, few, encoding) =
        if low > high { (low, high, encoding_rs::UTF_16LE) } else { (high, low, encoding_rs::UTF_16BE) };
    let line_end = |pair: &[u8; 2]| pair.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
    let whole = |pair: &[u8; 2]| line_end(pair) && pair.contains(&0);
    // A few numbers of two bytes look the same, but have no lines.
    let enough = pairs.len() >= 8 || pairs.len() >= 4 && pairs.iter().any(whole);
    if !enough || few * 4 > many || pairs.contains(&[0, 0]) {
        return None;
    }
    let single = count(&|pair| line_end(pair) && !pair.contains(&0));
    let likely = many * 10 >= pairs.len() * 9 || many * 8 >= pairs.len() && count(&whole) > single;
    // To the last line end: the sample may be cut within a surrogate pair.
    let end = pairs.iter().rposition(whole).unwrap_or(pairs.len());
    let (text, malformed) = encoding.decode_without_bom_handling(pairs[..end].as_flattened());
    let odd = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\x1f' | '\x01');
    (likely && !malformed && !text.contains(odd)).then_some(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(bytes: &[u8]) -> Option<&'static str> {
        guess_encoding(bytes).map(encoding_rs::Encoding::name)
    }

    #[test]
    fn utf_16_without_a_mark_is_known_by_its_zeros() {
        for text in ["case,step\nA,pay\n", "Пермь,1\nоплата полностью,2\n", "ケース,活動\n一,支払い\n"]
        {
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(guessed(&little), Some("UTF-16LE"), "{text}");
            assert_eq!(guessed(&big), Some("UTF-16BE"), "{text}");
        }
        let numbers: Vec<u8> = (0..64u16).flat_map(u16::to_le_bytes).collect();
        for bytes in [&b"a,b\n\x00,1\n2,3\n"[..], &[0; 64], &numbers] {
            assert_eq!(guessed(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn single_byte_text_is_told_from_damaged_utf_8() {
        // Müller, „Abschluß“; and a pair that UTF-8 could have.
        assert_eq!(
            guessed(b"name,note\nM\xfcller,gr\xfc\xdfen\nBj\xf6rn,\x84Abschlu\xdf\x93\n"),
            Some("windows-1252")
        );
        assert_eq!(guessed("name\nПётр Ильич\n".as_bytes()), None);
        assert_eq!(guessed(b"a\nPr\xc3\xbcfung\nPr\xfcfung\n"), None);
        assert_eq!(guessed(b"a,b\n\xc0\xaf,1\n"), None);
        assert_eq!(guessed(b"a,b\nbo\xff\xffgie,1\n"), None);
    }

    #[test]
    fn an_encoding_is_not_guessed_from_binary_data_or_from_two_bytes() {
        let pickle = b"\x95\x1f\x02\x08\x9c\x0fsm_\x11u\xfe\n\x01\x04\xa2\x03q\n\xd3\x06";
        for bytes in [&b"\xe9"[..], b"\xe9\n", b"\xc4\xe9\n", b"a\xe9", b"A\0B\0C\0D\0", pickle] {
            assert_eq!(guessed(bytes), None, "{bytes:?}");
        }
        // A delimiter may be a control character.
        let text = b"name\x01note\nM\xfcller\x01gr\xfc\xdfen\nBj\xf6rn\x01Stra\xdfe\n";
        assert_eq!(guessed(text), Some("windows-1252"));
        assert_eq!(guessed(b"Gr\xf6\xdfe\n1\n"), Some("windows-1252"));
    }
}
