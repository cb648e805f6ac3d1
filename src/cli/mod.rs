//! What was typed: the only folder that names clap.
//!
//! Turns arguments into a command's plain data, runs it, and turns what comes back into an exit code.

mod args;
mod complete;
mod examples;
mod hearing;
mod help;
mod logging;
mod man;
mod shells;
mod slips;
mod view;

use clap::FromArgMatches as _;

use crate::commands::{
    CommandFailure, Exit, Setting, analyze, ask, backup, best, check, confirm, control, delete, diff, doctor,
    edit, end_trials, export, finalize, home, import, init, launch, launches, list, log, logs, models, new,
    promote, rename, replay, report, rerun, retry, run, sample, server, show, start, status, tell, trials,
    ui as live_page, verify,
};
use crate::record::SweepOrder;
use crate::ui::Ui;
use args::{Args, LaunchOrder, SampleRequest, ServerOrder, Verb};
use hearing::{tell, whether_heard};
use view::TableView;

/// Runs the program and returns its exit code.
#[must_use]
pub fn main() -> u8 {
    // Not a verb of the grammar: nobody types it.
    if std::env::args_os().nth(1).is_some_and(|first| first == run::GUARD) {
        crate::process::keep_guard();
        return Exit::Done.code();
    }
    if crate::process::is_first_process()
        && let Ok(code) = crate::process::keep_as_first_process()
    {
        return code;
    }
    crate::process::survive_file_size_limit();
    if shells::asked() {
        return shells::answer();
    }
    let parsed = help::grammar().try_get_matches().and_then(|typed| Args::from_arg_matches(&typed));
    let args = match parsed {
        Ok(args) => args,
        Err(error) => {
            return help::answer(&error).code();
        }
    };
    let view = args.verb.as_ref().map(Verb::view).unwrap_or_default();
    let ui = view.of(Ui::detect(args.quiet));
    let logging = logging::set_up(args.verbose, args.log_file.clone());
    match logging.and_then(|()| in_runtime(ui, args, view)) {
        Ok(exit) => whether_heard(&ui, exit).code(),
        Err(failure) => {
            tell(&ui, &failure);
            failure.exit.code()
        }
    }
}

/// All agents, or single trials where these are named.
async fn stop(setting: &Setting, typed: args::TypedStop) -> Result<Exit, CommandFailure> {
    match typed.parts() {
        (choice, trials) if trials.is_empty() => control::control(setting, &choice, SweepOrder::Stop).await,
        (choice, trials) => end_trials::end_trials(setting, &choice, &trials).await,
    }
}

fn in_runtime(ui: Ui, args: Args, view: TableView) -> Result<Exit, CommandFailure> {
    // One thread: an agent waits far more than it computes, and commands must be started from a thread that lives on.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        CommandFailure::new(Exit::WorkFailed, "cannot start on this machine").caused_by(&error)
    })?;
    // Neither waits for what still reads, writes or computes at its end: it has waited as long as it should.
    let leaves = matches!(args.verb, Some(Verb::Server(_) | Verb::Ui(_) | Verb::Run(_) | Verb::Start(_)));
    let done = runtime.block_on(async {
        let setting = Setting { columns: view.columns, ..Setting::read(ui, args.tracking_uri)? };
        let Some(verb) = args.verb else { return home::home(&setting, &help::about()).await };
        match verb {
            Verb::New(args) => new::new(&setting, &args.into()).await,
            Verb::Init(args) => init::init(&setting, &args.into()).await,
            Verb::Run(args) => run::run(&setting, &args.into()).await,
            Verb::Finalize(args) => finalize::finalize(&setting, &args.into()).await,
            Verb::Report(args) => report::report(&setting, &args.into()).await,
            Verb::Start(args) => start::start(&setting, &args.into()).await,
            Verb::Analyze(args) => analyze::analyze(&setting, &args.into()).await,
            Verb::Export(args) => export::export(&setting, &args.into()).await,
            Verb::Import(args) => import::import(&setting, &args.into()).await,
            Verb::List(args) => list::list(&setting, &args.into()).await,
            Verb::Trials(args) => trials::trials(&setting, &args.into()).await,
            Verb::Best(args) => best::best(&setting, &args.into()).await,
            Verb::Status(args) => status::status(&setting, &args.into()).await,
            Verb::Diff(args) => diff::diff(&setting, &args.into()).await,
            Verb::Confirm(args) => confirm::confirm(&setting, &args.into()).await,
            Verb::Rerun(args) => rerun::rerun(&setting, &args.into()).await,
            Verb::Show(args) => show::show(&setting, &args.into()).await,
            Verb::Logs(args) => logs::logs(&setting, &args.into()).await,
            Verb::Stop(args) => stop(&setting, args).await,
            Verb::Cancel(args) => control::control(&setting, &args.into(), SweepOrder::Cancel).await,
            Verb::Pause(args) => control::control(&setting, &args.into(), SweepOrder::Pause).await,
            Verb::Resume(args) => control::control(&setting, &args.into(), SweepOrder::Run).await,
            Verb::Retry(args) => retry::retry(&setting, &args.try_into()?).await,
            Verb::Edit(args) => edit::edit(&setting, &args.into()).await,
            Verb::Rename(args) => rename::rename(&setting, &args.into()).await,
            Verb::Delete(args) => delete::delete(&setting, &args.into()).await,
            Verb::Launch(args) => match args.into() {
                LaunchOrder::Submit(args) => launch::launch(&setting, &args).await,
                LaunchOrder::Cancel(which) => launch::cancel(&setting, &which).await,
                LaunchOrder::Scale(which, most) => launch::scale(&setting, &which, most).await,
                LaunchOrder::TopUp(which, agents) => launch::top_up(&setting, &which, agents).await,
            },
            Verb::Launches(args) => launches::launches(&setting, &args.into()).await,
            Verb::Ask(args) => ask::ask(&setting, &args.into()).await,
            Verb::Tell(args) => tell::tell(&setting, &args.into()).await,
            Verb::Log(args) => log::log(&setting, &args.into()).await,
            Verb::Ui(args) => live_page::ui(&setting, &args.into()).await,
            Verb::Server(args) => match args.into() {
                ServerOrder::Serve(args) => server::server(&setting, &args).await,
                ServerOrder::Backup(args) => backup::backup(&setting, &args).await,
            },
            Verb::Check(args) => match args.file() {
                Some(args) => check::check(&setting, &args),
                None => check::schema(&setting),
            },
            Verb::Sample(args) => match args.into() {
                SampleRequest::Points(args) => sample::sample(&setting, &args),
                SampleRequest::Again(args) => replay::replay(&setting, &args).await,
            },
            Verb::Verify(args) => verify::verify(&setting, &args.into()).await,
            Verb::Promote(args) => promote::promote(&setting, &args.into()).await,
            Verb::Models(args) => models::models(&setting, &args.into()).await,
            Verb::Doctor(args) => doctor::doctor(&setting, &args.into()).await,
            Verb::Completions(args) => shells::script(&ui, args.shell),
            Verb::Man(args) => man::man(&ui, args.folder.as_deref()),
        }
    });
    if leaves {
        runtime.shutdown_background();
    }
    done
}
