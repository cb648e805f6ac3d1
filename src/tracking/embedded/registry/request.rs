//! What is asked of the registry.

use super::super::record::Pair;

/// A search in the registry.
#[derive(Debug, Clone, Default)]
pub struct RegistryQuery {
    /// A filter in MLflow's language; empty: all.
    pub filter: String,
    /// `order_by` terms in MLflow's language.
    pub order_by: Vec<String>,
    /// Most items of one page.
    pub max_results: usize,
    /// Where the page starts.
    pub page_token: Option<String>,
}

/// A version that is to be created.
#[derive(Debug, Clone, Default)]
pub struct CreateVersion {
    /// The registered model.
    pub name: String,
    /// Where it comes from.
    pub source: String,
    /// The run that made it.
    pub run_id: Option<String>,
    /// The logged model.
    pub model_id: Option<String>,
    /// A link to the run.
    pub run_link: String,
    /// What to say about it.
    pub description: String,
    /// Its tags.
    pub tags: Vec<Pair>,
}
