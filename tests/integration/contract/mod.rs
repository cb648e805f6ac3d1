//! What a tracking store promises, written once and run on every store: [`contract_suite!`] makes one test of
//! each promise. Each takes an experiment of its own, so that they can share one server.

pub mod artifacts;
pub mod experiments;
pub mod params;
pub mod registry;
pub mod runs;
pub mod search;

use std::sync::atomic::{AtomicU32, Ordering};

use sweep::testing::{ExperimentId, NewRun, RunId, RunInfo, Store};

/// `contract_suite!(each store())` makes a test of each promise, with a store of its own that dereferences to
/// `dyn Store`; `contract_suite!(runs store())` the same of those that do not concern models; `contract_suite!(all &store)` checks all of them one after the other on one store, where a store is
/// too dear to be made for each.
macro_rules! contract_suite {
    (each $store:expr) => {
        $crate::contract::contract_suite! { @list each $store }
    };
    (runs $store:expr) => {
        $crate::contract::contract_suite! { @runs each $store; [] }
    };
    (all $store:expr) => {
        $crate::contract::contract_suite! { @list all $store }
    };
    (@list $how:ident $store:expr) => {
        $crate::contract::contract_suite! { @runs $how $store; [
            registry::{
                a_registered_model_is_made_once,
                versions_are_numbered_from_one_and_listed_newest_first,
                an_alias_points_at_one_version_and_can_be_moved,
                a_version_of_an_unknown_model_is_not_found,
                a_source_must_belong_to_the_run_that_is_named,
                reserved_and_odd_names_are_refused,
                a_run_without_models_has_none,
            }
        ]}
    };
    (@runs $how:ident $store:expr; [$($more:tt)*]) => {
        $crate::contract::contract_suite! { @$how $store;
            experiments::{
                an_experiment_is_found_by_its_name,
                a_taken_name_is_refused,
                all_active_experiments_are_listed,
            }
            runs::{
                a_new_run_is_running_and_holds_its_tags,
                a_run_lies_below_its_experiments_artifacts,
                an_unknown_run_is_not_found,
                status_end_and_name_can_be_changed,
                an_ended_run_may_be_reopened_and_logged_to,
                a_renamed_run_has_the_name_as_a_tag,
                a_name_tag_renames_the_run,
                a_deleted_run_can_be_read_but_not_written,
                a_restored_run_is_found_and_written_again,
                metrics_keep_their_history_in_order,
                the_latest_metric_is_the_one_of_the_greatest_step,
                nan_and_infinity_come_back,
                exact_duplicates_are_dropped,
                tags_are_overwritten,
                a_bad_key_is_refused_and_nothing_is_written,
            }
            params::{
                a_param_is_written_once,
                an_equal_second_write_holds,
                a_long_param_is_cut,
                a_conflicting_param_keeps_the_whole_batch_out,
                a_conclusion_writes_data_and_end_or_leaves_the_run_open,
                one_of_many_racing_writers_wins,
            }
            search::{
                a_search_finds_children_by_their_parent,
                metric_conditions_use_the_latest_value,
                nan_satisfies_only_unequal,
                a_missing_key_fails_every_condition,
                null_conditions_ask_for_presence,
                like_tells_case_and_ilike_does_not,
                attributes_can_be_searched,
                missing_and_nan_sort_last_in_both_directions,
                pages_follow_one_another,
                a_search_gives_at_least_what_is_wanted,
                a_run_is_found_by_the_beginning_of_its_id,
                a_wrong_filter_is_invalid,
                deleted_runs_are_not_found,
            }
            artifacts::{
                an_artifact_comes_back_as_it_was_saved,
                an_empty_artifact_is_an_artifact,
                artifacts_are_listed_by_folder,
                a_missing_artifact_is_not_found,
                paths_that_lead_outside_are_refused,
                a_file_goes_in_and_comes_out_piece_by_piece,
            }
            $($more)*
        }
    };
    (@each $store:expr; $($area:ident::{ $($promise:ident,)* })*) => {
        $(mod $area {
            use super::*;
            $(
                #[tokio::test]
                async fn $promise() {
                    let store = $store;
                    $crate::contract::$area::$promise(&*store).await;
                }
            )*
        })*
    };
    (@all $store:expr; $($area:ident::{ $($promise:ident,)* })*) => {{
        let store: &dyn ::sweep::testing::Store = $store;
        $($(
            println!(concat!(stringify!($area), "::", stringify!($promise)));
            $crate::contract::$area::$promise(store).await;
        )*)*
    }};
}
pub(crate) use contract_suite;

/// A name that no other test has used, in this process or another.
pub fn fresh(what: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{what}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// An experiment of this test's own.
pub async fn experiment(store: &dyn Store) -> ExperimentId {
    store.create_experiment(&fresh("contract")).await.unwrap()
}

/// A run with these tags.
pub async fn run_with(
    store: &dyn Store,
    experiment: &ExperimentId,
    name: &str,
    tags: &[(&str, &str)],
) -> RunInfo {
    let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let run = NewRun {
        experiment_id: experiment.clone(),
        name: name.to_owned(),
        user: "tester".to_owned(),
        start_time: 1_700_000_000_000,
        tags,
    };
    store.create_run(&run).await.unwrap()
}

/// A run in an experiment of its own.
pub async fn run(store: &dyn Store) -> RunInfo {
    let experiment = experiment(store).await;
    run_with(store, &experiment, "a run", &[]).await
}

/// Logs one value at a step.
pub async fn log(store: &dyn Store, id: &RunId, key: &str, value: f64, step: i64) {
    let metric =
        sweep::testing::Metric { key: key.to_owned(), value, timestamp: 1_700_000_000_000 + step, step };
    store.log_batch(id, &[metric], &[], &[]).await.unwrap();
}

/// Sets tags.
pub async fn tag(store: &dyn Store, id: &RunId, key: &str, value: &str) {
    store.log_batch(id, &[], &[], &[(key.to_owned(), value.to_owned())]).await.unwrap();
}
