//! What protects the page and its reader: nothing from elsewhere runs in it, and nothing elsewhere reads its data.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::gateway::NamedOrigin;

/// Scripts and styles of this server alone, none within the page; no frames, forms, plug-ins or other addresses.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Refuses pages from elsewhere, and says what may run in ours.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let named = request.extensions().get::<NamedOrigin>().is_some();
    let mut response = if is_from_elsewhere(request.headers(), request.uri().path(), named) {
        (StatusCode::FORBIDDEN, "Pages from elsewhere can't read this").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a page of another origin asks. A link to the page is followed, its data are not given. Behind a proxy that
/// changes `Host` the browser says whose page it is (no page can set that header), or the server was given its name.
fn is_from_elsewhere(headers: &HeaderMap, path: &str, named: bool) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let site = text(&HeaderName::from_static("sec-fetch-site"));
    let foreign_origin = text(&ORIGIN).is_some_and(|origin| {
        let host = text(&HOST).unwrap_or_default();
        let own = |scheme| origin.strip_prefix(scheme).is_some_and(|rest| rest.eq_ignore_ascii_case(host));
        !(own("http://") || own("https://"))
    });
    let foreign_site = site.is_some_and(|site| !["same-origin", "none"].contains(&site));
    let vouched_for = named || site == Some("same-origin");
    (foreign_origin && !vouched_for) || (foreign_site && path.starts_with("/api/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elsewhere(headers: &[(&'static str, &'static str)], path: &str) -> bool {
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_from_elsewhere(&pairs.collect(), path, false)
    }

    #[test]
    fn behind_a_proxy_that_changes_the_host_the_browser_or_a_named_origin_vouches_for_the_page() {
        let (host, origin) = (("host", "127.0.0.1:5001"), ("origin", "https://sweeps.example"));
        assert!(elsewhere(&[host, origin], "/api/sweeps"));
        assert!(!elsewhere(&[host, origin, ("sec-fetch-site", "same-origin")], "/api/sweeps"));
        assert!(elsewhere(&[host, origin, ("sec-fetch-site", "same-site")], "/api/sweeps"));
        let headers = HeaderMap::from_iter([
            (HOST, HeaderValue::from_static(host.1)),
            (ORIGIN, HeaderValue::from_static(origin.1)),
        ]);
        assert!(!is_from_elsewhere(&headers, "/api/sweeps", true));
    }

    #[test]
    fn a_page_of_another_origin_reads_nothing_and_a_link_is_followed() {
        let host = ("host", "127.0.0.1:5001");
        assert!(!elsewhere(&[host], "/api/sweeps"));
        assert!(!elsewhere(&[host, ("origin", "http://127.0.0.1:5001")], "/api/sweeps"));
        assert!(!elsewhere(&[host, ("sec-fetch-site", "same-origin")], "/api/sweeps"));
        for origin in ["http://evil.example", "http://127.0.0.1:8000", "null", "http://localhost:5001"] {
            assert!(elsewhere(&[host, ("origin", origin)], "/api/sweeps"), "{origin}");
        }
        assert!(elsewhere(&[host, ("sec-fetch-site", "cross-site")], "/api/sweeps"));
        assert!(elsewhere(&[host, ("sec-fetch-site", "same-site")], "/api/sweeps"));
        assert!(!elsewhere(&[host, ("sec-fetch-site", "cross-site")], "/"));
    }
}
