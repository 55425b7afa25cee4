//! A peer driven by hand.

use bytes::BytesMut;
use rtmp::amf0::{Object, Value};
use rtmp::chunk::{ChunkReader, ChunkStreamId, ChunkWriter};
use rtmp::handshake::Handshake;
use rtmp::message::{Command, Message};
use rtmp::{Event, Limits, ServerConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

/// Large enough for all handshakes and answers.
pub(super) const PIPE: usize = 64 << 10;

/// Shakes hands as a client that is written out.
pub(super) async fn shake_hands(stream: &mut DuplexStream) {
    let (mut handshake, output) = Handshake::client().unwrap();
    stream.write_all(&output).await.unwrap();
    let mut input = vec![0; 1 + 1536 + 1536];
    stream.read_exact(&mut input).await.unwrap();
    let mut answer = Vec::new();
    handshake.push(&input, &mut answer).unwrap();
    stream.write_all(&answer).await.unwrap();
}

/// A connection behind its handshake, and the peer's end.
pub(super) async fn connected() -> (ServerConnection<DuplexStream>, DuplexStream) {
    let (ours, mut theirs) = duplex(PIPE);
    let (connection, ()) =
        tokio::join!(ServerConnection::accept(ours, Limits::default()), shake_hands(&mut theirs));
    (connection.unwrap(), theirs)
}

/// A peer that says commands and hears messages.
pub(super) struct ByHand {
    stream: DuplexStream,
    writer: ChunkWriter,
    reader: ChunkReader,
}

impl ByHand {
    /// A player of `demo` on message stream 1, and the connection that has accepted it. The pipe is this long.
    pub(super) async fn playing(pipe: usize) -> (ServerConnection<DuplexStream>, Self) {
        let (ours, mut stream) = duplex(pipe);
        let (connection, ()) =
            tokio::join!(ServerConnection::accept(ours, Limits::default()), shake_hands(&mut stream));
        let mut connection = connection.unwrap();
        let mut peer = Self::new(stream);
        peer.connect().await;
        peer.call(0, "createStream", [Value::Null]).await;
        peer.call(1, "play", [Value::Null, Value::from("demo"), Value::Number(-2000.0)]).await;
        let accept = async {
            while !matches!(connection.next_event().await.unwrap(), Some(Event::PlayRequested { .. })) {}
            connection.accept_play().await.unwrap();
        };
        tokio::join!(accept, peer.hear("NetStream.Play.Start"));
        (connection, peer)
    }

    /// A peer that has shaken hands.
    pub(super) fn new(stream: DuplexStream) -> Self {
        Self { stream, writer: ChunkWriter::default(), reader: ChunkReader::new(&Limits::default()) }
    }

    pub(super) async fn connect(&mut self) {
        self.call(0, "connect", [Value::Object(Object::new().with("app", "live"))]).await;
    }

    pub(super) async fn call(&mut self, stream_id: u32, name: &str, values: impl Into<Vec<Value>>) {
        self.say(&Command::new(name, 1.0, values).message(stream_id)).await;
    }

    pub(super) async fn say(&mut self, message: &Message) {
        let mut bytes = BytesMut::new();
        self.writer.write(ChunkStreamId::of(message.kind), message, &mut bytes);
        self.stream.write_all(&bytes).await.unwrap();
    }

    /// Reads messages up to the status with this code, and a little more than that.
    pub(super) async fn hear(&mut self, code: &str) {
        loop {
            for message in self.read(1024).await {
                let command = Command::parse(&message, &Limits::default());
                let status = command.ok().and_then(|command| command.argument(0).cloned());
                let said = status.as_ref().and_then(Value::as_object).and_then(|info| info.text("code"));
                if said == Some(code) {
                    return;
                }
            }
        }
    }

    /// Reads so many bytes at most, and answers the messages that they end.
    pub(super) async fn read(&mut self, most: usize) -> Vec<Message> {
        let mut input = vec![0; most];
        let length = self.stream.read(&mut input).await.unwrap();
        let mut input = &input[..length];
        std::iter::from_fn(|| self.reader.read(&mut input).unwrap()).collect()
    }
}
