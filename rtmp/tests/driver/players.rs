//! What the driver does when a player is quick, slow, silent or gone.

use std::time::Duration;

use media::flv::{Tag, TagKind};
use rtmp::amf0::Value;
use rtmp::message::UserControl;
use rtmp::{Chunked, Error, Event, Introduction, Limits, Player, ServerConnection, ServerSession};
use tokio::io::{DuplexStream, duplex};
use tokio::time::{Instant, sleep, timeout};

use super::hands::{ByHand, PIPE};

/// Long enough to tell who waits for ever from who waits.
const MINUTE: Duration = Duration::from_secs(60);

fn sound(timestamp: u32, size: usize) -> Chunked {
    ServerSession::chunked(Tag { kind: TagKind::Audio, timestamp, body: vec![1; size].into() })
}

/// Our own player, and the connection that has accepted it.
async fn playing(limits: Limits) -> (Player<DuplexStream>, ServerConnection<DuplexStream>) {
    let (ours, theirs) = duplex(PIPE);
    let url = "rtmp://localhost/live".parse().unwrap();
    let introduction = Introduction::default();
    let serve = async {
        let mut connection = ServerConnection::accept(ours, Limits::default()).await.unwrap();
        while !matches!(connection.next_event().await.unwrap(), Some(Event::PlayRequested { .. })) {}
        connection.accept_play().await.unwrap();
        connection
    };
    let (player, connection) = tokio::join!(Player::play(theirs, &url, "demo", &introduction, limits), serve);
    (player.unwrap(), connection)
}

#[tokio::test(start_paused = true)]
async fn tags_leave_while_the_owner_waits_for_events() {
    let (mut player, mut connection) = playing(Limits::default()).await;
    for timestamp in 0..3 {
        connection.play_tag(&sound(timestamp, 10_000));
    }
    assert!(connection.unsent() > 30_000);
    let receive = async {
        let mut times = Vec::new();
        while times.len() < 3 {
            times.push(player.next_tag().await.unwrap().unwrap().timestamp);
        }
        times
    };
    tokio::select! {
        event = connection.next_event() => panic!("{event:?}"),
        times = receive => assert_eq!(times, [0, 1, 2]),
    }
    assert_eq!(connection.unsent(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_player_that_reads_nothing_is_cut_off() {
    let (mut connection, _peer) = ByHand::playing(4096).await;
    connection.play_tag(&sound(0, 100_000));
    let start = Instant::now();
    let event = connection.next_event().await;
    let expected = Error::Timeout("waiting for the peer to take what it is sent");
    assert_eq!(event.unwrap_err(), expected);
    assert_eq!(start.elapsed(), Limits::default().write_timeout);
}

#[tokio::test(start_paused = true)]
async fn a_player_that_takes_a_byte_now_and_then_is_cut_off_however_often_it_is_waited_for() {
    let (mut connection, mut peer) = ByHand::playing(4096).await;
    let start = Instant::now();
    let trickle = async {
        loop {
            sleep(Duration::from_millis(100)).await;
            peer.read(1).await;
        }
    };
    let serve = async {
        connection.play_tag(&sound(0, 100_000));
        loop {
            if let Ok(event) = timeout(Duration::from_millis(33), connection.next_event()).await {
                break event;
            }
            connection.play_tag(&sound(1, 10));
        }
    };
    tokio::select! {
        event = serve => assert!(matches!(event, Err(Error::Timeout(_))), "{event:?}"),
        () = trickle => {}
    }
    let took = start.elapsed();
    assert!((Limits::default().write_timeout..MINUTE).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_player_that_is_always_a_little_behind_and_says_nothing_stays() {
    let (mut connection, mut peer) = ByHand::playing(4096).await;
    let read = async {
        loop {
            sleep(Duration::from_millis(100)).await;
            peer.read(1000).await;
        }
    };
    let serve = async {
        loop {
            if connection.unsent() < 20_000 {
                connection.play_tag(&sound(0, 1000));
            }
            assert!(connection.unsent() > 0, "it is always behind");
            let waited = timeout(Duration::from_millis(50), connection.next_event()).await;
            assert!(waited.is_err(), "{waited:?}");
        }
    };
    let watched = timeout(MINUTE, async { tokio::join!(read, serve) }).await;
    assert!(watched.is_err());
    // When at last all is taken, it has the usual time to answer a ping.
    let start = Instant::now();
    let heard = async {
        loop {
            let messages = peer.read(4096).await;
            if messages.iter().any(|message| is_ping(&message.body)) {
                return start.elapsed();
            }
        }
    };
    tokio::select! {
        event = connection.next_event() => panic!("{event:?}"),
        asked = heard => assert_eq!(asked, Limits::default().ping_after),
    }
}

fn is_ping(body: &[u8]) -> bool {
    matches!(UserControl::parse(body), Some(UserControl::PingRequest(_)))
}

#[tokio::test(start_paused = true)]
async fn a_slow_player_is_heard() {
    for waits_for_sent in [false, true] {
        let (mut connection, mut peer) = ByHand::playing(4096).await;
        connection.play_tag(&sound(0, 100_000));
        peer.call(0, "deleteStream", [Value::Null, Value::Number(1.0)]).await;
        if waits_for_sent {
            let waited = timeout(Duration::from_secs(1), connection.sent()).await;
            assert!(waited.is_err(), "nobody has read anything");
        }
        let event = timeout(Duration::from_secs(1), connection.next_event()).await.unwrap();
        assert!(matches!(event, Ok(Some(Event::Stopped))), "{event:?}");
        assert!(connection.unsent() > 90_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_player_that_is_gone_while_much_waits_for_it_is_noticed() {
    let (mut connection, peer) = ByHand::playing(4096).await;
    connection.play_tag(&sound(0, 100_000));
    let waited = timeout(Duration::from_secs(1), connection.sent()).await;
    assert!(waited.is_err());
    drop(peer);
    connection.sent().await.unwrap();
    assert_eq!(connection.unsent(), 0, "what nobody takes is dropped");
    assert!(matches!(connection.next_event().await, Ok(None)));
}

#[tokio::test(start_paused = true)]
async fn a_silent_player_is_pinged_and_cut_off() {
    let (mut connection, mut peer) = ByHand::playing(PIPE).await;
    let start = Instant::now();
    let event = connection.next_event().await;
    assert_eq!(event.unwrap_err(), Error::Timeout("waiting for any sign of life"));
    assert_eq!(start.elapsed(), Limits::default().read_timeout);
    assert!(peer.read(1024).await.iter().any(|message| is_ping(&message.body)));
}

#[tokio::test(start_paused = true)]
async fn a_player_that_has_nothing_to_play_and_answers_pings_stays() {
    let patient = Limits { media_timeout: MINUTE * 60, ..Limits::default() };
    let (mut player, mut connection) = playing(patient).await;
    let both = async { tokio::join!(connection.next_event(), player.next_tag()) };
    assert!(timeout(MINUTE, both).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_player_notices_that_nothing_comes_any_more_even_if_it_looks_elsewhere_meanwhile() {
    let (mut player, mut connection) = playing(Limits::default()).await;
    sleep(Duration::from_secs(5)).await;
    connection.play_tag(&sound(0, 10));
    let start = Instant::now();
    let watch = async {
        let mut tags = 0;
        loop {
            match timeout(Duration::from_secs(1), player.next_tag()).await {
                Ok(Ok(tag)) => tags += usize::from(tag.is_some()),
                Ok(Err(error)) => break (tags, error),
                Err(_) => {}
            }
        }
    };
    tokio::select! {
        event = connection.next_event() => panic!("{event:?}"),
        seen = watch => assert_eq!(seen, (1, Error::Timeout("waiting for the stream"))),
    }
    assert_eq!(start.elapsed(), Limits::default().media_timeout);
}

#[tokio::test(start_paused = true)]
async fn a_player_that_leaves_is_noticed_however_it_leaves() {
    let (player, mut connection) = playing(Limits::default()).await;
    drop(player);
    assert!(matches!(connection.next_event().await, Ok(None)));

    let (player, mut connection) = playing(Limits::default()).await;
    let (closed, events) = tokio::join!(player.close(), async {
        let events = [connection.next_event().await.unwrap(), connection.next_event().await.unwrap()];
        drop(connection);
        events
    });
    closed.unwrap();
    assert!(matches!(events, [Some(Event::Stopped), None]), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_player_hears_the_end_and_why() {
    let (mut player, mut connection) = playing(Limits::default()).await;
    let (ended, tag) = tokio::join!(connection.end_play(), async {
        while player.next_tag().await.unwrap().is_some() {}
        let again = player.next_tag().await;
        drop(player);
        again
    });
    ended.unwrap();
    assert!(matches!(tag, Ok(None)), "{tag:?}");

    let (mut player, mut connection) = playing(Limits::default()).await;
    let rejection = rtmp::PlayRejection::Dropped;
    let (ended, error) = tokio::join!(connection.reject_play(rejection), async {
        loop {
            if let Err(error) = player.next_tag().await {
                drop(player);
                break error;
            }
        }
    });
    ended.unwrap();
    let Error::Refused { code, description } = error else { panic!("{error}") };
    assert_eq!((code.as_str(), description.as_str()), (rejection.code(), rejection.description()));
}

#[tokio::test(start_paused = true)]
async fn who_has_played_may_publish_on_the_same_connection_and_play_again() {
    let (mut connection, mut peer) = ByHand::playing(PIPE).await;
    peer.call(1, "closeStream", [Value::Null]).await;
    peer.call(1, "publish", [Value::Null, Value::from("s3cret")]).await;
    assert!(matches!(connection.next_event().await, Ok(Some(Event::Stopped))));
    assert!(matches!(connection.next_event().await, Ok(Some(Event::PublishRequested { .. }))));
    connection.accept_publish().await.unwrap();
    peer.hear("NetStream.Publish.Start").await;
    connection.play_tag(&sound(0, 10));
    assert_eq!(connection.unsent(), 0, "it does not play");

    peer.call(0, "deleteStream", [Value::Null, Value::Number(1.0)]).await;
    peer.call(0, "createStream", [Value::Null]).await;
    peer.call(1, "play", [Value::Null, Value::from("demo")]).await;
    assert!(matches!(connection.next_event().await, Ok(Some(Event::Unpublished))));
    assert!(matches!(connection.next_event().await, Ok(Some(Event::PlayRequested { .. }))));
    connection.accept_play().await.unwrap();
    peer.hear("NetStream.Play.Start").await;
    // The time for media is not a player's.
    peer.say(&UserControl::PingResponse(1).message()).await;
    connection.play_tag(&sound(0, 10));
    assert!(connection.unsent() > 0);
}
