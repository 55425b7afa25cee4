//! Streams that come and go.

use std::time::Duration;

use media::packet::Track;

use super::session::tests::{packet, video};
use super::*;
use crate::out::hls::Reload;
use crate::out::{Arrival, Rendition};

fn settings(name: &str, key: &str) -> StreamSettings {
    StreamSettings { name: name.parse().unwrap(), key: Some(key.parse().unwrap()), profile: None }
}

fn streams() -> Streams {
    Streams::new(Profile::Plain, SessionSettings::passthrough())
}

fn play(publication: &Publication) -> Result<(), Error> {
    publication.push(video(), Arrival::now())?;
    for number in 0..100 {
        publication.push(packet(Track::Video, number * 40), Arrival::now())?;
    }
    Ok(())
}

#[test]
fn nobody_takes_the_place_of_who_publishes_to_an_open_stream() {
    let streams = streams();
    let stream = streams.open(StreamSettings { key: None, ..settings("open", "unused") }).unwrap();
    let _first = stream.publish().unwrap();
    assert!(matches!(stream.publish(), Err(Error::InUse)));
    stream.falls_silent();
    assert!(stream.publish().is_ok(), "who says nothing is gone");
}

#[tokio::test]
async fn names_and_keys_are_one_streams_only() {
    let streams = streams();
    let first = streams.add(settings("a", "key-a")).unwrap();
    streams.add(settings("b", "key-b")).unwrap();
    assert_eq!(streams.add(settings("a", "key-c")).unwrap_err(), Error::NameTaken("a".parse().unwrap()));
    assert_eq!(streams.add(settings("c", "key-a")).unwrap_err(), Error::KeyTaken("c".parse().unwrap()));
    let names: Vec<_> = streams.all().iter().map(|stream| stream.name().to_string()).collect();
    assert_eq!(names, ["a", "b"]);
    assert!(Arc::ptr_eq(&streams.find(first.name()).unwrap(), &first));
    assert!(Arc::ptr_eq(&streams.authenticate(&"key-a".parse().unwrap()).unwrap(), &first));
    assert!(streams.authenticate(&"key-c".parse().unwrap()).is_none());
}

#[tokio::test]
async fn their_number_is_bounded_and_who_goes_makes_room() {
    let streams = streams();
    for number in 0..MAX_STREAMS {
        streams.add(settings(&format!("s{number}"), &format!("k{number}"))).unwrap();
    }
    let error = streams.add(settings("more", "more")).unwrap_err();
    assert_eq!(error.to_string(), "there are 1000 streams already; remove one first");
    streams.remove(&"s7".parse().unwrap()).await.unwrap();
    assert!(streams.add(settings("more", "more")).is_ok());
}

#[tokio::test]
async fn a_removed_stream_ends_as_if_the_server_did() {
    let streams = streams();
    let stream = streams.add(settings("demo", "s3cret")).unwrap();
    let publication = stream.publish().unwrap();
    play(&publication).unwrap();
    let packager = stream.packager().unwrap();
    streams.remove(stream.name()).await.unwrap();

    let text = packager.playlist(Rendition::SOURCE.id, Reload::default()).await.unwrap();
    assert!(text.ends_with(b"#EXT-X-ENDLIST\n"), "readers get the end");
    assert_eq!(play(&publication), Err(Error::Ended), "its publisher is told");
    assert_eq!(stream.publish().unwrap_err(), Error::Ended, "whoever found it before cannot publish");
    drop(publication);
    assert_eq!(stream.due(), None, "nobody is waited for");
    assert!(streams.find(stream.name()).is_none());
    assert!(streams.authenticate(&"s3cret".parse().unwrap()).is_none());
    let gone = Error::NoStream("demo".parse().unwrap());
    assert_eq!(streams.remove(stream.name()).await, Err(gone));

    let again = streams.add(settings("demo", "s3cret")).unwrap();
    assert!(again.packager().is_none(), "another stream of the same name begins anew");
    assert!(again.publish().is_ok());
}

#[tokio::test]
async fn who_has_the_key_takes_over_and_the_playlist_goes_on() {
    let streams = streams();
    let stream = streams.add(settings("demo", "s3cret")).unwrap();
    let first = stream.publish().unwrap();
    play(&first).unwrap();
    let packager = stream.packager().unwrap();
    let second = stream.publish().unwrap();
    first.replaced().await;
    assert_eq!(play(&first), Err(Error::Replaced), "nothing of it slips in");
    drop(first);
    assert!(
        matches!(stream.look(|presence, _| presence), Presence::Live { .. }),
        "it is not the one that left"
    );
    play(&second).unwrap();
    let text = packager.playlist(Rendition::SOURCE.id, Reload::default()).await.unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("#EXT-X-DISCONTINUITY\n") && !text.contains("ENDLIST"), "{text}");
    drop(second);
    assert!(stream.due().is_some());
}

#[tokio::test]
async fn two_publishers_do_not_take_turns_for_ever() {
    let streams = streams();
    let stream = streams.add(settings("demo", "s3cret")).unwrap();
    let mut publication = stream.publish().unwrap();
    let turns = (0..10).take_while(|_| {
        stream
            .publish()
            .map(|next| publication = next)
            .inspect_err(|error| assert_eq!(*error, Error::InUse))
            .is_ok()
    });
    assert_eq!(turns.count(), 3);
    assert!(play(&publication).is_ok(), "the last one stays");
    let problems = stream.look(|_, session| session.unwrap().problems.list());
    assert_eq!(problems[0].kind, "publishers-take-turns");
    stream.falls_silent();
    assert!(stream.publish().is_ok(), "whoever is not heard makes room all the same");
}

#[tokio::test]
async fn nobody_takes_over_where_that_is_not_wanted() {
    let mut streams = streams();
    Arc::get_mut(&mut streams.settings).unwrap().takeover = false;
    let stream = streams.add(settings("demo", "s3cret")).unwrap();
    let first = stream.publish().unwrap();
    assert_eq!(stream.publish().unwrap_err(), Error::InUse);
    play(&first).unwrap();
}

#[tokio::test]
async fn nothing_is_added_behind_the_end() {
    let streams = streams();
    let stream = streams.add(settings("demo", "s3cret")).unwrap();
    let publication = stream.publish().unwrap();
    streams.end().await;
    assert_eq!(streams.add(settings("late", "late")).unwrap_err(), Error::Ended);
    assert_eq!(play(&publication), Err(Error::Ended));
    assert!(streams.find(stream.name()).is_some(), "its playlist can still be read");
}

#[tokio::test(start_paused = true)]
async fn a_grace_period_ends_also_of_a_stream_that_came_later() {
    let mut streams = streams();
    Arc::get_mut(&mut streams.settings).unwrap().grace = Duration::ZERO;
    let streams = Arc::new(streams);
    let shutdown = Shutdown::new();
    let mut tasks = tokio::task::JoinSet::new();
    let keeper = Arc::clone(&streams);
    let end = shutdown.clone();
    tasks.spawn(async move { keeper.run(end).await });
    tokio::task::yield_now().await;

    let stream = streams.add(settings("demo", "s3cret")).unwrap();
    drop(stream.publish().unwrap());
    while !matches!(stream.look(|presence, _| presence), Presence::Over { .. }) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(stream.look(|_, session| session.unwrap().is_over()));
    shutdown.request();
    tasks.join_all().await;
}
