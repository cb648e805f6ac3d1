//! From page to page of a long answer, to its end.

use std::collections::HashSet;

use super::error::{ErrorKind, Result, TrackingError};

/// More pages than this are no answer: a page has a thousand runs.
const MOST: usize = 100_000;

/// The pages that were read so far.
#[derive(Debug, Default)]
pub struct Pages {
    seen: HashSet<String>,
}

impl Pages {
    /// The token of the page to read next; `None` after the last.
    ///
    /// # Errors
    /// `Protocol` where a page names one that was read before: reading would never end.
    pub fn next(&mut self, token: Option<String>) -> Result<Option<String>> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        if self.seen.len() >= MOST {
            return Err(endless(format!("the tracking server gave {MOST} pages of one list, and more")));
        }
        if !self.seen.insert(token.clone()) {
            return Err(endless("the tracking server gave the same page of a list twice".to_owned()));
        }
        Ok(Some(token))
    }
}

fn endless(message: String) -> TrackingError {
    TrackingError::new(ErrorKind::Protocol, message).hint(
        "Does a proxy on the way answer from a cache? Requests to `/api/2.0/mlflow` must reach the server.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn pages_end_where_there_is_no_token() {
        let mut pages = Pages::default();
        assert_eq!(pages.next(token("a")).unwrap(), token("a"));
        assert_eq!(pages.next(token("b")).unwrap(), token("b"));
        assert_eq!(pages.next(token("")).unwrap(), None);
        assert_eq!(pages.next(None).unwrap(), None);
    }

    #[test]
    fn pages_that_go_in_a_circle_are_an_error() {
        let mut pages = Pages::default();
        for page in ["a", "b"] {
            pages.next(token(page)).unwrap();
        }
        let error = pages.next(token("a")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol);
        assert!(error.hint.unwrap().contains("proxy"));
    }
}
