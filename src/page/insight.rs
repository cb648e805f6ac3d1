//! Which parameters matter, as far as the trials tell by now. Computed when a page asks, aside, and kept until results come in.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::address::find;
use super::answer::{PageAnswer, PageError};
use super::hub::Hub;
use super::number::Cell;
use super::trial::trial_of;
use super::watched::WatchedSweep;
use crate::analysis::{Dependence, Surface};
use crate::config::Config;
use crate::process::aside;
use crate::query::{analyse_sweep, dependences_with_pairs_of};
use crate::trial::Trial;

/// More trials make the figures no better than their errors, and the reader wait.
const MOST_TRIALS: usize = 3_000;

/// Importances with their errors, and what is expected of each parameter alone.
pub(super) async fn importance(State(hub): State<Arc<Hub>>, Path(id): Path<String>) -> PageAnswer<Response> {
    let watched = hub.sweep(&find(&hub, &id).await?).await?;
    let text = insight(&watched).await?;
    Ok(([(CONTENT_TYPE, "application/json")], text.to_string()).into_response())
}

async fn insight(watched: &WatchedSweep) -> PageAnswer<Arc<str>> {
    let mut known = watched.insight().lock().await;
    let (config, metric) = (&watched.facts().config, &watched.facts().metric);
    let (Some(config), Some(_)) = (config.clone(), metric) else {
        return Ok(Arc::from(json!({"analysis": null, "dependence": [], "pairs": []}).to_string()));
    };
    let trials: Vec<Trial> = watched.trials().rows().map(trial_of).filter(Trial::counts).collect();
    if let Some((results, text)) = &*known
        && *results == trials.len()
    {
        return Ok(Arc::clone(text));
    }
    let results = trials.len();
    let text = aside(move || compute(&config, trials)).await;
    let text: Arc<str> = text.ok_or_else(|| PageError::failed("the analysis has failed"))?.into();
    *known = Some((results, Arc::clone(&text)));
    Ok(text)
}

fn compute(config: &Config, trials: Vec<Trial>) -> String {
    let all = trials.len();
    let every = all.div_ceil(MOST_TRIALS).max(1);
    let some: Vec<Trial> = trials.into_iter().step_by(every).collect();
    let analysis = analyse_sweep(config, &some);
    let found = dependences_with_pairs_of(config, &some, &analysis);
    let dependence: Vec<Value> = found.alone.iter().map(dependence_json).collect();
    let pairs: Vec<Value> = found.pairs.iter().map(surface_json).collect();
    json!({"analysis": analysis, "dependence": dependence, "pairs": pairs, "used": some.len(), "results": all}).to_string()
}

/// Steps of a parameter: value, metric, and the metric a standard deviation of the trees below and above.
fn dependence_json(one: &Dependence) -> Value {
    let steps = one.steps.iter().zip(&one.bands).map(|((value, metric), (low, high))| {
        (Cell::of(value), Cell::number(*metric), Cell::number(*low), Cell::number(*high))
    });
    json!({"name": one.name, "steps": steps.collect::<Vec<_>>()})
}

fn surface_json(pair: &Surface) -> Value {
    let cells = |values: &[crate::space::Value]| values.iter().map(Cell::of).collect::<Vec<_>>();
    let row = |row: &Vec<f64>| row.iter().map(|metric| Cell::number(*metric)).collect::<Vec<_>>();
    let rows: Vec<_> = pair.rows.iter().map(row).collect();
    json!({
        "names": pair.names, "across": cells(&pair.across), "up": cells(&pair.up), "rows": rows,
        "interaction": Cell::number(pair.interaction),
    })
}
