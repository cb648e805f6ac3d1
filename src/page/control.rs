//! What may be changed from the page, where its server was started so: orders for the agents of a sweep, trials that are to be run
//! again, and one that is to end. Each request carries the server's token, which pages from elsewhere can't read.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::address::find;
use super::answer::{PageAnswer, PageError};
use super::hub::Hub;
use crate::query::LiveState;
use crate::record::{ClaimOrder, ImportMark, Ledger, Sweep, SweepOrder};
use crate::trial::TrialIndex;

/// The header that the token stands in.
const TOKEN: &str = "x-sweep-token";
/// Who writes to the ledger; it claims nothing.
pub(super) const BY: &str = "page";

/// An order for the agents of a sweep.
#[derive(Debug, Deserialize)]
pub(super) struct OrderBody {
    order: OrderWord,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OrderWord {
    Resume,
    Pause,
    Stop,
    Cancel,
}

/// Gives the agents of a sweep an order.
pub(super) async fn order(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<OrderBody>, JsonRejection>,
) -> PageAnswer<Json<Value>> {
    let sweep = allowed(&hub, &headers, &id).await?;
    let order = match read(body)?.order {
        OrderWord::Resume => SweepOrder::Run,
        OrderWord::Pause => SweepOrder::Pause,
        OrderWord::Stop => SweepOrder::Stop,
        OrderWord::Cancel => SweepOrder::Cancel,
    };
    let given = sweep.give_order(hub.store().as_ref(), order).await?;
    Ok(Json(json!({"order": given})))
}

/// Trials that are to be run again.
#[derive(Debug, Deserialize)]
pub(super) struct RetryBody {
    /// Their numbers; none: all that failed.
    trials: Option<BTreeSet<u64>>,
}

/// Lets trials that have their result be run again, and agents continue.
pub(super) async fn retry(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<RetryBody>, JsonRejection>,
) -> PageAnswer<Json<Value>> {
    let sweep = allowed(&hub, &headers, &id).await?;
    let store = hub.store();
    let wanted: BTreeSet<TrialIndex> = match read(body)?.trials {
        Some(trials) => trials.into_iter().map(TrialIndex).collect(),
        None => {
            let watched = hub.sweep(sweep.id()).await?;
            let trials = watched.trials();
            let failed = trials.rows().filter(|row| row.state == LiveState::Failed);
            failed.map(|row| TrialIndex(row.trial)).collect()
        }
    };
    let ledger =
        Ledger::open(Arc::clone(store), &sweep.ledger, BY.to_owned(), ClaimOrder::Ascending, None).await?;
    let reopened = ledger.reopen(&wanted).await?;
    if reopened.is_empty() {
        return Err(PageError::invalid("none of these trials has a result that could be run again"));
    }
    sweep.reopen(store.as_ref()).await?;
    sweep.give_order(store.as_ref(), SweepOrder::Run).await?;
    let trials: Vec<u64> = reopened.into_iter().map(|trial| trial.0).collect();
    Ok(Json(json!({"trials": trials})))
}

/// A trial that is to be ended.
#[derive(Debug, Deserialize)]
pub(super) struct EndBody {
    trial: u64,
}

/// Asks the agent of a running trial to end it, as early stopping would.
pub(super) async fn end(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Result<Json<EndBody>, JsonRejection>,
) -> PageAnswer<Json<Value>> {
    let sweep = allowed(&hub, &headers, &id).await?;
    let trial = read(body)?.trial;
    let attempt = {
        let watched = hub.sweep(sweep.id()).await?;
        let trials = watched.trials();
        trials.row(trial).filter(|row| row.state == LiveState::Running).map(|row| row.attempt)
    };
    let attempt = attempt.ok_or_else(|| PageError::invalid(format!("trial {trial} is not running")))?;
    sweep.end_attempts(hub.store().as_ref(), &[(TrialIndex(trial), attempt)]).await?;
    Ok(Json(json!({"trial": trial, "attempt": attempt})))
}

/// What a request asks for.
pub(super) fn read<T>(body: Result<Json<T>, JsonRejection>) -> PageAnswer<T> {
    body.map(|Json(body)| body).map_err(|error| PageError::invalid(error.body_text()))
}

/// The sweep that is to be changed, by who may change it.
pub(super) async fn allowed(hub: &Hub, headers: &HeaderMap, id: &str) -> PageAnswer<Sweep> {
    let Some(token) = hub.control() else {
        return Err(PageError::forbidden("this page only reads")
            .with_hint("Start it with --allow-control to pause, stop, edit and retry from it."));
    };
    let shown = headers.get(TOKEN).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    if !bool::from(shown.ct_eq(token.as_bytes())) {
        return Err(PageError::forbidden("the request does not come from this page").with_hint("Reload it."));
    }
    let sweep = Sweep::open(hub.store().as_ref(), &find(hub, id).await?).await?;
    if ImportMark::of(&sweep.parent).is_some() {
        return Err(PageError::invalid("the sweep is being imported"));
    }
    Ok(sweep)
}
