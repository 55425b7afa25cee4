//! `rml_rtmp`'s sessions as independent peers, without sockets: an implementation that shares only the handshake
//! with ours.

use bytes::Bytes;
use media::flv::{Tag, TagKind};
use rml_rtmp::sessions::{
    ClientSession as PeerClient, ClientSessionConfig, ClientSessionEvent, ClientSessionResult,
    PublishRequestType, ServerSession as PeerServer, ServerSessionConfig, ServerSessionEvent,
    ServerSessionResult,
};
use rml_rtmp::time::RtmpTimestamp;
use rtmp::{ClientSession, Event, Introduction, Limits, ServerSession};
use secrecy::ExposeSecret as _;

/// Bodies that take one chunk, several chunks, and times on both sides of the extended timestamp.
fn media() -> Vec<(TagKind, u32, Bytes)> {
    let body = |size: usize| Bytes::from((0..size).map(|i| i as u8).collect::<Vec<_>>());
    vec![
        (TagKind::Video, 0, body(50)),
        (TagKind::Audio, 0, body(7)),
        (TagKind::Video, 40, body(10_000)),
        (TagKind::Audio, 42, body(300)),
        (TagKind::Audio, 65, body(300)),
        (TagKind::Video, 0x0100_0000, body(9_000)),
        (TagKind::Audio, 0x0100_0002, body(300)),
    ]
}

#[test]
fn our_server_understands_their_client() {
    let (mut theirs, first) = PeerClient::new(ClientSessionConfig::new()).unwrap();
    let mut ours = ServerSession::new(Limits::default());
    let mut to_us = packets(first);
    to_us.extend(packets(vec![theirs.request_connection("live".into()).unwrap()]));
    let mut received = Vec::new();
    for _ in 0..20 {
        ours.push(&std::mem::take(&mut to_us)).unwrap();
        while let Some(event) = ours.poll_event() {
            match event {
                Event::PublishRequested { app, key } => {
                    assert_eq!((app.as_str(), key.expose_secret()), ("live", "s3cret"));
                    ours.accept_publish();
                }
                Event::Tag(Tag { kind, timestamp, body }) => received.push((kind, timestamp, body)),
                _ => {}
            }
        }
        for result in theirs.handle_input(&ours.take_output()).unwrap() {
            match result {
                ClientSessionResult::OutboundResponse(packet) => to_us.extend(packet.bytes),
                ClientSessionResult::RaisedEvent(ClientSessionEvent::ConnectionRequestAccepted) => {
                    let request =
                        theirs.request_publishing("s3cret".into(), PublishRequestType::Live).unwrap();
                    to_us.extend(packets(vec![request]));
                }
                ClientSessionResult::RaisedEvent(ClientSessionEvent::PublishRequestAccepted) => {
                    for (kind, timestamp, body) in media() {
                        let timestamp = RtmpTimestamp::new(timestamp);
                        let packet = match kind {
                            TagKind::Video => theirs.publish_video_data(body, timestamp, false),
                            _ => theirs.publish_audio_data(body, timestamp, false),
                        };
                        to_us.extend(packets(vec![packet.unwrap()]));
                    }
                }
                _ => {}
            }
        }
    }
    assert_eq!(received, media());

    to_us.extend(packets(theirs.stop_publishing().unwrap()));
    ours.push(&to_us).unwrap();
    assert!(matches!(ours.poll_event(), Some(Event::Unpublished)));
}

#[test]
fn their_server_understands_our_client() {
    let (mut theirs, first) = PeerServer::new(ServerSessionConfig::new()).unwrap();
    let url = "rtmp://localhost/live".parse().unwrap();
    let mut ours = ClientSession::new(&url, "s3cret".into(), Limits::default());
    let mut to_us = server_packets(&first);
    let mut received = Vec::new();
    for _ in 0..20 {
        ours.push(&std::mem::take(&mut to_us)).unwrap();
        if ours.is_ready() && received.is_empty() {
            for (kind, timestamp, body) in media() {
                ours.send(&Tag { kind, timestamp, body });
            }
        }
        for result in theirs.handle_input(&ours.take_output()).unwrap() {
            let request_id = match result {
                ServerSessionResult::OutboundResponse(packet) => {
                    to_us.extend(packet.bytes);
                    continue;
                }
                ServerSessionResult::RaisedEvent(event) => match event {
                    ServerSessionEvent::ConnectionRequested { request_id, app_name } => {
                        assert_eq!(app_name, "live");
                        request_id
                    }
                    ServerSessionEvent::PublishStreamRequested { request_id, stream_key, .. } => {
                        assert_eq!(stream_key, "s3cret");
                        request_id
                    }
                    ServerSessionEvent::VideoDataReceived { data, timestamp, .. } => {
                        received.push((TagKind::Video, timestamp.value, data));
                        continue;
                    }
                    ServerSessionEvent::AudioDataReceived { data, timestamp, .. } => {
                        received.push((TagKind::Audio, timestamp.value, data));
                        continue;
                    }
                    _ => continue,
                },
                ServerSessionResult::UnhandleableMessageReceived(_) => continue,
            };
            to_us.extend(server_packets(&theirs.accept_request(request_id).unwrap()));
        }
    }
    assert_eq!(received, media());
}

#[test]
fn their_client_plays_from_our_server() {
    let (mut theirs, first) = PeerClient::new(ClientSessionConfig::new()).unwrap();
    let mut ours = ServerSession::new(Limits::default());
    let mut to_us = packets(first);
    to_us.extend(packets(vec![theirs.request_connection("live".into()).unwrap()]));
    let mut received = Vec::new();
    for _ in 0..20 {
        ours.push(&std::mem::take(&mut to_us)).unwrap();
        while let Some(event) = ours.poll_event() {
            if let Event::PlayRequested { app, name } = event {
                assert_eq!((app.as_str(), name.as_str()), ("live", "demo?user=me"));
                ours.accept_play();
                for (kind, timestamp, body) in media() {
                    ours.play_tag(&ServerSession::chunked(Tag { kind, timestamp, body }));
                }
            }
        }
        for result in theirs.handle_input(&ours.take_output()).unwrap() {
            match result {
                ClientSessionResult::OutboundResponse(packet) => to_us.extend(packet.bytes),
                ClientSessionResult::RaisedEvent(ClientSessionEvent::ConnectionRequestAccepted) => {
                    to_us.extend(packets(vec![theirs.request_playback("demo?user=me".into()).unwrap()]));
                }
                ClientSessionResult::RaisedEvent(ClientSessionEvent::VideoDataReceived {
                    timestamp,
                    data,
                }) => received.push((TagKind::Video, timestamp.value, data)),
                ClientSessionResult::RaisedEvent(ClientSessionEvent::AudioDataReceived {
                    timestamp,
                    data,
                }) => received.push((TagKind::Audio, timestamp.value, data)),
                _ => {}
            }
        }
    }
    assert_eq!(received, media());

    to_us.extend(packets(theirs.stop_playback().unwrap()));
    ours.push(&to_us).unwrap();
    assert!(matches!(ours.poll_event(), Some(Event::Stopped)));
}

#[test]
fn our_client_plays_from_their_server() {
    let (mut theirs, first) = PeerServer::new(ServerSessionConfig::new()).unwrap();
    let url = "rtmp://localhost/live".parse().unwrap();
    let mut ours = ClientSession::player(&url, "demo?user=me", &Introduction::default(), Limits::default());
    let mut to_us = server_packets(&first);
    for _ in 0..20 {
        ours.push(&std::mem::take(&mut to_us)).unwrap();
        for result in theirs.handle_input(&ours.take_output()).unwrap() {
            let (request_id, plays_on) = match result {
                ServerSessionResult::OutboundResponse(packet) => {
                    to_us.extend(packet.bytes);
                    continue;
                }
                ServerSessionResult::RaisedEvent(ServerSessionEvent::ConnectionRequested {
                    request_id,
                    ..
                }) => (request_id, None),
                ServerSessionResult::RaisedEvent(ServerSessionEvent::PlayStreamRequested {
                    request_id,
                    stream_key,
                    stream_id,
                    ..
                }) => {
                    assert_eq!(stream_key, "demo?user=me");
                    (request_id, Some(stream_id))
                }
                _ => continue,
            };
            to_us.extend(server_packets(&theirs.accept_request(request_id).unwrap()));
            let Some(stream_id) = plays_on else { continue };
            for (kind, timestamp, body) in media() {
                let timestamp = RtmpTimestamp::new(timestamp);
                let packet = match kind {
                    TagKind::Video => theirs.send_video_data(stream_id, body, timestamp, false),
                    _ => theirs.send_audio_data(stream_id, body, timestamp, false),
                };
                to_us.extend(packet.unwrap().bytes);
            }
            to_us.extend(theirs.finish_playing(stream_id).unwrap().bytes);
        }
    }
    let received = std::iter::from_fn(|| ours.poll_tag());
    let received: Vec<_> = received.map(|tag| (tag.kind, tag.timestamp, tag.body)).collect();
    assert_eq!(received, media());
}

fn packets(results: Vec<ClientSessionResult>) -> Vec<u8> {
    let bytes = |result| match result {
        ClientSessionResult::OutboundResponse(packet) => packet.bytes,
        _ => Vec::new(),
    };
    results.into_iter().flat_map(bytes).collect()
}

fn server_packets(results: &[ServerSessionResult]) -> Vec<u8> {
    let bytes = |result: &ServerSessionResult| match result {
        ServerSessionResult::OutboundResponse(packet) => packet.bytes.clone(),
        _ => Vec::new(),
    };
    results.iter().flat_map(bytes).collect()
}
