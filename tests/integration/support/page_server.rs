//! A real `sweep ui`, that ends with the test, and its events.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

use super::sandbox::Sandbox;

/// How long an event may take that should come soon: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running page; dropping it kills it.
pub struct PageServer {
    /// `None`: it is another's.
    child: Option<Child>,
    /// Host and port.
    address: String,
}

/// An answer as it came.
pub struct Answer {
    pub status: u16,
    pub headers: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }
}

impl PageServer {
    /// Starts the page of the sandbox's store.
    pub fn start(sandbox: &Sandbox) -> Self {
        Self::try_start(sandbox, &["--port", "0"]).expect("the page starts")
    }

    /// The same with options; `None`: it has ended again.
    pub fn try_start(sandbox: &Sandbox, options: &[&str]) -> Option<Self> {
        let mut command = sandbox.command(&[&["ui"], options].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let address = url.trim_start_matches("http://").split('/').next().unwrap().trim().to_owned();
        if !address.contains(':') {
            let _ = child.wait();
            return None;
        }
        Some(Self { child: Some(child), address })
    }

    /// A page that is served already.
    pub fn at(url: &str) -> Self {
        Self { child: None, address: url.trim_start_matches("http://").to_owned() }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// What its process holds in memory.
    pub fn memory_in_megabytes(&self) -> u64 {
        let id = self.child.as_ref().expect("it is ours").id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap() / 1024
    }

    pub fn port(&self) -> &str {
        self.address.rsplit(':').next().unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Asks for a path with further headers (a line each).
    pub fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        self.send(method, path, headers, "")
    }

    /// Sends JSON.
    pub fn post(&self, path: &str, headers: &str, body: &str) -> Answer {
        let headers =
            format!("{headers}Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        self.send("POST", path, &headers, body)
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let host = if headers.to_lowercase().contains("host:") {
            String::new()
        } else {
            format!("Host: {}\r\n", self.address)
        };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n{body}").unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let (headers, body) = text.split_once("\r\n\r\n").unwrap();
        let status = headers.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, headers: headers.to_lowercase(), body: body.to_owned() }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// The JSON of a path.
    pub fn json(&self, path: &str) -> Json {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// The events of a path.
    pub fn events(&self, path: &str, headers: &str) -> Events {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.address).unwrap();
        Events { lines: BufReader::new(stream) }
    }
}

impl Drop for PageServer {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A stream of server-sent events.
pub struct Events {
    lines: BufReader<TcpStream>,
}

/// One event.
#[derive(Debug)]
pub struct PageEvent {
    pub kind: String,
    pub id: String,
    pub data: Json,
}

impl Events {
    /// Waits for the next one.
    pub fn next(&mut self) -> PageEvent {
        let (mut kind, mut id) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).unwrap();
            assert!(read > 0, "the stream has ended");
            if let Some(text) = line.strip_prefix("event: ") {
                kind = text.trim().to_owned();
            } else if let Some(text) = line.strip_prefix("id: ") {
                id = text.trim().to_owned();
            } else if let Some(text) = line.strip_prefix("data: ") {
                // What axum writes in chunks begins a line of its own.
                let data = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"));
                // The id stands before or after the data.
                let mut rest = String::new();
                while self.lines.read_line(&mut rest).unwrap() > 0 {
                    if let Some(text) = rest.strip_prefix("id: ") {
                        id = text.trim().to_owned();
                    }
                    if let Some(text) = rest.strip_prefix("event: ") {
                        kind = text.trim().to_owned();
                    }
                    if rest.trim().is_empty() {
                        break;
                    }
                    rest.clear();
                }
                return PageEvent { kind, id, data };
            }
        }
    }
}
