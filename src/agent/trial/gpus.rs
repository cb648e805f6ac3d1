//! The GPUs of this machine, handed out one a trial.

use std::sync::{Arc, Mutex, PoisonError};

/// The GPUs that are free.
#[derive(Debug, Clone)]
pub struct Gpus {
    free: Arc<Mutex<Vec<String>>>,
}

/// A GPU that one trial has; it is free again when this is dropped.
pub(in crate::agent) struct Gpu {
    name: String,
    free: Arc<Mutex<Vec<String>>>,
}

impl Gpus {
    /// The GPUs of these names, as `CUDA_VISIBLE_DEVICES` takes them; the first is given out first.
    #[must_use]
    pub fn new(mut names: Vec<String>) -> Self {
        names.reverse();
        Self { free: Arc::new(Mutex::new(names)) }
    }

    /// Takes one; `None`: all are taken, which no agent with as many jobs as GPUs meets.
    pub(in crate::agent) fn take(&self) -> Option<Gpu> {
        let name = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        Some(Gpu { name, free: Arc::clone(&self.free) })
    }
}

impl Gpu {
    /// The value of `CUDA_VISIBLE_DEVICES`.
    pub(in crate::agent) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Gpu {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_trials_have_the_same_gpu() {
        let gpus = Gpus::new(vec!["0".into(), "1".into()]);
        let first = gpus.take().unwrap();
        let second = gpus.take().unwrap();
        assert_eq!((first.name(), second.name()), ("0", "1"));
        assert!(gpus.take().is_none());
        drop(first);
        assert_eq!(gpus.take().unwrap().name(), "0");
    }
}
