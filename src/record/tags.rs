//! The tags that a sweep sets, and MLflow's own that it relies on.

/// MLflow: the parent of a nested run.
pub const PARENT_RUN_ID: &str = "mlflow.parentRunId";
/// MLflow: who made the run.
pub const USER: &str = "mlflow.user";
/// MLflow: the script or program that made the run.
pub const SOURCE_NAME: &str = "mlflow.source.name";
/// MLflow: the kind of source.
pub const SOURCE_TYPE: &str = "mlflow.source.type";
/// MLflow: the commit of the work tree.
pub const GIT_COMMIT: &str = "mlflow.source.git.commit";
/// MLflow: the branch of the work tree.
pub const GIT_BRANCH: &str = "mlflow.source.git.branch";
/// MLflow: the description shown in its pages.
pub const NOTE: &str = "mlflow.note.content";

/// On the parent run: names of parameters as a JSON list, the most important first; written by `sweep finalize`.
pub const IMPORTANCE: &str = "sweep.importance";

/// On the parent run: `True`. The mark that `mlflow-sweep` sets, too. `confirmation` on that of a confirmation.
pub const SWEEP: &str = "sweep";
/// On the parent run: the seed, decimal.
pub const SEED: &str = "sweep.seed";
/// On the parent run: id of the ledger's root run.
pub const LEDGER: &str = "sweep.ledger";
/// On the parent run: SHA-256 of the config as written, hex.
pub const CONFIG_SHA256: &str = "sweep.config_sha256";
/// On a trial's run: the version of the config that it was proposed under, where that is not the first.
pub const CONFIG_VERSION: &str = "sweep.config_version";
/// On a trial's run: the place in the config's `points` of the point that was added for the next free trial.
pub const ADDED_POINT: &str = "sweep.added_point";
/// On the parent run: the path of the config as it was typed.
pub const CONFIG_FILE: &str = "sweep.config_file";
/// On the parent run, and on a trial's run: version of the program that made it.
pub const VERSION: &str = "sweep.version";
/// On the parent run: how the points are chosen.
pub const METHOD: &str = "sweep.method";
/// On the parent run: what agents are to do: `run`, `stop`, `pause` or `cancel`.
pub const CONTROL: &str = "sweep.control";
/// On the parent run: which order that is, drawn again with each.
pub const CONTROL_ID: &str = "sweep.control_id";
/// Before the token of an agent, on the parent run: the order that it took note of.
pub const HEARD_PREFIX: &str = "sweep.heard.";
/// Before the number of a trial and its attempt, on the parent run: a person ends it (`sweep stop --trial`).
pub const END_PREFIX: &str = "sweep.end.";
/// On the parent run: the best trial so far.
pub const BEST_TRIAL: &str = "sweep.best_trial";
/// On the parent run: the run of the best trial so far.
pub const BEST_RUN: &str = "sweep.best_run_id";
/// On the parent run: the value of the best trial so far.
pub const BEST_VALUE: &str = "sweep.best_value";
/// On the parent run: the params of the best trial so far, for people.
pub const BEST_PARAMS: &str = "sweep.best_params";
/// On the parent run: which agent brought it up to date last, and when by its clock.
pub const POSTED: &str = "sweep.posted";
/// On the parent run: how many trials had their result when it was finalized.
pub const REPORTED: &str = "sweep.reported_trials";
/// On the parent run: id of the parent run of its newest confirmation (`sweep confirm`).
pub const CONFIRMATION: &str = "sweep.confirmation";
/// On the parent run of a confirmation: id of the sweep that it confirms.
pub const CONFIRMS: &str = "sweep.confirms";
/// On the parent run of a confirmation: which trials are run again, and how many runs may be spent, JSON.
pub const CONFIRM_PLAN: &str = "sweep.confirm_plan";
/// On a ledger run: id of the parent run it belongs to.
pub const LEDGER_OF: &str = "sweep.ledger_of";

/// On a trial's run: id of its sweep's parent run.
pub const SWEEP_ID: &str = "sweep.id";
/// On a trial's run: the trial's index, decimal.
pub const TRIAL: &str = "sweep.trial";
/// On a trial's run: which attempt it is, from 1.
pub const ATTEMPT: &str = "sweep.attempt";
/// On a trial's run: the agent that ran it.
pub const AGENT: &str = "sweep.agent";
/// On a trial's run: `true` where another program runs it (`sweep ask`).
pub const ASKED: &str = "sweep.asked";
/// On a trial's run: the host that ran it.
pub const HOST: &str = "sweep.host";
/// On a trial's run, where its agent shares out GPUs: the one that it was given.
pub const GPU: &str = "sweep.gpu";
/// On a trial's run, and on the parent run (with the time at which its agent started): the machine that works with the
/// database file, as an id of its running kernel and its name.
pub const MACHINE: &str = "sweep.machine";
/// On the parent run of a sweep that is being imported: what is imported, and by whom. Empty once all of it is there.
pub const IMPORTING: &str = "sweep.importing";
/// On a trial's run: the seed given to the command.
pub const TRIAL_SEED: &str = "sweep.trial_seed";
/// On a trial's run: the command line.
pub const COMMAND: &str = "sweep.command";
/// On a trial's run: exit code of the command.
pub const EXIT_CODE: &str = "sweep.exit_code";
/// On a trial's run that finished without the sweep's metric: `true`.
pub const UNMEASURED: &str = "sweep.unmeasured";
/// On a trial's run: the signal that ended the command.
pub const SIGNAL: &str = "sweep.signal";
/// On a trial's run: why it ended other than by its own exit.
pub const REASON: &str = "sweep.reason";
/// On a trial's run: what it had reached where the sweep's stopping rule compares trials, such as `1:0.5 3:0.25`. Other
/// agents read it in place of the history.
pub const REACHED: &str = "sweep.reached";
/// On a trial's run that was stopped early: which rule ended it. The other tags of [`STOPPED_PREFIX`] say more.
pub const STOPPED_RULE: &str = "sweep.stopped.rule";
/// On a trial's run that was stopped early, before `rule`, `rung` (where the rule has any), `step` (of the report with
/// which it got there), `value` and `threshold` (the value that it would have had to reach).
pub const STOPPED_PREFIX: &str = "sweep.stopped.";
/// The rung or band at which it was compared.
pub const STOPPED_RUNG: &str = "sweep.stopped.rung";
/// The step of the report with which it got there.
pub const STOPPED_STEP: &str = "sweep.stopped.step";
/// The same on a run that `sweep run --shadow` would have stopped.
pub const WOULD_STOP_PREFIX: &str = "sweep.would_stop.";
/// The rule that would have stopped it.
pub const WOULD_STOP_RULE: &str = "sweep.would_stop.rule";
/// The rung or band of [`WOULD_STOP_RULE`].
pub const WOULD_STOP_RUNG: &str = "sweep.would_stop.rung";
/// The step of [`WOULD_STOP_RULE`].
pub const WOULD_STOP_STEP: &str = "sweep.would_stop.step";
/// On a trial's run: the sampled point, canonical JSON. The same values are also in one tag each, for people.
pub const POINT: &str = "sweep.point";
/// On a trial's run: whether files that git knows differed from the commit: `true` or `false`.
pub const GIT_DIRTY: &str = "sweep.git.dirty";
/// On a trial's run: SHA-256 of the artifact `git.diff`, hex; `too large`: it was not kept.
pub const GIT_DIFF_SHA256: &str = "sweep.git.diff_sha256";
/// On a trial's run: changed files that are left out of `git.diff`, since they most likely hold secrets.
pub const GIT_LEFT_OUT: &str = "sweep.git.left_out";
/// On a trial's run: 12 hex digits; equal ones are the same config, point and code.
pub const FINGERPRINT: &str = "sweep.fingerprint";
/// On a trial's run: what its proposal was made from and what was expected of it, JSON (`sweep sample --replay`).
pub const PROPOSAL: &str = "sweep.proposal";
/// On a trial's run: the trial whose work it continues, decimal.
pub const CONTINUES: &str = "sweep.continues";
/// Where the changes since the commit lie among a trial's artifacts.
pub const GIT_DIFF_ARTIFACT: &str = "git.diff";
/// On a run that repeats a trial and is none itself: id of the trial's run.
pub const RERUN_OF: &str = "sweep.rerun_of";
/// On a trial's run: the folder in which its command ran, on the agent's machine.
pub const FOLDER: &str = "sweep.folder";
/// Before the dotted path of a parameter, on a trial's run: its sampled value as on the command line.
pub const PARAM_PREFIX: &str = "sweep.param.";
/// On a trial's run: a value that changes while its agent lives: a count, and for people the time by the agent's own
/// clock, epoch milliseconds.
pub const HEARTBEAT: &str = "sweep.heartbeat";
/// On a trial's run: how long its agent may show no sign of life before others call it lost, seconds.
pub const LEASE: &str = "sweep.lease";
/// On the root of a ledger: when a person last had trials run again, so that waiting agents look at them.
pub const REOPENED: &str = "sweep.reopened";
/// On a trial's run: the attempt that took the trial over.
pub const SUPERSEDED_BY: &str = "sweep.superseded_by";
/// On a registered version: the name of the sweep that it came from.
pub const SWEEP_NAME: &str = "sweep.name";
/// On a registered version: the name of the sweep's metric.
pub const OBJECTIVE: &str = "sweep.objective";
/// Before the name of a metric, on a registered version: its value.
pub const METRIC_PREFIX: &str = "sweep.metric.";
/// Before an alias, on a registered version: since when, or until when, the alias points at it.
pub const ALIAS_PREFIX: &str = "sweep.alias.";
/// On the parent run: how many trials of earlier sweeps its strategy knows from the beginning ([`PRIOR_ARTIFACT`]).
pub const PRIOR: &str = "sweep.prior";
/// Where those trials lie among the parent run's artifacts.
pub const PRIOR_ARTIFACT: &str = "sweep/prior.json";
/// The beginning of the tags that say where what was imported came from.
pub const IMPORTED: &str = "sweep.imported.";
/// On an imported sweep's parent run: its id where it was made.
pub const IMPORTED_SWEEP: &str = "sweep.imported.sweep_id";
/// On an imported trial's run: its id where it was run.
pub const IMPORTED_RUN: &str = "sweep.imported.run_id";
/// On an imported trial's run: tags that it did not have there, with commas between.
pub const IMPORTED_INFERRED: &str = "sweep.imported.inferred";
