//! One RTMP connection: asks for admission, then publishes or plays, one thing at a time.

use std::time::Duration;

use rtmp::{ConnectRejection, Event, Limits, PlayRejection, Rejection, ServerConnection};
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::account::Account;
use super::admission::{Admission, Grant, PlayRequest, PublishRequest};
use super::half_open::Entry;
use super::publishing::Publishing;
use super::seat::{Played, Seat};
use crate::clients::{Entered, Letter, Role};
use crate::out::broadcast::End;

/// How long a decision on a peer may take: as long as hooks may at most, and as fetching from elsewhere behind them.
const DECISION: Duration = Duration::from_secs(75);

/// Bytes that wait for a player's network before it gets no more to send; what comes meanwhile waits in its queue, which drops.
const MOST_UNSENT: usize = 256 << 10;

/// Why a publication ends whose place another one takes.
const REPLACED: &str = "another publisher took over";

/// What a connection does.
enum Doing {
    Nothing,
    Publishes(Box<Publishing>, Account),
    Plays(Box<Seat>),
}

/// What happens next.
enum Next {
    Event(Option<Event>),
    Played(Played),
    /// A player has taken what it was sent.
    Sent,
    Replaced,
    Dropped,
    Letter(Letter),
}

/// Serves a connection until its peer is gone. Dropping the future ends what it does.
pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    client: &Entered,
    admission: &dyn Admission,
    limits: Limits,
    entry: &Entry,
) -> Result<(), rtmp::Error> {
    let peer = client.peer;
    let mut connection = ServerConnection::deferring(stream, limits).await?;
    let mut doing = Doing::Nothing;
    let mut _met = None;
    loop {
        client.count(connection.traffic());
        let next = next(&mut connection, &mut doing, client).await?;
        match next {
            Next::Replaced => {
                if let Doing::Publishes(_, account) = &mut doing {
                    account.ends(REPLACED);
                }
                drop(doing);
                return turn_away(connection, entry, client, &Rejection::Replaced).await;
            }
            Next::Dropped => return drop_peer(connection, doing, entry, client).await,
            Next::Letter(Letter::Recorder(notice, recorder)) => connection.tell_recorder(notice, &recorder),
            Next::Letter(Letter::Redirect(name)) => match redirect(doing, &name, client, admission).await {
                Ok(other) => doing = other,
                Err(Refused::Publisher(rejection)) => {
                    return turn_away(connection, entry, client, &rejection).await;
                }
                Err(Refused::Player(rejection)) => return connection.reject_play(rejection).await,
            },
            Next::Played(Played::Item(item)) => connection.play_tag(&item.tag),
            Next::Played(Played::PublisherCame) => {
                let Doing::Plays(seat) = &doing else { continue };
                client.take_role(Role::Plays(seat.stream.clone()));
                connection.play_goes_on(seat.settings.notices);
            }
            Next::Played(Played::PublisherLeft) => {
                let Doing::Plays(seat) = &doing else { continue };
                connection.play_waits(seat.settings.notices);
            }
            Next::Played(Played::End(why)) => return end_play(connection, why).await,
            Next::Sent => {}
            Next::Event(Some(Event::Connected(introduction))) => {
                let app = introduction.app.clone();
                client.introduce(*introduction);
                let decision = timeout(DECISION, admission.meet(client, &app)).await;
                match decision.unwrap_or(Err(Rejection::Unavailable)) {
                    Ok(guard) => {
                        _met = guard;
                        connection.accept_connect().await?;
                    }
                    Err(rejection) => {
                        tracing::debug!(%peer, app, "turned away: {}", rejection.description());
                        return connection.reject_connect(&ConnectRejection::NotAllowed).await;
                    }
                }
                tracing::debug!(%peer, app, "connected");
            }
            Next::Event(Some(Event::PublishRequested { app, key })) => {
                // What the connection had is given back first: it may ask for the same.
                drop(std::mem::replace(&mut doing, Doing::Nothing));
                let request = PublishRequest { app: &app, key: &key, client };
                match admit(admission, request, entry).await {
                    Ok(grant) => {
                        entry.authenticated();
                        let stream = grant.publication.name();
                        tracing::info!(%stream, %peer, app, "publisher came");
                        client.take_role(Role::Publishes(stream.clone()));
                        let account = Account::new(stream.clone(), client, &app);
                        if let Some(idle) = grant.idle {
                            connection.wait_for_media(idle);
                        }
                        doing = Doing::Publishes(Box::new(Publishing::new(grant)), account);
                        connection.accept_publish().await?;
                    }
                    Err(rejection) => return turn_away(connection, entry, client, &rejection).await,
                }
            }
            Next::Event(Some(Event::PlayRequested { app, name })) => {
                drop(std::mem::replace(&mut doing, Doing::Nothing));
                let request = PlayRequest { app: &app, name: &name, client };
                let decision = timeout(DECISION, admission.admit_player(request)).await;
                let decision = decision.unwrap_or(Err(PlayRejection::Unavailable));
                let seated = decision.and_then(|seat| {
                    client.plays(seat.stream.clone()).map_err(|_| PlayRejection::Unavailable)?;
                    Ok(seat)
                });
                match seated {
                    Ok(seat) => {
                        entry.authenticated();
                        tracing::info!(stream = %seat.stream, %peer, app, "player came");
                        if seat.settings.interleave {
                            connection.interleave();
                        }
                        doing = Doing::Plays(Box::new(seat));
                        connection.accept_play().await?;
                    }
                    Err(rejection) => {
                        if entry.may_log() {
                            tracing::info!(%peer, code = rejection.code(), "player turned away: {}", rejection.description());
                        }
                        return connection.reject_play(rejection).await;
                    }
                }
            }
            Next::Event(Some(Event::Tag(tag))) => {
                let Doing::Publishes(publishing, account) = &mut doing else { continue };
                match publishing.take(&tag) {
                    Ok(None) => {}
                    Ok(Some(warning)) => connection.warn_publisher(&warning).await?,
                    Err(rejection) => {
                        account.ends(match rejection {
                            Rejection::Replaced => REPLACED,
                            _ => "nothing of it could be used",
                        });
                        // Given back first: saying goodbye takes time.
                        drop(doing);
                        return turn_away(connection, entry, client, &rejection).await;
                    }
                }
            }
            Next::Event(Some(Event::Unpublished | Event::Stopped)) => {
                if let Doing::Publishes(_, account) = &mut doing {
                    account.ends("the publisher ended it");
                }
                doing = Doing::Nothing;
                client.take_role(Role::Waits);
            }
            Next::Event(Some(Event::Closed) | None) => return Ok(()),
        }
    }
}

async fn next<S: AsyncRead + AsyncWrite + Unpin>(
    connection: &mut ServerConnection<S>,
    doing: &mut Doing,
    client: &Entered,
) -> Result<Next, rtmp::Error> {
    let reads_slowly = connection.unsent() >= MOST_UNSENT;
    let (publishing, seat) = match doing {
        Doing::Publishes(publishing, _) => (Some(publishing), None),
        Doing::Plays(seat) => (None, Some(seat)),
        Doing::Nothing => (None, None),
    };
    let played = async {
        match seat {
            Some(seat) if !reads_slowly => {
                client.count_dropped(seat.dropped());
                seat.next().await
            }
            _ => std::future::pending().await,
        }
    };
    let happens = async {
        if reads_slowly {
            return connection.sent().await.map(|()| Next::Sent);
        }
        connection.next_event().await.map(Next::Event)
    };
    let replaced = async {
        match publishing {
            Some(publishing) => publishing.replaced().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        () = replaced => Ok(Next::Replaced),
        () = client.ended() => Ok(Next::Dropped),
        letter = client.letter() => Ok(Next::Letter(letter)),
        played = played => Ok(Next::Played(played)),
        next = happens => next,
    }
}

/// Why nothing comes of a redirect.
enum Refused {
    Publisher(Rejection),
    Player(PlayRejection),
}

/// The same under another name. Its peer is not asked, and learns nothing of it.
async fn redirect(
    doing: Doing,
    name: &str,
    client: &Entered,
    admission: &dyn Admission,
) -> Result<Doing, Refused> {
    let app = client.introduction().map(|said| said.app.clone()).unwrap_or_default();
    match doing {
        Doing::Nothing => Ok(Doing::Nothing),
        Doing::Publishes(publishing, account) => {
            let key = SecretString::from(name);
            let request = PublishRequest { app: &app, key: &key, client };
            let decision = timeout(DECISION, admission.admit(request)).await;
            let grant = decision.unwrap_or(Err(Rejection::Unavailable)).map_err(Refused::Publisher)?;
            let stream = grant.publication.name().clone();
            tracing::info!(%stream, peer = %client.peer, app, "publisher redirected");
            drop(account);
            client.take_role(Role::Publishes(stream.clone()));
            let moved = publishing.move_to(grant).map_err(|_| Refused::Publisher(Rejection::Unavailable))?;
            Ok(Doing::Publishes(Box::new(moved), Account::new(stream, client, &app)))
        }
        Doing::Plays(seat) => {
            drop(seat);
            let request = PlayRequest { app: &app, name, client };
            let decision = timeout(DECISION, admission.admit_player(request)).await;
            let seat = decision.unwrap_or(Err(PlayRejection::Unavailable)).map_err(Refused::Player)?;
            tracing::info!(stream = %seat.stream, peer = %client.peer, app, "player redirected");
            client.take_role(Role::Plays(seat.stream.clone()));
            Ok(Doing::Plays(Box::new(seat)))
        }
    }
}

/// Asks for admission, unless too many wrong keys came from this address.
async fn admit(
    admission: &dyn Admission,
    request: PublishRequest<'_>,
    entry: &Entry,
) -> Result<Grant, Rejection> {
    entry.may_try(request.client.peer)?;
    let decision = timeout(DECISION, admission.admit(request)).await;
    let decision = decision.unwrap_or(Err(Rejection::Unavailable));
    if decision.as_ref().is_err_and(|rejection| *rejection == Rejection::BadKey) {
        entry.tried_wrong_key(request.client.peer);
    }
    decision
}

async fn turn_away<S: AsyncRead + AsyncWrite + Unpin>(
    mut connection: ServerConnection<S>,
    entry: &Entry,
    client: &Entered,
    rejection: &Rejection,
) -> Result<(), rtmp::Error> {
    if entry.may_log() {
        let peer = client.peer;
        tracing::warn!(%peer, code = rejection.code(), "publisher turned away: {}", rejection.description());
    }
    connection.reject_publish(rejection).await
}

/// Somebody has decided that this peer goes.
async fn drop_peer<S: AsyncRead + AsyncWrite + Unpin>(
    mut connection: ServerConnection<S>,
    doing: Doing,
    entry: &Entry,
    client: &Entered,
) -> Result<(), rtmp::Error> {
    match doing {
        Doing::Nothing => Ok(()),
        Doing::Publishes(publishing, mut account) => {
            account.ends("it was dropped by order or by a hook");
            drop(publishing);
            drop(account);
            turn_away(connection, entry, client, &Rejection::Dropped).await
        }
        Doing::Plays(_) => connection.reject_play(PlayRejection::Dropped).await,
    }
}

async fn end_play<S: AsyncRead + AsyncWrite + Unpin>(
    mut connection: ServerConnection<S>,
    why: Option<End>,
) -> Result<(), rtmp::Error> {
    match why {
        Some(End::Codec) => connection.reject_play(PlayRejection::Codec).await,
        _ => connection.end_play().await,
    }
}
