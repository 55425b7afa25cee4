//! What streams do, one by one.

use media::{MediaTime, Packet, Track, Unit};

use super::feed::{
    ALL, AUDIO, ENHANCED, Feed, PICTURE, SOURCE, START, frame, large_video, picture, small_video, stereo,
};
use crate::out::hls::ReloadError;
use crate::out::hls::reload::Delta;
use crate::out::{Kind, Rendition, RenditionId};

#[test]
fn playlists_of_a_stream_with_all_renditions() {
    let mut feed = Feed::av();
    feed.push(ENHANCED, large_video());
    feed.run(13.3);
    insta::assert_snapshot!("source", feed.text(SOURCE));
    insta::assert_snapshot!("enhanced", feed.text(ENHANCED));
    insta::assert_snapshot!("audio", feed.text(AUDIO));
    insta::assert_snapshot!("multivariant", feed.state.multivariant().unwrap());
    feed.state.finish().unwrap();
    insta::assert_snapshot!("finished", feed.text(ENHANCED));
}

/// A second enhanced rendition is cut where all others are, and offered before the smaller ones.
#[test]
fn two_enhanced_renditions_stand_beside_each_other() {
    let tripled = Rendition { id: RenditionId::parse("x3").unwrap(), kind: Kind::Enhanced { scale: 3 } };
    let mut feed = Feed::av();
    feed.state.expect(tripled);
    feed.push(ENHANCED, large_video());
    assert!(feed.state.is_incomplete(), "one of two has begun");
    feed.push(tripled, large_video());
    assert!(!feed.state.is_incomplete());
    for _ in 0..250 {
        let (pts, key) = feed.picture();
        feed.sound();
        feed.push(ENHANCED, picture(pts, key));
        // The larger one begins and lags differently.
        if pts > START + MediaTime::from_millis(1_000) {
            feed.push(tripled, picture(pts - MediaTime::from_millis(200), key));
        }
    }
    insta::assert_snapshot!("two_enhanced_multivariant", feed.state.multivariant().unwrap());
    let source = feed.listed(SOURCE);
    for rendition in [ENHANCED, tripled] {
        let listed = feed.listed(rendition);
        assert!(listed.len() >= 3, "{rendition}: {listed:?}");
        for segment in listed {
            let same = source.iter().find(|same| same.msn == segment.msn).unwrap();
            assert_eq!(same.boundaries(), segment.boundaries(), "{rendition}");
        }
    }
    let reports = |rendition| feed.text(rendition).matches("#EXT-X-RENDITION-REPORT").count();
    assert_eq!([SOURCE, ENHANCED, tripled, AUDIO].map(reports), [3; 4]);
}

#[test]
fn the_number_of_renditions_is_bounded() {
    let mut feed = Feed::av();
    for number in 0..100 {
        let id = RenditionId::parse(&format!("x{number}")).unwrap();
        feed.push(Rendition { id, kind: Kind::Enhanced { scale: 2 } }, large_video());
    }
    assert_eq!(feed.state.segmenters().len(), 16);
}

#[test]
fn nothing_is_shown_before_the_first_segment_is_complete() {
    let mut feed = Feed::av();
    feed.run(2.0);
    assert_eq!(feed.state.multivariant(), None);
    assert_eq!(feed.state.playlist(SOURCE.id, Delta::Full), Err(ReloadError::NotReady));
    feed.run(0.1);
    assert!(feed.state.multivariant().is_some());
    assert_eq!(feed.bounds(SOURCE), [(0, 2000)]);
    assert_eq!(feed.bounds(AUDIO), [(0, 2000)]);
}

#[test]
fn renditions_are_cut_at_the_same_instants_though_they_begin_and_lag_differently() {
    let mut feed = Feed::new();
    feed.push(SOURCE, small_video());
    feed.run(5.0);
    feed.push(AUDIO, stereo(44_100));
    feed.audio = feed.video;
    feed.push(ENHANCED, large_video());
    let mut lagging = Vec::new();
    for _ in 0..250 {
        lagging.push(feed.picture());
        feed.sound();
        if lagging.len() > 60 {
            let (pts, key) = lagging.remove(0);
            feed.push(ENHANCED, picture(pts, key));
        }
    }
    let source = feed.listed(SOURCE);
    for rendition in [AUDIO, ENHANCED] {
        let others = feed.listed(rendition);
        assert!(others.len() >= 2, "{rendition}: {others:?}");
        for other in others {
            if let Some(same) = source.iter().find(|segment| segment.msn == other.msn) {
                assert_eq!(same.boundaries(), other.boundaries(), "{rendition}");
            }
        }
    }
}

#[test]
fn the_target_duration_is_learnt_from_the_first_segment() {
    for (key_every, expected) in
        [(1_000, 2), (2_000, 2), (2_200, 2), (2_400, 3), (4_000, 4), (8_000, 8), (30_000, 10)]
    {
        let mut feed = Feed::av();
        feed.key_every = key_every;
        feed.run(24.0);
        assert_eq!(feed.seconds(), expected, "keyframes every {key_every} ms");
        for segment in feed.listed(SOURCE) {
            assert!(segment.to - segment.from < expected * 1000 + 500, "{segment:?}");
        }
    }
}

#[test]
fn breaks_closer_than_a_segment_do_not_keep_the_playlist_away() {
    let mut feed = Feed::av();
    for _ in 0..4 {
        feed.run(1.0);
        feed.state.discontinuity().unwrap();
        feed.key_next();
    }
    assert_eq!(feed.seconds(), 2);
    assert!(feed.text(SOURCE).contains("#EXTINF:1.00000,"));
}

#[test]
fn a_source_without_keyframes_begins_with_what_there_is() {
    let mut feed = Feed::new();
    feed.push(SOURCE, small_video());
    for number in 0..25 * 20 {
        feed.push(SOURCE, picture(START + MediaTime::from_millis(number * PICTURE), false));
    }
    assert_eq!(feed.seconds(), 2);
    let text = feed.text(SOURCE);
    assert!(text.contains("#EXT-X-PART:") && !text.contains("INDEPENDENT=YES"), "{text}");
}

#[test]
fn an_overdue_key_picture_does_not_hold_up_the_segment() {
    let mut feed = Feed::av();
    feed.run(4.0);
    feed.key_every = 4_000;
    feed.run(9.0);
    assert_eq!(feed.seconds(), 2);
    assert_eq!(feed.bounds(SOURCE), [(4400, 6000), (6000, 8400), (8400, 10_000), (10_000, 12_400)]);
    assert_eq!(feed.bounds(SOURCE), feed.bounds(AUDIO));
    let window = &feed.state.segmenter(SOURCE.id).unwrap().window;
    let begins_independent: Vec<bool> = window.listed().map(|segment| segment.parts[0].independent).collect();
    assert_eq!(begins_independent, [false, true, false, true]);
}

#[test]
fn key_pictures_that_come_often_or_a_little_early() {
    let mut feed = Feed::av();
    feed.key_every = 960; // of a publisher that means a second
    feed.run(8.0);
    assert_eq!(feed.bounds(SOURCE), [(0, 1920), (1920, 3840), (3840, 5760), (5760, 7680)]);
}

#[test]
fn a_new_publisher_is_a_discontinuity_in_every_rendition() {
    let mut feed = Feed::av();
    feed.push(ENHANCED, large_video());
    feed.run(5.0);
    feed.state.discontinuity().unwrap();
    feed.state.discontinuity().unwrap();
    feed.key_next();
    feed.run(4.0);
    let source = feed.listed(SOURCE);
    assert_eq!(
        source.iter().map(|segment| segment.boundaries()).collect::<Vec<_>>(),
        [(1, 0, 2000, false), (2, 2000, 4000, false), (3, 4000, 5000, false), (4, 5000, 7000, true)]
    );
    let boundaries = |rendition| feed.listed(rendition).iter().map(|s| s.boundaries()).collect::<Vec<_>>();
    assert_eq!(boundaries(AUDIO), boundaries(SOURCE));
    assert_eq!(boundaries(ENHANCED), boundaries(SOURCE));
    assert_eq!(feed.text(SOURCE).matches("#EXT-X-DISCONTINUITY\n").count(), 1);
    assert_eq!(feed.text(SOURCE).matches("#EXT-X-MAP").count(), 1);

    feed.run(4.1);
    assert!(feed.text(AUDIO).contains("#EXT-X-DISCONTINUITY-SEQUENCE:0\n"));
    feed.run(4.0);
    for rendition in ALL {
        assert!(
            feed.text(rendition).contains("#EXT-X-DISCONTINUITY-SEQUENCE:1\n"),
            "{}",
            feed.text(rendition)
        );
    }
}

#[test]
fn other_parameter_sets_begin_a_segment() {
    let mut feed = Feed::av();
    feed.run(3.0);
    feed.push(SOURCE, small_video()); // the same again
    feed.run(1.5);
    feed.push(SOURCE, large_video());
    feed.picture();
    feed.run(0.5); // pictures that would need the old ones
    feed.key_next();
    feed.run(3.0);
    let text = feed.text(SOURCE);
    assert!(text.contains("init-1.mp4") && text.contains("init-2.mp4"), "{text}");
    assert_eq!(text.matches("#EXT-X-DISCONTINUITY\n").count(), 1);
    assert_eq!(feed.bounds(SOURCE), feed.bounds(AUDIO));
    assert!(feed.tally(SOURCE).dropped > 0);
}

#[test]
fn a_stalled_enhanced_rendition_stalls_alone_and_comes_back() {
    let mut feed = Feed::av();
    feed.push(ENHANCED, large_video());
    feed.run(5.0);
    let stalled = feed.tally(ENHANCED);
    for _ in 0..200 * 25 {
        feed.picture();
        feed.sound();
    }
    assert_eq!(feed.tally(ENHANCED).packets, stalled.packets);
    assert_eq!(feed.listed(SOURCE).len(), 4);
    let (source, enhanced) = (feed.listed(SOURCE), feed.listed(ENHANCED));
    assert!(
        enhanced.last().unwrap().msn + 3 >= source.last().unwrap().msn,
        "its playlist goes on: {enhanced:?}"
    );
    assert!(enhanced.iter().all(|segment| segment.parts == 0), "with gaps: {enhanced:?}");
    feed.run(8.0);
    let source = feed.listed(SOURCE);
    let enhanced = feed.listed(ENHANCED);
    assert_eq!(source.last().map(|s| s.boundaries()), enhanced.last().map(|s| s.boundaries()));
    assert!(enhanced.windows(2).all(|pair| pair[1].msn == pair[0].msn + 1), "{enhanced:?}");
}

#[test]
fn enhanced_pictures_left_out_leave_a_standing_picture_or_a_gap() {
    let mut feed = Feed::av();
    feed.push(ENHANCED, large_video());
    feed.run(3.0);
    for _ in 0..5 * 25 {
        feed.picture(); // 3 to 8 s: the lane skips
        feed.sound();
    }
    feed.run(2.1);
    let enhanced = feed.listed(ENHANCED);
    assert_eq!(
        enhanced.iter().map(|s| (s.msn, s.parts > 0)).collect::<Vec<_>>(),
        [(2, true), (3, false), (4, false), (5, true)]
    );
}

/// Scene cuts give keyframes between the regular ones: segments end at them rather than at ordinary pictures.
#[test]
fn early_key_pictures_end_segments_where_the_next_would_be_late() {
    let mut feed = Feed::new();
    feed.push(SOURCE, small_video());
    let keys = [0, 50, 100, 133, 183, 233, 283, 300, 350, 400];
    for n in 0..450_i64 {
        feed.push(SOURCE, picture(MediaTime::from_millis(10_000 + n * 40), keys.contains(&n)));
    }
    let text = feed.text(SOURCE);
    let segments = feed.listed(SOURCE);
    assert!(segments.len() >= 4, "{text}");
    let starts: Vec<i64> = segments.iter().map(|segment| segment.from / 40).collect();
    assert!(starts.iter().all(|start| keys.contains(start)), "{starts:?}");
}

#[test]
fn pictures_in_another_order_than_they_are_shown() {
    let mut feed = Feed::new();
    feed.push(SOURCE, small_video());
    // I0 P3 B1 B2 P6 B4 B5 ...: shown two pictures after decoding at the latest.
    for gop in 0..4_i64 {
        for step in 0..51_i64 {
            let shown = match (step, step % 3) {
                (0, _) => 0,
                (_, 1) => (step + 2).min(50),
                _ => step - 1,
            };
            let at = |index: i64| START + MediaTime::from_millis((gop * 51 + index) * PICTURE);
            let (dts, pts) = (at(step), at(shown + 2));
            let data = bytes::Bytes::from_static(&[1; 64]);
            feed.push(
                SOURCE,
                Unit::Packet(Packet { track: Track::Video, dts, pts, key: step == 0, recovery: false, data }),
            );
        }
    }
    assert_eq!(feed.bounds(SOURCE), [(80, 2120), (2120, 4160), (4160, 6200)]);
    assert_eq!(feed.tally(SOURCE).dropped, 0);
}

#[test]
fn slow_pictures_never_exceed_the_part_target() {
    let mut feed = Feed::new();
    feed.push(SOURCE, small_video());
    for index in 0..20 {
        feed.push(SOURCE, picture(START + MediaTime::from_millis(index * 1000), index % 2 == 0));
    }
    let window = &feed.state.segmenter(SOURCE.id).unwrap().window;
    assert!(
        window
            .listed()
            .flat_map(|segment| &segment.parts)
            .all(|part| part.duration <= MediaTime::from_millis(500))
    );
    assert_eq!(window.listed().len(), 4);
}

#[test]
fn damaged_times_are_survived() {
    let mut feed = Feed::av();
    feed.run(3.0);
    for ticks in [0, i64::MIN, i64::MAX, -1, 5_000_000_000, 1] {
        for rendition in ALL {
            let unit = |time| if rendition == AUDIO { frame(time) } else { picture(time, true) };
            feed.push(rendition, unit(MediaTime::from_ticks(ticks)));
        }
    }
    feed.state.finish().unwrap();
}

#[test]
fn the_delta_leaves_out_what_is_old_and_nothing_else() {
    let mut feed = Feed::av();
    feed.run(13.0); // the window of four segments is shorter than the skip boundary
    assert_eq!(feed.state.playlist(SOURCE.id, Delta::Skip).unwrap(), feed.text(SOURCE));
    let mut feed = Feed::av();
    feed.key_every = 1_000;
    feed.state = crate::out::hls::presentation::Presentation::new(crate::out::hls::PackagerSettings {
        window_segments: 10,
        ..crate::out::hls::PackagerSettings::default()
    });
    feed.push(SOURCE, small_video());
    feed.run(23.0);
    insta::assert_snapshot!("delta", feed.state.playlist(SOURCE.id, Delta::Skip).unwrap());
}
