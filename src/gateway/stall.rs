//! Clients that stop in the middle: a body of which nothing more comes, an answer that nobody takes.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// So long nothing may come of a body that is not whole, and nothing of an answer be taken.
const STILL: Duration = Duration::from_secs(30);

/// Counts the time in which nothing moves.
#[derive(Default)]
struct Watch(Option<Pin<Box<Sleep>>>);

impl Watch {
    /// Passes on what came; where nothing comes for too long that is an error.
    fn over<T>(&mut self, moved: Poll<T>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if let Poll::Ready(moved) = moved {
            self.0 = None;
            return Poll::Ready(Ok(moved));
        }
        ready!(self.0.get_or_insert_with(|| Box::pin(sleep(STILL))).as_mut().poll(context));
        let message = format!("nothing moved for {} seconds", STILL.as_secs());
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, message)))
    }
}

/// The body of a request that keeps coming.
pub(super) struct MovingBody {
    body: Incoming,
    watch: Watch,
}

impl MovingBody {
    pub fn new(body: Incoming) -> Self {
        Self { body, watch: Watch::default() }
    }
}

impl HttpBody for MovingBody {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let moved = Pin::new(&mut self.body).poll_frame(context);
        Poll::Ready(match ready!(self.watch.over(moved, context)) {
            Ok(frame) => frame.map(|frame| frame.map_err(Into::into)),
            Err(error) => Some(Err(error.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A connection whose other end keeps taking what is sent.
pub(super) struct MovingStream {
    stream: TcpStream,
    watch: Watch,
}

impl MovingStream {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, watch: Watch::default() }
    }
}

impl AsyncRead for MovingStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for MovingStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let moved = Pin::new(&mut self.stream).poll_write(context, bytes);
        Poll::Ready(ready!(self.watch.over(moved, context))?)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let moved = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        Poll::Ready(ready!(self.watch.over(moved, context))?)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
