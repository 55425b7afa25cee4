//! The exchange of 3 x 1536 bytes before the first chunk, simple or with digests.
//!
//! The cryptography is `rml_rtmp`'s; of that crate nothing else is used, its chunk and AMF0 readers are not made for
//! a public port.

use rml_rtmp::handshake::{Handshake as Exchange, HandshakeError, HandshakeProcessResult, PeerType};

use crate::Error;

pub struct Handshake {
    exchange: Exchange,
}

impl Handshake {
    /// The end that waits for the other.
    pub fn server() -> Self {
        Self { exchange: Exchange::new(PeerType::Server) }
    }

    /// The end that begins, and what it sends first.
    pub fn client() -> Result<(Self, Vec<u8>), Error> {
        let mut exchange = Exchange::new(PeerType::Client);
        let output = exchange.generate_outbound_p0_and_p1().map_err(not_rtmp)?;
        Ok((Self { exchange }, output))
    }

    /// Takes bytes of the peer and adds what is to be sent to `output`. Once it is complete: the bytes behind the
    /// handshake, which are the first chunks; it is not to be called again.
    pub fn push(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        match self.exchange.process_bytes(input).map_err(not_rtmp)? {
            HandshakeProcessResult::InProgress { response_bytes } => {
                output.extend(response_bytes);
                Ok(None)
            }
            HandshakeProcessResult::Completed { response_bytes, remaining_bytes } => {
                output.extend(response_bytes);
                Ok(Some(remaining_bytes))
            }
        }
    }
}

fn not_rtmp(error: HandshakeError) -> Error {
    Error::malformed(format!("not an RTMP handshake: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_finish_whatever_the_pieces() {
        for piece in [1, 7, 1536, 4096] {
            let mut server = Handshake::server();
            let (mut client, c0_c1) = Handshake::client().unwrap();
            let mut answer = Vec::new();
            for bytes in c0_c1.chunks(piece) {
                server.push(bytes, &mut answer).unwrap();
            }
            let mut c2 = Vec::new();
            let mut done = false;
            for bytes in answer.chunks(piece) {
                done |= client.push(bytes, &mut c2).unwrap().is_some();
            }
            assert!(done, "pieces of {piece}");
            c2.extend(b"first chunk");
            let rest = server.push(&c2, &mut answer).unwrap();
            assert_eq!(rest.as_deref(), Some(&b"first chunk"[..]));
        }
    }

    #[test]
    fn the_simple_handshake_is_answered_with_an_echo() {
        let mut server = Handshake::server();
        let c1 = [vec![0; 8], vec![0x5a; 1528]].concat();
        let mut answer = Vec::new();
        server.push(&[vec![3], c1.clone()].concat(), &mut answer).unwrap();
        assert_eq!(answer.len(), 1 + 1536 + 1536);
        assert_eq!(answer[1 + 1536..], c1);
    }

    #[test]
    fn other_protocols_are_noticed_at_their_first_byte() {
        for greeting in [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01", b"\x06"] {
            assert!(Handshake::server().push(greeting, &mut Vec::new()).is_err());
        }
    }
}
