//! A gateway socket: upgrade, hello, frames. Reads into memory all sockets share.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use memchr::memmem;
use protocol::Cursors;
use protocol::frame::{ClientFrame, ServerFrame, VERSION};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

use super::frames::{CLOSE, Cutter, TEXT, text_frame};

/// Bytes read at once, once for the whole generator.
const SCRATCH_BYTES: usize = 64 * 1024;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; SCRATCH_BYTES]);
}

/// An open socket.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    cutter: Cutter,
    /// Frames read and not asked for yet.
    waiting: VecDeque<String>,
}

impl Socket {
    /// Connects and upgrades.
    ///
    /// # Errors
    /// `ConnectionRefused` with the status in words when the server does not upgrade.
    pub(crate) async fn open(addr: SocketAddr, cookie: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET /gateway HTTP/1.1\r\nHost: {addr}\r\nOrigin: http://{addr}\r\nCookie: {cookie}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::with_capacity(1024);
        let end = loop {
            if stream.read_buf(&mut head).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(end) = memmem::find(&head, b"\r\n\r\n") {
                break end + 4;
            }
        };
        if !head.starts_with(b"HTTP/1.1 101 ") {
            let status =
                String::from_utf8_lossy(head.split(|byte| *byte == b'\r').next().unwrap_or_default());
            return Err(io::Error::new(io::ErrorKind::ConnectionRefused, format!("no upgrade: {status}")));
        }
        let mut socket = Self { stream, cutter: Cutter::default(), waiting: VecDeque::new() };
        let rest = head.split_off(end);
        let waiting = &mut socket.waiting;
        socket.cutter.feed(&rest, |opcode, payload| keep(waiting, opcode, payload))?;
        Ok(socket)
    }

    /// Connects, says hello with these cursors and waits until everything missed has been sent.
    pub(crate) async fn live(addr: SocketAddr, cookie: &str, cursors: Cursors) -> io::Result<Self> {
        let mut socket = Self::open(addr, cookie).await?;
        socket.say(&ClientFrame::Hello { v: VERSION, cursors }).await?;
        while socket.next().await? != ServerFrame::Live {}
        Ok(socket)
    }

    pub(crate) async fn say(&mut self, frame: &ClientFrame) -> io::Result<()> {
        let text = serde_json::to_string(frame).map_err(io::Error::other)?;
        self.stream.write_all(&text_frame(&text)).await
    }

    /// The next frame.
    ///
    /// # Errors
    /// When the socket is closed or says something that is not in the protocol.
    pub(crate) async fn next(&mut self) -> io::Result<ServerFrame> {
        loop {
            if let Some(text) = self.waiting.pop_front() {
                return serde_json::from_str(&text).map_err(io::Error::other);
            }
            let mut got = VecDeque::new();
            let heard = self.listen(|text| got.push_back(String::from_utf8_lossy(text).into_owned())).await;
            // What came together with the end is read first; the end is met again after it.
            self.waiting = got;
            if self.waiting.is_empty() {
                heard?;
            }
        }
    }

    /// Waits for bytes and hands over the text of each whole frame among them. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the socket is closed, by either side.
    pub(crate) async fn listen(&mut self, mut each: impl FnMut(&[u8])) -> io::Result<()> {
        poll_fn(|context| {
            SCRATCH.with_borrow_mut(|scratch| {
                let mut buffer = ReadBuf::new(scratch);
                let read = Pin::new(&mut self.stream).poll_read(context, &mut buffer);
                read.map(|result| {
                    result?;
                    if buffer.filled().is_empty() {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    let mut closed = false;
                    self.cutter.feed(buffer.filled(), |opcode, payload| match opcode {
                        TEXT => each(payload),
                        CLOSE => closed = true,
                        _ => {}
                    })?;
                    if closed { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
                })
            })
        })
        .await
    }

    /// Makes dropping the socket reset it: no port is left waiting, as thousands would.
    pub(crate) fn reset_on_drop(&self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }
}

fn keep(waiting: &mut VecDeque<String>, opcode: u8, payload: &[u8]) {
    if opcode == TEXT {
        waiting.push_back(String::from_utf8_lossy(payload).into_owned());
    }
}
