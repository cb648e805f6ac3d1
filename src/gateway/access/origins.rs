//! The pages that may change anything: a site that somebody visits must not write to their server.

use axum::http::Uri;

/// The origins of pages that may change anything; pages of this machine always may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Reads a list as `mlflow server --cors-allowed-origins` takes it.
    #[must_use]
    pub fn read(list: &str) -> Self {
        Self(items(list))
    }

    /// Whether a page of this origin may.
    #[must_use]
    pub fn allow(&self, origin: &str) -> bool {
        is_local(origin) || self.0.iter().any(|pattern| fits(pattern, origin))
    }

    /// Whether a page of this origin is meant by more than a star.
    pub(super) fn names(&self, origin: &str) -> bool {
        self.0.iter().any(|pattern| pattern != "*" && fits(pattern, origin))
    }

    /// What a browser receives about this origin: itself, `*` where every origin may, nothing where it may not.
    pub(super) fn answer<'a>(&self, origin: &'a str) -> Option<&'a str> {
        if self.0.iter().any(|pattern| pattern == "*") {
            Some("*")
        } else {
            self.allow(origin).then_some(origin)
        }
    }
}

fn is_local(origin: &str) -> bool {
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    uri.scheme().is_some()
        && uri.host().is_some_and(|host| {
            ["localhost", "127.0.0.1", "[::1]"].contains(&host.to_ascii_lowercase().as_str())
        })
}

/// The items of a list with commas.
pub(super) fn items(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Whether a text fits a pattern, in which `*` stands for any text; upper and lower case are equal.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for piece in pieces {
        if let Some(middle) = last.replace(piece) {
            match rest.find(middle) {
                Some(at) => rest = &rest[at + middle.len()..],
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_machine_may_and_no_others_unless_they_are_named() {
        let origins = Origins::default();
        for good in ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8000", "https://localhost"] {
            assert!(origins.allow(good), "{good}");
        }
        for bad in ["http://evil.example", "null", "", "localhost", "http://localhost.evil.example", "?"] {
            assert!(!origins.allow(bad), "{bad}");
        }
        let origins = Origins::read("https://app.example,https://*.lab.example");
        assert!(origins.allow("https://app.example") && origins.allow("https://a.lab.example"));
        assert!(!origins.allow("https://app.example.evil") && !origins.allow("http://app.example"));
        assert_eq!(origins.answer("https://app.example"), Some("https://app.example"));
        assert_eq!((origins.answer("http://x"), Origins::read("*").answer("http://x")), (None, Some("*")));
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in
            [("*", ""), ("*", "abc"), ("a*c", "abbc"), ("a*b*c", "axbyc"), ("A", "a"), ("*a*", "xax")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a", "ab"), ("a*c", "ab"), ("*b", "ba"), ("a*a", "a"), ("", "a"), ("a*b*c", "acb")]
        {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
