//! What gzip, zstd, bzip2 and xz look like, and one decoder for each: [`InputCompression`], [`Decoder`].
//!
//! Knows one member at a time and no files; [`super::inflate`] strings members together. Refuses windows over
//! the limit. Nothing is allocated by a size the data claims, except a zstd or xz window up to its limit.

use flate2::{Decompress, FlushDecompress};
use liblzma::stream::Action;
use zstd::zstd_safe::{self, DCtx, DParameter, InBuffer, OutBuffer, zstd_sys::ZSTD_ErrorCode};

use crate::error::{Code, Error, Result};

/// Memory an xz stream may ask for. `xz -9` takes 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;

/// Longest start of a member that is looked at: `BZh9` and the 6 bytes of a block.
pub(super) const MAGIC: usize = 10;

const GZIP: &[u8] = &[0x1F, 0x8B];
const ZSTD: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];
const XZ: &[u8] = &[0xFD, b'7', b'z', b'X', b'Z', 0x00];
const BZIP2_BLOCK: &[u8] = &[0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const BZIP2_END: &[u8] = &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90];

/// How an input is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputCompression {
    /// The gzip format, RFC 1952.
    Gzip,
    /// The Zstandard format, RFC 8878.
    Zstd,
    /// bzip2, as of its version 1.0.
    Bzip2,
    /// The .xz file format 1.2.
    Xz,
}

/// What the first bytes say about a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// Another compressed member follows.
    Member,
    /// The bytes end inside the magic number of one.
    Cut,
    /// Bytes follow that are not compressed data.
    Other,
}

impl InputCompression {
    /// The compression that `head`, the first bytes of an input, belongs to. Under 16 bytes, `head` is taken
    /// for the whole input, and a magic number cut short counts where no text begins like it.
    pub fn sniff(head: &[u8]) -> Option<Self> {
        const { assert!(super::handle::HEAD >= MAGIC) };
        [Self::Gzip, Self::Zstd, Self::Bzip2, Self::Xz].into_iter().find(|kind| match kind.start(head) {
            Start::Member => true,
            // One byte is not evidence, and `BZh` begins words.
            Start::Cut => head.len() >= if *kind == Self::Bzip2 { 5 } else { 2 },
            Start::Other => false,
        })
    }

    /// The name of the format.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }

    /// What `bytes`, where a member of this compression could begin, are.
    pub(super) fn start(self, bytes: &[u8]) -> Start {
        match self {
            Self::Gzip => begins(bytes, GZIP),
            Self::Xz => begins(bytes, XZ),
            Self::Zstd => match bytes {
                // RFC 8878, 3.1.2: sixteen magic numbers of frames to skip.
                [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Start::Member,
                [0x50..=0x5F, 0x2A, 0x4D] => Start::Cut,
                _ => begins(bytes, ZSTD),
            },
            Self::Bzip2 => match bytes {
                [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] => {
                    match (begins(rest, BZIP2_BLOCK), begins(rest, BZIP2_END)) {
                        (Start::Other, end) => end,
                        (block, _) => block,
                    }
                }
                _ if b"BZh".starts_with(bytes) => Start::Cut,
                _ => Start::Other,
            },
        }
    }
}

fn begins(bytes: &[u8], magic: &[u8]) -> Start {
    if bytes.starts_with(magic) {
        Start::Member
    } else if magic.starts_with(bytes) {
        Start::Cut
    } else {
        Start::Other
    }
}

/// One call of a decoder.
pub(super) struct CodecStep {
    /// Bytes of input used up.
    pub(super) taken: usize,
    /// Bytes of output written; good even where the call failed further on.
    pub(super) given: usize,
    /// Whether the member is complete.
    pub(super) end: Result<bool>,
}

/// The decoder of one format, at some point of one member.
pub(super) enum Decoder {
    Gzip(Decompress),
    Zstd(DCtx<'static>),
    Bzip2(bzip2::Decompress),
    Xz(liblzma::stream::Stream),
}

impl Decoder {
    pub(super) fn new(kind: InputCompression, zstd_window_log_max: u32) -> Result<Self> {
        Ok(match kind {
            // 15: the largest window deflate has, 32 KiB. CRC32, length and the header's own CRC are
            // verified.
            InputCompression::Gzip => Self::Gzip(Decompress::new_gzip(15)),
            InputCompression::Bzip2 => Self::Bzip2(bzip2::Decompress::new(false)),
            InputCompression::Xz => Self::Xz(
                liblzma::stream::Stream::new_stream_decoder(XZ_MEMORY, 0)
                    .map_err(|error| Error::new(Code::MemoryLimit, format!("no xz decoder: {error}")))?,
            ),
            InputCompression::Zstd => {
                let mut context = DCtx::try_create()
                    .ok_or_else(|| Error::new(Code::MemoryLimit, "no memory for a zstd decoder"))?;
                context.set_parameter(DParameter::WindowLogMax(zstd_window_log_max)).map_err(|_| {
                    Error::new(
                        Code::Usage,
                        format!("expected a zstd window log of 10 to 31, found {zstd_window_log_max}"),
                    )
                })?;
                Self::Zstd(context)
            }
        })
    }

    /// Makes ready for the next member.
    pub(super) fn restart(&mut self, kind: InputCompression, zstd_window_log_max: u32) -> Result<()> {
        // The zstd context begins the next frame by itself and keeps its buffers: 200,000 empty frames cost
        // no allocation.
        if !matches!(self, Self::Zstd(_)) {
            *self = Self::new(kind, zstd_window_log_max)?;
        }
        Ok(())
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> CodecStep {
        let before = self.totals();
        let end = match self {
            Self::Gzip(decoder) => decoder
                .decompress(input, output, FlushDecompress::None)
                .map(|status| status == flate2::Status::StreamEnd)
                .map_err(|error| damaged(gzip_reason(&error))),
            Self::Bzip2(decoder) => decoder
                .decompress(input, output)
                .map(|status| status == bzip2::Status::StreamEnd)
                .map_err(damaged),
            Self::Xz(decoder) => decoder
                .process(input, output, Action::Run)
                .map(|status| status == liblzma::stream::Status::StreamEnd)
                .map_err(|error| xz_error(&error)),
            Self::Zstd(decoder) => {
                let (mut input, mut output) = (InBuffer::around(input), OutBuffer::around(output));
                let hint = decoder.decompress_stream(&mut output, &mut input);
                let end = hint.map(|hint| hint == 0).map_err(zstd_error);
                return CodecStep { taken: input.pos(), given: output.pos(), end };
            }
        };
        let after = self.totals();
        // Both differences are at most the lengths of the slices passed in.
        CodecStep { taken: (after.0 - before.0) as usize, given: (after.1 - before.1) as usize, end }
    }

    /// Bytes of input and output of this member so far; the zstd decoder does not count.
    fn totals(&self) -> (u64, u64) {
        match self {
            Self::Gzip(decoder) => (decoder.total_in(), decoder.total_out()),
            Self::Bzip2(decoder) => (decoder.total_in(), decoder.total_out()),
            Self::Xz(decoder) => (decoder.total_in(), decoder.total_out()),
            Self::Zstd(_) => (0, 0),
        }
    }
}

pub(super) fn damaged(what: impl std::fmt::Display) -> Error {
    Error::new(Code::Compressed, what.to_string())
}

/// The reason in words. zlib-rs gives one that speaks of its caller where its fast loop met the damage.
fn gzip_reason(error: &flate2::DecompressError) -> &str {
    match error.message() {
        None | Some("repeated call with bad state") => "invalid deflate data",
        Some(reason) => reason,
    }
}

fn xz_error(error: &liblzma::stream::Error) -> Error {
    match error {
        liblzma::stream::Error::MemLimit => Error::new(
            Code::CompressedWindow,
            format!("an xz stream asks for more than {} MiB", XZ_MEMORY >> 20),
        )
        .help("recompress it with a preset of 9 or less"),
        error => damaged(error),
    }
}

fn zstd_error(code: usize) -> Error {
    let name = zstd_safe::get_error_name(code);
    // A zstd error is its number negated in a size_t.
    if code.wrapping_neg() == ZSTD_ErrorCode::ZSTD_error_frameParameter_windowTooLarge as usize {
        return Error::new(
            Code::CompressedWindow,
            format!("a zstd frame asks for too large a window: {name}"),
        )
        .help("if you trust the file and have the memory, allow larger windows with ⟦zstd-window-log⟧");
    }
    damaged(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_looks_a_little_like_a_magic_number_is_text() {
        for text in [&b"BZh"[..], b"BZh9", b"BZhang,B\n1,2\n", b"PK", b"7zXZ", b"(", b""] {
            assert_eq!(InputCompression::sniff(text), None, "{text:?}");
        }
    }
}
