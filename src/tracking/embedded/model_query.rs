//! What is asked of a search among logged models.

/// A search among logged models.
#[derive(Debug, Clone, Default)]
pub struct ModelQuery {
    /// The experiments to look in.
    pub experiment_ids: Vec<String>,
    /// A filter in MLflow's language; empty: all.
    pub filter: String,
    /// Name and perhaps digest of datasets: metrics count only where they were measured on one of these.
    pub datasets: Vec<(String, Option<String>)>,
    /// Order; then newest first.
    pub order_by: Vec<ModelOrder>,
    /// Most models of one page.
    pub max_results: usize,
    /// Where the page starts.
    pub page_token: Option<String>,
}

/// One term of a model search's order.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct ModelOrder {
    /// An attribute, or `metrics.<key>`.
    pub field_name: String,
    /// Small before large.
    #[serde(default = "ascending")]
    pub ascending: bool,
    /// Only metrics measured on this dataset.
    #[serde(default)]
    pub dataset_name: Option<String>,
    /// With this digest.
    #[serde(default)]
    pub dataset_digest: Option<String>,
}

fn ascending() -> bool {
    true
}
