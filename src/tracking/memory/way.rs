//! Ways to a store in memory on which things happen, for tests: one that is slow, one that fails, one that ends.

use crate::tracking::RunId;

/// What is asked of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The method.
    pub(crate) name: &'static str,
    /// The run that is meant, where one is.
    pub(crate) run: Option<&'a RunId>,
    /// Whether it changes anything.
    pub(crate) writes: bool,
    /// Names of what is logged.
    pub(crate) keys: &'a [&'a str],
}

impl<'a> Call<'a> {
    pub(crate) fn read(name: &'static str, run: Option<&'a RunId>) -> Self {
        Self { name, run, writes: false, keys: &[] }
    }

    pub(crate) fn write(name: &'static str, run: Option<&'a RunId>, keys: &'a [&'a str]) -> Self {
        Self { name, run, writes: true, keys }
    }
}

/// Makes a type a store: every call goes through its method `ask(Call, request)`, which may send the request to
/// `self.store` once, twice or not at all.
macro_rules! way_to_memory {
    ($way:ty) => {
        #[async_trait::async_trait]
        impl $crate::tracking::Store for $way {
            fn uri(&self) -> &str {
                self.store.uri()
            }

            fn is_local(&self) -> bool {
                self.local()
            }

            fn registry(&self) -> &dyn $crate::tracking::Registry {
                self.store.registry()
            }

            async fn experiment_by_name(
                &self,
                name: &str,
            ) -> $crate::tracking::Result<Option<$crate::tracking::Experiment>> {
                let call = $crate::tracking::memory::Call::read("experiment_by_name", None);
                self.ask(call, || self.store.experiment_by_name(name)).await
            }

            async fn create_experiment(
                &self,
                name: &str,
            ) -> $crate::tracking::Result<$crate::tracking::ExperimentId> {
                let call = $crate::tracking::memory::Call::write("create_experiment", None, &[]);
                self.ask(call, || self.store.create_experiment(name)).await
            }

            async fn experiments(&self) -> $crate::tracking::Result<Vec<$crate::tracking::Experiment>> {
                let call = $crate::tracking::memory::Call::read("experiments", None);
                self.ask(call, || self.store.experiments()).await
            }

            async fn create_run(
                &self,
                run: &$crate::tracking::NewRun,
            ) -> $crate::tracking::Result<$crate::tracking::RunInfo> {
                let call = $crate::tracking::memory::Call::write("create_run", None, &[]);
                self.ask(call, || self.store.create_run(run)).await
            }

            async fn run(
                &self,
                id: &$crate::tracking::RunId,
            ) -> $crate::tracking::Result<$crate::tracking::Run> {
                let call = $crate::tracking::memory::Call::read("run", Some(id));
                self.ask(call, || self.store.run(id)).await
            }

            async fn update_run(
                &self,
                id: &$crate::tracking::RunId,
                update: &$crate::tracking::RunUpdate,
            ) -> $crate::tracking::Result<()> {
                let call = $crate::tracking::memory::Call::write("update_run", Some(id), &[]);
                self.ask(call, || self.store.update_run(id, update)).await
            }

            async fn delete_run(&self, id: &$crate::tracking::RunId) -> $crate::tracking::Result<()> {
                let call = $crate::tracking::memory::Call::write("delete_run", Some(id), &[]);
                self.ask(call, || self.store.delete_run(id)).await
            }

            async fn restore_run(&self, id: &$crate::tracking::RunId) -> $crate::tracking::Result<()> {
                let call = $crate::tracking::memory::Call::write("restore_run", Some(id), &[]);
                self.ask(call, || self.store.restore_run(id)).await
            }

            async fn search_runs(
                &self,
                query: &$crate::tracking::RunQuery,
            ) -> $crate::tracking::Result<$crate::tracking::Page<$crate::tracking::Run>> {
                let call = $crate::tracking::memory::Call::read("search_runs", None);
                self.ask(call, || self.store.search_runs(query)).await
            }

            async fn log_param(
                &self,
                id: &$crate::tracking::RunId,
                key: &str,
                value: &str,
            ) -> $crate::tracking::Result<$crate::tracking::ParamWrite> {
                let keys = [key];
                let call = $crate::tracking::memory::Call::write("log_param", Some(id), &keys);
                self.ask(call, || self.store.log_param(id, key, value)).await
            }

            async fn log_batch(
                &self,
                id: &$crate::tracking::RunId,
                metrics: &[$crate::tracking::Metric],
                params: &[(String, String)],
                tags: &[(String, String)],
            ) -> $crate::tracking::Result<()> {
                let pairs = params.iter().chain(tags).map(|(key, _)| key.as_str());
                let keys: Vec<&str> = metrics.iter().map(|metric| metric.key.as_str()).chain(pairs).collect();
                let call = $crate::tracking::memory::Call::write("log_batch", Some(id), &keys);
                self.ask(call, || self.store.log_batch(id, metrics, params, tags)).await
            }

            async fn metric_history(
                &self,
                id: &$crate::tracking::RunId,
                key: &str,
            ) -> $crate::tracking::Result<Vec<$crate::tracking::Metric>> {
                let call = $crate::tracking::memory::Call::read("metric_history", Some(id));
                self.ask(call, || self.store.metric_history(id, key)).await
            }

            async fn put_artifact(
                &self,
                run: &$crate::tracking::RunInfo,
                path: &str,
                bytes: Vec<u8>,
            ) -> $crate::tracking::Result<()> {
                let call = $crate::tracking::memory::Call::write("put_artifact", Some(&run.id), &[]);
                self.ask(call, || self.store.put_artifact(run, path, bytes.clone())).await
            }

            async fn artifact(
                &self,
                run: &$crate::tracking::RunInfo,
                path: &str,
            ) -> $crate::tracking::Result<Vec<u8>> {
                let call = $crate::tracking::memory::Call::read("artifact", Some(&run.id));
                self.ask(call, || self.store.artifact(run, path)).await
            }

            async fn artifacts(
                &self,
                run: &$crate::tracking::RunInfo,
                path: &str,
            ) -> $crate::tracking::Result<Vec<$crate::tracking::ArtifactEntry>> {
                let call = $crate::tracking::memory::Call::read("artifacts", Some(&run.id));
                self.ask(call, || self.store.artifacts(run, path)).await
            }
        }
    };
}
pub(crate) use way_to_memory;
