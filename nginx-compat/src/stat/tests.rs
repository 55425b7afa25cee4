//! The page as stylesheets and exporters read it.

use super::*;

fn page(stream: Stream) -> String {
    let applications = vec![Application { name: "live".into(), streams: vec![stream] }];
    let stat = Stat { version: "sharpcast 0.1".into(), pid: 7, applications, ..Stat::default() };
    stat.to_xml(Some("stat.xsl"))
}

#[test]
fn the_page_has_the_elements_that_are_known() {
    let client = Client {
        id: 3,
        address: "192.0.2.1".into(),
        flash_version: "FMLE/3.0 (compatible; <OBS>".into(),
        page_url: "http://192.0.2.1/?a=1&b=2".into(),
        dropped: 2,
        av_sync: -12,
        timestamp: 5_000,
        publishes: true,
        ..Client::default()
    };
    let stream = Stream {
        name: "a<b>&\"c\"\u{1}".into(),
        time: Duration::from_secs(5),
        clients: vec![client],
        video: Some(Video {
            width: 640,
            height: 360,
            frame_rate: 29.97,
            codec: "H264".into(),
            profile: "High".into(),
            compatibility: Some(0),
            level: Some(31),
        }),
        audio: Some(Audio { codec: "AAC".into(), profile: "LC".into(), channels: 2, sample_rate: 48_000 }),
        is_published: true,
        ..Stream::default()
    };
    insta::assert_snapshot!(page(stream));
}

#[test]
fn what_is_not_known_is_left_out() {
    assert!(!page(Stream::default()).contains("<meta>"));
    let audio = Some(Audio { codec: "AAC".into(), channels: 1, sample_rate: 44_100, ..Audio::default() });
    let page = page(Stream { audio, ..Stream::default() });
    let page = page.replace("\r\n", "");
    let meta = page.split("<meta>").nth(1).unwrap().split("</meta>").next().unwrap();
    assert_eq!(
        meta,
        "<video><width>0</width><height>0</height><frame_rate>0</frame_rate></video>\
         <audio><codec>AAC</codec><channels>1</channels><sample_rate>44100</sample_rate></audio>"
    );
    assert!(!page.contains("<compiler>") && !page.contains("<publishing/>"));
}
