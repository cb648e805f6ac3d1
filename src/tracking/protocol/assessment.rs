//! Assessments: what people, programs and models say about a trace.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::form::text;
use super::wire_time::timestamp;

/// How a value that is no plain one is written.
const JSON_FORMAT: &str = "JSON_FORMAT";

/// One opinion about a trace, or about one of its spans.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessment {
    /// `a-` and 32 hex digits.
    #[serde(rename = "assessment_id", default, deserialize_with = "text")]
    pub id: String,
    /// What it is about, such as `correctness`.
    #[serde(rename = "assessment_name", default)]
    pub name: String,
    /// The trace.
    #[serde(default)]
    pub trace_id: String,
    /// The span, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// Who says so.
    #[serde(default)]
    pub source: AssessmentSource,
    /// When it was made, epoch milliseconds.
    #[serde(rename = "create_time", default, with = "timestamp")]
    pub created: i64,
    /// When it was last changed, epoch milliseconds.
    #[serde(rename = "last_update_time", default, with = "timestamp")]
    pub updated: i64,
    /// What is said.
    #[serde(flatten)]
    pub value: AssessmentValue,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// What else is known of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// The assessment in whose place it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<String>,
    /// Whether no other one took its place.
    #[serde(default = "super::form::yes")]
    pub valid: bool,
}

/// Who makes an assessment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AssessmentSource {
    /// `HUMAN`, `CODE` or `LLM_JUDGE`.
    #[serde(default)]
    pub source_type: String,
    /// Which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
}

/// What an assessment says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssessmentValue {
    /// How good something is.
    Feedback(FeedbackValue),
    /// What would have been right.
    Expectation(ExpectationValue),
    /// A known problem that is seen here.
    Issue(IssueValue),
}

impl AssessmentValue {
    /// MLflow's word for its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Feedback(_) => "feedback",
            Self::Expectation(_) => "expectation",
            Self::Issue(_) => "issue",
        }
    }
}

/// How good something is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FeedbackValue {
    /// A number, a truth, a text, or more of them.
    #[serde(default)]
    pub value: Value,
    /// Why there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<AssessmentError>,
}

/// Why an assessment could not be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssessmentError {
    /// Its code.
    #[serde(default)]
    pub error_code: String,
    /// What failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// Where it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_trace: Option<String>,
}

/// What would have been right.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ExpectationValue {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    serialized_value: Option<SerializedValue>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct SerializedValue {
    #[serde(default)]
    serialization_format: String,
    #[serde(default)]
    value: String,
}

impl ExpectationValue {
    /// In the form in which MLflow sends this value: lists and objects as JSON text.
    #[must_use]
    pub fn new(value: Value) -> Self {
        if value.is_array() || value.is_object() {
            let serialized =
                SerializedValue { serialization_format: JSON_FORMAT.to_owned(), value: value.to_string() };
            return Self { value: None, serialized_value: Some(serialized) };
        }
        Self { value: Some(value), serialized_value: None }
    }

    /// The value; `None`: its format is not known.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        match &self.serialized_value {
            None => Some(self.value.clone().unwrap_or_default()),
            Some(text) if text.serialization_format == JSON_FORMAT => serde_json::from_str(&text.value).ok(),
            Some(_) => None,
        }
    }
}

/// A known problem.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct IssueValue {
    /// Its name.
    #[serde(default)]
    pub issue_name: String,
}

/// What is changed of an assessment: the fields that are there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssessmentUpdate {
    /// Its name.
    pub name: Option<String>,
    /// What it says; of the same kind as before.
    pub value: Option<AssessmentValue>,
    /// Why.
    pub rationale: Option<String>,
    /// What else is known, added to what was.
    pub metadata: BTreeMap<String, String>,
    /// Whether it counts.
    pub valid: Option<bool>,
}

/// A change of an assessment as it is sent: the fields that the mask names.
#[derive(Debug, Deserialize)]
pub struct UpdateAssessment {
    #[serde(default)]
    assessment: AssessmentFields,
    #[serde(default)]
    update_mask: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AssessmentFields {
    assessment_name: String,
    feedback: Option<FeedbackValue>,
    expectation: Option<ExpectationValue>,
    rationale: Option<String>,
    metadata: BTreeMap<String, String>,
    valid: Option<bool>,
}

impl UpdateAssessment {
    /// What is to be changed. A mask is `"a,b"`, or `{"paths": ["a", "b"]}`.
    #[must_use]
    pub fn change(self) -> AssessmentUpdate {
        let Self { assessment: fields, update_mask } = self;
        let paths: Vec<String> = match &update_mask {
            Value::String(text) => text.split(',').map(|path| path.trim().to_owned()).collect(),
            mask => mask["paths"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        };
        let has = |names: &[&str]| paths.iter().any(|path| names.contains(&path.as_str()));
        let feedback = fields.feedback.filter(|_| has(&["feedback"])).map(AssessmentValue::Feedback);
        let expectation =
            fields.expectation.filter(|_| has(&["expectation"])).map(AssessmentValue::Expectation);
        AssessmentUpdate {
            name: has(&["assessment_name", "assessmentName"]).then_some(fields.assessment_name),
            value: feedback.or(expectation),
            rationale: fields.rationale.filter(|_| has(&["rationale"])),
            metadata: if has(&["metadata"]) { fields.metadata } else { BTreeMap::new() },
            valid: fields.valid.filter(|_| has(&["valid"])),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_assessment_says_one_thing_and_is_read_as_it_is_written() {
        let text = json!({
            "assessment_id": "a-1", "assessment_name": "correct", "trace_id": "tr-1",
            "source": {"source_type": "HUMAN", "source_id": "me"},
            "create_time": "2026-11-21T05:13:46.123Z", "last_update_time": "2026-11-21T05:13:46.123Z",
            "feedback": {"value": 0.5}, "rationale": "because", "valid": true,
        });
        let read: Assessment = serde_json::from_value(text.clone()).unwrap();
        assert_eq!(read.value.kind(), "feedback");
        assert_eq!(serde_json::to_value(&read).unwrap(), text);
        assert!(serde_json::from_value::<Assessment>(json!({"assessment_name": "x"})).is_err());
    }

    #[test]
    fn an_expected_list_is_sent_as_text() {
        for value in [json!("Paris"), json!(["a", 1]), json!({"a": null})] {
            let sent = serde_json::to_value(ExpectationValue::new(value.clone())).unwrap();
            assert_eq!(sent.get("serialized_value").is_some(), !value.is_string());
            assert_eq!(serde_json::from_value::<ExpectationValue>(sent).unwrap().value(), Some(value));
        }
    }

    #[test]
    fn only_what_the_mask_names_is_changed() {
        let sent = json!({"assessment": {"assessment_name": "b", "rationale": "r", "feedback": {"value": 1}}, "update_mask": "feedback,rationale"});
        let change = serde_json::from_value::<UpdateAssessment>(sent).unwrap().change();
        assert_eq!((change.name, change.rationale.as_deref()), (None, Some("r")));
        assert!(matches!(change.value, Some(AssessmentValue::Feedback(_))));
    }
}
