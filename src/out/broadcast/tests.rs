//! Subscribers of every kind before one session.

use std::sync::Arc;

use bytes::Bytes;
use media::flow::Queued as _;
use media::flv::{Demuxer, TagKind};
use media::packet::{Packet, Track};
use media::time::MediaTime;
use media::{AudioConfig, VideoConfig};
use rtmp::Capabilities;

use super::*;

const AVC_320X180: [u8; 38] = [
    0x01, 0x42, 0xc0, 0x0c, 0xff, 0xe1, 0x00, 0x17, 0x67, 0x42, 0xc0, 0x0c, 0xda, 0x05, 0x06, 0x7e, 0x7c,
    0x04, 0x40, 0x00, 0x00, 0x03, 0x00, 0x40, 0x00, 0x00, 0x0c, 0x83, 0xc5, 0x0a, 0xa8, 0x01, 0x00, 0x04,
    0x68, 0xce, 0x0f, 0xc8,
];
const AV1_480X270: [u8; 17] =
    [0x81, 0x00, 0x0c, 0x00, 0x0a, 0x0b, 0x02, 0x00, 0x00, 0x05, 0x22, 0x3b, 0xf0, 0xd0, 0x0b, 0xe0, 0x01];
const ENHANCED: Rendition = Rendition::enhanced(2);

/// A session that has begun with H.264 and AAC.
fn begun() -> Arc<Broadcast> {
    let broadcast = Broadcast::new();
    feed(&broadcast, Rendition::SOURCE, video(VideoConfig::avc(Bytes::from_static(&AVC_320X180)).unwrap()));
    feed(&broadcast, Rendition::AUDIO, audio(AudioConfig::aac_low_complexity(48_000, 2).unwrap()));
    broadcast
}

fn feed(broadcast: &Broadcast, rendition: Rendition, unit: Unit) {
    broadcast.unit(rendition, &unit, Arrival::now()).unwrap();
}

fn video(config: VideoConfig) -> Unit {
    Unit::VideoConfig(Arc::new(config))
}

fn audio(config: AudioConfig) -> Unit {
    Unit::AudioConfig(Arc::new(config))
}

fn packet(track: Track, millis: i64, key: bool) -> Unit {
    let time = MediaTime::from_millis(millis);
    let data = Bytes::from_static(if key { &[0, 0, 0, 1, 0x65] } else { &[0, 0, 0, 1, 0x41] });
    Unit::Packet(Packet { track, dts: time, pts: time, key, recovery: false, data })
}

fn picture(broadcast: &Broadcast, millis: i64, key: bool) {
    feed(broadcast, Rendition::SOURCE, packet(Track::Video, millis, key));
}

fn sound(broadcast: &Broadcast, rendition: Rendition, millis: i64) {
    feed(broadcast, rendition, packet(Track::Audio, millis, true));
}

/// What waits for a subscriber: the kind and time of each tag.
fn waits(subscription: &Subscription) -> Vec<String> {
    let items = subscription.queue.drain();
    let told = items.iter().map(|item| {
        let tag = item.tag.tag();
        let name = match tag.kind {
            TagKind::Script => "about",
            TagKind::Video => "picture",
            TagKind::Audio => "sound",
        };
        if item.packet().is_some() { format!("{name} {}", tag.timestamp) } else { name.to_owned() }
    });
    told.collect()
}

#[test]
fn who_comes_in_the_middle_begins_at_the_newest_keyframe() {
    let broadcast = begun();
    for (millis, key) in [(0, true), (40, false), (80, true), (120, false)] {
        sound(&broadcast, Rendition::AUDIO, millis + 1);
        picture(&broadcast, millis, key);
    }
    let subscription = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    picture(&broadcast, 160, false);
    let expected =
        ["about", "picture", "sound", "picture 80", "sound 81", "picture 120", "sound 121", "picture 160"];
    assert_eq!(waits(&subscription), expected);
}

#[test]
fn what_is_handed_on_is_what_came_in() {
    let broadcast = begun();
    let subscription = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    picture(&broadcast, 0, true);
    picture(&broadcast, 40, false);
    let mut demuxer = Demuxer::new();
    for item in subscription.queue.drain() {
        demuxer.push(item.tag.tag()).unwrap();
    }
    demuxer.finish();
    let units = std::iter::from_fn(|| demuxer.pull());
    let packets: Vec<_> = units.filter_map(|unit| unit.packet().cloned()).collect();
    let expected = [packet(Track::Video, 0, true), packet(Track::Video, 40, false)];
    assert_eq!(packets, expected.map(|unit| unit.packet().cloned().unwrap()));
}

#[test]
fn each_gets_its_own_rendition() {
    let broadcast = begun();
    let source = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    let enhanced = broadcast.subscribe(&Wish::usual(ENHANCED.id));
    assert_eq!(broadcast.subscribers(), 2);
    waits(&source);
    waits(&enhanced);
    picture(&broadcast, 0, true);
    feed(&broadcast, ENHANCED, packet(Track::Video, 500, true));
    assert_eq!((waits(&source), waits(&enhanced)), (vec!["picture 0".into()], vec!["picture 500".into()]));
    drop(source);
    assert_eq!(broadcast.subscribers(), 1);
}

#[test]
fn pictures_that_a_player_does_not_know_end_its_subscription() {
    let av1 = || video(VideoConfig::av1(Bytes::from_static(&AV1_480X270)).unwrap());
    let broadcast = begun();
    let early = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    feed(&broadcast, Rendition::SOURCE, av1());
    let late = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    for subscription in [early, late] {
        assert_eq!(subscription.why(), Some(End::Codec));
    }
    let knows = Capabilities::of(&[*b"av01"]);
    assert_eq!(
        broadcast.subscribe(&Wish { knows: Some(&knows), ..Wish::usual(Rendition::SOURCE.id) }).why(),
        None
    );
}

#[test]
fn opus_goes_to_who_knows_it_and_aac_to_the_others() {
    let broadcast = begun();
    let opus = Bytes::from_static(b"OpusHead\x01\x02\x38\x01\x80\xbb\0\0\0\0\0");
    feed(&broadcast, Rendition::AUDIO, audio(AudioConfig::opus(opus).unwrap()));
    feed(&broadcast, Rendition::AAC, audio(AudioConfig::aac_low_complexity(48_000, 2).unwrap()));
    let knows = Capabilities::of(&[*b"Opus"]);
    let knowing = broadcast.subscribe(&Wish { knows: Some(&knows), ..Wish::usual(Rendition::SOURCE.id) });
    let other = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    waits(&knowing);
    waits(&other);
    sound(&broadcast, Rendition::AUDIO, 1);
    sound(&broadcast, Rendition::AAC, 2);
    assert_eq!((waits(&knowing), waits(&other)), (vec!["sound 1".into()], vec!["sound 2".into()]));
}

#[tokio::test]
async fn the_end_of_the_session_is_theirs() {
    let broadcast = begun();
    let subscription = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    waits(&subscription);
    picture(&broadcast, 0, true);
    broadcast.finish().unwrap();
    assert!(subscription.next().await.is_some(), "what has come is still theirs");
    assert!(subscription.next().await.is_none());
    assert_eq!(subscription.why(), Some(End::Finished));
    assert_eq!(broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id)).why(), Some(End::Finished));
}

#[test]
fn memory_is_bounded_without_keyframes_and_without_readers() {
    let broadcast = begun();
    let slow = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    picture(&broadcast, 0, true);
    for n in 1..10_000 {
        picture(&broadcast, n * 40, false);
        sound(&broadcast, Rendition::AUDIO, n * 40);
    }
    assert!(slow.queue.len() <= 1500 && slow.dropped() > 0);
    let state = broadcast.0.lock();
    assert!(state.lines.iter().all(|line| line.since(MediaTime::ZERO).len() <= 1500));
    drop(state);
    let late = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    assert!(!waits(&late).iter().any(|tag| tag.starts_with("picture ")), "it waits for a keyframe");
}

#[test]
fn who_is_there_first_gets_every_description() {
    let broadcast = Broadcast::new();
    let early = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    feed(&broadcast, Rendition::AUDIO, audio(AudioConfig::aac_low_complexity(48_000, 2).unwrap()));
    feed(&broadcast, Rendition::SOURCE, video(VideoConfig::avc(Bytes::from_static(&AVC_320X180)).unwrap()));
    let mut told = waits(&early);
    told.sort();
    assert_eq!(told, ["about", "picture", "sound"]);
}

#[test]
fn sound_alone_begins_now() {
    let broadcast = Broadcast::new();
    feed(&broadcast, Rendition::AUDIO, audio(AudioConfig::aac_low_complexity(48_000, 2).unwrap()));
    sound(&broadcast, Rendition::AUDIO, 0);
    let late = broadcast.subscribe(&Wish::usual(Rendition::SOURCE.id));
    sound(&broadcast, Rendition::AUDIO, 20);
    assert_eq!(waits(&late), ["about", "sound", "sound 20"], "nobody hears what is long over");
}

/// What waits for a subscriber that wants it in this manner, and comes behind the first pictures.
fn in_manner(manner: Manner) -> Vec<String> {
    let broadcast = begun();
    sound(&broadcast, Rendition::AUDIO, 0);
    picture(&broadcast, 10, true);
    let late = broadcast.subscribe(&Wish { manner, ..Wish::usual(Rendition::SOURCE.id) });
    sound(&broadcast, Rendition::AUDIO, 20);
    picture(&broadcast, 50, false);
    picture(&broadcast, 90, true);
    waits(&late)
}

#[test]
fn pictures_begin_with_a_keyframe_or_at_once() {
    let usual = Manner::default();
    let about = ["about", "picture", "sound"];
    let expected =
        |items: &[&str]| about.iter().chain(items).map(|item| (*item).to_owned()).collect::<Vec<_>>();
    assert_eq!(in_manner(usual), expected(&["picture 10", "sound 20", "picture 50", "picture 90"]));
    let now = Manner { start: Start::Now, ..usual };
    assert_eq!(in_manner(now), expected(&["sound 20", "picture 50", "picture 90"]));
    let silent = Manner { sound_waits: true, ..now };
    assert_eq!(in_manner(silent), expected(&["picture 50", "picture 90"]));
}

#[test]
fn metadata_is_made_passed_on_or_left_out() {
    let broadcast = begun();
    let said = |millis| Tag { kind: TagKind::Script, timestamp: millis, body: Bytes::from_static(b"said") };
    let wish = |metadata| Wish {
        manner: Manner { metadata, ..Manner::default() },
        ..Wish::usual(Rendition::SOURCE.id)
    };
    let early = broadcast.subscribe(&wish(Metadata::Publishers));
    broadcast.describe(said(1));
    let late = broadcast.subscribe(&wish(Metadata::Publishers));
    let none = broadcast.subscribe(&wish(Metadata::None));
    let own = broadcast.subscribe(&wish(Metadata::Own));
    let scripts = |subscription: &Subscription| {
        let tags = subscription.queue.drain().into_iter().map(|item| item.tag.tag().clone());
        tags.filter(|tag| tag.kind == TagKind::Script).collect::<Vec<_>>()
    };
    assert_eq!((scripts(&early), scripts(&late)), (vec![said(1)], vec![said(1)]));
    assert_eq!((scripts(&none).len(), scripts(&own).len()), (0, 1));
    // The next publisher's stream is another one.
    broadcast.discontinuity().unwrap();
    assert_eq!(scripts(&broadcast.subscribe(&wish(Metadata::Publishers))).len(), 0);
}
