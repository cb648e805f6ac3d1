//! A listener and its connections: how many there may be, and how long a client may keep one for nothing.

use std::future::Future;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use nix::sys::resource::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::stall::{MovingBody, MovingStream};

/// A request's head comes within this, and a connection that asks for nothing more is closed after it.
const HEAD: Duration = Duration::from_secs(10);
/// The same while others wait for a place, or soon will.
const HEAD_WHEN_FULL: Duration = Duration::from_secs(2);
/// What the head of a request may have in bytes.
const LARGEST_HEAD: usize = 64 << 10;
/// After this the listener is tried again where the system had no file left for a connection.
const OUT_OF_FILES: Duration = Duration::from_millis(50);
/// Files that the program itself needs: the database, its log, the terminal.
const OWN_FILES: u64 = 24;
/// Most connections at a time, whatever the system allows.
const MOST_CONNECTIONS: u64 = 8192;

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct PeerAddress(pub IpAddr);

/// Serves an app on a listener until `shutdown` is ready and the requests under way are ended.
pub(super) fn serve(
    listener: TcpListener,
    app: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    serve_at_most(most_connections(), listener, app, shutdown)
}

fn serve_at_most(
    most: usize,
    listener: TcpListener,
    app: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let places = Arc::new(Semaphore::new(most));
        let (end, ending) = watch::channel(false);
        let mut connections = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        loop {
            // Who comes when all places are taken waits in the system's queue: a place is free again soon.
            let next = async {
                let place = Arc::clone(&places).acquire_owned().await;
                (place, listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                next = next => next,
                () = &mut shutdown => break,
            };
            while connections.try_join_next().is_some() {}
            match accepted {
                Ok((stream, peer)) => {
                    let head = if places.available_permits() * 2 < most { HEAD_WHEN_FULL } else { HEAD };
                    let work = connection(stream, PeerAddress(peer.ip()), app.clone(), head, ending.clone());
                    connections.spawn(async move {
                        work.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection can't be taken");
                    tokio::time::sleep(OUT_OF_FILES).await;
                }
            }
        }
        drop(listener);
        let _ = end.send(true);
        while connections.join_next().await.is_some() {}
    })
}

async fn connection(
    stream: TcpStream,
    peer: PeerAddress,
    app: Router,
    head: Duration,
    mut ending: watch::Receiver<bool>,
) {
    // Small answers must not wait for the client's delayed acknowledgements.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY can't be set");
    }
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(|body| Body::new(MovingBody::new(body)));
        request.extensions_mut().insert(peer);
        app.call(request)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(MovingStream::new(stream)), service);
    let mut served = pin!(served);
    tokio::select! {
        ended = served.as_mut() => return tell(ended),
        _ = ending.wait_for(|end| *end) => served.as_mut().graceful_shutdown(),
    }
    tell(served.await);
}

fn tell(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection was given up");
    }
}

/// As many connections as there are files for: each may read or write one beside its own.
fn most_connections() -> usize {
    let files = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(now, _)| now);
    let most = (files.saturating_sub(OWN_FILES) / 2).clamp(4, MOST_CONNECTIONS);
    usize::try_from(most).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn start() -> std::net::SocketAddr {
        let app = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/", post(|body: axum::body::Bytes| async move { body.len().to_string() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        serve_at_most(4, listener, app, std::future::pending());
        address
    }

    async fn answer(stream: &mut TcpStream, request: &str) -> String {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_to_its_end_is_not_waited_for() {
        let address = start().await;
        let mut stalled = TcpStream::connect(address).await.unwrap();
        stalled.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-").await.unwrap();
        let mut other = TcpStream::connect(address).await.unwrap();
        let whole = answer(&mut other, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(whole.ends_with("here"), "{whole}");
        tokio::time::pause();
        let mut rest = Vec::new();
        // The clock runs ahead once everything waits.
        stalled.read_to_end(&mut rest).await.unwrap();
        assert!(!String::from_utf8_lossy(&rest).contains("200"));
    }

    #[tokio::test]
    async fn a_connection_that_asks_for_nothing_more_is_closed_and_its_place_is_free() {
        let address = start().await;
        let mut idle = Vec::new();
        for _ in 0..4 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await.unwrap();
            assert_eq!(&answer, b"HTTP/1.1 200");
            idle.push(stream);
        }
        let mut other = TcpStream::connect(address).await.unwrap();
        tokio::time::pause();
        let whole = answer(&mut other, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(whole.ends_with("here"), "{whole}");
        let mut rest = Vec::new();
        // One that was let in while there was room has more time.
        idle[0].read_to_end(&mut rest).await.unwrap();
    }

    #[tokio::test]
    async fn those_who_take_all_places_for_nothing_lose_them() {
        let address = start().await;
        let mut stalled = Vec::new();
        for _ in 0..20 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"GET / HTTP/1.1\r\nHo").await.unwrap();
            stalled.push(stream);
        }
        let mut other = TcpStream::connect(address).await.unwrap();
        tokio::time::pause();
        let whole = answer(&mut other, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert!(whole.ends_with("here"), "{whole}");
    }

    #[tokio::test]
    async fn a_body_that_stands_still_is_not_waited_for() {
        let address = start().await;
        let mut stalled = TcpStream::connect(address).await.unwrap();
        stalled.write_all(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf").await.unwrap();
        tokio::time::pause();
        let mut rest = Vec::new();
        stalled.read_to_end(&mut rest).await.unwrap();
        assert!(!String::from_utf8_lossy(&rest).contains("200"), "{}", String::from_utf8_lossy(&rest));
    }
}
