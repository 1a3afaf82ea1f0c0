//! One row for each case, where a table of them is asked for: some 40 bytes beside the text of the case.

/// What is known of each case.
#[derive(Debug, Default)]
pub(super) struct CaseRows {
    texts: Vec<u8>,
    rows: Vec<CaseRow>,
}

/// The figures of one case, whose text is kept apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct CaseRow {
    /// Where its text ends.
    end: usize,
    pub events: u64,
    pub first: i64,
    pub last: i64,
    pub variant: u32,
}

impl CaseRows {
    /// Adds a case behind those that are there.
    pub fn add(&mut self, case: &[u8], events: u64, (first, last): (i64, i64), variant: u32) {
        self.texts.extend_from_slice(case);
        self.rows.push(CaseRow { end: self.texts.len(), events, first, last, variant });
    }

    /// Adds the cases of another, whose variants have these numbers here.
    pub fn join(&mut self, other: &Self, variants: &[u32]) {
        let before = self.texts.len();
        self.texts.extend_from_slice(&other.texts);
        let renumbered = |row: &CaseRow| CaseRow {
            end: before + row.end,
            variant: variants.get(row.variant as usize).copied().unwrap_or_default(),
            ..*row
        };
        self.rows.extend(other.rows.iter().map(renumbered));
    }

    /// The case at a position, and its text.
    pub fn get(&self, at: usize) -> (&CaseRow, &[u8]) {
        let start = if at == 0 { 0 } else { self.rows[at - 1].end };
        (&self.rows[at], &self.texts[start..self.rows[at].end])
    }

    /// The positions of the cases in the order of their first events; of those at one time, by their texts.
    pub fn order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.rows.len() as u32).collect();
        order.sort_unstable_by(|a, b| {
            let (a, b) = (self.get(*a as usize), self.get(*b as usize));
            a.0.first.cmp(&b.0.first).then_with(|| a.1.cmp(b.1))
        });
        order
    }
}
