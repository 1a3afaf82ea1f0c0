//! Which sources of a folder are asked for: patterns and times.

use globset::{GlobBuilder, GlobMatcher};

use crate::error::{Code, Error, Result};

/// Patterns and times that choose sources.
#[derive(Debug, Clone, Default)]
pub struct SourceChoice {
    /// If there are some, a source must match one.
    pub include: Vec<SourcePattern>,
    /// A source must match none of these.
    pub exclude: Vec<SourcePattern>,
    /// A source must have been changed at this time or later, in nanoseconds since 1970.
    pub since: Option<i64>,
}

/// A pattern: without `/` it is about the name of a file in any folder, with `/` about the path below the root.
#[derive(Debug, Clone)]
pub struct SourcePattern {
    matcher: GlobMatcher,
    has_folders: bool,
}

impl std::str::FromStr for SourcePattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let plain = text.strip_prefix("./").unwrap_or(text);
        let glob = GlobBuilder::new(plain).literal_separator(true).build();
        let glob =
            glob.map_err(|error| Error::new(Code::Usage, format!("pattern {text:?}: {}", error.kind())))?;
        Ok(Self { matcher: glob.compile_matcher(), has_folders: plain.contains('/') })
    }
}

impl SourcePattern {
    fn fits(&self, name: &str) -> bool {
        let file = name.rsplit('/').next().unwrap_or(name);
        self.matcher.is_match(if self.has_folders { name } else { file })
    }
}

impl SourceChoice {
    /// Why a source is not asked for; `None` if it is.
    pub fn refuses(&self, name: &str, modified: i64) -> Option<&'static str> {
        if self.exclude.iter().any(|it| it.fits(name)) {
            return Some("left out by a pattern");
        }
        if !self.include.is_empty() && !self.include.iter().any(|it| it.fits(name)) {
            return Some("fits no pattern of those that are asked for");
        }
        self.since.is_some_and(|since| modified < since).then_some("its last change is too long ago")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_about_a_name_or_a_path() {
        let choice = |include: &[&str], exclude: &[&str]| SourceChoice {
            include: include.iter().map(|it| it.parse().unwrap()).collect(),
            exclude: exclude.iter().map(|it| it.parse().unwrap()).collect(),
            since: Some(100),
        };
        for (include, exclude, name, is_chosen) in [
            (&[][..], &[][..], "a/b.csv", true),
            (&["*.csv"], &[], "a/b.csv", true),
            (&["a/*.csv"], &[], "a/b.csv", true),
            (&["a/*.csv"], &[], "a/c/b.csv", false),
            (&["a/**"], &[], "a/c/b.csv", true),
            (&["*.xes"], &[], "a/b.csv", false),
            (&["*.csv"], &["b*"], "a/b.csv", false),
            (&[], &["old/**"], "old/b.csv", false),
        ] {
            assert_eq!(choice(include, exclude).refuses(name, 100).is_none(), is_chosen, "{name}");
        }
        assert!(choice(&[], &[]).refuses("a", 99).is_some());
    }
}
