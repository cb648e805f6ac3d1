//! Assessments of traces: feedback, and what would have been right.

use axum::extract::State;
use serde::Deserialize;

use super::answer::{ApiAnswer, OneAnswer, done, one};
use super::api::Api;
use super::confined::Confined;
use super::request::{InPath, JsonBody};
use crate::tracking::protocol::{Assessment, UpdateAssessment};

#[derive(Deserialize)]
pub(super) struct CreateAssessment {
    assessment: Assessment,
}

pub(super) async fn create(
    State(api): State<Api>,
    confined: Confined,
    InPath(trace): InPath<String>,
    JsonBody(ask): JsonBody<CreateAssessment>,
) -> OneAnswer<Assessment> {
    let assessment = Assessment { trace_id: trace, id: String::new(), valid: true, ..ask.assessment };
    let made = api.call(move |db| {
        confined.check_trace(db, &assessment.trace_id)?;
        db.create_assessment(&assessment)
    });
    one(made.await?)
}

pub(super) async fn get(
    State(api): State<Api>,
    InPath((trace, id)): InPath<(String, String)>,
) -> OneAnswer<Assessment> {
    one(api.call(move |db| db.assessment(&trace, &id)).await?)
}

pub(super) async fn update(
    State(api): State<Api>,
    confined: Confined,
    InPath((trace, id)): InPath<(String, String)>,
    JsonBody(ask): JsonBody<UpdateAssessment>,
) -> OneAnswer<Assessment> {
    let changed = api.call(move |db| {
        confined.check_trace(db, &trace)?;
        db.update_assessment(&trace, &id, ask.change())
    });
    one(changed.await?)
}

pub(super) async fn delete(
    State(api): State<Api>,
    confined: Confined,
    InPath((trace, id)): InPath<(String, String)>,
) -> ApiAnswer {
    api.call(move |db| {
        confined.check_trace(db, &trace)?;
        db.delete_assessment(&trace, &id)
    })
    .await?;
    Ok(done())
}
