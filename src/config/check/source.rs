//! Where in a file a part of a command stands.

use crate::config::finding::KeyPlace;
use crate::config::yaml::Span;

/// The text of the file, to find the place of a `${name}` inside a command.
pub(super) struct CommandSource<'a> {
    pub(super) source: &'a str,
    pub(super) place: KeyPlace,
}

impl CommandSource<'_> {
    /// The place of the n-th `${name}` at or after the command's own place, else that place.
    pub fn of(&self, name: &str, nth: usize) -> KeyPlace {
        self.find(&[format!("${{{name}}}"), format!("${{raw:{name}}}")], nth)
    }

    /// The place of a text at or after the command's own place, else that place.
    pub fn of_text(&self, text: &str) -> KeyPlace {
        self.find(&[text.to_owned()], 0)
    }

    fn find(&self, wanted: &[String], nth: usize) -> KeyPlace {
        let lines = self.source.lines().enumerate().skip(self.place.span.line.saturating_sub(1));
        let found = lines
            .flat_map(|(i, line)| {
                wanted.iter().flat_map(move |text| {
                    line.match_indices(text.as_str()).map(move |(at, text)| (i, line, at, text))
                })
            })
            .nth(nth);
        match found {
            Some((i, line, at, text)) => {
                let column = line.get(..at).unwrap_or_default().chars().count() + 1;
                let span = Span { line: i + 1, column, length: text.chars().count() };
                KeyPlace { path: self.place.path.clone(), span }
            }
            None => self.place.clone(),
        }
    }
}
