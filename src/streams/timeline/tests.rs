//! Clocks of all kinds: apart, jumping, stray.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn packet(track: Track, millis: i64) -> Packet {
    let dts = MediaTime::from_millis(millis);
    Packet {
        track,
        dts,
        pts: dts + MediaTime::from_millis(80),
        key: false,
        recovery: false,
        data: Bytes::new(),
    }
}

fn place(timeline: &mut Timeline, track: Track, millis: i64) -> (i64, Step) {
    let mut packet = Packet { key: true, ..packet(track, millis) };
    let step = timeline.place(&mut packet);
    (packet.dts.as_millis(), step)
}

#[test]
fn pictures_of_a_new_publisher_are_shown_behind_the_last_ones() {
    for sound_first in [false, true] {
        let mut timeline = Timeline::new();
        let mut shown = MediaTime::ZERO;
        // Decoded 0, 40, 80 ...; shown I B B P as x264 writes it: the P picture three frames later.
        for (n, composition) in [80, 160, 40, 0, 160].into_iter().enumerate() {
            let dts = MediaTime::from_millis(n as i64 * 40);
            let pts = dts + MediaTime::from_millis(composition);
            let mut packet =
                Packet { track: Track::Video, dts, pts, key: n == 0, recovery: false, data: Bytes::new() };
            timeline.place(&mut packet);
            shown = shown.max(packet.pts);
        }
        timeline.new_publisher();
        let at = MediaTime::from_millis(777_000);
        if sound_first {
            let mut sound = Packet {
                track: Track::Audio,
                dts: at,
                pts: at,
                key: true,
                recovery: false,
                data: Bytes::new(),
            };
            assert_eq!(timeline.place(&mut sound), Step::Jump);
        }
        let pts = at + MediaTime::from_millis(80);
        let mut key =
            Packet { track: Track::Video, dts: at, pts, key: true, recovery: false, data: Bytes::new() };
        timeline.place(&mut key);
        assert!(key.pts >= shown + MediaTime::from_millis(40), "{} after {shown}", key.pts);
    }
}

#[test]
fn starts_at_ten_seconds_and_keeps_the_composition_offset() {
    let mut timeline = Timeline::new();
    let mut first = packet(Track::Video, 123_456);
    assert_eq!(timeline.place(&mut first), Step::Continuous);
    assert_eq!((first.dts.as_millis(), first.pts.as_millis()), (10_000, 10_080));
}

#[test]
fn small_gaps_stay_and_large_ones_anchor_anew() {
    let mut timeline = Timeline::new();
    let mut at = |millis| place(&mut timeline, Track::Video, millis);
    for (millis, mapped) in [(0, 10_000), (40, 10_040), (4_040, 14_040)] {
        assert_eq!(at(millis), (mapped, Step::Continuous));
    }
    assert_eq!(at(90_000), (14_080, Step::Continuous), "not believed yet");
    assert_eq!(at(90_040), (14_120, Step::Continuous));
    assert_eq!(at(90_080), (14_160, Step::Jump));
    assert_eq!(at(90_120), (14_200, Step::Continuous));
}

#[test]
fn small_steps_back_are_smoothed_and_larger_ones_anchor_anew() {
    let mut timeline = Timeline::new();
    place(&mut timeline, Track::Video, 0);
    place(&mut timeline, Track::Video, 40);
    let mut back = packet(Track::Video, 30);
    assert_eq!(timeline.place(&mut back), Step::Continuous);
    assert_eq!(back.dts, MediaTime::from_millis(10_040) + MediaTime::from_ticks(1));
    place(&mut timeline, Track::Video, 1_000);
    let steps = [500, 540, 580].map(|millis| place(&mut timeline, Track::Video, millis).1);
    assert_eq!(steps, [Step::Continuous, Step::Continuous, Step::Jump]);
}

#[test]
fn a_jump_is_marked_where_decoding_can_start() {
    let mut timeline = Timeline::new();
    let jumps: Vec<i64> = (0..30_i64)
        .filter(|number| {
            let at = number * 40 + if *number < 10 { 0 } else { 60_000 };
            let mut packet = Packet { key: number % 10 == 3, ..packet(Track::Video, at) };
            timeline.place(&mut packet) == Step::Jump
        })
        .collect();
    assert_eq!(jumps, [13]);
}

#[test]
fn a_new_publisher_continues_right_behind() {
    let mut timeline = Timeline::new();
    place(&mut timeline, Track::Video, 0);
    place(&mut timeline, Track::Video, 40);
    timeline.new_publisher();
    assert_eq!(place(&mut timeline, Track::Video, 5_555_000), (10_080, Step::Jump));
    assert_eq!(place(&mut timeline, Track::Audio, 5_555_010), (10_090, Step::Continuous));
}

#[test]
fn tracks_may_cross_a_jump_one_after_the_other() {
    let mut timeline = Timeline::new();
    for millis in [0, 40, 80] {
        place(&mut timeline, Track::Video, millis);
        place(&mut timeline, Track::Audio, millis);
    }
    for (millis, mapped) in [(60_000, 10_120), (60_040, 10_160), (60_080, 10_200)] {
        assert_eq!(place(&mut timeline, Track::Video, millis), (mapped, Step::Continuous));
    }
    assert_eq!(place(&mut timeline, Track::Audio, 101), (10_101, Step::Continuous), "straggler");
    assert_eq!(
        place(&mut timeline, Track::Audio, 60_010),
        (10_130, Step::Continuous),
        "follows the pictures"
    );
    assert_eq!(place(&mut timeline, Track::Video, 60_120), (10_240, Step::Jump), "once both have crossed");
}

#[test]
fn a_hole_in_both_tracks_stays_but_for_the_packet_that_tells_of_it() {
    let mut timeline = Timeline::new();
    for packet in stream(3, 0) {
        timeline.place(&mut packet.clone());
    }
    for (track, millis, mapped) in
        [(Track::Video, 7_000, 13_000), (Track::Video, 7_040, 17_040), (Track::Audio, 7_041, 17_041)]
    {
        assert_eq!(place(&mut timeline, track, millis), (mapped, Step::Continuous));
    }
}

#[test]
fn who_stamps_with_two_clocks_is_told_once() {
    let mut timeline = Timeline::new();
    let told: Vec<Step> = stream(10, 1_000_000_000)
        .iter()
        .map(|packet| timeline.place(&mut packet.clone()))
        .filter(|step| *step != Step::Continuous)
        .collect();
    assert_eq!(told, [Step::Apart(MediaTime::from_millis(1_000_000_000))]);
}

#[test]
fn damaged_composition_offsets_are_dropped() {
    let mut timeline = Timeline::new();
    let mut packet = packet(Track::Video, 0);
    packet.pts = MediaTime::from_secs_f64(8_000.0);
    timeline.place(&mut packet);
    assert_eq!(packet.pts, packet.dts);
}

/// So many seconds with 25 pictures a second, a keyframe a second, and sound; pictures stamped `ahead` milliseconds.
fn stream(seconds: i64, ahead: i64) -> Vec<Packet> {
    let video = (0..seconds * 25).map(|number| (number * 40, Track::Video, number % 25 == 0));
    let audio = (0..seconds * 1_000 / 21).map(|number| (number * 21, Track::Audio, true));
    let mut all: Vec<_> = video.chain(audio).collect();
    all.sort_by_key(|(at, ..)| *at);
    let ahead = |track| if track == Track::Video { ahead } else { 0 };
    all.into_iter().map(|(at, track, key)| Packet { key, ..packet(track, at + ahead(track)) }).collect()
}

/// All packets with their new times, and the jumps.
fn placed(packets: &[Packet]) -> (Vec<Packet>, usize) {
    let mut timeline = Timeline::new();
    let mut packets = packets.to_vec();
    let jumps = packets.iter_mut().filter_map(|packet| (timeline.place(packet) == Step::Jump).then_some(()));
    let jumps = jumps.count();
    (packets, jumps)
}

/// Longest and shortest step from one packet of a track to its next.
fn steps(packets: &[Packet], track: Track) -> (MediaTime, MediaTime) {
    let times: Vec<_> =
        packets.iter().filter(|packet| packet.track == track).map(|packet| packet.dts).collect();
    let steps = times.windows(2).map(|pair| pair[1] - pair[0]);
    (steps.clone().min().unwrap(), steps.max().unwrap())
}

/// How far the pictures are ahead of the sound, in what came last.
fn lead(packets: &[Packet]) -> MediaTime {
    let last = |track| packets.iter().rfind(|packet| packet.track == track).unwrap().dts;
    last(Track::Video) - last(Track::Audio)
}

fn shifted(packet: &Packet, by: i64) -> Packet {
    let by = MediaTime::from_millis(by);
    Packet { dts: packet.dts + by, pts: packet.pts + by, ..packet.clone() }
}

/// Further than anybody could take for a gap.
fn far() -> impl Strategy<Value = i64> {
    prop_oneof![6_000_i64..2_000_000_000, -2_000_000_000_i64..-6_000]
}

proptest! {
    #[test]
    fn tracks_with_clocks_of_their_own_go_on_without_a_seam(ahead in -2_000_000_000_i64..2_000_000_000, behind in 0_usize..60) {
        let mut packets = stream(8, ahead);
        // One track arrives a little later than it is stamped.
        let (first, late): (Vec<_>, Vec<_>) = packets.drain(..behind).partition(|packet| packet.track == Track::Audio);
        packets.splice(0..0, first.into_iter().chain(late));
        let (placed, jumps) = placed(&packets);
        prop_assert_eq!(jumps, 0);
        for track in [Track::Video, Track::Audio] {
            let step = MediaTime::from_millis(if track == Track::Video { 40 } else { 21 });
            prop_assert_eq!(steps(&placed, track), (step, step));
        }
        let apart = if ahead.abs() > 6_000 { MediaTime::from_millis(1_300) } else { JUMP + STEP_BACK };
        prop_assert!(lead(&placed).abs() <= apart + MediaTime::from_millis(1_000), "{}", lead(&placed));
    }

    #[test]
    fn a_stray_stamp_changes_nothing_but_itself(by in far(), at in 4_usize..500, ahead in far(), two_clocks: bool) {
        let right = stream(8, if two_clocks { ahead } else { 0 });
        let mut packets = right.clone();
        packets[at] = shifted(&packets[at], by);
        let (mut strayed, jumps) = placed(&packets);
        let (right, _) = placed(&right);
        prop_assert_eq!(jumps, 0);
        let off = (strayed[at].dts - right[at].dts).abs();
        prop_assert!(off < MediaTime::from_millis(20), "{off}");
        strayed[at] = right[at].clone();
        prop_assert!(strayed == right);
    }

    #[test]
    fn strays_at_the_beginning_are_survived(by in far(), at in 0_usize..4) {
        let mut packets = stream(8, 0);
        packets[at] = shifted(&packets[at], by);
        let (placed, jumps) = placed(&packets);
        prop_assert_eq!(jumps, 0);
        for track in [Track::Video, Track::Audio] {
            prop_assert!(steps(&placed, track).1 <= MediaTime::from_millis(100));
        }
        prop_assert!(lead(&placed).abs() <= MediaTime::from_millis(100));
    }

    #[test]
    fn both_tracks_jump_and_stay_together(by in far(), video in 100_usize..400, later in 0_usize..20) {
        let packets: Vec<_> = stream(10, 0).iter().enumerate().map(|(number, packet)| {
            let from = if packet.track == Track::Video { video } else { video + later };
            if number < from { packet.clone() } else { shifted(packet, by) }
        }).collect();
        let (placed, jumps) = placed(&packets);
        prop_assert_eq!(jumps, 1);
        for track in [Track::Video, Track::Audio] {
            prop_assert!(steps(&placed, track).1 <= MediaTime::from_millis(100));
        }
        let (after, _) = self::placed(&stream(10, 0));
        prop_assert!((lead(&placed) - lead(&after)).abs() <= MediaTime::from_millis(50), "{}", lead(&placed));
    }

    #[test]
    fn a_track_that_moves_alone_is_no_break(by in far(), from in 100_usize..400, track in prop_oneof![Just(Track::Video), Just(Track::Audio)]) {
        let packets: Vec<_> = stream(10, 0).iter().enumerate().map(|(number, packet)| {
            if number < from || packet.track != track { packet.clone() } else { shifted(packet, by) }
        }).collect();
        let (placed, jumps) = placed(&packets);
        prop_assert_eq!(jumps, 0);
        for track in [Track::Video, Track::Audio] {
            prop_assert!(steps(&placed, track).1 <= MediaTime::from_millis(50));
        }
    }
    #[test]
    fn whatever_comes_decode_times_grow_and_stay_close(times in prop::collection::vec((any::<bool>(), any::<i32>()), 1..200)) {
        let mut timeline = Timeline::new();
        let mut last = [None::<MediaTime>; 2];
        for (video, millis) in times {
            let track = if video { Track::Video } else { Track::Audio };
            let before = timeline.newest();
            let mut packet = packet(track, millis.into());
            timeline.place(&mut packet);
            prop_assert!(packet.dts >= MediaTime::ZERO);
            prop_assert!(last[usize::from(video)].is_none_or(|last| packet.dts > last));
            prop_assert!(before.is_none_or(|before| (packet.dts - before).abs() <= JUMP + STEP_BACK));
            last[usize::from(video)] = Some(packet.dts);
        }
    }
}
