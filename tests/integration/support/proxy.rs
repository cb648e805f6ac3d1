//! A proxy in front of a tracking server that does what networks, load balancers and restarts do to requests.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is done to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The connection is closed; the server never hears of it.
    Lost,
    /// The server has done it; the connection is closed without an answer.
    AnswerLost,
    /// The server has done it; the connection is closed in the middle of the answer.
    AnswerCut,
    /// 503; the server never hears of it.
    Refused,
    /// 503, though the server has done it.
    RefusedAfter,
    /// The server hears of it twice.
    Twice,
    /// It takes its time.
    Late(Duration),
}

/// A proxy on a port of its own. Dropping it ends it.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    server: String,
    seed: u64,
    /// Faults in a hundred requests.
    rate: AtomicU64,
    requests: AtomicU64,
    faults: AtomicU64,
    away: AtomicBool,
    /// Requests to make a run are done twice.
    doubled: AtomicBool,
    /// The answer to the next request to make a run is lost.
    lost: AtomicBool,
    /// The status that answers everything; 0: none.
    status: AtomicU16,
    ended: AtomicBool,
}

impl Proxy {
    /// One before the server at `url`, without faults. What it does to the n-th request depends on the seed alone.
    pub fn start(url: &str, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            server: url.strip_prefix("http://").unwrap().to_owned(),
            seed,
            rate: 0.into(),
            requests: 0.into(),
            faults: 0.into(),
            away: false.into(),
            doubled: false.into(),
            lost: false.into(),
            status: 0.into(),
            ended: false.into(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.ended.load(Ordering::Relaxed) {
                    return;
                }
                let state = Arc::clone(&shared);
                // What goes wrong with a connection is what a proxy is here for.
                std::thread::spawn(move || state.serve(&stream));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// So many of a hundred requests meet a fault from now on.
    pub fn faults_in_a_hundred(&self, rate: u64) {
        self.state.rate.store(rate, Ordering::Relaxed);
    }

    /// From now on the server is away, or back.
    pub fn is_away(&self, away: bool) {
        self.state.away.store(away, Ordering::Relaxed);
    }

    /// From now on the server hears twice of each run that is to be made.
    pub fn doubles_new_runs(&self) {
        self.state.doubled.store(true, Ordering::Relaxed);
    }

    /// The answer to the next request to make a run is lost.
    pub fn loses_the_next_new_run(&self) {
        self.state.lost.store(true, Ordering::Relaxed);
    }

    /// From now on everything is answered with this status; `None`: by the server.
    pub fn answers(&self, status: Option<u16>) {
        self.state.status.store(status.unwrap_or(0), Ordering::Relaxed);
    }

    /// Requests that came so far, also while the server was away.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// Requests that met a fault so far.
    pub fn faults(&self) -> u64 {
        self.state.faults.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn serve(&self, mut client: &TcpStream) -> Option<()> {
        client.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        if self.away.load(Ordering::Relaxed) {
            return None;
        }
        let request = read_request(client).ok()?;
        let status = self.status.load(Ordering::Relaxed);
        if status != 0 {
            return answer(client, status);
        }
        let fault = self.fault_of_new_run(&request).or_else(|| self.fault(number));
        if fault.is_some() {
            self.faults.fetch_add(1, Ordering::Relaxed);
        }
        match fault {
            Some(Fault::Lost) => return None,
            Some(Fault::Refused) => return answer(client, 503),
            Some(Fault::Late(time)) => std::thread::sleep(time),
            Some(Fault::Twice) => drop(self.forward(&request).ok()?),
            _ => {}
        }
        let response = self.forward(&request).ok()?;
        match fault {
            Some(Fault::AnswerLost) => {}
            Some(Fault::RefusedAfter) => return answer(client, 503),
            Some(Fault::AnswerCut) => client.write_all(&response[..response.len() * 2 / 3]).ok()?,
            _ => client.write_all(&response).ok()?,
        }
        client.shutdown(Shutdown::Both).ok()
    }

    fn fault_of_new_run(&self, request: &[u8]) -> Option<Fault> {
        if !request.starts_with(b"POST /api/2.0/mlflow/runs/create ") {
            return None;
        }
        if self.lost.swap(false, Ordering::Relaxed) {
            return Some(Fault::AnswerLost);
        }
        self.doubled.load(Ordering::Relaxed).then_some(Fault::Twice)
    }

    fn fault(&self, number: u64) -> Option<Fault> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(number);
        if random.random_range(0..100) >= self.rate.load(Ordering::Relaxed) {
            return None;
        }
        Some(match random.random_range(0..7) {
            0 => Fault::Lost,
            1 => Fault::AnswerLost,
            2 => Fault::AnswerCut,
            3 => Fault::Refused,
            4 => Fault::RefusedAfter,
            5 => Fault::Twice,
            _ => Fault::Late(Duration::from_millis(random.random_range(10..200))),
        })
    }

    /// Hands a request to the server and reads the whole answer.
    fn forward(&self, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(&self.server)?;
        server.write_all(request)?;
        let mut response = Vec::new();
        server.read_to_end(&mut response)?;
        Ok(response)
    }
}

/// A request, changed to one that ends its connection.
fn read_request(stream: &TcpStream) -> io::Result<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if line == "\r\n" {
            request.extend_from_slice(b"connection: close\r\n\r\n");
            break;
        }
        if !lower.starts_with("connection:") {
            request.extend_from_slice(line.as_bytes());
        }
    }
    let head = request.len();
    request.resize(head + length, 0);
    reader.read_exact(&mut request[head..])?;
    Ok(request)
}

fn answer(mut client: &TcpStream, status: u16) -> Option<()> {
    // As a login page comes: with a redirect to it, or in the place of what was asked for.
    let (header, body) = match status {
        302 => ("location: http://login.invalid/\r\n", ""),
        200 => ("content-type: text/html\r\n", "<html>Sign in, please</html>"),
        _ => ("", ""),
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status} by the proxy\r\n{header}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    client.write_all(answer.as_bytes()).ok()
}
