//! One track without the other, before it, or behind it.

use std::sync::Arc;

use bytes::Bytes;
use media::{AudioConfig, MediaTime, Unit};

use super::feed::{AUDIO, ENHANCED, Feed, SOURCE, START, frame, large_video, small_video, stereo};
use crate::out::Rendition;

#[test]
fn audio_of_a_new_publisher_waits_for_its_picture_and_leads_if_none_comes() {
    let mut feed = Feed::av();
    feed.run(5.0);
    feed.state.discontinuity().unwrap();
    let frames = feed.tally(AUDIO).packets;
    feed.video += 1_500;
    feed.sound();
    assert_eq!(feed.tally(AUDIO).packets, frames, "waits");
    feed.video += 6_000;
    feed.sound();
    assert!(feed.tally(AUDIO).packets > frames + 200, "leads");
    assert!(feed.listed(AUDIO).iter().any(|segment| segment.discontinuity));
    let (source, audio) = (feed.listed(SOURCE), feed.listed(AUDIO));
    assert!(
        source.last().unwrap().msn + 3 >= audio.last().unwrap().msn,
        "the source does not stand: {source:?}"
    );

    feed.key_next();
    feed.run(6.0);
    let source = feed.listed(SOURCE);
    let audio = feed.listed(AUDIO);
    assert_eq!(source.last().map(|s| s.boundaries()), audio.last().map(|s| s.boundaries()));
}

#[test]
fn other_audio_parameters_begin_a_segment_at_the_next_key_picture() {
    let mut feed = Feed::av();
    feed.run(3.0);
    feed.push(AUDIO, stereo(44_100));
    feed.run(4.0);
    assert_eq!(feed.bounds(SOURCE), [(0, 2000), (2000, 4000), (4000, 6000)]);
    assert_eq!(feed.bounds(AUDIO), feed.bounds(SOURCE));
    assert_eq!(feed.listed(AUDIO).iter().map(|s| s.discontinuity).collect::<Vec<_>>(), [false, false, true]);
    assert!(feed.text(AUDIO).contains("init-2.mp4"));
}

#[test]
fn audio_alone_is_cut_by_time() {
    let mut feed = Feed::new();
    feed.push(AUDIO, stereo(48_000));
    feed.video = 9_000;
    feed.sound();
    assert_eq!(feed.seconds(), 2);
    let listed = feed.listed(AUDIO);
    assert_eq!(listed.len(), 4);
    assert!(listed.iter().all(|segment| (2000..2030).contains(&(segment.to - segment.from))), "{listed:?}");
    insta::assert_snapshot!("multivariant_audio_only", feed.state.multivariant().unwrap());
}

#[test]
fn video_that_comes_late_takes_the_lead() {
    let mut feed = Feed::new();
    feed.push(AUDIO, stereo(48_000));
    feed.video = 5_000;
    feed.sound();
    feed.push(SOURCE, small_video());
    feed.run(7.0);
    assert_eq!(feed.bounds(SOURCE).last(), feed.bounds(AUDIO).last());
    assert!(feed.state.multivariant().unwrap().contains("RESOLUTION=320x180"));
}

#[test]
fn sound_that_comes_late_is_announced_once_players_can_begin_in_it() {
    let mut feed = Feed::new();
    feed.push(SOURCE, small_video());
    for _ in 0..250 {
        feed.picture();
    }
    feed.audio = feed.video;
    feed.push(AUDIO, stereo(48_000));
    let announced = |feed: &Feed| feed.state.multivariant().unwrap().contains("TYPE=AUDIO");
    while !announced(&feed) {
        assert!(feed.listed(AUDIO).len() < 3, "three segments are complete");
        feed.run(0.2);
    }
    assert_eq!(feed.listed(AUDIO).len(), 3);
    // Where both begin together nothing waits.
    let mut feed = Feed::av();
    feed.run(2.4);
    assert!(announced(&feed));
}

#[test]
fn video_that_falls_silent_does_not_stop_audio() {
    let mut feed = Feed::av();
    feed.run(5.0);
    feed.video += 9_000;
    feed.sound();
    let audio = feed.listed(AUDIO);
    assert!(audio.len() == 4 && audio.iter().all(|segment| segment.to - segment.from <= 2500), "{audio:?}");
    feed.run(3.0);
    let gaps = feed.listed(SOURCE).iter().filter(|segment| segment.parts == 0).count();
    assert!(gaps > 0);
    assert!(feed.text(SOURCE).contains("#EXT-X-GAP\n"));
    assert_eq!(feed.tally(AUDIO).gaps, 0);
}

fn opus() -> Unit {
    let header = Bytes::from_static(b"OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00");
    Unit::AudioConfig(Arc::new(AudioConfig::opus(header).unwrap()))
}

#[test]
fn aac_beside_other_sound_is_cut_where_that_is() {
    let mut feed = Feed::new();
    feed.push(SOURCE, small_video());
    feed.push(AUDIO, opus());
    feed.push(ENHANCED, large_video());
    feed.state.expect(Rendition::AAC);
    feed.push(Rendition::AAC, stereo(48_000));
    // Comes in lumps, ahead of the pictures as well as behind them.
    for second in 0..7 {
        for number in 0..47 {
            let at = START + MediaTime::from_millis(second * 1_000 + number * 1_000 / 47);
            feed.push(Rendition::AAC, frame(at));
        }
        feed.run(1.0);
    }
    let cuts = |feed: &Feed, rendition| {
        feed.listed(rendition).iter().map(|segment| (segment.msn, segment.from)).collect::<Vec<_>>()
    };
    assert_eq!(feed.bounds(AUDIO), feed.bounds(SOURCE));
    assert_eq!(feed.bounds(Rendition::AAC), feed.bounds(SOURCE), "{:?}", cuts(&feed, Rendition::AAC));
    assert_eq!(feed.tally(Rendition::AAC).dropped, 0);
    insta::assert_snapshot!("multivariant_opus", feed.state.multivariant().unwrap());
    // Another publisher, whose sound needs nothing beside it.
    feed.state.discontinuity().unwrap();
    feed.push(AUDIO, stereo(48_000));
    feed.key_next();
    feed.run(6.0);
    assert!(!feed.state.multivariant().unwrap().contains("aac"));
}

#[test]
fn aac_that_was_announced_is_waited_for() {
    let mut feed = Feed::new();
    feed.push(SOURCE, small_video());
    feed.push(AUDIO, opus());
    feed.push(ENHANCED, large_video());
    feed.run(3.0);
    assert!(!feed.state.is_incomplete());
    feed.state.expect(Rendition::AAC);
    assert!(feed.state.is_incomplete());
    feed.push(Rendition::AAC, stereo(48_000));
    assert!(!feed.state.is_incomplete());
}
