//! What an answer has to be.

/// What a 2xx answer has to hold, so that a page of a proxy is not taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// MLflow's JSON.
    Json,
    /// Nothing, or an empty object: a file was stored.
    Stored,
    /// The bytes of a file; of a web page, where that is what the file is.
    File { is_page: bool },
}
