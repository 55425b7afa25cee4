use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::task::{Context, Wake};
use std::thread::{self, Thread};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

/// Ten bytes each, numbered, at 25 pictures a second.
#[derive(Clone, Debug)]
enum Item {
    Config(i64),
    Discontinuity,
    Packet(Packet),
}

impl Queued for Item {
    fn packet(&self) -> Option<&Packet> {
        if let Self::Packet(packet) = self { Some(packet) } else { None }
    }

    fn replaces(&self, older: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(older)
    }
}

fn packet(index: i64, track: Track, key: bool) -> Item {
    let dts = MediaTime::from_millis(index * 40);
    Item::Packet(Packet { track, dts, pts: dts, key, recovery: false, data: Bytes::from_static(&[0; 10]) })
}

fn picture(index: i64, key: bool) -> Item {
    packet(index, Track::Video, key)
}

fn sound(index: i64) -> Item {
    packet(index, Track::Audio, true)
}

fn name(item: &Item) -> String {
    match item {
        Item::Config(number) => format!("c{number}"),
        Item::Discontinuity => "|".to_owned(),
        Item::Packet(packet) => {
            let kind = match (packet.track, packet.key) {
                (Track::Audio, _) => "a",
                (Track::Video, true) => "K",
                (Track::Video, false) => "p",
            };
            format!("{kind}{}", packet.dts.as_millis() / 40)
        }
    }
}

fn drain(queue: &KeyQueue<Item>) -> Vec<String> {
    queue.close();
    std::iter::from_fn(|| queue.pop()).map(|item| name(&item)).collect()
}

fn queue(max_packets: usize) -> KeyQueue<Item> {
    KeyQueue::new(max_packets, Overflow::DropGop)
}

#[test]
fn keeps_the_order() {
    let queue = queue(8);
    for item in [Item::Config(0), picture(1, true), sound(2), picture(3, false)] {
        assert_eq!(queue.push(item), 0);
    }
    assert_eq!(queue.len(), 3);
    assert_eq!(drain(&queue), ["c0", "K1", "a2", "p3"]);
    assert_eq!(queue.dropped(), 0);
}

#[test]
fn overflow_drops_the_oldest_up_to_the_next_keyframe() {
    let queue = queue(5);
    let dropped: Vec<u64> = (0..7).map(|index| queue.push(picture(index, index % 3 == 0))).collect();
    assert_eq!(dropped, [0, 0, 0, 0, 0, 3, 0]);
    assert_eq!(queue.dropped(), 3);
    assert_eq!(drain(&queue), ["K3", "p4", "p5", "K6"]);
}

#[test]
fn overflow_may_drop_all_video() {
    let queue = KeyQueue::new(5, Overflow::DropVideo);
    let dropped: Vec<u64> = (0..7).map(|index| queue.push(picture(index, index % 3 == 0))).collect();
    assert_eq!(dropped, [0, 0, 0, 0, 0, 6, 0]);
    assert_eq!(drain(&queue), ["K6"]);
}

#[test]
fn without_a_keyframe_everything_goes_until_one_comes() {
    let queue = queue(3);
    let dropped: Vec<u64> =
        (0..6).map(|index| queue.push(picture(index, index == 0 || index == 5))).collect();
    assert_eq!(dropped, [0, 0, 0, 4, 1, 0]);
    assert_eq!(drain(&queue), ["K5"]);
}

#[test]
fn audio_and_descriptions_outlive_the_video_around_them() {
    for overflow in [Overflow::DropGop, Overflow::DropVideo] {
        let queue = KeyQueue::new(4, overflow);
        let pushed = [
            Item::Config(0),
            picture(1, true),
            sound(2),
            picture(3, false),
            picture(4, false),
            picture(5, false), // no room: 1, 3, 4 and 5 go
            sound(6),
            picture(7, true),
        ];
        let dropped: u64 = pushed.into_iter().map(|item| queue.push(item)).sum();
        assert_eq!((dropped, queue.dropped()), (4, 4));
        assert_eq!(drain(&queue), ["c0", "a2", "a6", "K7"]);
    }
}

#[test]
fn audio_alone_loses_the_oldest() {
    let queue = queue(3);
    for index in 0..5 {
        queue.push(sound(index));
    }
    assert_eq!(queue.dropped(), 2);
    assert_eq!(drain(&queue), ["a2", "a3", "a4"]);
}

#[test]
fn a_full_queue_accepts_the_keyframe_that_overflows_it() {
    let queue = queue(2);
    for item in [picture(0, true), picture(1, false), picture(2, true), picture(3, false)] {
        queue.push(item);
    }
    assert_eq!(queue.dropped(), 2);
    assert_eq!(drain(&queue), ["K2", "p3"]);
}

#[test]
fn bytes_are_bounded_too() {
    let queue = queue(100).with_max_bytes(25);
    assert_eq!((0..3).map(|index| queue.push(picture(index, true))).sum::<u64>(), 1);
    assert_eq!(drain(&queue), ["K1", "K2"]);
    let tiny = self::queue(100).with_max_bytes(5);
    assert_eq!(tiny.push(picture(0, true)), 0, "a packet beyond the limit waits alone");
    assert_eq!(tiny.push(picture(1, true)), 1);
    assert_eq!(drain(&tiny), ["K1"]);
}

#[test]
fn descriptions_survive_overflow_once() {
    let queue = queue(3);
    for item in [
        picture(0, true),
        Item::Discontinuity,
        Item::Config(0),
        picture(1, false),
        Item::Discontinuity,
        Item::Config(1),
        Item::Discontinuity,
        picture(2, true),
        picture(3, false),
    ] {
        queue.push(item);
    }
    assert_eq!(drain(&queue), ["|", "c1", "K2", "p3"]);
}

#[test]
fn skipping_goes_to_the_next_keyframe_or_nowhere() {
    let queue = queue(600);
    for index in 0..6 {
        queue.push(picture(index, index == 4));
    }
    assert!(queue.has_key());
    assert_eq!(queue.skip_to_key(), 4);
    assert_eq!(queue.skip_to_key(), 0);
    assert_eq!((queue.len(), queue.newest()), (2, Some(MediaTime::from_millis(200))));
    assert_eq!(drain(&queue), ["K4", "p5"]);
    assert!(!queue.has_key());
}

#[test]
fn a_closed_queue_is_emptied_and_then_ends() {
    let queue = queue(8);
    assert!(matches!(queue.pop_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout)));
    queue.push(picture(0, true));
    queue.close();
    assert_eq!(queue.push(picture(1, false)), 1);
    assert!(queue.pop_timeout(Duration::from_secs(60)).is_ok());
    assert!(matches!(queue.pop_timeout(Duration::from_secs(60)), Err(RecvTimeoutError::Disconnected)));
    assert!(queue.pop().is_none());
}

#[test]
fn draining_takes_everything_and_frees_the_room() {
    let queue = queue(2);
    for item in [Item::Config(0), picture(1, true), picture(2, false)] {
        queue.push(item);
    }
    assert_eq!(queue.drain().iter().map(name).collect::<Vec<_>>(), ["c0", "K1", "p2"]);
    assert_eq!(queue.push(picture(3, false)) + queue.push(picture(4, false)), 0);
    assert_eq!(queue.len(), 2);
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Arc::new(Unpark(thread::current())).into();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_task_waits_for_an_item_and_for_the_end() {
    let queue = queue(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            queue.push(sound(7));
            queue.close();
        });
        assert_eq!(block_on(queue.pop_async()).as_ref().map(name), Some("a7".to_owned()));
        assert!(block_on(queue.pop_async()).is_none());
    });
    queue.push(sound(8));
    assert!(queue.is_empty());
}

proptest! {
    #[test]
    fn bounds_hold_and_every_packet_is_accounted_for(
        kinds in prop::collection::vec(0..8_u8, 0..200),
        all_video: bool,
    ) {
        let overflow = if all_video { Overflow::DropVideo } else { Overflow::DropGop };
        let queue = KeyQueue::new(8, overflow).with_max_bytes(75);
        let mut pushed = 0;
        let mut gone = 0;
        for (index, kind) in kinds.into_iter().enumerate() {
            let index = index as i64;
            match kind {
                0 => prop_assert_eq!(queue.push(Item::Discontinuity), 0),
                1 => prop_assert_eq!(queue.push(Item::Config(index)), 0),
                2 => gone += queue.skip_to_key(),
                3 => gone += u64::from(matches!(queue.pop_timeout(Duration::ZERO), Ok(Item::Packet(_)))),
                kind => {
                    pushed += 1;
                    gone += queue.push(if kind == 4 { sound(index) } else { picture(index, kind == 5) });
                }
            }
            prop_assert!(queue.len() <= 7);
            prop_assert_eq!(pushed, gone + queue.len() as u64);
        }
        let rest = queue.drain();
        // No two descriptions of a kind stand together, so the packets bound them.
        prop_assert!(rest.windows(2).all(|two| two[1].packet().is_some() || !two[1].replaces(&two[0])));
        prop_assert!(rest.len() <= 7 + 2 * 8);
    }

    /// A picture never follows one that it does not refer to.
    #[test]
    fn after_a_loss_video_begins_again_with_a_keyframe(keys in prop::collection::vec(any::<bool>(), 0..60), all_video: bool) {
        let overflow = if all_video { Overflow::DropVideo } else { Overflow::DropGop };
        let queue = KeyQueue::new(5, overflow);
        for (index, key) in keys.into_iter().enumerate() {
            queue.push(picture(index as i64, key || index == 0));
        }
        let mut expected = 0;
        for item in queue.drain() {
            let packet = item.packet().unwrap();
            let index = packet.dts.as_millis() / 40;
            prop_assert!(packet.key || index == expected, "{index} follows {expected}");
            expected = index + 1;
        }
    }
}
