//! The processes of a machine, as an agent asks for them.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::process::{
    BriefRun, Child, ChildSpec, CommandExit, Guard, OwnerMark, SpawnError, end_abandoned, run_briefly_on,
};

/// Starts the commands of trials, and ends what agents that are gone have left.
#[async_trait]
pub trait Processes: Send + Sync {
    /// Starts a command.
    ///
    /// # Errors
    /// Where it can't be started.
    fn spawn(&self, spec: &ChildSpec) -> Result<Box<dyn Process>, SpawnError>;

    /// Runs the command of a hook, with an input, for no longer than `limit`; no more than `most` bytes of what it prints
    /// are kept.
    ///
    /// # Errors
    /// Where it can't be started.
    async fn run_hook(
        &self,
        spec: &ChildSpec,
        input: Vec<u8>,
        limit: Duration,
        most: usize,
    ) -> Result<BriefRun, SpawnError>;

    /// Ends the processes that carry the mark, unless the agent that started them, of this process number, is still
    /// there. Returns how many there were.
    async fn end_abandoned(&self, mark: &OwnerMark, agent: Option<i32>, grace: Duration) -> usize;
}

/// A running command. Dropping it kills it, and all that it has started.
#[async_trait]
pub trait Process: Send {
    /// Waits until the command has ended, passing its output on as it comes. May be dropped and called again: nothing is
    /// lost.
    ///
    /// # Errors
    /// Where the system can't tell.
    async fn watch(&mut self, on_output: OnOutput<'_>) -> io::Result<CommandExit>;

    /// Ends what a command that is over has left behind outside its group: asks it to end, and kills it after `grace`, or
    /// as soon as `hurry` is done. Returns how many processes there were.
    async fn end_strays(&mut self, grace: Duration, hurry: Hurry<'_>) -> usize;

    /// Asks the whole group to end.
    fn terminate(&self);

    /// Ends the whole group at once.
    fn kill(&self);
}

/// Takes in what a command prints, as it comes.
pub type OnOutput<'a> = &'a mut (dyn FnMut(&[u8]) + Send);

/// Done as soon as there is no more time.
pub type Hurry<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The processes of this machine.
pub struct SystemProcesses {
    /// Kills what the commands started should this program die.
    guard: Option<Arc<Guard>>,
}

impl SystemProcesses {
    /// Those that this guard watches over.
    #[must_use]
    pub fn new(guard: Option<Arc<Guard>>) -> Self {
        Self { guard }
    }
}

#[async_trait]
impl Processes for SystemProcesses {
    fn spawn(&self, spec: &ChildSpec) -> Result<Box<dyn Process>, SpawnError> {
        Ok(Box::new(Child::spawn(spec, self.guard.clone())?))
    }

    async fn run_hook(
        &self,
        spec: &ChildSpec,
        input: Vec<u8>,
        limit: Duration,
        most: usize,
    ) -> Result<BriefRun, SpawnError> {
        run_briefly_on(spec, &input, self.guard.clone(), limit, most).await
    }

    async fn end_abandoned(&self, mark: &OwnerMark, agent: Option<i32>, grace: Duration) -> usize {
        end_abandoned(mark, agent, grace).await
    }
}

#[async_trait]
impl Process for Child {
    async fn watch(&mut self, on_output: OnOutput<'_>) -> io::Result<CommandExit> {
        Child::watch(self, on_output).await
    }

    async fn end_strays(&mut self, grace: Duration, hurry: Hurry<'_>) -> usize {
        Child::end_strays(self, grace, hurry).await
    }

    fn terminate(&self) {
        Child::terminate(self);
    }

    fn kill(&self) {
        Child::kill(self);
    }
}
