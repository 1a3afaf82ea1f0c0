//! One input made ready: opened, its encoding and dialect found, its rows sampled.

use std::io::Read;
use std::path::Path;

use crate::config::{IoMode, Options};
use crate::encode::null_words::NullWords;
use crate::error::{Code, Error, Result};
use crate::format::Text;
use crate::format::csv::sniff::{Sniffed, sniff};
use crate::mmap::{Input, Io, OpenOptions, Source, encoding_for, open, unwrap_io};
use crate::shard::sample::{HEAD, Sample, sample};

/// An input that is ready to be converted.
pub struct Ready {
    /// What the user named.
    pub input: Input,
    /// Its bytes.
    pub source: Opened,
    /// Its dialect.
    pub sniffed: Sniffed,
    /// What its first rows, and some further on, look like.
    pub sample: Sample,
    /// The encoding that was guessed or given, if not UTF-8.
    pub encoding: Option<String>,
    /// How it is compressed.
    pub compression: Option<&'static str>,
    /// What should be said about it.
    pub warnings: Vec<String>,
}

/// An input's bytes.
pub enum Opened {
    /// All at once.
    Mapped(crate::mmap::MappedFile),
    /// From front to back: what was read for the sample, and the rest.
    Stream(Box<crate::mmap::Stream>, Vec<u8>),
    /// A stream that is being read.
    Taken,
}

impl Ready {
    /// Opens and looks.
    pub fn open(input: &Input, options: &Options) -> Result<Self> {
        Self::look(input, options).map_err(|error| named(error, input))
    }

    fn look(input: &Input, options: &Options) -> Result<Self> {
        let mut how = open_options(options)?;
        let mut warnings = Vec::new();
        let mut source = Opened::new(open(input, &how)?)?;
        if !options.csv.given
            && let Some(refusal) = super::foreign::refusal(source.head())
        {
            return Err(refusal);
        }
        let mut guessed = None;
        if how.encoding.is_none()
            && let Some(encoding) = guess_encoding(source.head())
        {
            let name = encoding.name().to_ascii_lowercase();
            if input.path().is_none() {
                return Err(Error::new(
                    Code::NotText,
                    format!("expected UTF-8, found what looks like {name}"),
                )
                .help(format!("give --encoding {name}")));
            }
            warnings
                .push(format!("the text is no UTF-8 and was read as {name}; give --encoding to overrule"));
            how.encoding = Some(encoding);
            source = Opened::new(open(input, &how)?)?;
            guessed = Some(name);
        }
        let (encoding, compression) = match &source {
            Opened::Mapped(_) | Opened::Taken => (None, None),
            Opened::Stream(stream, _) => (
                guessed
                    .or_else(|| stream.encoding().map(str::to_ascii_lowercase))
                    .filter(|name| name != "utf-8"),
                stream.compression().map(crate::mmap::Compression::name),
            ),
        };
        let lenient = matches!(options.on_bad_row, crate::config::OnBadRow::Reject(_));
        let sniffed = sniff(source.head(), source.is_whole(), &options.csv, lenient)?;
        let text = Text { bytes: source.head(), base: 0, last: source.is_whole() };
        let limit = usize::try_from(options.max_record).unwrap_or(usize::MAX);
        let sample =
            sample(&sniffed.csv, text, sniffed.csv.names.len(), &null_words(options), limit.min(4 * HEAD))?;
        warnings.extend(sniffed.warnings.iter().cloned());
        Ok(Self { input: input.clone(), source, sniffed, sample, encoding, compression, warnings })
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        self.input.path()
    }

    /// Bytes to go through, as far as that is known.
    pub fn size(&self) -> u64 {
        match &self.source {
            Opened::Mapped(file) => file.len() as u64,
            Opened::Stream(stream, _) => stream.raw_len().unwrap_or(0),
            Opened::Taken => 0,
        }
    }

    /// Which file it is.
    pub fn identity(&self) -> Option<crate::mmap::Identity> {
        match &self.source {
            Opened::Mapped(file) => Some(file.identity()),
            Opened::Stream(stream, _) => Some(stream.identity()),
            Opened::Taken => None,
        }
    }

    /// A few values of each of its columns.
    pub fn examples(&self) -> Result<Vec<Vec<String>>> {
        let text = Text { bytes: self.source.head(), base: 0, last: self.source.is_whole() };
        super::examples::examples(&self.sniffed.csv, text, self.sniffed.csv.names.len())
            .map_err(|error| named(error, &self.input))
    }

    /// An error if the file is not as it was when it was opened.
    pub fn unchanged(&self) -> Result<()> {
        match &self.source {
            Opened::Mapped(file) => file.unchanged().map_err(|error| named(error, &self.input)),
            // Checked when its end was reached.
            Opened::Stream(..) | Opened::Taken => Ok(()),
        }
    }

    /// The input again from its start, for a second pass.
    pub fn again(self) -> Result<Self> {
        let input = self.input.clone();
        let source = match self.source {
            Opened::Mapped(file) => Ok(Opened::Mapped(file)),
            Opened::Stream(stream, _) => stream.again().and_then(Opened::new),
            Opened::Taken => Ok(Opened::Taken),
        };
        let source = source.map_err(|error| named(error, &input))?;
        Ok(Self { source, ..self })
    }
}

impl Opened {
    fn new(source: Source) -> Result<Self> {
        match source {
            Source::Mapped(file) => {
                file.advise_sequential();
                Ok(Self::Mapped(file))
            }
            Source::Stream(mut stream) => {
                let mut head = Vec::with_capacity(HEAD);
                (&mut stream)
                    .take(HEAD as u64)
                    .read_to_end(&mut head)
                    .map_err(|error| unwrap_io(error, None))?;
                Ok(Self::Stream(Box::new(stream), head))
            }
        }
    }

    /// The first bytes, or all.
    pub fn head(&self) -> &[u8] {
        match self {
            Self::Mapped(file) => file.bytes(),
            Self::Stream(_, head) => head,
            Self::Taken => &[],
        }
    }

    fn is_whole(&self) -> bool {
        match self {
            Self::Mapped(_) => true,
            Self::Stream(_, head) => head.len() < HEAD,
            Self::Taken => false,
        }
    }
}

/// Puts the input's name to an error that has none.
pub fn named(error: Error, input: &Input) -> Error {
    match input.path() {
        Some(path) => error.in_file(path),
        None => error,
    }
}

/// The null words that the options ask for.
pub fn null_words(options: &Options) -> NullWords {
    match &options.values.null_words {
        Some(words) => NullWords::these(words),
        None => NullWords::usual(),
    }
}

fn open_options(options: &Options) -> Result<OpenOptions> {
    let encoding = match &options.csv.encoding {
        Some(label) => Some(encoding_for(label)?),
        None => None,
    };
    Ok(OpenOptions {
        io: match options.io {
            IoMode::Auto => Io::Auto,
            IoMode::Mmap => Io::Mmap,
            IoMode::Read => Io::Read,
        },
        encoding,
        zstd_window_log_max: options.zstd_window_log,
        spool_dir: Some(options.temp_dir.clone()),
    })
}

/// What an encoding is guessed from, in bytes.
const ENCODING_SAMPLE: usize = 64 << 10;

/// The encoding of text that is no UTF-8, if it can be told; `None` for UTF-8, and for UTF-8 that is damaged: there a byte that does not
/// belong is a bad row and nothing to guess about.
fn guess_encoding(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let sample = &head[..head.len().min(ENCODING_SAMPLE)];
    if let Some(encoding) = without_mark(sample) {
        return Some(encoding);
    }
    let error = std::str::from_utf8(sample).err()?;
    if error.error_len().is_none() || sample.contains(&0) {
        return None;
    }
    let mut detector = chardetng::EncodingDetector::new();
    detector.feed(sample, head.len() == sample.len());
    let encoding = detector.guess(None, false);
    if meant_as_utf8(sample) && encoding.is_single_byte()
        || std::str::from_utf8(&sample[..error.valid_up_to()]).ok()?.chars().any(|c| c > '\x7f')
        // It is a y with a diaeresis there, which nobody writes, and what binary data are full of.
        || encoding == encoding_rs::WINDOWS_1252 && sample.contains(&0xff)
    {
        return None;
    }
    let (_, malformed) = encoding.decode_without_bom_handling(&sample[..last_line(sample)]);
    (!malformed).then_some(encoding)
}

/// Whether UTF-8 was meant, well formed or not: at least as many lead bytes with a byte behind them that continues them as bytes beyond ASCII
/// for themselves. In Windows-1252 such pairs are rare, but a German closing quote after an ß is one.
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

/// One past the last line end, or the length.
fn last_line(sample: &[u8]) -> usize {
    sample.iter().rposition(|byte| *byte == b'\n').map_or(sample.len(), |at| at + 1)
}

/// UTF-16 without its mark: delimiters, digits and line ends have a zero byte, always on the same side, whatever the letters are. The other side
/// has next to none (U+4E00 and its like). Where the letters have none, line ends must be whole units: bytes with a few zeros among them
/// have single ones. And all of it decodes.
fn without_mark(sample: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let (pairs, _) = sample.as_chunks::<2>();
    let pairs = &pairs[..pairs.len().min(512)];
    let count = |is: &dyn Fn(&[u8; 2]) -> bool| pairs.iter().filter(|pair| is(pair)).count();
    let low = count(&|pair| pair[0] != 0 && pair[1] == 0);
    let high = count(&|pair| pair[0] == 0 && pair[1] != 0);
    let (many, few, encoding) =
        if low > high { (low, high, encoding_rs::UTF_16LE) } else { (high, low, encoding_rs::UTF_16BE) };
    if pairs.len() < 4 || few * 4 > many || pairs.contains(&[0, 0]) {
        return None;
    }
    let line_end = |pair: &[u8; 2]| pair.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
    let whole = |pair: &[u8; 2]| line_end(pair) && pair.contains(&0);
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
}
