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
use rtmp::{ClientSession, Event, Limits, ServerSession};
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
