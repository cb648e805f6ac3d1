//! A column: what it is called, who sees it, and when it goes.

/// Who sees a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    All,
    /// Readers of tables.
    People,
    /// Readers of CSV.
    Programs,
    /// Nobody: the cells are there, and nothing is to be reported of them.
    Nobody,
}

/// A column from this rank on is left out without a note where there is no space for it.
pub const MINOR: u32 = 10;

/// A column of a sheet.
#[derive(Debug, Clone)]
pub struct SheetColumn {
    /// Its header in a table.
    pub header: String,
    /// Its header in CSV.
    pub key: String,
    /// Where space is short the columns with the largest number go first; those with 0 stay.
    pub rank: u32,
    /// Among columns of a rank those with the largest number go first, and among equals the last.
    pub place: usize,
    /// Who sees it.
    pub audience: Audience,
}

impl SheetColumn {
    /// A column that always stays.
    #[must_use]
    pub fn new(header: &str, key: &str) -> Self {
        Self { header: header.to_owned(), key: key.to_owned(), rank: 0, place: 0, audience: Audience::All }
    }

    /// One that may go where space is short, those with the largest number first.
    #[must_use]
    pub fn rank(mut self, rank: u32) -> Self {
        self.rank = rank;
        self
    }

    /// One that goes after those of its rank with a larger number.
    #[must_use]
    pub fn place(mut self, place: usize) -> Self {
        self.place = place;
        self
    }

    /// One that a table does not show.
    #[must_use]
    pub fn csv_only(mut self) -> Self {
        self.audience = Audience::Programs;
        self
    }

    /// One that is not shown at all.
    #[must_use]
    pub fn nobody(mut self) -> Self {
        self.audience = Audience::Nobody;
        self
    }

    /// One that only a table shows: programs get the same in other columns.
    #[must_use]
    pub fn table_only(mut self) -> Self {
        self.audience = Audience::People;
        self
    }
}
