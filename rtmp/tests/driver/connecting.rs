//! What the driver does for an owner who decides on connections.

use std::time::Duration;

use rtmp::message::UserControl;
use rtmp::{
    ConnectRejection, Error, Event, Introduction, Limits, Player, Publisher, RtmpUrl, ServerConnection,
};
use tokio::io::{DuplexStream, duplex};
use tokio::time::sleep;

use super::hands::{ByHand, PIPE, shake_hands};

fn url() -> RtmpUrl {
    "rtmp://localhost/live".parse().unwrap()
}

/// Reads up to the introduction.
async fn meet(stream: DuplexStream) -> ServerConnection<DuplexStream> {
    let mut connection = ServerConnection::deferring(stream, Limits::default()).await.unwrap();
    let event = connection.next_event().await;
    assert!(matches!(&event, Ok(Some(Event::Connected(peer))) if peer.app == "live"), "{event:?}");
    connection
}

#[tokio::test(start_paused = true)]
async fn a_decision_may_take_longer_than_a_peer() {
    let (ours, theirs) = duplex(PIPE);
    let serve = async {
        let mut connection = meet(ours).await;
        let decision = sleep(Limits::default().request_timeout * 3);
        tokio::select! {
            () = decision => {}
            event = connection.next_event() => panic!("{event:?}"),
        }
        connection.accept_connect().await.unwrap();
        assert!(matches!(connection.next_event().await, Ok(Some(Event::PublishRequested { .. }))));
        connection.accept_publish().await.unwrap();
    };
    let (url, key) = (url(), "s3cret".into());
    let publish = Publisher::publish(theirs, &url, &key, Limits::default());
    let (published, ()) = tokio::join!(publish, serve);
    published.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_is_let_in_has_to_ask_for_something() {
    let (ours, mut theirs) = duplex(PIPE);
    let serve = async {
        let mut connection = meet(ours).await;
        connection.accept_connect().await.unwrap();
        connection.next_event().await
    };
    let connect = async {
        shake_hands(&mut theirs).await;
        let mut peer = ByHand::new(theirs);
        peer.connect().await;
        peer.hear("NetConnection.Connect.Success").await;
        loop {
            sleep(Duration::from_secs(1)).await;
            peer.say(&UserControl::PingResponse(1).message()).await;
        }
    };
    let event = tokio::select! {
        event = serve => event,
        () = connect => unreachable!(),
    };
    let expected = Error::Timeout("waiting for a request to publish or play");
    assert_eq!(event.unwrap_err(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_publisher_and_a_player_hear_why_they_may_not_connect() {
    let rejection = ConnectRejection::Elsewhere("rtmp://other/live".to_owned());
    let hears = |refused: Error| {
        let Error::Refused { code, description } = refused else { panic!("{refused}") };
        assert_eq!((code.as_str(), &*description), (rejection.code(), &*rejection.description()));
    };
    let turn_away = async |stream| meet(stream).await.reject_connect(&rejection).await.unwrap();

    let (ours, theirs) = duplex(PIPE);
    let (url, key) = (url(), "s3cret".into());
    let publish = Publisher::publish(theirs, &url, &key, Limits::default());
    let (published, ()) = tokio::join!(publish, turn_away(ours));
    hears(published.unwrap_err());

    let (ours, theirs) = duplex(PIPE);
    let introduction = Introduction::default();
    let play = Player::play(theirs, &url, "demo", &introduction, Limits::default());
    let (played, ()) = tokio::join!(play, turn_away(ours));
    hears(played.unwrap_err());
}
