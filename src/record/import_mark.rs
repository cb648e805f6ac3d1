//! The mark of an import that is under way, or was cut off.

use super::tags;
use crate::tracking::Run;

/// What is imported, and by which process. It stands on the parent run from its first moment to the last write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportMark {
    /// The same for the same folder or table.
    pub key: String,
    /// The machine that imports it.
    pub machine: String,
    /// The process on it.
    pub process: u32,
}

impl ImportMark {
    /// The tags of a parent run that is being filled: its mark, and that no agent is to start.
    #[must_use]
    pub fn tags(&self) -> [(String, String); 2] {
        let mark = format!("{} {} {}", self.key, self.machine, self.process);
        [(tags::IMPORTING.to_owned(), mark), (tags::CONTROL.to_owned(), "stop".to_owned())]
    }

    /// The mark of a parent run; `None`: all of it is there.
    #[must_use]
    pub fn of(parent: &Run) -> Option<Self> {
        let text = parent.tag(tags::IMPORTING).filter(|text| !text.is_empty())?;
        let mut words = text.split(' ').map(str::to_owned);
        Some(Self {
            key: words.next().unwrap_or_default(),
            machine: words.next().unwrap_or_default(),
            process: words.next().and_then(|word| word.parse().ok()).unwrap_or(0),
        })
    }
}
