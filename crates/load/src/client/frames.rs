//! WebSocket frames on the client's side: cutting what the server sends into frames, making our own.

use std::io;

/// Text frame.
pub(crate) const TEXT: u8 = 1;
/// Close frame.
pub(crate) const CLOSE: u8 = 8;

/// Cuts a stream of bytes into frames. Keeps only what is not whole yet, so an idle socket holds no memory.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    rest: Vec<u8>,
}

impl Cutter {
    /// Takes bytes as they arrive and hands over each whole frame: opcode and payload.
    ///
    /// # Errors
    /// When the server masks or fragments, which it never does.
    pub(crate) fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(u8, &[u8])) -> io::Result<()> {
        if self.rest.is_empty() {
            let used = cut(bytes, &mut each)?;
            self.rest.extend_from_slice(bytes.get(used..).unwrap_or_default());
            return Ok(());
        }
        self.rest.extend_from_slice(bytes);
        let used = cut(&self.rest, &mut each)?;
        self.rest.drain(..used);
        if self.rest.is_empty() {
            self.rest = Vec::new();
        }
        Ok(())
    }
}

/// Bytes of the whole frames at the front, after each was handed over.
fn cut(bytes: &[u8], each: &mut impl FnMut(u8, &[u8])) -> io::Result<usize> {
    let mut used = 0;
    while let Some((opcode, start, length)) = header(bytes.get(used..).unwrap_or_default())? {
        let Some(payload) = bytes.get(used + start..used + start + length) else { break };
        each(opcode, payload);
        used += start + length;
    }
    Ok(used)
}

/// Opcode, where the payload starts, how long it is; none while the header is not whole.
fn header(bytes: &[u8]) -> io::Result<Option<(u8, usize, usize)>> {
    let (Some(first), Some(second)) = (bytes.first(), bytes.get(1)) else { return Ok(None) };
    if first & 0x80 == 0 || second & 0x80 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "a fragmented or masked frame from the server",
        ));
    }
    let wide = |from: usize, to: usize| {
        let digits = bytes.get(from..to)?;
        Some(digits.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    let (start, length) = match second & 0x7f {
        126 => (4, wide(2, 4)),
        127 => (10, wide(2, 10)),
        short => (2, Some(usize::from(short))),
    };
    Ok(length.map(|length| (first & 0x0f, start, length)))
}

/// A text frame from us. The mask is all zeros, which the protocol allows and which changes nothing.
pub(crate) fn text_frame(text: &str) -> Vec<u8> {
    let length = text.len();
    let mut frame = Vec::with_capacity(length + 14);
    frame.push(0x80 | TEXT);
    match length {
        0..126 => frame.push(0x80 | length as u8),
        126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(text.as_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::{Cutter, text_frame};

    fn from_server(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x80 | opcode];
        match payload.len() {
            short @ 0..126 => frame.push(short as u8),
            two @ 126..65_536 => {
                frame.push(126);
                frame.extend_from_slice(&(two as u16).to_be_bytes());
            }
            eight => {
                frame.push(127);
                frame.extend_from_slice(&(eight as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(payload);
        frame
    }

    #[test]
    fn frames_are_cut_the_same_however_the_bytes_arrive() {
        let payloads = [vec![b'a'; 5], vec![b'b'; 300], Vec::new(), vec![b'c'; 70_000], vec![b'd'; 125]];
        let stream: Vec<u8> = payloads.iter().flat_map(|payload| from_server(1, payload)).collect();
        for step in [1, 2, 7, 4096, stream.len()] {
            let mut cutter = Cutter::default();
            let mut seen = Vec::new();
            for part in stream.chunks(step) {
                cutter.feed(part, |opcode, payload| seen.push((opcode, payload.to_vec()))).unwrap();
            }
            let wanted: Vec<_> = payloads.iter().map(|payload| (1, payload.clone())).collect();
            assert_eq!(seen, wanted, "{step} bytes at a time");
            assert!(cutter.rest.is_empty());
        }
    }

    #[test]
    fn a_masked_frame_from_the_server_is_an_error() {
        assert!(Cutter::default().feed(&text_frame("hello"), |_, _| ()).is_err());
    }

    #[test]
    fn our_frames_say_their_length_in_the_shortest_form() {
        for (length, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            assert_eq!(text_frame(&"x".repeat(length)).len(), header + 4 + length, "{length}");
        }
    }
}
