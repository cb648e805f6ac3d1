//! This machine: space on its disks, its GPUs, Python, and proxies that would catch what stays on it.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use nix::unistd::{AccessFlags, access};

use super::CheckResult;
use crate::commands::shared::Setting;
use crate::process::{ask_program, list_gpus};
use crate::ui::words;

/// Less free space deserves a look, bytes.
const LITTLE: u64 = 1 << 30;
/// With less nothing can be saved, bytes.
const NOTHING: u64 = 32 << 20;

/// Looks at this machine.
pub(super) fn look(setting: &Setting, uri: &str) -> Vec<CheckResult> {
    let mut found = disks(&setting.folder, uri);
    found.push(gpus());
    found.push(python(uri.starts_with("sqlite")));
    found.push(proxies(uri, &|name| std::env::var(name).ok().filter(|value| !value.is_empty())));
    found
}

/// `1.2 GiB`.
pub(super) fn size(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let bytes = bytes as f64;
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|(_, power)| bytes >= f64::from(1_u32 << power)) {
        Some((unit, power)) => format!("{:.1} {unit}", bytes / f64::from(1_u32 << power)),
        None => format!("{bytes} bytes"),
    }
}

/// Whether a folder, or the one above it that would hold it, can be written.
pub(super) fn can_write(folder: &Path) -> io::Result<()> {
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    access(there, AccessFlags::W_OK | AccessFlags::X_OK).map_err(io::Error::from)
}

/// The places that are written to, each disk once.
fn disks(folder: &Path, uri: &str) -> Vec<CheckResult> {
    let database =
        uri.strip_prefix("sqlite:///").map(|path| folder.join(path.split('?').next().unwrap_or(path)));
    let beside = database.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    let places: Vec<(&str, PathBuf)> = beside
        .map(|beside| [("database", beside.clone()), ("artifacts", beside.join("mlruns"))])
        .into_iter()
        .flatten()
        .chain([("working folder", folder.to_path_buf()), ("checkpoints", folder.join(".sweep"))])
        .collect();
    let mut disks: Vec<(u64, u64, Vec<&str>)> = Vec::new();
    for (what, place) in &places {
        let Some(there) = place.ancestors().find(|place| place.exists()) else { continue };
        let Ok(disk) = statvfs(there) else { continue };
        #[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
        let (id, free) = (
            disk.filesystem_id() as u64,
            u64::from(disk.blocks_available()) * u64::from(disk.fragment_size()),
        );
        match disks.iter_mut().find(|(known, _, _)| *known == id) {
            Some((_, _, all)) => all.push(what),
            None => disks.push((id, free, vec![what])),
        }
    }
    let mut found: Vec<CheckResult> = disks
        .into_iter()
        .map(|(_, free, all)| {
            let text = format!("{} free for {}", size(free), all.join(", "));
            match free {
                0..NOTHING => CheckResult::bad("disk", text, "Free disk space: nothing can be saved."),
                NOTHING..LITTLE => {
                    CheckResult::warn("disk", text, "Free disk space, or artifacts will not be saved.")
                }
                _ => CheckResult::ok("disk", text),
            }
        })
        .collect();
    if let Err(error) = can_write(folder) {
        found.push(CheckResult::warn(
            "disk",
            format!("this folder is not writable: {error}"),
            "Nothing can be kept in it (the latest sweep, results while the store is away): use a directory of your own.",
        ));
    }
    found
}

fn gpus() -> CheckResult {
    let names = list_gpus();
    let set = std::env::var_os("CUDA_VISIBLE_DEVICES").is_some();
    match (names.len(), set) {
        (0, true) => CheckResult::ok("gpus", "none: CUDA_VISIBLE_DEVICES is empty"),
        (0, false) if on_path("nvidia-smi").is_some() => CheckResult::warn(
            "gpus",
            "nvidia-smi is installed, but lists none",
            "Run nvidia-smi by hand: its driver may not be loaded.",
        ),
        (0, false) => CheckResult::ok("gpus", "none"),
        (number, _) => {
            let from = if set { ", by CUDA_VISIBLE_DEVICES" } else { "" };
            let all = words::count(number as u64, "GPU");
            CheckResult::ok(
                "gpus",
                format!("{all} ({}{from}); --gpus auto gives each trial one", names.join(", ")),
            )
        }
    }
}

/// Python is the business of the person's command alone; it is said which one a command would find.
fn python(file: bool) -> CheckResult {
    const VERSION: &str = "import importlib.metadata as m, sys
names = {d.metadata['Name'].lower(): d.version for d in m.distributions() if d.metadata['Name']}
print('.'.join(map(str, sys.version_info[:3])), names.get('mlflow') or names.get('mlflow-skinny') or '-')";
    let Some(program) = on_path("python3").or_else(|| on_path("python")) else {
        return CheckResult::ok(
            "python",
            "none on the PATH, and none is needed: commands may be in any language",
        );
    };
    let text = ask_program(&program, &["-I", "-c", VERSION]).unwrap_or_default().trim().to_owned();
    match text.split_once(' ') {
        Some((python, "-")) => CheckResult::ok(
            "python",
            format!(
                "{python} at {}, without mlflow: a script that logs with it needs another, or pip install mlflow",
                program.display()
            ),
        ),
        Some((python, mlflow)) if file && is_version_2(mlflow) => CheckResult::warn(
            "python",
            format!(
                "{python} at {}, with mlflow {mlflow}, which can't open a database file that sweep made",
                program.display()
            ),
            "Scripts log with it all the same. To look at runs: `sweep server`, MLflow 3, or a file that `mlflow server` \
             of version 2 has made first.",
        ),
        Some((python, mlflow)) => {
            CheckResult::ok("python", format!("{python} at {}, with mlflow {mlflow}", program.display()))
        }
        None => CheckResult::warn(
            "python",
            format!("{} does not answer", program.display()),
            "Commands that start it will fail.",
        ),
    }
}

/// Whether this is a version of MLflow that knows nothing of the schema at which new files are made.
fn is_version_2(version: &str) -> bool {
    version.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major < 3)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(program));
    found.into_iter().find(|file| file.is_file() && access(file, AccessFlags::X_OK).is_ok())
}

/// Whether a host is this machine itself.
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A proxy must not be asked for a server on this machine: it would look for it on its own.
fn proxies(uri: &str, var: &dyn Fn(&str) -> Option<String>) -> CheckResult {
    let scheme = uri.split(':').next().unwrap_or_default();
    let either = |name: &str| var(name).or_else(|| var(&name.to_ascii_uppercase()));
    let proxy = either(&format!("{scheme}_proxy")).or_else(|| either("all_proxy"));
    let Some(proxy) = proxy.filter(|_| scheme.starts_with("http")) else {
        let any = ["http_proxy", "https_proxy", "all_proxy"].into_iter().find_map(either);
        return match any {
            None => CheckResult::ok("proxies", "none is set"),
            Some(_) => CheckResult::ok("proxies", "set; trials reach their agent directly"),
        };
    };
    let host = host_of(uri);
    // Before the host of a proxy may stand a login, too.
    let proxy = host_of(&proxy);
    let list = either("no_proxy").unwrap_or_default();
    let past = list.split(',').map(str::trim).any(|entry| {
        let domain = entry.trim_start_matches('.');
        entry == "*" || (!domain.is_empty() && (host == domain || host.ends_with(&format!(".{domain}"))))
    });
    match (past, is_loopback(&host)) {
        (true, _) => CheckResult::ok("proxies", format!("set; {host} is called directly")),
        (false, true) => CheckResult::bad(
            "proxies",
            format!(
                "calls to {host} would go to the proxy {proxy}, which can't reach this machine by that name"
            ),
            format!(
                "export NO_PROXY={}{host}",
                if list.is_empty() { String::new() } else { format!("{list},") }
            ),
        ),
        (false, false) => CheckResult::ok("proxies", format!("{host} is called through {proxy}")),
    }
}

/// The host of a URI, without login and port.
fn host_of(uri: &str) -> String {
    let after = uri.split_once("://").map_or(uri, |(_, after)| after);
    let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(host, _)| host);
    bracketed.unwrap_or_else(|| host.split(':').next().unwrap_or_default()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::CheckState;
    use super::*;

    fn proxied(uri: &str, set: &[(&str, &str)]) -> CheckResult {
        let set: Vec<(String, String)> =
            set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        proxies(uri, &|name| set.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
    }

    #[test]
    fn a_proxy_that_would_catch_loopback_is_found_and_its_login_is_not_told() {
        let proxy = ("http_proxy", "http://ann:secret@proxy.example:3128");
        let found = proxied("http://127.0.0.1:5000", &[proxy]);
        assert_eq!(found.state, CheckState::Bad);
        assert!(
            found.found.contains("proxy.example") && !format!("{found:?}").contains("secret"),
            "{found:?}"
        );
        assert_eq!(found.advice.as_deref(), Some("export NO_PROXY=127.0.0.1"));
        for list in ["127.0.0.1", "localhost, 127.0.0.1", "*"] {
            assert_eq!(
                proxied("http://127.0.0.1:5000", &[proxy, ("NO_PROXY", list)]).state,
                CheckState::Ok,
                "{list}"
            );
        }
        assert_eq!(proxied("http://a.example.org", &[proxy]).state, CheckState::Ok);
        assert_eq!(proxied("sqlite:///mlflow.db", &[proxy]).state, CheckState::Ok);
        assert_eq!(proxied("https://127.0.0.1", &[proxy]).state, CheckState::Ok, "another scheme's proxy");
    }

    #[test]
    fn versions_before_3_are_told_from_later_ones() {
        assert!(is_version_2("2.22.1") && is_version_2("1.30.0"));
        assert!(
            !is_version_2("3.0.0rc1")
                && !is_version_2("3.18.0")
                && !is_version_2("10.0")
                && !is_version_2("-")
        );
    }

    #[test]
    fn hosts_and_sizes_are_read_as_people_write_them() {
        assert_eq!(host_of("http://u:p@h.example:80/x"), "h.example");
        assert_eq!(host_of("http://[::1]:5000"), "::1");
        assert!(is_loopback("127.0.0.2") && is_loopback("::1") && !is_loopback("127.example"));
        assert_eq!((size(10), size(3 << 29)), ("10 bytes".to_owned(), "1.5 GiB".to_owned()));
    }
}
