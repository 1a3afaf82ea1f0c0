//! Pseudonyms of texts: 128 bits of a keyed hash, as 32 hexadecimal digits.
//!
//! ```text
//! message    = [study, 0,] domain, 0, value                        bytes of UTF-8
//! pseudonym  = first 32 hexadecimal digits of HMAC-SHA-256(key, message)
//! ```
//!
//! The domain is the name of the column unless another is given. Two columns with one domain have the same
//! pseudonym for the same person; two studies with different names share none. Without a key, SHA-256 takes the
//! place of HMAC: whoever can list the values that there may be finds them all.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::key::Key;
use super::settings::RESERVED;
use crate::model::hash::hash_bytes;

/// Characters of a pseudonym: 128 bits. Among 10^9 values two have the same one with odds of 1.5 in 10^21.
pub const DIGITS: usize = 32;
/// Pseudonyms that a worker remembers for each domain; 4,096 with their values take some 400 kB.
const SLOTS: usize = 1 << 12;
/// Longer values are not remembered.
const LONGEST: usize = 256;

/// How values are hashed.
#[derive(Debug, Clone)]
pub enum Hashing {
    /// HMAC-SHA-256 with this key.
    Keyed(Key),
    /// Without, which is no protection for values that can be guessed.
    Plain,
}

/// The state of a hash.
#[derive(Clone)]
enum HashState {
    Keyed(Hmac<Sha256>),
    Plain(Sha256),
}

impl HashState {
    fn update(self, bytes: &[u8]) -> Self {
        match self {
            Self::Keyed(mac) => Self::Keyed(mac.chain_update(bytes)),
            Self::Plain(hash) => Self::Plain(hash.chain_update(bytes)),
        }
    }

    fn finish(self) -> [u8; 32] {
        match self {
            Self::Keyed(mac) => mac.finalize().into_bytes().into(),
            Self::Plain(hash) => hash.finalize().into(),
        }
    }
}

impl Hashing {
    /// The id of the key, if there is one.
    pub fn key_id(&self) -> Option<&str> {
        match self {
            Self::Keyed(key) => Some(key.id()),
            Self::Plain => None,
        }
    }

    /// The name of the algorithm.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keyed(_) => "hmac-sha256",
            Self::Plain => "sha256",
        }
    }

    fn state(&self, study: Option<&str>, domain: &[u8]) -> HashState {
        let state = match self {
            Self::Keyed(key) => HashState::Keyed(key.mac()),
            Self::Plain => HashState::Plain(Sha256::new()),
        };
        let state = match study {
            Some(study) => state.update(study.as_bytes()).update(&[0]),
            None => state,
        };
        state.update(domain).update(&[0])
    }
}

/// A value with its pseudonym.
type Known = (Box<[u8]>, [u8; DIGITS]);

/// Makes the pseudonyms of one domain.
pub struct Pseudonyms {
    state: HashState,
    /// The last values that hashed to each slot, with their pseudonyms.
    slots: Vec<Option<Known>>,
    /// The pseudonym of a value that has no slot.
    last: [u8; DIGITS],
}

impl Pseudonyms {
    /// For values of a domain, in a study that has a name or in none.
    pub fn new(hashing: &Hashing, study: Option<&str>, domain: &str) -> Self {
        Self { state: hashing.state(study, domain.as_bytes()), slots: Vec::new(), last: [0; DIGITS] }
    }

    /// The pseudonym of a value: [`DIGITS`] hexadecimal digits.
    #[inline]
    pub fn of(&mut self, value: &[u8]) -> &str {
        if value.len() > LONGEST {
            self.last = digits(self.state.clone().update(value).finish());
            return text(&self.last);
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        let at = hash_bytes(0, value) as usize % SLOTS;
        match &mut self.slots[at] {
            Some((known, _)) if **known == *value => {}
            slot => *slot = Some((value.into(), digits(self.state.clone().update(value).finish()))),
        }
        match &self.slots[at] {
            Some((_, pseudonym)) => text(pseudonym),
            None => "",
        }
    }
}

/// Makes the secret offsets by which the times of cases are shifted.
#[derive(Clone)]
pub struct Offsets {
    state: HashState,
    /// The greatest offset on both sides, in nanoseconds.
    most: i64,
}

impl Offsets {
    /// Offsets of up to so many days to both sides.
    pub fn new(hashing: &Hashing, study: Option<&str>, days: u64) -> Self {
        const DAY: i64 = 86_400_000_000_000;
        let most = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY);
        Self { state: hashing.state(study, RESERVED.as_bytes()), most }
    }

    /// The offset of a case, in nanoseconds: the first 128 bits of the hash as a number, divided by the number of
    /// nanoseconds that there are; the rest is from the least offset on.
    pub fn of(&self, case: &[u8]) -> i64 {
        let hash = self.state.clone().update(case).finish();
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        let span = self.most as u128 * 2 + 1;
        let rest = u128::from_be_bytes(first) % span;
        (rest as i128 - i128::from(self.most)) as i64
    }
}

fn digits(hash: [u8; 32]) -> [u8; DIGITS] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; DIGITS];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
        pair[0] = HEX[usize::from(byte >> 4)];
        pair[1] = HEX[usize::from(byte & 15)];
    }
    digits
}

fn text(digits: &[u8; DIGITS]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed() -> Hashing {
        Hashing::Keyed(Key::new(&(0..32).collect::<Vec<u8>>()).unwrap())
    }

    #[test]
    fn pseudonyms_are_what_python_computes() {
        // hmac.new(bytes(range(32)), b"resource\0Alice", "sha256").hexdigest()[:32], and so on
        let vectors = [
            (None, "resource", "Alice", "1e6bbe3a30d24f6f9757407d6b59594c"),
            (Some("study"), "resource", "Alice", "361ea217c50ccdc4797aefd9395d6c33"),
            (None, "resource", "", "3cd0af26ee4197bdbe8c56140fffd844"),
            (None, "resource", "Zoë", "a573b327a9e18d6934f4d4e5908e48a7"),
        ];
        for (study, domain, value, expected) in vectors {
            let mut pseudonyms = Pseudonyms::new(&keyed(), study, domain);
            for _ in 0..2 {
                assert_eq!(pseudonyms.of(value.as_bytes()), expected, "{value}");
            }
        }
        let mut plain = Pseudonyms::new(&Hashing::Plain, None, "resource");
        assert_eq!(plain.of(b"Alice"), "0772cd88de85d52306a22b8e1fcbbdc3");
    }

    #[test]
    fn what_is_remembered_is_what_is_computed() {
        let (mut remembering, all) = (Pseudonyms::new(&keyed(), None, "a"), 0..20_000u32);
        let values: Vec<String> =
            all.map(|it| format!("{:0>1$}", it % 9_000, 1 + it as usize % 300)).collect();
        for value in &values {
            let fresh = Pseudonyms::new(&keyed(), None, "a").state.update(value.as_bytes()).finish();
            assert_eq!(remembering.of(value.as_bytes()), text(&digits(fresh)));
        }
    }

    #[test]
    fn offsets_are_what_python_computes_and_lie_within_the_days() {
        // int.from_bytes(hmac.new(bytes(range(32)), b"logflow shift\0case 1", "sha256").digest()[:16], "big")
        //     % (2 * 365 * 86400 * 10**9 + 1) - 365 * 86400 * 10**9
        let offsets = Offsets::new(&keyed(), None, 365);
        assert_eq!(offsets.of(b"case 1"), -19571679003410970);
        let most = 365 * 86_400_000_000_000_i64;
        let all: Vec<i64> = (0..1000).map(|case: u32| offsets.of(&case.to_be_bytes())).collect();
        assert!(all.iter().all(|offset| (-most..=most).contains(offset)));
        assert!(all.iter().any(|it| *it > most / 2) && all.iter().any(|it| *it < -most / 2));
        assert_ne!(Offsets::new(&keyed(), Some("b"), 365).of(b"case 1"), offsets.of(b"case 1"));
    }
}
