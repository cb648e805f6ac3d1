//! A real `mlflow server`, with a database of its own, that ends with the test.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::python::mlflow_python;

/// How long a server may take until it answers: it imports much, and the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(300);

/// Runs a command, and kills its group once it ends, or standard input: with the test's process, however that ends.
const ENDS_WITH_US: &str =
    r#"("$@" < /dev/null; kill -s KILL -- -$$) & cat > /dev/null; kill -s KILL -- -$$"#;

/// A running server; dropping it ends the server and all its processes.
pub struct MlflowServer {
    child: Child,
    url: String,
    folder: tempfile::TempDir,
}

impl MlflowServer {
    /// Starts a server on an empty database.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("mlflow.db");
        Self::start_in(folder, &format!("sqlite:///{}", database.display()))
    }

    // For a benchmark.
    #[allow(dead_code)]
    /// Starts a server on an empty database with nothing set but its port: several workers, jobs, and all.
    pub fn start_as_shipped() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("mlflow.db");
        let uri = format!("sqlite:///{}", database.display());
        Self::start_with(folder, &uri, &[], &[])
    }

    /// A server that the tests of a process share: each has sweeps of its own. It ends with the process.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<MlflowServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Starts a server on this database.
    pub fn start_on(backend_store_uri: &str) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), backend_store_uri)
    }

    fn start_in(folder: tempfile::TempDir, backend_store_uri: &str) -> Self {
        let lean = [("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")];
        Self::start_with(folder, backend_store_uri, &["--workers", "1"], &lean)
    }

    fn start_with(
        folder: tempfile::TempDir,
        backend_store_uri: &str,
        options: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let port = free_port();
        let log =
            File::create(folder.path().join("server.log")).expect("the temporary folder can be written");
        let child = Command::new("sh")
            .args(["-c", ENDS_WITH_US, "sh"])
            .arg(mlflow_python())
            .args(["-m", "mlflow", "server", "--host", "127.0.0.1", "--port"])
            .arg(port.to_string())
            .args(["--backend-store-uri", backend_store_uri])
            .args(options)
            .current_dir(folder.path())
            .envs(environment.iter().copied())
            .env("MLFLOW_DISABLE_TELEMETRY", "true")
            .env_remove("MLFLOW_TRACKING_URI")
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a file handle"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("python starts");
        let mut server = Self { child, url: format!("http://127.0.0.1:{port}"), folder };
        server.wait(port);
        server
    }

    /// Its base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    // For a benchmark.
    #[allow(dead_code)]
    /// The process id, which is that of its group, too.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The folder it runs in, with its database and artifacts.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn wait(&mut self, port: u16) {
        let deadline = Instant::now() + PATIENCE;
        while !healthy(port) {
            let ended = self.child.try_wait().expect("the server's state");
            if ended.is_some() || Instant::now() > deadline {
                let log = std::fs::read_to_string(self.log()).unwrap_or_default();
                panic!("`mlflow server` does not answer (ended: {ended:?}):\n{log}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for MlflowServer {
    fn drop(&mut self) {
        if let Ok(group) = i32::try_from(self.child.id()) {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn healthy(port: u16) -> bool {
    let answer = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    };
    answer().is_ok_and(|text| text.starts_with("HTTP/1.1 200"))
}
