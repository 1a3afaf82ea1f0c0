//! One row for each object, where a table of them is asked for: some 60 bytes beside its identifier.

/// The number of no variant: that of an object without events.
pub(super) const NO_VARIANT: u32 = u32::MAX;

/// What is known of each object.
#[derive(Debug, Default)]
pub(super) struct ObjectRows {
    ids: Vec<u8>,
    rows: Vec<StoredRow>,
}

/// The figures of one object, whose identifier is kept apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredRow {
    /// Where its identifier ends.
    end: usize,
    pub of: u32,
    pub events: u64,
    /// First and last time; no more than numbers for an object without events.
    pub first: i64,
    pub last: i64,
    pub variant: u32,
    pub interacting: u64,
}

impl StoredRow {
    /// A row whose identifier comes with it.
    pub fn new(of: u32, events: u64, (first, last): (i64, i64), variant: u32, interacting: u64) -> Self {
        Self { end: 0, of, events, first, last, variant, interacting }
    }
}

impl ObjectRows {
    /// Adds the row of an object.
    pub fn add(&mut self, id: &[u8], row: StoredRow) {
        self.ids.extend_from_slice(id);
        self.rows.push(StoredRow { end: self.ids.len(), ..row });
    }

    /// Adds the objects of another, whose variants have these numbers here, type by type.
    pub fn join(&mut self, other: &Self, variants: &[Vec<u32>]) {
        let before = self.ids.len();
        self.ids.extend_from_slice(&other.ids);
        let number = |row: &StoredRow| variants.get(row.of as usize)?.get(row.variant as usize).copied();
        self.rows.extend(other.rows.iter().map(|row| StoredRow {
            end: before + row.end,
            variant: number(row).unwrap_or(NO_VARIANT),
            ..*row
        }));
    }

    /// The object at a position, and its identifier.
    pub fn get(&self, at: usize) -> (&StoredRow, &[u8]) {
        let start = if at == 0 { 0 } else { self.rows[at - 1].end };
        (&self.rows[at], &self.ids[start..self.rows[at].end])
    }

    /// The positions of the objects by type, first event and identifier; those without events come last in
    /// their type.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_unstable_by(|a, b| {
            let ((one, one_id), (other, other_id)) = (self.get(*a), self.get(*b));
            let key = |row: &StoredRow| (row.of, row.events == 0, row.first);
            key(one).cmp(&key(other)).then_with(|| one_id.cmp(other_id))
        });
        order
    }
}
