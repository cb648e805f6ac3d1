//! Who calls: the secret in a URL's path names a trial.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::extract::{Request, State};
use axum::http::Uri;
use axum::http::uri::PathAndQuery;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::ApiError;

/// What the gateway knows of a trial that calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialScope {
    /// The trial's run.
    pub run_id: String,
    /// The sweep's experiment.
    pub experiment_id: String,
    /// Its name.
    pub experiment_name: String,
}

/// A trial that is let in, and what it has made.
#[derive(Debug)]
pub(super) struct Admitted {
    pub scope: Arc<TrialScope>,
    made: Mutex<HashSet<String>>,
}

impl Admitted {
    /// Whether a run is the trial's own.
    pub fn owns(&self, run: &str) -> bool {
        run == self.scope.run_id || self.made(run)
    }

    /// Whether a run was made by the trial's URL.
    pub fn made(&self, run: &str) -> bool {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(run)
    }

    pub fn remember(&self, run: &str) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(run.to_owned());
    }
}

/// The trials whose secrets are valid.
#[derive(Debug, Clone, Default)]
pub(super) struct Scopes {
    by_secret: Arc<RwLock<HashMap<String, Arc<Admitted>>>>,
}

impl Scopes {
    pub fn open(&self, secret: String, scope: TrialScope) {
        let admitted = Arc::new(Admitted { scope: Arc::new(scope), made: Mutex::default() });
        self.by_secret.write().unwrap_or_else(PoisonError::into_inner).insert(secret, admitted);
    }

    pub fn close(&self, secret: &str) -> bool {
        self.by_secret.write().unwrap_or_else(PoisonError::into_inner).remove(secret).is_some()
    }

    pub fn close_all(&self) {
        self.by_secret.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The runs that a trial has made beside its own.
    pub fn made(&self, secret: &str) -> Vec<String> {
        let Some(admitted) = self.of(secret) else { return Vec::new() };
        admitted.made.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn of(&self, secret: &str) -> Option<Arc<Admitted>> {
        self.by_secret.read().unwrap_or_else(PoisonError::into_inner).get(secret).cloned()
    }
}

/// A fresh secret: 192 random bits from the system's generator, in characters that a URL leaves alone.
pub(super) fn fresh_secret() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>())
}

/// Lets a request in whose path begins with `/t/<secret>`, without that beginning and with the trial's scope; any
/// other gets 404.
pub(super) async fn admit(State(scopes): State<Scopes>, mut request: Request, next: Next) -> Response {
    let known = secret_and_rest(request.uri()).and_then(|(secret, rest)| Some((scopes.of(secret)?, rest)));
    let Some((scope, uri)) = known else {
        return ApiError::no_endpoint(
            "There is nothing here. Use the tracking URI that the trial was given.",
        )
        .into_response();
    };
    request.extensions_mut().insert(Arc::clone(&scope.scope));
    request.extensions_mut().insert(scope);
    *request.uri_mut() = uri;
    next.run(request).await
}

/// The secret of `/t/<secret>/rest?query`, and the URI `/rest?query`.
fn secret_and_rest(uri: &Uri) -> Option<(&str, Uri)> {
    let after = uri.path().strip_prefix("/t/")?;
    let (secret, rest) = after.split_once('/').unwrap_or((after, ""));
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let rest = PathAndQuery::try_from(format!("/{rest}{query}")).ok()?;
    Some((secret, Uri::from(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_different_and_fit_for_a_path() {
        let (one, other) = (fresh_secret(), fresh_secret());
        assert_ne!(one, other);
        assert!(
            one.len() == 32 && one.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'),
            "{one}"
        );
    }

    #[test]
    fn the_rest_of_the_path_keeps_its_escapes_and_query() {
        let uri: Uri = "/t/abc/api/2.0/x%20y?run_id=1&path=a%2Fb".parse().unwrap();
        let (secret, rest) = secret_and_rest(&uri).unwrap();
        assert_eq!((secret, rest.to_string().as_str()), ("abc", "/api/2.0/x%20y?run_id=1&path=a%2Fb"));
        assert!(secret_and_rest(&"/api/2.0/x".parse().unwrap()).is_none());
    }
}
