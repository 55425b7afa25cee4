//! Orders to recorders and connections.

use media::flv::Muxer;
use media::packet::Unit;
use media::synthetic::TestSound;
use nginx_compat::control::{Answer, Order, understand};
use tokio::sync::{mpsc, oneshot};

use super::*;
use crate::clients::{Letter, Role};
use crate::out::record::RecordSettings;

/// A tone, in tags that follow each other.
struct Tones {
    sound: TestSound,
    muxer: Muxer,
}

impl Tones {
    /// Begins with what decodes it.
    async fn begin(publisher: &mut Publisher, frequency: f64) -> Self {
        let sound = TestSound::new(Some(frequency)).unwrap();
        let mut muxer = Muxer::new();
        publisher.send(&muxer.tag(&Unit::AudioConfig(sound.config()))).await.unwrap();
        Self { sound, muxer }
    }

    fn next(&mut self) -> Tag {
        self.muxer.tag(&Unit::Packet(self.sound.next_packet().unwrap()))
    }
}

fn order(what: &str, fields: &[(&str, &str)]) -> Order {
    let fields: Vec<_> = fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    understand(what, &fields).unwrap()
}

#[tokio::test]
async fn recorders_begin_and_end_by_order() {
    let folder = tempfile::tempdir().unwrap();
    let record = RecordSettings {
        by_order: true,
        lock: true,
        notify: true,
        ..RecordSettings::new("archive", folder.path().into())
    };
    let server = Server::start(vec![AppSettings { record: vec![record], ..open("live") }]).await;
    let (orders, taken) = mpsc::channel(1);
    let mut taking = JoinSet::new();
    taking.spawn(Arc::clone(&server.applications).take_orders(taken, server.shutdown.clone()));
    let give = async |what: &str, recorder: &str| {
        let (answer, answered) = oneshot::channel();
        let fields = [("app", "live"), ("name", "one"), ("rec", recorder)];
        orders.send((order(&format!("record/{what}"), &fields), answer)).await.unwrap();
        answered.await.unwrap()
    };
    assert_eq!(give("start", "archive").await, Answer::Recorded(None), "nobody publishes");
    let mut publisher = server.publish("live", "one").await.unwrap();
    assert!(matches!(give("start", "other").await, Answer::Failed(_)));
    assert_eq!(give("stop", "archive").await, Answer::Recorded(None));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "not before it is ordered");

    let file = folder.path().join("one.flv");
    let path = Answer::Recorded(Some(file.to_str().unwrap().to_owned()));
    let mut tones = Tones::begin(&mut publisher, 440.0).await;
    let mut sound = async |publisher: &mut Publisher| {
        for _ in 0..20 {
            publisher.send(&tones.next()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    sound(&mut publisher).await;
    let (started, ()) = tokio::join!(give("start", "archive"), sound(&mut publisher));
    assert_eq!(started, path);
    assert_eq!(give("start", "archive").await, path, "it records already");
    assert!(std::fs::File::open(&file).unwrap().try_lock().is_err(), "others see that it is being written");
    sound(&mut publisher).await;
    assert_eq!(give("stop", "archive").await, path);
    let released = async {
        while std::fs::File::open(&file).unwrap().try_lock().is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), released).await.unwrap();
    let written = std::fs::metadata(&file).unwrap().len();
    assert!(written > 13 + 20 * 15, "{written} bytes");
    sound(&mut publisher).await;
    assert_eq!(
        std::fs::metadata(&file).unwrap().len(),
        written,
        "what comes behind the order is not recorded"
    );
    server.shutdown.request();
    taking.join_all().await;
}

#[tokio::test]
async fn publishers_and_players_go_on_under_another_name() {
    let server = Server::start(vec![open("live")]).await;
    let mut one = server.publish("live", "one").await.unwrap();
    let mut two = server.publish("live", "two").await.unwrap();
    let mut player = server.play("live", "one").await.unwrap();
    let redirect = |role: &str, name: &str| {
        let meant = |client: &Arc<Client>| match client.role() {
            Role::Waits => false,
            Role::Publishes(stream) => role == "publisher" && stream.as_str() == name,
            Role::Plays(stream) => role == "player" && stream.as_str() == name,
        };
        server.clients.all().iter().find(|client| meant(client)).unwrap().clone()
    };
    let mut first = Tones::begin(&mut one, 440.0).await;
    let mut second = Tones::begin(&mut two, 880.0).await;
    let mut heard = async |one: &mut Publisher, two: &mut Publisher, expected: u8| {
        for _ in 0..400 {
            let tags = [first.next(), second.next()];
            one.send(&tags[0]).await.unwrap();
            two.send(&tags[1]).await.unwrap();
            let wanted = &tags[usize::from(expected) - 1].body;
            while let Ok(tag) = tokio::time::timeout(Duration::from_millis(20), player.next_tag()).await {
                if tag.unwrap().unwrap().body == *wanted {
                    return;
                }
            }
        }
        panic!("nothing of {expected} came");
    };
    heard(&mut one, &mut two, 1).await;
    redirect("player", "one").post(Letter::Redirect("two".into()));
    heard(&mut one, &mut two, 2).await;
    // The stream is over, and another publisher takes its name.
    let moved = redirect("publisher", "one");
    moved.post(Letter::Redirect("three".into()));
    let renamed = async {
        while !server.names().contains(&"three".to_owned()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), renamed).await.unwrap();
    assert_eq!(moved.role(), Role::Publishes("three".parse().unwrap()));
    let mut late = server.play("live", "three").await.unwrap();
    let tag = async {
        loop {
            one.send(&first.next()).await.unwrap();
            let next = tokio::time::timeout(Duration::from_millis(20), late.next_tag()).await;
            if next.is_ok_and(|tag| tag.unwrap().unwrap().body.starts_with(&[0xaf, 1])) {
                break;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), tag).await.expect("its sound is known there as well");
}
