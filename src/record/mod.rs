//! The record of a sweep: what it leaves in a tracking store, and how that is read back.
//!
//! Owns the names (tags, ledger keys, artifact paths), the parent run, the ledger of claims, and the runs of trials.
//! Refuses to run anything, and to choose points: it only says what a strategy may know.

mod catalog;
mod confirmation;
mod digest;
mod editing;
mod ended_by_hand;
mod fingerprint;
mod history;
mod import_mark;
mod importing;
mod launches;
mod lease;
mod ledger;
mod live;
mod machines;
mod note;
mod params_text;
mod past_trials;
mod peers;
mod prior;
mod progress;
mod proposal_context;
mod removal;
mod sweep_view;
pub mod tags;
mod trial_tags;
mod trials;
mod values;
mod versions;

pub use catalog::{
    CONFIG_ARTIFACT, LATEST, NewSweep, Sweep, SweepOrder, answered, answered_last, of_name, order_id,
    search_all,
};
pub use confirmation::{
    CONFIRM_METHOD, ConfirmationPlan, ConfirmationSource, begin_confirmation, change_plan, confirmation_of,
    last_confirmation, name_confirmation,
};
pub use digest::sha256;
pub use editing::{EditOutcome, EditedSweep};
pub use ended_by_hand::is_ended_by_hand;
pub use fingerprint::{Code, fingerprint};
pub use history::{History, KnownTrials, under_way, value_of, values_beside};
pub use import_mark::ImportMark;
pub use importing::{half_imports, remove_half};
pub use launches::{LaunchRecord, claim_launch, keep_launch, last_launch, launches_of};
pub use lease::{DEFAULT_LEASE, lease_of, lease_text};
#[cfg(test)]
pub use ledger::LedgerSnapshot;
pub use ledger::{
    Claim, ClaimOrder, FixedPoint, Ledger, LedgerLook, SHARD, SettleOutcome, SettledClaim, UnfinishedTrial,
};
pub use live::{BestAtTime, LivePosting, last_posting};
pub use machines::{Machine, enter_machine, other_machine};
pub use note::{NOTE_MARK, headline};
pub use params_text::params_text;
pub use past_trials::{PastTrial, conclude_past};
pub use peers::{Peers, curve};
pub use prior::PriorTrials;
pub use progress::{SweepProgress, TrialRanking, best_runs, counts, latest_ended, unmeasured};
pub use proposal_context::ProposalContext;
pub use removal::{RemovableRuns, delete_sweep, find_deleted, restore_sweep};
pub use sweep_view::{BestTrial, SweepView};
pub use trial_tags::{attempt_of, exit_code_of, index_of, last_sign, point_of, status_word, stopped_early};
pub use trials::{
    LOG_ARTIFACT, NewTrial, TrialRuns, attempts_of, finished_runs, reruns_of, running_runs,
    running_runs_with, runs_by_id, runs_with_ids, runs_with_ids_of, superseded_runs,
};
pub use values::histories;
pub use versions::newest_version;
