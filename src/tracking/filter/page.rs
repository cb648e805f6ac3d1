//! Page tokens: base64 of `{"offset": N}`, as MLflow writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::FilterError;

/// The token of the page that starts at `offset`.
#[must_use]
pub fn token_for(offset: usize) -> String {
    STANDARD.encode(format!("{{\"offset\": {offset}}}"))
}

/// Where the page of this token starts; an absent or empty token is the first page.
pub fn offset_of(token: Option<&str>) -> Result<usize, FilterError> {
    #[derive(serde::Deserialize)]
    struct Page {
        offset: u32,
    }
    let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(0) };
    let bytes = STANDARD
        .decode(token)
        .map_err(|_| FilterError::new("Invalid page token, could not base64-decode"))?;
    let page: Page = serde_json::from_slice(&bytes)
        .map_err(|_| FilterError::new("Invalid page token, it holds no offset"))?;
    usize::try_from(page.offset).map_err(|_| FilterError::new("Invalid page token, the offset is too large"))
}
