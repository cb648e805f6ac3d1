//! Where the artifacts of a database go: beside it, unless somebody says otherwise.

use std::path::{Component, Path, PathBuf};

use super::error::invalid;
use crate::tracking::Result;
use crate::tracking::local_artifacts::folder_of;

/// The folders beside the database that MLflow's own defaults name.
const RUNS: &str = "mlruns";
const PROXIED: &str = "mlartifacts";

/// Where artifacts go.
#[derive(Debug, Clone, Default)]
pub struct ArtifactRoots {
    /// What the locations of new experiments begin with: a folder, or a URI such as `mlflow-artifacts:`. `None`: `mlruns`
    /// beside the database.
    pub new_experiments: Option<String>,
    /// The folder that `mlflow-artifacts:` names. `None`: `mlartifacts` beside the database.
    pub proxied: Option<PathBuf>,
    /// Whether those who make experiments are strangers, who may not choose folders of this machine.
    pub confined: bool,
}

/// The same once the database's folder is known.
#[derive(Debug, Clone)]
pub(super) struct ResolvedRoots {
    new_experiments: String,
    pub proxied: PathBuf,
    /// The folders that strangers may name.
    allowed: Option<Vec<PathBuf>>,
}

impl ResolvedRoots {
    pub fn new(roots: &ArtifactRoots, folder: &Path) -> Self {
        let runs = folder.join(RUNS);
        let proxied = roots.proxied.clone().unwrap_or_else(|| folder.join(PROXIED));
        let new_experiments = match roots.new_experiments.as_deref() {
            // `mlflow-artifacts:/` and the like: one slash parts the root from the id.
            Some(root) => root.trim_end_matches('/').to_owned(),
            None => runs.to_string_lossy().into_owned(),
        };
        let allowed = roots.confined.then(|| {
            let given = folder_of(&new_experiments);
            [Some(runs), Some(proxied.clone()), given].into_iter().flatten().collect()
        });
        Self { new_experiments, proxied, allowed }
    }

    /// Where the artifacts of a new experiment go.
    pub fn of_experiment(&self, id: i64) -> String {
        below(&self.new_experiments, &id.to_string())
    }

    /// Refuses a location that strangers may not choose: what lies there could be read through the server.
    pub fn check(&self, location: &str, folder: &Path) -> Result<()> {
        let Some(allowed) = &self.allowed else { return Ok(()) };
        check_uri(location)?;
        let local = location.starts_with("file:") || !location.contains(':') || location.starts_with('/');
        if !local {
            return Ok(());
        }
        let path = folder_of(location).unwrap_or_else(|| folder.join(location));
        let steady = path.components().all(|part| part != Component::ParentDir);
        if steady && allowed.iter().any(|root| path.starts_with(root)) {
            return Ok(());
        }
        Err(invalid(format!(
            "Invalid artifact_location '{location}': it is a folder of the server's machine outside its artifact roots. Leave it out, and the server chooses one."
        )))
    }
}

/// A place below a location, whose query stays at the end: `s3://bucket/a?region=x`.
pub(super) fn below(location: &str, path: &str) -> String {
    match location.split_once('?') {
        Some((root, query)) if root.contains("://") => {
            format!("{}/{path}?{query}", root.trim_end_matches('/'))
        }
        _ => format!("{}/{path}", location.trim_end_matches('/')),
    }
}

/// What an address such as `http://HOST/api/2.0/mlflow-artifacts/artifacts/1` names below the root that a server
/// passes on. Old set-ups have such roots; the host is this server under one of its names.
pub(super) fn own_root(uri: &str) -> Option<&str> {
    let path = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"))?;
    let (_, rest) = path.split_once("api/2.0/mlflow-artifacts/artifacts/")?;
    Some(rest)
}

/// Refuses addresses to which nothing can be added, and those of hosts that the server would have to connect to.
fn check_uri(location: &str) -> Result<()> {
    let below_proxy = location.strip_prefix("mlflow-artifacts:").or_else(|| own_root(location));
    if below_proxy.is_some_and(|path| path.split('/').any(|piece| piece == "..")) {
        return Err(invalid(format!("Invalid artifact_location '{location}': it holds `..`.")));
    }
    let Some((scheme, rest)) = location.split_once("://") else { return Ok(()) };
    if rest.contains(['#', ';']) {
        return Err(invalid("'artifact_location' URL can't include fragments or params."));
    }
    let scheme = scheme.to_ascii_lowercase();
    let own = rest.contains("api/2.0/mlflow-artifacts/artifacts");
    if ["http", "https", "ftp", "sftp"].contains(&scheme.as_str()) && !own {
        return Err(invalid(format!(
            "'artifact_location' cannot use the '{scheme}' scheme: it addresses a host other than the server's artifact storage."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(new_experiments: Option<&str>, confined: bool) -> ResolvedRoots {
        let roots = ArtifactRoots {
            new_experiments: new_experiments.map(str::to_owned),
            confined,
            ..ArtifactRoots::default()
        };
        ResolvedRoots::new(&roots, Path::new("/data"))
    }

    #[test]
    fn new_experiments_lie_below_their_root() {
        assert_eq!(places(None, false).of_experiment(3), "/data/mlruns/3");
        assert_eq!(places(Some("mlflow-artifacts:/"), false).of_experiment(0), "mlflow-artifacts:/0");
        assert_eq!(places(Some("s3://bucket/x/"), false).of_experiment(1), "s3://bucket/x/1");
    }

    #[test]
    fn a_query_stays_at_the_end_of_a_location() {
        assert_eq!(below("s3://b/a?driver=x", "r/artifacts"), "s3://b/a/r/artifacts?driver=x");
        assert_eq!(places(Some("s3://b/a/?x=1"), false).of_experiment(2), "s3://b/a/2?x=1");
        assert_eq!(below("/data/what?", "r"), "/data/what?/r");
    }

    #[test]
    fn strangers_name_no_other_hosts_and_nothing_that_can_not_be_added_to() {
        let places = places(None, true);
        for bad in ["mlflow-artifacts:/../x", "http://h/api/2.0/mlflow-artifacts/artifacts/../x"] {
            assert!(places.check(bad, Path::new("/data")).is_err(), "{bad}");
        }
        for bad in ["s3://b/a#frag", "s3://b/a;p", "http://h/p?x=1", "ftp://h/p", "HTTPS://h"] {
            assert!(places.check(bad, Path::new("/data")).is_err(), "{bad}");
        }
        for good in ["s3://b/a?x=1", "http://h/api/2.0/mlflow-artifacts/artifacts/x", "gs://b"] {
            assert!(places.check(good, Path::new("/data")).is_ok(), "{good}");
        }
    }

    #[test]
    fn strangers_choose_no_folders_of_this_machine() {
        let places = places(Some("mlflow-artifacts:"), true);
        for bad in ["/etc", "file:///etc", "/data/mlruns/../x", "/data", "elsewhere", "/data/mlruns2"] {
            assert!(places.check(bad, Path::new("/data")).is_err(), "{bad}");
        }
        for good in
            ["s3://bucket/x", "mlflow-artifacts:/9", "/data/mlruns/7", "mlruns/7", "/data/mlartifacts/x"]
        {
            assert!(places.check(good, Path::new("/data")).is_ok(), "{good}");
        }
        assert!(super::tests::places(None, false).check("/etc", Path::new("/data")).is_ok());
    }
}
