//! A small HTTP/1.1 client: one keep-alive connection, one request at a time, bodies by length or in chunks.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;

use memchr::memmem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Bytes made room for before each read: a whole channel page in few reads.
const READ_BYTES: usize = 64 * 1024;

/// A connection that is used again and again.
#[derive(Debug)]
pub(crate) struct Http {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: Vec<u8>,
}

/// An answer; it lies in the connection's memory until the next request.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Cookies it sets, `name=value` without their attributes.
    pub(crate) cookies: Vec<String>,
    /// The body, put together again.
    pub(crate) body: &'a [u8],
}

impl Http {
    pub(crate) async fn connect(addr: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(addr).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::new(), body: Vec::new() })
    }

    /// Sends a request, whole with head and body, and reads its answer.
    ///
    /// # Errors
    /// When the connection breaks or the answer is no HTTP; the connection cannot be used any more then.
    pub(crate) async fn request(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        self.body.clear();
        let head_len = loop {
            match memmem::find(&self.buffer, b"\r\n\r\n") {
                Some(end) => break end + 4,
                None => self.fill().await?,
            }
        };
        let head = Head::parse(self.buffer.get(..head_len).unwrap_or_default())?;
        match head.length {
            Length::Bytes(length) => {
                while self.buffer.len() < head_len + length {
                    self.fill().await?;
                }
                self.body.extend_from_slice(self.buffer.get(head_len..head_len + length).unwrap_or_default());
            }
            Length::Chunks => {
                let mut at = head_len;
                while !take_chunks(&self.buffer, &mut at, &mut self.body)? {
                    self.fill().await?;
                }
            }
        }
        Ok(Answer { status: head.status, cookies: head.cookies, body: &self.body })
    }

    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    Chunks,
}

#[derive(Debug)]
struct Head {
    status: u16,
    length: Length,
    cookies: Vec<String>,
}

impl Head {
    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("the head is no text"))?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        let mut head = Self {
            status: status.ok_or_else(|| malformed("no HTTP/1.1 status"))?,
            length: Length::Bytes(0),
            cookies: Vec::new(),
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                head.length = Length::Bytes(value.parse().map_err(|_| malformed("content-length"))?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.length = Length::Chunks;
            } else if name.eq_ignore_ascii_case("set-cookie") {
                head.cookies.extend(value.split(';').next().map(str::to_owned));
            }
        }
        Ok(head)
    }
}

/// Moves the whole chunks after `at` into `body`; true when the last one was among them.
fn take_chunks(raw: &[u8], at: &mut usize, body: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let rest = raw.get(*at..).unwrap_or_default();
        let Some(line_end) = memmem::find(rest, b"\r\n") else { return Ok(false) };
        let line = rest.get(..line_end).unwrap_or_default();
        let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
        let size =
            std::str::from_utf8(digits).ok().and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
        let size = size.ok_or_else(|| malformed("chunk size"))?;
        let Some(chunk) = rest.get(line_end + 2..line_end + 2 + size + 2) else { return Ok(false) };
        body.extend_from_slice(chunk.get(..size).unwrap_or_default());
        *at += line_end + 2 + size + 2;
        if size == 0 {
            return Ok(true);
        }
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed answer: {what}"))
}

/// The head of a request from our own pages.
fn head(method: &str, path: &str, addr: SocketAddr, cookie: &str) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {addr}\r\nOrigin: http://{addr}\r\n");
    head.push_str("Sec-Fetch-Site: same-origin\r\n");
    if !cookie.is_empty() {
        let _ = write!(head, "Cookie: {cookie}\r\n");
    }
    head
}

/// A page, asked for as a browser does.
pub(crate) fn get(path: &str, addr: SocketAddr, cookie: &str) -> Vec<u8> {
    (head("GET", path, addr, cookie) + "Accept: text/html\r\n\r\n").into_bytes()
}

/// A call of a server function. A body that begins with `{` is JSON, any other a form.
pub(crate) fn post(endpoint: &str, addr: SocketAddr, cookie: &str, body: &str) -> Vec<u8> {
    let kind = if body.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
    let head = head("POST", &format!("/api/{endpoint}"), addr, cookie);
    let length = body.len();
    format!(
        "{head}Accept: application/json\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// `name=value&…` with everything escaped that has to be.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => text.push(char::from(byte)),
                b' ' => text.push('+'),
                _ => {
                    let _ = write!(text, "%{byte:02X}");
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Head, Length, form, take_chunks};

    #[test]
    fn a_body_in_chunks_is_put_together_however_it_arrives() {
        let raw = b"4\r\nWiki\r\n6;x=1\r\npedia \r\nA\r\nin chunks.\r\n0\r\n\r\n";
        for cut in 0..raw.len() {
            let (mut at, mut body) = (0, Vec::new());
            assert!(!take_chunks(&raw[..cut], &mut at, &mut body).unwrap(), "cut at {cut}");
            assert!(take_chunks(raw, &mut at, &mut body).unwrap());
            assert_eq!(body, b"Wikipedia in chunks.");
        }
        assert!(take_chunks(b"zz\r\n", &mut 0, &mut Vec::new()).is_err());
    }

    #[test]
    fn a_head_says_status_length_and_cookies() {
        let head = Head::parse(
            b"HTTP/1.1 200 OK\r\nContent-LENGTH: 12\r\nset-cookie: harmony=ab12; HttpOnly; Path=/\r\n\r\n",
        );
        let head = head.unwrap();
        assert_eq!((head.status, head.length), (200, Length::Bytes(12)));
        assert_eq!(head.cookies, ["harmony=ab12"]);
        let chunked = Head::parse(b"HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        assert_eq!((chunked.status, chunked.length), (404, Length::Chunks));
        assert!(Head::parse(b"SSH-2.0-x\r\n\r\n").is_err());
    }

    #[test]
    fn a_form_is_escaped() {
        assert_eq!(form(&[("a", "x y&z=ü"), ("b", "1")]), "a=x+y%26z%3D%C3%BC&b=1");
    }
}
