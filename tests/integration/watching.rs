//! Keys in `sweep status -w`, typed at a terminal.

use nix::sys::signal::{Signal, kill};
use nix::sys::termios::LocalFlags;
use nix::unistd::Pid;

use crate::support::agent::{AgentProcess, file_in};
use crate::support::pty::{TypingSession, in_terminal};
use crate::support::sandbox::Sandbox;

/// Three trials that say hello, and wait.
const CONFIG: &str = "\
sweep_name: watched
command: 'echo hello from ${x}; echo loss=${x}; echo here > started-${x}; until [ -e go ]; do sleep 0.02; done'
method: grid
metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}
parameters: {x: {values: [3, 1, 2]}}
";

/// A sweep with two running trials, its agent, and somebody who watches it.
fn watched() -> (Sandbox, AgentProcess, TypingSession) {
    let sandbox = Sandbox::new();
    sandbox.init(CONFIG);
    let agent = AgentProcess::start(&sandbox, &["run", "-q", "-j", "2"], &[]);
    file_in(sandbox.path(), "started-3");
    file_in(sandbox.path(), "started-1");
    let mut session = TypingSession::start(&mut sandbox.command(&["status", "-w"]), 80, 24);
    session.wait_for("q quit");
    (sandbox, agent, session)
}

/// Whether the terminal waits for lines and shows what is typed, as a shell expects it.
fn is_as_before(session: &TypingSession) -> bool {
    session.settings().contains(LocalFlags::ICANON | LocalFlags::ECHO)
}

/// No line is wider than the terminal: it would break, and the next drawing would begin at the wrong one.
fn fits(shown: &str) {
    let escapes = regex::Regex::new("\u{1b}\\[[0-9;?]*[A-Za-z]").unwrap();
    for line in escapes.replace_all(shown, "").replace('\r', "").lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_person_sorts_filters_reads_a_log_pauses_and_quits() {
    let (sandbox, agent, mut session) = watched();
    assert!(!is_as_before(&session));
    session.type_keys("?");
    session.wait_for("pause the sweep, or resume it");
    session.type_keys(" ");
    session.wait_for("s sort: latest");
    session.type_keys("s");
    session.wait_for("s sort: best");
    session.type_keys("/");
    session.wait_for("where");
    session.type_keys("x > 2\r");
    session.wait_for("trials where x > 2");
    session.type_keys("/\u{7f}\u{7f}\u{7f}\u{7f}\u{7f}nope < 1\r");
    session.wait_for("unknown column `nope`");
    session.type_keys("l");
    session.wait_for("hello from");
    session.type_keys("l");
    session.wait_for("hello from");
    session.type_keys("\u{1b}");
    session.wait_for("p pause");
    session.type_keys("p");
    session.wait_for("[y/n]");
    session.type_keys("n");
    session.wait_for("Nothing was changed.");
    session.type_keys("p");
    session.wait_for("[y/n]");
    session.type_keys("y");
    session.wait_for("Paused: agents finish running trials");
    session.wait_for("paused");
    session.type_keys("p");
    session.wait_for("Resume the sweep?");
    session.type_keys("y");
    session.wait_for("Resumed:");
    session.type_keys("q");
    assert_eq!(session.ended(), Some(0));
    assert!(is_as_before(&session), "the terminal is not as it was");
    let (_, shown) = session.finish();
    // One after the other.
    assert!(shown.contains("hello from 1") && shown.contains("hello from 3"), "{shown}");
    fits(&shown);
    sandbox.file("go", "");
    agent.finish().expect(0);
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143), (Signal::SIGHUP, 129)] {
        let (sandbox, agent, mut session) = watched();
        kill(Pid::from_raw(i32::try_from(session.id()).unwrap()), signal).unwrap();
        assert_eq!(session.ended(), Some(code));
        assert!(is_as_before(&session), "{signal}");
        session.finish();
        sandbox.file("go", "");
        agent.finish().expect(0);
    }
}

#[test]
fn a_suspended_program_leaves_the_terminal_to_the_shell_and_takes_it_back() {
    let (sandbox, agent, mut session) = watched();
    let process = Pid::from_raw(i32::try_from(session.id()).unwrap());
    kill(process, Signal::SIGTSTP).unwrap();
    crate::support::agent::until("the terminal is as it was", || is_as_before(&session).then_some(()));
    kill(process, Signal::SIGCONT).unwrap();
    crate::support::agent::until("keys are heard again", || (!is_as_before(&session)).then_some(()));
    session.type_keys("q");
    assert_eq!(session.ended(), Some(0));
    session.finish();
    sandbox.file("go", "");
    agent.finish().expect(0);
}

#[test]
fn the_screen_ends_with_the_sweep() {
    let (sandbox, agent, mut session) = watched();
    session.type_keys("?");
    session.wait_for("pause the sweep, or resume it");
    sandbox.file("go", "");
    agent.finish().expect(0);
    assert_eq!(session.ended(), Some(0));
    assert!(is_as_before(&session));
    let (_, shown) = session.finish();
    assert!(shown.contains("complete"), "{shown}");
    fits(&shown);
}

#[test]
fn where_nobody_can_type_there_are_no_keys() {
    let sandbox = Sandbox::new();
    sandbox.init(CONFIG);
    sandbox.file("go", "");
    sandbox.run(&["run", "-q"]).expect(0);
    let (code, shown) = in_terminal(&mut sandbox.command(&["status", "-w"]), 80);
    assert_eq!(code, 0);
    assert!(shown.contains("complete") && !shown.contains("q quit"), "{shown}");
}
