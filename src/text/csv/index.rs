//! The SIMD index: where quotes, delimiters and line ends stand, quotes taken into account.
//!
//! For every 64 bytes, four masks are made with one comparison each. A prefix XOR over the quote mask marks
//! what lies between quotes; delimiters and line ends outside remain, and every quote. The positions are
//! written out as plain numbers, so that the field walk is a loop over integers:
//!
//! ```text
//! text     a,"b,c",d\n
//! quote    ..1...1...
//! inside   ..1111....      prefix xor, carried from block to block
//! kept     .11...11.1      (delimiter | line end) & !inside | quote
//! ```
//!
//! The index takes every quote for a toggle, which is wrong for `5" pipe`; the walk notices and asks the
//! [plain grammar](super::grammar). Kernels: AVX-512BW, AVX2, and a plain twin that the tests hold them
//! against.

/// The bytes with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// The byte between fields.
    pub delimiter: u8,
    /// Around fields; equal to the delimiter if there is none.
    pub quote: u8,
    /// Whether `quote` has a meaning in this dialect.
    pub quotes: bool,
}

/// Findings about an indexed stretch, other than positions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MarkFound {
    /// Number of positions written.
    pub count: usize,
    /// Whether a NUL byte was found.
    pub nul: bool,
    /// A byte above 127: the text must be checked as UTF-8.
    pub high: bool,
}

/// Whether the end of what was indexed lies between quotes: all ones or zero, carried from block to block.
pub type Inside = u64;

/// Slots that `out` must have beyond one for each byte of text: kernels write whole groups and count
/// afterwards.
pub const SLACK: usize = 64;

/// Writes to the front of `out` the positions in `text`, counted from `offset`, of every quote and of every
/// delimiter and line end outside quotes. `out` has at least `text.len() + SLACK` slots.
#[inline]
pub fn index(text: &[u8], offset: u32, marks: Marks, inside: &mut Inside, out: &mut [u32]) -> MarkFound {
    assert!(out.len() >= text.len() + SLACK, "one slot a byte and the slack");
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512bw")
            && std::arch::is_x86_feature_detected!("pclmulqdq")
            && std::arch::is_x86_feature_detected!("bmi2")
        {
            #[expect(unsafe_code, reason = "a measured kernel; its plain twin is `index_plain`")]
            // SAFETY: the features that the kernel is compiled for were detected in the line above.
            return unsafe { x86::index_avx512(text, offset, marks, inside, out) };
        }
        if std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("pclmulqdq")
            && std::arch::is_x86_feature_detected!("bmi2")
        {
            #[expect(unsafe_code, reason = "a measured kernel; its plain twin is `index_plain`")]
            // SAFETY: the features that the kernel is compiled for were detected in the line above.
            return unsafe { x86::index_avx2(text, offset, marks, inside, out) };
        }
    }
    index_plain(text, offset, marks, inside, out)
}

/// The plain twin: a byte at a time. Runs where no kernel does.
pub fn index_plain(
    text: &[u8],
    offset: u32,
    marks: Marks,
    inside: &mut Inside,
    out: &mut [u32],
) -> MarkFound {
    let mut found = MarkFound::default();
    let mut push = |found: &mut MarkFound, i: usize| {
        out[found.count] = offset + i as u32;
        found.count += 1;
    };
    for (i, &byte) in text.iter().enumerate() {
        found.nul |= byte == 0;
        found.high |= byte >= 128;
        if marks.quotes && byte == marks.quote {
            *inside = !*inside;
            push(&mut found, i);
        } else if *inside == 0 && (byte == marks.delimiter || byte == b'\n' || byte == b'\r') {
            push(&mut found, i);
        }
    }
    found
}

/// The masks of 64 bytes.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Masks {
    quote: u64,
    /// Delimiters and line ends.
    ends: u64,
    nul: u64,
    high: u64,
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Inside, MarkFound, Marks, Masks};

    /// Writes the set bits' positions and says how many. Eight at a time without a branch: events are
    /// frequent, and a mispredicted loop end per block costs more than the stores that are overwritten next.
    #[inline(always)]
    fn flatten(mut bits: u64, position: u32, out: &mut [u32]) -> usize {
        let count = bits.count_ones() as usize;
        let (groups, _) = out.as_chunks_mut::<8>();
        for group in &mut groups[..count.div_ceil(8)] {
            for slot in group {
                *slot = position.wrapping_add(bits.trailing_zeros());
                bits &= bits.wrapping_sub(1);
            }
        }
        count
    }

    /// Bit i of the result is the XOR of bits 0..=i.
    #[inline]
    #[target_feature(enable = "pclmulqdq")]
    fn prefix_xor(bits: u64) -> u64 {
        let product = _mm_clmulepi64_si128::<0>(_mm_set_epi64x(0, bits as i64), _mm_set1_epi8(-1));
        _mm_cvtsi128_si64(product) as u64
    }

    macro_rules! kernel {
        ($name:ident, $masks:ident, $features:literal) => {
            #[target_feature(enable = $features)]
            pub(super) fn $name(
                text: &[u8],
                offset: u32,
                marks: Marks,
                inside: &mut Inside,
                out: &mut [u32],
            ) -> MarkFound {
                let (mut count, mut nul, mut high) = (0, 0, 0);
                let (blocks, rest) = text.as_chunks::<64>();
                let mut tail = [0; 64];
                tail[..rest.len()].copy_from_slice(rest);
                let tail = if rest.is_empty() { None } else { Some(&tail) };
                let mut position = offset;
                // One loop for whole blocks and the tail: with two calls the body is not inlined, which costs
                // a fifth.
                for block in blocks.iter().chain(tail) {
                    let left = text.len() - (position - offset) as usize;
                    let keep = if left >= 64 { u64::MAX } else { (1 << left) - 1 };
                    let masks = $masks(block, marks);
                    let quote = if marks.quotes { masks.quote & keep } else { 0 };
                    let within = prefix_xor(quote) ^ *inside;
                    // Arithmetic shift: all ones if the block ends between quotes; bits beyond the text carry
                    // no quote.
                    *inside = ((within as i64) >> 63) as u64;
                    nul |= masks.nul & keep;
                    high |= masks.high & keep;
                    count += flatten((masks.ends & keep & !within) | quote, position, &mut out[count..]);
                    position += 64;
                }
                MarkFound { count, nul: nul != 0, high: high != 0 }
            }
        };
    }

    kernel!(index_avx512, masks_avx512, "avx512f,avx512bw,avx2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt");
    kernel!(index_avx2, masks_avx2, "avx2,pclmulqdq,bmi1,bmi2,popcnt,lzcnt");

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn masks_avx512(block: &[u8; 64], marks: Marks) -> Masks {
        #[expect(unsafe_code, reason = "loads take a pointer")]
        // SAFETY: the reference is to 64 readable bytes; the load asks no alignment.
        let bytes = unsafe { _mm512_loadu_si512(block.as_ptr().cast()) };
        let equals = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte as i8));
        Masks {
            quote: equals(marks.quote),
            ends: equals(marks.delimiter) | equals(b'\n') | equals(b'\r'),
            nul: equals(0),
            high: _mm512_movepi8_mask(bytes),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn masks_avx2(block: &[u8; 64], marks: Marks) -> Masks {
        #[expect(unsafe_code, reason = "loads take a pointer")]
        // SAFETY: the reference is to 64 readable bytes, of which these are the first 32; the load asks no
        // alignment.
        let low = unsafe { _mm256_loadu_si256(block.as_ptr().cast()) };
        #[expect(unsafe_code, reason = "loads take a pointer")]
        // SAFETY: the last 32 of the 64 bytes; the load asks no alignment.
        let high = unsafe { _mm256_loadu_si256(block[32..].as_ptr().cast()) };
        let join = |low: __m256i, high: __m256i| {
            u64::from(_mm256_movemask_epi8(low) as u32) | u64::from(_mm256_movemask_epi8(high) as u32) << 32
        };
        let equals = |byte: u8| {
            let byte = _mm256_set1_epi8(byte as i8);
            join(_mm256_cmpeq_epi8(low, byte), _mm256_cmpeq_epi8(high, byte))
        };
        Masks {
            quote: equals(marks.quote),
            ends: equals(marks.delimiter) | equals(b'\n') | equals(b'\r'),
            nul: equals(0),
            high: join(low, high),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Kernel = fn(&[u8], u32, Marks, &mut Inside, &mut [u32]) -> MarkFound;

    fn kernels() -> Vec<Kernel> {
        let mut kernels: Vec<Kernel> = vec![index];
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("pclmulqdq") {
            #[expect(unsafe_code, reason = "the kernel that `index` would pass over on this machine")]
            fn avx2(t: &[u8], o: u32, m: Marks, i: &mut Inside, out: &mut [u32]) -> MarkFound {
                // SAFETY: only listed when the features were detected.
                unsafe { x86::index_avx2(t, o, m, i, out) }
            }
            kernels.push(avx2);
        }
        kernels
    }

    proptest! {
        #[test]
        fn every_kernel_equals_its_plain_twin(
            text in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(0), Just(b'a'), any::<u8>()], 0..400),
            cut in 0usize..400,
            quotes: bool,
        ) {
            let cut = cut.min(text.len());
            let marks = Marks { delimiter: b',', quote: b'"', quotes };
            let run = |kernel: Kernel| {
                let (mut inside, mut out) = (0, vec![0; text.len() + 2 * SLACK]);
                let a = kernel(&text[..cut], 7, marks, &mut inside, &mut out);
                let b = kernel(&text[cut..], 7 + cut as u32, marks, &mut inside, &mut out[a.count..]);
                out.truncate(a.count + b.count);
                (out, inside, a, b)
            };
            let expected = run(index_plain);
            for kernel in kernels() {
                prop_assert_eq!(run(kernel), expected.clone());
            }
        }
    }
}
