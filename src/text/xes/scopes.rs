//! Prefixes that elements declare for themselves and what is in them. Logs seldom do; their head says once
//! what its names mean.

/// The numbers of such prefixes begin here; the head's are below.
const FIRST: usize = 128;

/// The prefixes in scope.
#[derive(Debug, Default)]
pub struct Scopes {
    /// How many elements are open there, the prefix, whether it stands for the namespace of the log.
    open: Vec<(usize, Box<str>, bool)>,
    /// All prefixes met, by number.
    prefixes: Vec<Box<str>>,
}

impl Scopes {
    /// Whether no prefix is declared.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Notes a prefix that the innermost of `depth` open elements declares.
    pub fn enter(&mut self, depth: usize, prefix: &str, is_log: bool) {
        self.open.push((depth, prefix.into(), is_log));
    }

    /// Forgets those of all but `depth` elements.
    #[inline]
    pub fn leave(&mut self, depth: usize) {
        while self.open.last().is_some_and(|(at, ..)| *at > depth) {
            self.open.pop();
        }
    }

    /// Whether a prefix stands for the namespace of the log, if an open element declares it.
    pub fn find(&self, prefix: &str) -> Option<bool> {
        self.open.iter().rev().find(|(_, it, _)| **it == *prefix).map(|(.., is_log)| *is_log)
    }

    /// The number of a prefix; `None` when there are too many.
    pub fn number(&mut self, prefix: &str) -> Option<u8> {
        let number = self.prefixes.iter().position(|it| **it == *prefix).unwrap_or_else(|| {
            self.prefixes.push(prefix.into());
            self.prefixes.len() - 1
        });
        // 255 stands for none.
        u8::try_from(FIRST + number).ok().filter(|it| *it < u8::MAX)
    }
}
