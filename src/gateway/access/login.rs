//! Logins: names with passwords, and tokens, as MLflow's clients send them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The least characters of a password or token.
const SHORTEST: usize = 8;

/// Who may log in. Only hashes are kept; comparing takes the same time however much of a secret was right.
#[derive(Clone, Default)]
pub struct Logins(Vec<[u8; 32]>);

/// A login that can't be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// A line is neither `name:password` nor `token …`.
    #[error("line {0} is neither `name:password` nor `token SECRET`")]
    Line(usize),
    /// A secret is too short.
    #[error("a password or token has less than {SHORTEST} characters")]
    Short,
}

impl Logins {
    /// Whether no login is needed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Admits a request with this name and password.
    ///
    /// # Errors
    /// `Short`; a name with a colon can't be sent, and is a `Line`.
    pub fn add_person(&mut self, name: &str, password: &str) -> Result<(), LoginError> {
        if name.is_empty() || name.contains(':') {
            return Err(LoginError::Line(1));
        }
        self.add(&format!("Basic {name}:{password}"), password)
    }

    /// Admits a request with this token.
    ///
    /// # Errors
    /// `Short`.
    pub fn add_token(&mut self, token: &str) -> Result<(), LoginError> {
        self.add(&format!("Bearer {token}"), token)
    }

    fn add(&mut self, login: &str, secret: &str) -> Result<(), LoginError> {
        if secret.chars().count() < SHORTEST {
            return Err(LoginError::Short);
        }
        self.0.push(hash(login.as_bytes()));
        Ok(())
    }

    /// Adds the logins of a file: a line each, `name:password` or `token SECRET`; `#` begins a comment line.
    ///
    /// # Errors
    /// At the first line that is no login.
    pub fn add_lines(&mut self, text: &str) -> Result<(), LoginError> {
        for (place, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(token) = line.strip_prefix("token ") {
                self.add_token(token.trim())?;
            } else {
                let (name, password) = line.split_once(':').ok_or(LoginError::Line(place + 1))?;
                self.add_person(name, password).map_err(|error| match error {
                    LoginError::Line(_) => LoginError::Line(place + 1),
                    LoginError::Short => LoginError::Short,
                })?;
            }
        }
        Ok(())
    }

    /// Which login an `Authorization` header shows.
    pub(super) fn which(&self, header: &str) -> Option<usize> {
        let (scheme, value) = header.trim().split_once(' ').unwrap_or_default();
        let shown = if scheme.eq_ignore_ascii_case("basic") {
            let decoded = STANDARD.decode(value.trim()).ok()?;
            [b"Basic ".as_slice(), &decoded].concat()
        } else if scheme.eq_ignore_ascii_case("bearer") {
            [b"Bearer ", value.trim().as_bytes()].concat()
        } else {
            return None;
        };
        let shown = hash(&shown);
        // No early end: how long it takes says nothing of which login it nearly was.
        let places = self.0.iter().enumerate();
        places.fold(None, |found, (place, login)| {
            if bool::from(login.as_slice().ct_eq(shown.as_slice())) { Some(place) } else { found }
        })
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logins({})", self.0.len())
    }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basic(login: &str) -> String {
        format!("Basic {}", STANDARD.encode(login))
    }

    fn logins() -> Logins {
        let mut logins = Logins::default();
        logins.add_lines("# people\nann:correct horse\n\nbob:pass:word:9\ntoken abcdefgh-123\n").unwrap();
        logins
    }

    #[test]
    fn the_right_login_gets_in_and_no_other() {
        let logins = logins();
        for good in [
            &basic("ann:correct horse"),
            &basic("bob:pass:word:9"),
            "Bearer abcdefgh-123",
            "bearer abcdefgh-123",
        ] {
            assert!(logins.which(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "Basic",
            "Basic !!",
            &basic("ann:correct horse "),
            &basic("ann:"),
            &basic("bob:pass"),
            &basic("abcdefgh-123"),
            "Bearer abcdefgh-12",
            "Bearer ",
            "Digest abcdefgh-123",
            "Bearer ann:correct horse",
        ] {
            assert!(logins.which(bad).is_none(), "{bad}");
        }
        assert!(Logins::default().is_empty() && Logins::default().which("").is_none());
    }

    #[test]
    fn what_is_no_login_is_told_by_its_line_and_never_shown() {
        let error = |text: &str| Logins::default().add_lines(text).unwrap_err();
        assert_eq!(error("a:12345678\nnonsense"), LoginError::Line(2));
        assert_eq!(error(":12345678"), LoginError::Line(1));
        assert_eq!((error("ann:short"), error("token short")), (LoginError::Short, LoginError::Short));
        assert_eq!(format!("{:?}", logins()), "Logins(3)");
    }
}
