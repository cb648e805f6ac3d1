//! A list of things with typed cells: one sheet is a table for people, in the space that the terminal has, and CSV for
//! programs, with every figure whole.

mod cell;
mod column;
mod draw;
mod layout;

use crate::text::{CRLF, csv_table};

pub use cell::SheetCell;
pub use column::{Audience, MINOR, SheetColumn};

/// A list of things, a row each.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// What is shown of each.
    pub columns: Vec<SheetColumn>,
    /// The cells, as many in each row as there are columns.
    pub rows: Vec<Vec<SheetCell>>,
}

impl Sheet {
    /// The columns with these headers or keys alone, in this order; they stay, however little space there is.
    ///
    /// # Errors
    /// The name of which there is no column.
    pub fn select(&self, names: &[String]) -> Result<Self, String> {
        let mut places = Vec::new();
        for name in names {
            let name = name.trim();
            let named = |text: &str| !text.is_empty() && text.eq_ignore_ascii_case(name);
            let shown = |at: &usize| self.columns[*at].audience != Audience::Nobody;
            let all = || (0..self.columns.len()).filter(shown);
            // What a person sees comes before what programs call it.
            let found = all()
                .find(|at| self.columns[*at].key == name)
                .or_else(|| all().find(|at| named(&self.columns[*at].header)))
                .or_else(|| all().find(|at| named(&self.columns[*at].key)));
            places.push(found.ok_or_else(|| name.to_owned())?);
        }
        let column = |at: &usize| {
            let SheetColumn { header, key, .. } = self.columns[*at].clone();
            let [header, key] = if header.is_empty() {
                [key.clone(), key]
            } else {
                [header.clone(), if key.is_empty() { header } else { key }]
            };
            SheetColumn { header, key, rank: 0, place: 0, audience: Audience::All }
        };
        let row = |row: &Vec<SheetCell>| places.iter().map(|at| row[*at].clone()).collect();
        Ok(Self { columns: places.iter().map(column).collect(), rows: self.rows.iter().map(row).collect() })
    }

    /// The names by which columns can be asked for.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for column in self.columns.iter().filter(|column| column.audience != Audience::Nobody) {
            let name = if column.key.is_empty() { &column.header } else { &column.key };
            if !name.is_empty() && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    /// As CSV by RFC 4180, with a header.
    #[must_use]
    pub fn csv(&self) -> String {
        let told = self.told(Audience::Programs);
        let header: Vec<String> = told.iter().map(|at| self.columns[*at].key.clone()).collect();
        let row = |row: &Vec<SheetCell>| told.iter().map(|at| row[*at].raw()).collect::<Vec<_>>();
        csv_table(std::iter::once(header).chain(self.rows.iter().map(row)), CRLF)
    }

    /// Places of the columns that these readers see.
    fn told(&self, readers: Audience) -> Vec<usize> {
        let told = |at: &usize| [Audience::All, readers].contains(&self.columns[*at].audience);
        (0..self.columns.len()).filter(told).collect()
    }
}

#[cfg(test)]
mod tests;
