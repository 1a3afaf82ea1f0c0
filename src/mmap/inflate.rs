//! Unpacking: every member of a compressed file, one after the other, checksums verified.
//!
//! Refuses what is cut short, damaged or followed by something else; zeros after the last member are accepted
//! (tapes and block devices pad). Invariant: time is linear in bytes read plus bytes written, and memory is
//! one input buffer and the decoder.

use super::codec::{Decoder, InputCompression, MAGIC, Start, damaged};
use super::window::Raw;
use crate::error::{Code, Error, Result};

/// Raw bytes read at a time. At 256 KiB the cost of a call vanishes; the buffer still fits a core's L2 cache.
const INPUT: usize = 256 << 10;

/// Where in the raw bytes the decoder stands.
#[derive(PartialEq, Eq)]
enum InflateState {
    Inside,
    Between,
    Done,
}

/// Raw bytes in, unpacked bytes out.
pub(super) struct Inflate {
    raw: Raw,
    kind: InputCompression,
    zstd_window_log_max: u32,
    decoder: Decoder,
    state: InflateState,
    /// Raw bytes: `input[at..end]` are read and not decoded; `input[0]` is byte `offset` of the raw input.
    input: Vec<u8>,
    at: usize,
    end: usize,
    offset: u64,
    /// The raw input gave its last byte.
    ended: bool,
    /// The decoder may hold output that did not fit last time.
    held: bool,
    /// An error met after bytes that were still good: returned by the next call.
    failed: Option<Error>,
}

impl Inflate {
    /// Unpacks `head` followed by what `raw` still holds.
    pub(super) fn new(
        kind: InputCompression,
        head: &[u8],
        raw: Raw,
        zstd_window_log_max: u32,
    ) -> Result<Self> {
        let decoder = Decoder::new(kind, zstd_window_log_max).map_err(|error| raw.locate(error))?;
        let mut input = vec![0; INPUT];
        input[..head.len()].copy_from_slice(head);
        let offset = raw.at() - head.len() as u64;
        Ok(Self {
            raw,
            kind,
            zstd_window_log_max,
            decoder,
            state: InflateState::Inside,
            input,
            at: 0,
            end: head.len(),
            offset,
            ended: false,
            held: false,
            failed: None,
        })
    }

    pub(super) fn kind(&self) -> InputCompression {
        self.kind
    }

    pub(super) fn raw(&self) -> &Raw {
        &self.raw
    }

    pub(super) fn raw_mut(&mut self) -> &mut Raw {
        &mut self.raw
    }

    pub(super) fn into_raw(self) -> Raw {
        self.raw
    }

    /// Unpacks into `out` until it is full or the input ends; 0 at the end.
    pub(super) fn pull(&mut self, out: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        if self.failed.is_none() {
            self.failed = self.fill(out, &mut filled).err();
        }
        match &self.failed {
            Some(error) if filled == 0 => Err(error.clone()),
            _ => Ok(filled),
        }
    }

    fn fill(&mut self, out: &mut [u8], filled: &mut usize) -> Result<()> {
        while *filled < out.len() {
            match self.state {
                InflateState::Done => return Ok(()),
                InflateState::Between => self.next_member()?,
                InflateState::Inside => self.decode(out, filled)?,
            }
        }
        Ok(())
    }

    /// One step of the decoder, with raw bytes to work on.
    fn decode(&mut self, out: &mut [u8], filled: &mut usize) -> Result<()> {
        if self.at == self.end && !self.held && !self.ended {
            self.refill()?;
        }
        let step = self.decoder.step(&self.input[self.at..self.end], &mut out[*filled..]);
        self.at += step.taken;
        *filled += step.given;
        let end = step.end.map_err(|error| self.place(error))?;
        self.held = *filled == out.len() && !end;
        if end {
            self.state = InflateState::Between;
        } else if step.taken == 0 && step.given == 0 {
            if self.at < self.end {
                return Err(self.place(damaged("the decoder does not make progress")));
            }
            if self.ended {
                return Err(self.cut_short());
            }
        }
        Ok(())
    }

    /// Decides what follows a complete member: another one, padding, the end, or something foreign.
    fn next_member(&mut self) -> Result<()> {
        self.look_ahead()?;
        let rest = &self.input[self.at..self.end];
        if rest.is_empty() {
            self.state = InflateState::Done;
            return Ok(());
        }
        match self.kind.start(rest) {
            Start::Member => {
                self.decoder
                    .restart(self.kind, self.zstd_window_log_max)
                    .map_err(|error| self.place(error))?;
                self.state = InflateState::Inside;
                Ok(())
            }
            Start::Cut => {
                self.at = self.end;
                Err(self.cut_short())
            }
            Start::Other => self.skip_padding(),
        }
    }

    /// Passes zeros up to the end. In xz, a multiple of 4 of them may stand between streams (2.2 of its
    /// format).
    fn skip_padding(&mut self) -> Result<()> {
        let from = self.position();
        loop {
            let zeros = self.input[self.at..self.end].iter().take_while(|byte| **byte == 0).count();
            self.at += zeros;
            if self.at < self.end {
                break;
            }
            self.refill()?;
            if self.ended {
                self.state = InflateState::Done;
                return Ok(());
            }
        }
        self.look_ahead()?;
        let padding = self.position() - from;
        let member = self.kind.start(&self.input[self.at..self.end]) == Start::Member;
        if self.kind == InputCompression::Xz && padding > 0 && padding.is_multiple_of(4) && member {
            return Ok(());
        }
        let error = Error::new(
            Code::CompressedTrailing,
            format!("the {} data ends at byte {from}, more bytes follow", self.kind.name()),
        );
        Err(self
            .raw
            .locate(error.at_byte(from).help("the file may be damaged, or two files were concatenated")))
    }

    /// Has as many raw bytes at hand as the start of a member takes, or all there are.
    fn look_ahead(&mut self) -> Result<()> {
        while self.end - self.at < MAGIC && !self.ended {
            self.refill()?;
        }
        Ok(())
    }

    /// Reads more raw bytes behind those not decoded yet, of which there are few.
    fn refill(&mut self) -> Result<()> {
        self.input.copy_within(self.at..self.end, 0);
        self.offset += self.at as u64;
        self.end -= self.at;
        self.at = 0;
        let read = self.raw.pull(&mut self.input[self.end..])?;
        self.ended = read == 0;
        self.end += read;
        Ok(())
    }

    /// Offset in the raw input of the next byte to decode.
    fn position(&self) -> u64 {
        self.offset + self.at as u64
    }

    fn cut_short(&self) -> Error {
        let what = format!("the {} data is cut short: it ends inside a member", self.kind.name());
        self.place(damaged(what).help("download or copy the file again"))
    }

    /// Adds the file and the raw offset.
    fn place(&self, error: Error) -> Error {
        self.raw.locate(error.at_byte(self.position()))
    }
}

impl std::fmt::Debug for Inflate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inflate")
            .field("kind", &self.kind)
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::super::{Input, InputSource, OpenOptions, open, unwrap_io};
    use super::*;

    const TEXT: &[u8] = b"case,activity\n1,A\n1,B\n2,A\n";

    const ALL: [InputCompression; 4] =
        [InputCompression::Gzip, InputCompression::Zstd, InputCompression::Bzip2, InputCompression::Xz];

    fn pack(kind: InputCompression, text: &[u8]) -> Vec<u8> {
        match kind {
            InputCompression::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
            InputCompression::Zstd => {
                let mut writer = zstd::Encoder::new(Vec::new(), 3).unwrap();
                writer.include_checksum(true).unwrap();
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
            InputCompression::Bzip2 => {
                let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
            InputCompression::Xz => {
                let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 6);
                writer.write_all(text).unwrap();
                writer.finish().unwrap()
            }
        }
    }

    /// The text of a file that holds `raw`, read `step` bytes at a time.
    fn unpack_by(raw: &[u8], step: usize, options: &OpenOptions) -> Result<Vec<u8>> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(raw).unwrap();
        let mut stream = match open(&Input::Path(file.path().into()), options)? {
            InputSource::Stream(stream) => stream,
            InputSource::Mapped(map) => panic!("expected a stream, found {map:?}"),
        };
        let (mut text, mut part) = (Vec::new(), vec![0; step]);
        loop {
            match stream.read(&mut part).map_err(|error| unwrap_io(error, None))? {
                0 => break,
                read => text.extend_from_slice(&part[..read]),
            }
        }
        let finished = stream.finish()?;
        assert!(finished.whole_text);
        assert_eq!(finished.raw_bytes, raw.len() as u64);
        assert_eq!(finished.blake3, *blake3::hash(raw).as_bytes());
        Ok(text)
    }

    fn unpack(raw: &[u8]) -> Result<Vec<u8>> {
        unpack_by(raw, 64 << 10, &OpenOptions::default())
    }

    /// Text that does not compress well, so that members are longer than the input buffer.
    fn noise(len: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b' ' + (state >> 25) as u8 % 90
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn every_format_comes_back_at_any_size_of_the_reads() {
        for kind in ALL {
            let raw = pack(kind, TEXT);
            for step in [1, 2, 7, 4096] {
                assert_eq!(
                    unpack_by(&raw, step, &OpenOptions::default()).unwrap(),
                    TEXT,
                    "{kind:?} by {step}"
                );
            }
            let long = noise(900_000);
            assert_eq!(unpack(&pack(kind, &long)).unwrap(), long, "{kind:?}");
        }
    }

    #[test]
    fn all_members_are_read_empty_ones_too() {
        for kind in ALL {
            let raw = [pack(kind, TEXT), pack(kind, b""), pack(kind, TEXT)].concat();
            assert_eq!(unpack(&raw).unwrap(), TEXT.repeat(2), "{kind:?}");
            assert_eq!(unpack(&pack(kind, b"").repeat(3)).unwrap(), b"", "{kind:?}");
        }
    }

    #[test]
    fn a_member_may_begin_at_any_place_of_the_buffer() {
        // The first member ends around the end of the input buffer, one byte further each time.
        let gzip = |len: usize| {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
            writer.write_all(&noise(len)).unwrap();
            writer.finish().unwrap()
        };
        let overhead = gzip(INPUT).len() - INPUT;
        for shift in 0..24 {
            let len = INPUT - overhead + 12 - shift;
            let raw = [gzip(len), pack(InputCompression::Gzip, TEXT)].concat();
            assert_eq!(unpack(&raw).unwrap().len(), len + TEXT.len());
        }
    }

    #[test]
    fn every_truncation_is_an_error() {
        for kind in ALL {
            let raw = [pack(kind, TEXT), pack(kind, b"3,C\n")].concat();
            let first = pack(kind, TEXT).len();
            for len in 5..raw.len() {
                match unpack(&raw[..len]) {
                    Ok(text) => assert_eq!((len, text.as_slice()), (first, TEXT), "{kind:?}"),
                    Err(error) => {
                        assert_eq!(error.code(), Code::Compressed, "{kind:?} at {len}: {error}");
                        assert!(error.position().unwrap().byte.unwrap() <= len as u64);
                    }
                }
            }
        }
    }

    #[test]
    fn a_damaged_byte_never_passes_for_another_text() {
        for kind in ALL {
            let raw = pack(kind, TEXT);
            // Behind the magic number, which decides what the file is.
            for at in MAGIC..raw.len() {
                let mut damaged = raw.clone();
                damaged[at] ^= 0x10;
                if let Ok(text) = unpack(&damaged) {
                    assert_eq!(text, TEXT, "{kind:?} at {at}");
                }
            }
        }
    }

    #[test]
    fn zeros_after_the_last_member_are_padding() {
        for kind in ALL {
            for zeros in [1, 9, 10, 512, INPUT + 1] {
                let raw = [pack(kind, TEXT), vec![0; zeros]].concat();
                assert_eq!(unpack(&raw).unwrap(), TEXT, "{kind:?} and {zeros}");
            }
        }
    }

    #[test]
    fn xz_streams_may_be_padded_apart() {
        let xz = pack(InputCompression::Xz, TEXT);
        assert_eq!(unpack(&[&xz[..], &[0; 8], &xz].concat()).unwrap(), TEXT.repeat(2));
        let error = unpack(&[&xz[..], &[0; 6], &xz].concat()).unwrap_err();
        assert_eq!(error.code(), Code::CompressedTrailing);
    }

    #[test]
    fn anything_else_after_the_last_member_is_an_error_at_its_offset() {
        for kind in ALL {
            let member = pack(kind, TEXT);
            for tail in [&b"x"[..], b"garbage", &[0, 0, 0, 1], b"case,activity\n1,A\n2,B\n"] {
                let error = unpack(&[&member[..], tail].concat()).unwrap_err();
                assert_eq!(error.code(), Code::CompressedTrailing, "{kind:?}: {error}");
                assert_eq!(error.position().unwrap().byte, Some(member.len() as u64));
            }
        }
    }

    #[test]
    fn good_bytes_come_before_the_error_that_follows_them() {
        let mut raw = pack(InputCompression::Gzip, &noise(100_000));
        let crc = raw.len() - 8;
        raw[crc] ^= 1;
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&raw).unwrap();
        let InputSource::Stream(mut stream) =
            open(&Input::Path(file.path().into()), &OpenOptions::default()).unwrap()
        else {
            panic!("expected a stream")
        };
        let mut text = Vec::new();
        let error = unwrap_io(stream.read_to_end(&mut text).unwrap_err(), None);
        assert_eq!(text, noise(100_000));
        assert_eq!(error.code(), Code::Compressed);
        assert_eq!(error.file().as_deref(), Some(file.path()));
        assert!(stream.read(&mut [0; 9]).is_err(), "the first error is final");
        assert!(!stream.finish().unwrap().whole_text);
    }

    #[test]
    fn many_empty_zstd_frames_take_linear_time() {
        let raw = pack(InputCompression::Zstd, b"").repeat(200_000);
        assert_eq!(unpack(&raw).unwrap(), b"");
    }

    #[test]
    fn zstd_frames_to_skip_are_skipped() {
        let skip = [0x53, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let frame = pack(InputCompression::Zstd, TEXT);
        assert_eq!(unpack(&[&skip[..], &frame, &skip, &frame, &skip].concat()).unwrap(), TEXT.repeat(2));
    }

    #[test]
    fn a_zstd_window_over_the_limit_is_refused_and_names_the_flag() {
        let mut writer = zstd::Encoder::new(Vec::new(), 1).unwrap();
        writer.window_log(20).unwrap();
        writer.write_all(&noise(2 << 20)).unwrap();
        let raw = writer.finish().unwrap();
        let tight = OpenOptions { zstd_window_log_max: 19, ..OpenOptions::default() };
        let error = unpack_by(&raw, 4096, &tight).unwrap_err();
        assert_eq!(error.code(), Code::CompressedWindow);
        assert!(error.help_text().unwrap().contains("⟦zstd-window-log⟧"));
        assert_eq!(unpack(&raw).unwrap().len(), 2 << 20);
    }

    #[test]
    fn an_xz_dictionary_over_the_limit_is_refused() {
        let mut raw = pack(InputCompression::Xz, TEXT);
        // The first block's header (3.1 of the format): length in words less one, flags, the filter LZMA2,
        // one byte of properties, the dictionary's size; CRC32 last. 34 stands for 512 MiB.
        let header = 12..12 + usize::from(raw[12]) * 4;
        raw[16] = 34;
        let mut crc = flate2::Crc::new();
        crc.update(&raw[header.clone()]);
        raw[header.end..header.end + 4].copy_from_slice(&crc.sum().to_le_bytes());
        assert_eq!(unpack(&raw).unwrap_err().code(), Code::CompressedWindow);
    }

    #[test]
    fn a_claimed_size_allocates_nothing() {
        // One frame, single segment, 8-byte content size of 1 EiB, then nothing.
        let mut raw = vec![0x28, 0xB5, 0x2F, 0xFD, 0xE0];
        raw.extend_from_slice(&(1_u64 << 60).to_le_bytes());
        raw.extend_from_slice(&[1, 0, 0]);
        assert_eq!(unpack(&raw).unwrap_err().code(), Code::CompressedWindow);
    }

    #[test]
    fn compressed_data_inside_compressed_data_is_refused() {
        for outer in ALL {
            for inner in ALL {
                let error = unpack(&pack(outer, &pack(inner, TEXT))).unwrap_err();
                assert_eq!(error.code(), Code::NestedCompression, "{inner:?} in {outer:?}");
            }
        }
    }
}
