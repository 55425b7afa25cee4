//! A publisher of our own RTMP crate pushes to the source, on loopback.

use std::net::SocketAddr;
use std::time::Duration;

use media::flv::Muxer;
use media::synthetic::TestPictures;
use media::{Picture, Size};
use rtmp::{Publisher, RtmpUrl};
use tokio::runtime::Runtime;

use super::*;
use crate::coder::fake::settings;
use crate::coder::{Key, Latency, Transcoder, TranscoderSettings};
use crate::config::SourceSpec;

const PATIENCE: Duration = Duration::from_secs(20);

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn free_address() -> SocketAddr {
    StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Publishes `count` pictures that begin at `start`, and leaves.
async fn publish(url: &RtmpUrl, size: Size, start: MediaTime, count: u32) -> Result<Publisher, rtmp::Error> {
    let pictures = TestPictures::new(size, FrameRate { num: 25, den: 1 });
    let rate = pictures.frame_rate();
    let settings = TranscoderSettings { size, frame_rate: rate, ..settings(Latency::Low) };
    let mut transcoder = Transcoder::new(settings).unwrap();
    let mut muxer = Muxer::new();
    let mut publisher = Publisher::connect(url, &"any".into(), PATIENCE).await?;
    publisher.send(&muxer.tag(&Unit::VideoConfig(transcoder.config()))).await?;
    for mut picture in pictures.iter().take(count as usize) {
        picture.set_pts(picture.pts() + start);
        transcoder.push(&picture, Key::Interval).unwrap();
        let packet = transcoder.pull().unwrap().unwrap();
        publisher.send(&muxer.tag(&Unit::Packet(packet))).await?;
    }
    Ok(publisher)
}

fn pictures(source: &mut RtmpSource, count: usize) -> Vec<Picture> {
    std::iter::repeat_with(|| source.next().unwrap())
        .map(|media| match media {
            Some(Media::Picture { picture, .. }) => picture,
            other => panic!("{other:?}"),
        })
        .take(count)
        .collect()
}

#[test]
fn survives_a_publisher_that_leaves_and_returns() {
    let (runtime, stop) = (runtime(), Shutdown::new());
    let address = free_address();
    let mut source =
        RtmpSource::listen(address, None, runtime.handle(), stop.clone(), Arc::default()).unwrap();
    let url: RtmpUrl = format!("rtmp://{address}/live").parse().unwrap();
    let lying = Size { width: 64, height: 48 };
    let upright = Size { width: 48, height: 64 };
    for (start, size, expected) in [(3_600_000, lying, [0, 40, 80]), (0, upright, [120, 160, 200])] {
        let publisher = runtime.block_on(publish(&url, size, MediaTime::from_millis(start), 3)).unwrap();
        // The last picture is complete when another one begins, or when its publisher leaves.
        runtime.block_on(publisher.close()).unwrap();
        let pictures = pictures(&mut source, 3);
        assert_eq!(pictures.iter().map(|picture| picture.pts().as_millis()).collect::<Vec<_>>(), expected);
        assert!(pictures.iter().all(|picture| picture.size() == size), "{pictures:?}");
    }
    stop.request();
    assert!(source.next().unwrap().is_none());
}

#[test]
fn turns_away_wrong_keys_and_second_publishers() {
    let (runtime, stop) = (runtime(), Shutdown::new());
    let address = free_address();
    let key = Some("right".parse().unwrap());
    let source = RtmpSource::listen(address, key, runtime.handle(), stop.clone(), Arc::default()).unwrap();
    let url: RtmpUrl = format!("rtmp://{address}/live").parse().unwrap();
    let connect =
        |key: &'static str| runtime.block_on(async { Publisher::connect(&url, &key.into(), PATIENCE).await });
    assert!(matches!(connect("wrong"), Err(rtmp::Error::Refused { .. })));
    let first = connect("right").unwrap();
    match connect("right") {
        Err(rtmp::Error::Refused { code, .. }) => assert_eq!(code, Rejection::InUse.code()),
        other => panic!("{other:?}"),
    }
    runtime.block_on(first.close()).unwrap();
    stop.request();
    drop(source);
}

#[test]
fn an_address_that_is_taken_is_told() {
    let (runtime, taken) = (runtime(), StdListener::bind("127.0.0.1:0").unwrap());
    let spec = SourceSpec::Listen { address: taken.local_addr().unwrap(), key: None };
    let error =
        crate::source::open(&spec, runtime.handle(), &Shutdown::new(), &Arc::default()).err().unwrap();
    assert!(error.to_string().contains("another program"), "{error}");
}
