//! How many tokens a trace took, by what its spans say.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::promoted::TOKEN_COLUMNS;

/// What a span says of its tokens.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SpanUsage {
    /// The span.
    pub id: String,
    /// What it is a part of.
    pub parent: Option<String>,
    /// What it says, an object of counts.
    pub usage: Option<Value>,
}

/// The sum over the spans; a span that says something speaks for all below it, as programs that count for their parts
/// do. `None`: no span says anything. The rule is MLflow's (`aggregate_usage_from_spans`).
pub(super) fn total_usage(spans: &[SpanUsage]) -> Option<Map<String, Value>> {
    let parents: HashMap<&str, Option<&str>> =
        spans.iter().map(|span| (span.id.as_str(), span.parent.as_deref())).collect();
    let speakers: HashSet<&str> =
        spans.iter().filter(|span| span.usage.is_some()).map(|span| span.id.as_str()).collect();
    let is_covered = |span: &SpanUsage| {
        // A circle of parents ends, too.
        let mut above = span.parent.as_deref();
        for _ in 0..spans.len() {
            match above {
                None => return false,
                Some(id) if speakers.contains(id) => return true,
                Some(id) => above = parents.get(id).copied().flatten(),
            }
        }
        false
    };
    let mut total = Map::new();
    for span in spans.iter().filter(|span| !is_covered(span)) {
        for column in TOKEN_COLUMNS {
            let count = span.usage.as_ref().and_then(|usage| usage[column].as_i64());
            if let Some(count) = count {
                let before = total.get(column).and_then(Value::as_i64).unwrap_or_default();
                total.insert(column.to_owned(), before.saturating_add(count).into());
            }
        }
    }
    (!total.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn span(id: &str, parent: Option<&str>, tokens: Option<i64>) -> SpanUsage {
        let usage = tokens.map(|tokens| json!({"total_tokens": tokens}));
        SpanUsage { id: id.to_owned(), parent: parent.map(str::to_owned), usage }
    }

    #[test]
    fn a_span_that_counts_speaks_for_those_below_it() {
        let total = |spans: &[SpanUsage]| total_usage(spans).map(|total| total["total_tokens"].clone());
        assert_eq!(
            total(&[span("a", None, None), span("b", Some("a"), Some(3)), span("c", Some("a"), Some(4))]),
            Some(json!(7))
        );
        assert_eq!(
            total(&[span("a", None, Some(9)), span("b", Some("a"), None), span("c", Some("b"), Some(4))]),
            Some(json!(9))
        );
        assert_eq!(total(&[span("a", Some("b"), None), span("b", Some("a"), None)]), None);
    }
}
