//! A training program as a sweep runs it: an elastic net on the diabetes data, five-fold cross-validation.
//!
//! It is told its parameters by arguments and where to log by the environment (`MLFLOW_TRACKING_URI`, `MLFLOW_RUN_ID`),
//! as every command of a sweep is; nothing in it knows of sweeps. It logs its params, the R² of each fold as `r2` by
//! step, and in the end the mean `r2` and `rmse`.

// A training program talks to whoever reads its log.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use linfa::prelude::*;
use linfa_elasticnet::ElasticNet;
use sweep::tracking::rest::{Environment, RestStore, Settings};
use sweep::tracking::{Metric, RunId, Store};

const FOLDS: usize = 5;

/// Fit an elastic net on the diabetes data
#[derive(Parser)]
struct Args {
    /// Overall strength of the penalty
    #[arg(long)]
    penalty: f64,
    /// Share of the L1 penalty, 0 (ridge) to 1 (lasso)
    #[arg(long)]
    l1_ratio: f64,
    /// Most iterations of coordinate descent
    #[arg(long)]
    max_iterations: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let folds = cross_validate(&args)?;
    let mean = |figure: fn(&Fold) -> f64| folds.iter().map(figure).sum::<f64>() / folds.len() as f64;
    let (r2, rmse) = (mean(|fold| fold.r2), mean(|fold| fold.rmse));
    println!("penalty {} l1_ratio {}: r2 {r2:.4}, rmse {rmse:.2}", args.penalty, args.l1_ratio);

    let Ok(uri) = std::env::var("MLFLOW_TRACKING_URI") else {
        println!("MLFLOW_TRACKING_URI is not set: nothing is logged");
        return Ok(());
    };
    let store = RestStore::new(Settings::read(&uri, &Environment::of_process())?)?;
    let run = RunId(std::env::var("MLFLOW_RUN_ID")?);
    let params = [
        ("penalty".to_owned(), args.penalty.to_string()),
        ("l1_ratio".to_owned(), args.l1_ratio.to_string()),
        ("max_iterations".to_owned(), args.max_iterations.to_string()),
    ];
    let mut metrics: Vec<Metric> =
        folds.iter().zip(0..).map(|(fold, step)| metric("r2", fold.r2, step)).collect();
    // The latest step is what counts: the mean over the folds.
    metrics.push(metric("r2", r2, FOLDS as i64));
    metrics.push(metric("rmse", rmse, FOLDS as i64));
    store.log_batch(&run, &metrics, &params, &[]).await?;
    Ok(())
}

/// How well a model did on the fold that it had not seen.
struct Fold {
    r2: f64,
    rmse: f64,
}

fn cross_validate(args: &Args) -> Result<Vec<Fold>, Box<dyn Error>> {
    let data = linfa_datasets::diabetes();
    data.fold(FOLDS)
        .into_iter()
        .map(|(train, test)| {
            let model = ElasticNet::params()
                .penalty(args.penalty)
                .l1_ratio(args.l1_ratio)
                .max_iterations(args.max_iterations)
                .fit(&train)?;
            let predicted = model.predict(&test);
            Ok(Fold { r2: predicted.r2(&test)?, rmse: predicted.mean_squared_error(&test)?.sqrt() })
        })
        .collect()
}

fn metric(key: &str, value: f64, step: i64) -> Metric {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    Metric { key: key.to_owned(), value, timestamp: now, step }
}
