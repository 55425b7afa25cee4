//! Who is served for how long, without a network: HTTP/2 over a pipe, in time that passes as fast as nothing happens.

use axum::routing::get;
use bytes::Bytes;
use h2::client::SendRequest;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::super::activity::IDLE;
use super::*;

const PEER: ([u8; 4], u16) = ([203, 0, 113, 7], 1);

/// Larger than the window that a peer gives without saying anything.
const LARGE: usize = 200_000;

/// A client, and both sides of its connection: the server's tells how it ended, the client's answers pings, as programs do.
async fn connect() -> (SendRequest<Bytes>, JoinSet<Option<End>>) {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let router = Router::new()
        .route("/small", get(async || "small"))
        .route("/slow", get(async || sleep(IDLE * 3).await))
        .route("/large", get(async || vec![7; LARGE]));
    let mut sides = JoinSet::new();
    let web = Web { router, connections: Connections::new(10), access: Arc::default() };
    sides.spawn(async move { Some(connection(theirs, PEER.into(), &web, Shutdown::new()).await) });
    let (client, connection) = h2::client::handshake(ours).await.unwrap();
    sides.spawn(async {
        let _ = connection.await;
        None
    });
    (client, sides)
}

async fn ask(client: &mut SendRequest<Bytes>, path: &str) -> h2::RecvStream {
    let request = Request::get(format!("http://test{path}")).body(()).unwrap();
    let (answer, _) = client.send_request(request, true).unwrap();
    answer.await.unwrap().into_body()
}

/// Seconds until the connection ends as idle.
async fn seconds_until_idle(sides: JoinSet<Option<End>>) -> u64 {
    let since = Instant::now();
    let ends = sides.join_all().await;
    assert!(ends.contains(&Some(End::Idle)), "{ends:?}");
    since.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn answering_pings_is_no_use_of_a_connection() {
    let (mut client, sides) = connect().await;
    drop(ask(&mut client, "/small").await);
    let seconds = seconds_until_idle(sides).await;
    assert!((60..63).contains(&seconds), "{seconds}");
    assert!(client.ready().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn who_asks_now_and_then_stays() {
    let (mut client, mut sides) = connect().await;
    for _ in 0..5 {
        drop(ask(&mut client, "/small").await);
        sleep(IDLE / 2).await;
    }
    drop(ask(&mut client, "/slow").await);
    assert!(sides.try_join_next().is_none());
    let seconds = seconds_until_idle(sides).await;
    assert!((60..63).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn who_asks_and_does_not_take_the_answer_goes() {
    let (mut client, sides) = connect().await;
    // Nothing gives the window back.
    let _untaken = ask(&mut client, "/large").await;
    let seconds = seconds_until_idle(sides).await;
    assert!((60..63).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn who_takes_an_answer_slowly_gets_it() {
    let (mut client, _sides) = connect().await;
    let mut answer = ask(&mut client, "/large").await;
    let mut taken = 0;
    while let Some(piece) = answer.data().await {
        let length = piece.unwrap().len();
        taken += length;
        sleep(IDLE / 3).await;
        answer.flow_control().release_capacity(length).unwrap();
    }
    assert_eq!(taken, LARGE);
}
