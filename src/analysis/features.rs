//! What a forest splits on: parameters as codes, where only order or equality counts.

/// How the codes of a group are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SplitKind {
    /// Codes are dense ranks; a split puts the smaller ones on one side.
    Ordered,
    /// Codes are levels; a split puts one level on one side, as with one indicator column a level.
    Levels,
}

/// One parameter as the forest sees it; all that belongs to it is shuffled together.
#[derive(Debug, Clone)]
pub struct Group {
    scale: SplitKind,
    codes: Vec<u32>,
    movable: Option<Vec<u32>>,
}

impl Group {
    /// A group with a code for each row.
    #[must_use]
    pub fn new(scale: SplitKind, codes: Vec<u32>) -> Self {
        Self { scale, codes, movable: None }
    }

    /// The same, where a shuffle moves only the rows given (in ascending order): the others were filled in.
    #[must_use]
    pub fn moving_only(mut self, rows: Vec<u32>) -> Self {
        self.movable = Some(rows);
        self
    }

    /// How it is split.
    #[must_use]
    pub fn scale(&self) -> SplitKind {
        self.scale
    }

    /// Its codes, one a row.
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The rows that a shuffle moves.
    pub(super) fn moved_rows(&self) -> Vec<u32> {
        self.movable.clone().unwrap_or_else(|| (0..self.codes.len() as u32).collect())
    }

    /// The rows in the order of their codes.
    pub(super) fn sorted_rows(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = (0..self.codes.len() as u32).collect();
        rows.sort_by_key(|row| self.codes[*row as usize]);
        rows
    }
}

/// The groups of a table, all of the same number of rows.
#[derive(Debug, Clone)]
pub struct Features {
    rows: usize,
    groups: Vec<Group>,
}

impl Features {
    /// A table of groups. A group with more codes than rows is cut, one with fewer is filled up with code 0.
    #[must_use]
    pub fn new(rows: usize, mut groups: Vec<Group>) -> Self {
        for group in &mut groups {
            group.codes.resize(rows, 0);
            if let Some(movable) = &mut group.movable {
                movable.retain(|row| (*row as usize) < rows);
            }
        }
        Self { rows, groups }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The groups.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Some of the rows, in this order.
    pub(super) fn rows_at(&self, rows: &[usize]) -> Self {
        let of = |group: &Group| {
            let code = |row: &usize| group.codes.get(*row).copied().unwrap_or(0);
            Group::new(group.scale, rows.iter().map(code).collect())
        };
        Self { rows: rows.len(), groups: self.groups.iter().map(of).collect() }
    }

    /// The same rows, where one group has this code in all of them.
    pub(super) fn with_code(&self, group: usize, code: u32) -> Self {
        let mut moved = self.clone();
        if let Some(group) = moved.groups.get_mut(group) {
            group.codes.fill(code);
        }
        moved
    }

    /// The codes row by row: a row's codes lie side by side.
    pub(super) fn by_row(&self) -> Vec<u32> {
        let mut codes = vec![0; self.rows * self.groups.len()];
        for (place, group) in self.groups.iter().enumerate() {
            let cells = codes.iter_mut().skip(place).step_by(self.groups.len());
            cells.zip(&group.codes).for_each(|(cell, code)| *cell = *code);
        }
        codes
    }
}
