//! Whether bytes are UTF-8.

/// Whether the bytes are UTF-8. Where the place of the first bad byte is wanted, `std::str::from_utf8` tells it;
/// it takes ten times as long for text beyond ASCII.
#[inline]
pub fn is_utf8(bytes: &[u8]) -> bool {
    simdutf8::basic::from_utf8(bytes).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_are_utf8_if_the_standard_library_says_so(
            text in "[a-zß€😀]{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..3), at in 0usize..400,
        ) {
            let mut all = text.into_bytes();
            let at = at.min(all.len());
            all.splice(at..at, bytes);
            prop_assert_eq!(is_utf8(&all), std::str::from_utf8(&all).is_ok());
        }
    }
}
