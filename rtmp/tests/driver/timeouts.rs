//! What the driver does when a peer is slow, silent or gone. Time is tokio's paused clock: it jumps when nobody can
//! go on.

use std::time::Duration;

use media::flv::{Tag, TagKind};
use rtmp::chunk::{ChunkStreamId, ChunkWriter};
use rtmp::handshake::Handshake;
use rtmp::message::{Message, MessageKind, UserControl};
use rtmp::{Error, Event, Limits, Publisher, Rejection, ServerConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, sleep};

use super::hands::{PIPE, connected};

/// A publisher and the connection that has accepted it.
async fn publishing(pipe: usize) -> (Publisher<DuplexStream>, ServerConnection<DuplexStream>) {
    let (ours, theirs) = duplex(pipe);
    let (url, key) = ("rtmp://localhost/live".parse().unwrap(), "s3cret".into());
    let serve = async {
        let mut connection = ServerConnection::accept(ours, Limits::default()).await.unwrap();
        while !matches!(connection.next_event().await.unwrap(), Some(Event::PublishRequested { .. })) {}
        connection.accept_publish().await.unwrap();
        connection
    };
    let (publisher, connection) =
        tokio::join!(Publisher::publish(theirs, &url, &key, Limits::default()), serve);
    (publisher.unwrap(), connection)
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_trickles_in_is_given_up() {
    let (ours, mut theirs) = duplex(PIPE);
    let start = Instant::now();
    let trickle = async {
        let (_, output) = Handshake::client().unwrap();
        for byte in output {
            sleep(Duration::from_millis(100)).await;
            theirs.write_all(&[byte]).await.unwrap();
        }
    };
    tokio::select! {
        accepted = ServerConnection::accept(ours, Limits::default()) => {
            assert!(matches!(accepted, Err(Error::Timeout("waiting for the handshake"))));
        }
        () = trickle => panic!("the whole handshake was awaited"),
    }
    assert_eq!(start.elapsed(), Limits::default().handshake_timeout);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_closes_during_the_handshake_is_gone() {
    let (ours, theirs) = duplex(PIPE);
    drop(theirs);
    assert!(matches!(ServerConnection::accept(ours, Limits::default()).await, Err(Error::Io(_))));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_publishes_is_cut_off_however_lively() {
    let (mut connection, mut peer) = connected().await;
    let start = Instant::now();
    let chatter = async {
        let mut bytes = bytes::BytesMut::new();
        let mut writer = ChunkWriter::default();
        loop {
            sleep(Duration::from_secs(1)).await;
            writer.write(ChunkStreamId::CONTROL, &UserControl::PingResponse(1).message(), &mut bytes);
            peer.write_all(&bytes.split()).await.unwrap();
        }
    };
    tokio::select! {
        event = connection.next_event() => {
            assert!(matches!(event, Err(Error::Timeout("waiting for a request to publish or play"))), "{event:?}");
        }
        () = chatter => {}
    }
    assert_eq!(start.elapsed(), Limits::default().request_timeout);
}

#[tokio::test(start_paused = true)]
async fn a_publisher_is_not_to_blame_for_the_time_that_its_server_thinks() {
    let (ours, theirs) = duplex(PIPE);
    let (url, key) = ("rtmp://localhost/live".parse().unwrap(), "s3cret".into());
    let serve = async {
        let mut connection = ServerConnection::accept(ours, Limits::default()).await.unwrap();
        while !matches!(connection.next_event().await.unwrap(), Some(Event::PublishRequested { .. })) {}
        sleep(Limits::default().read_timeout * 2).await;
        connection.accept_publish().await.unwrap();
        connection.next_event().await
    };
    let publish = async {
        let mut publisher = Publisher::publish(theirs, &url, &key, Limits::default()).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        let tag = Tag { kind: TagKind::Audio, timestamp: 0, body: vec![1].into() };
        publisher.send(&tag).await.unwrap();
        publisher
    };
    let (event, _publisher) = tokio::join!(serve, publish);
    assert!(matches!(event, Ok(Some(Event::Tag(_)))), "{event:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_publisher_is_pinged_once_and_cut_off() {
    let (mut connection, mut peer) = {
        let (publisher, connection) = publishing(PIPE).await;
        (connection, publisher.into_inner())
    };
    let start = Instant::now();
    let event = connection.next_event().await;
    assert!(matches!(event, Err(Error::Timeout("waiting for any sign of life"))), "{event:?}");
    assert_eq!(start.elapsed(), Limits::default().read_timeout);
    drop(connection);

    let mut said = Vec::new();
    peer.read_to_end(&mut said).await.unwrap();
    // One chunk with a header of four bytes, since it looks like the one before.
    assert!(matches!(UserControl::parse(&said[4..]), Some(UserControl::PingRequest(_))));
    assert_eq!(said.len(), 4 + 6);
}

#[tokio::test(start_paused = true)]
async fn a_publisher_that_only_answers_pings_is_told_and_loses_its_place() {
    let (mut publisher, mut connection) = publishing(PIPE).await;
    let start = Instant::now();
    let (event, error) = tokio::join!(connection.next_event(), async {
        let error = publisher.closed().await;
        // Nobody waits for it to close.
        drop(publisher);
        error
    });
    assert!(matches!(event, Err(Error::Timeout("waiting for sound or pictures"))), "{event:?}");
    let Error::Refused { code, description } = error else { panic!("{error}") };
    assert_eq!(
        (code.as_str(), description.as_str()),
        (Rejection::Idle.code(), Rejection::Idle.description())
    );
    assert_eq!(start.elapsed(), Limits::default().media_timeout);
}

#[tokio::test(start_paused = true)]
async fn how_long_a_publisher_may_be_quiet_is_for_the_owner_to_say() {
    let (mut publisher, mut connection) = publishing(PIPE).await;
    let long = Limits::default().media_timeout * 2;
    connection.wait_for_media(long);
    let start = Instant::now();
    let (event, ()) = tokio::join!(connection.next_event(), async {
        publisher.closed().await;
        // Nobody waits for it to close.
        drop(publisher);
    });
    assert!(matches!(event, Err(Error::Timeout("waiting for sound or pictures"))), "{event:?}");
    assert_eq!(start.elapsed(), long);
}

#[tokio::test(start_paused = true)]
async fn a_publisher_with_long_pauses_stays() {
    let (mut publisher, mut connection) = publishing(PIPE).await;
    let tag = Tag { kind: TagKind::Video, timestamp: 0, body: vec![1].into() };
    let send = async {
        for _ in 0..5 {
            let pause = Limits::default().media_timeout.mul_f64(0.9);
            tokio::select! {
                error = publisher.closed() => panic!("{error}"),
                () = sleep(pause) => publisher.send(&tag).await.unwrap(),
            }
        }
    };
    let receive = async {
        for _ in 0..5 {
            assert!(matches!(connection.next_event().await, Ok(Some(Event::Tag(_)))));
        }
    };
    tokio::join!(send, receive);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_reading_is_noticed() {
    let (mut publisher, _connection) = publishing(4096).await;
    let tag = Tag { kind: TagKind::Video, timestamp: 0, body: vec![0; 100_000].into() };
    let start = Instant::now();
    assert!(matches!(publisher.send(&tag).await, Err(Error::Timeout("sending"))));
    assert_eq!(start.elapsed(), Limits::default().write_timeout);
    assert!(publisher.unsent() > 90_000);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_send_is_finished_by_the_next() {
    let (mut publisher, mut connection) = publishing(4096).await;
    let tag = |timestamp, size| Tag { kind: TagKind::Video, timestamp, body: vec![7; size].into() };
    let dropped = tokio::time::timeout(Duration::from_secs(1), publisher.send(&tag(0, 100_000))).await;
    assert!(dropped.is_err());

    let (second, third) = (tag(40, 10), tag(80, 10));
    let send = async {
        publisher.send(&second).await.unwrap();
        publisher.send(&third).await.unwrap();
    };
    let receive = async {
        let mut sizes = Vec::new();
        while sizes.len() < 3 {
            if let Some(Event::Tag(tag)) = connection.next_event().await.unwrap() {
                sizes.push(tag.body.len());
            }
        }
        sizes
    };
    assert_eq!(tokio::join!(send, receive).1, [100_000, 10, 10]);
}

#[tokio::test(start_paused = true)]
async fn what_came_before_an_error_is_told_before_it() {
    let (publisher, mut connection) = publishing(PIPE).await;
    let mut peer = publisher.into_inner();
    let mut bytes = bytes::BytesMut::new();
    let mut writer = ChunkWriter::default();
    let audio = Message { kind: MessageKind::Audio, stream_id: 1, timestamp: 0, body: vec![1; 10].into() };
    writer.write(ChunkStreamId::AUDIO, &audio, &mut bytes);
    writer.write(ChunkStreamId::CONTROL, &Message::number(MessageKind::SetChunkSize, 0), &mut bytes);
    peer.write_all(&bytes).await.unwrap();
    assert!(matches!(connection.next_event().await, Ok(Some(Event::Tag(_)))));
    assert!(matches!(connection.next_event().await, Err(Error::Malformed(_))));
    assert!(matches!(connection.next_event().await, Ok(None)));
}

#[tokio::test(start_paused = true)]
async fn a_publisher_knows_soon_what_has_arrived() {
    let (mut publisher, mut connection) = publishing(PIPE).await;
    let tag = Tag { kind: TagKind::Video, timestamp: 0, body: vec![7; 10 << 10].into() };
    assert_eq!(publisher.arrived(), publisher.written(), "it has said nothing yet");
    for _ in 0..4 {
        let (sent, received) = tokio::join!(publisher.send(&tag), connection.next_event());
        sent.unwrap();
        assert!(matches!(received, Ok(Some(Event::Tag(_)))));
    }
    // Acknowledgements are heard while there is nothing to send.
    tokio::select! {
        error = publisher.closed() => panic!("{error}"),
        () = sleep(Duration::from_secs(1)) => {}
    }
    assert!((16 << 10..publisher.written()).contains(&publisher.arrived()), "{}", publisher.arrived());
}
