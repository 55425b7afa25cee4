//! The JSON of every endpoint, byte for byte: read, and written again just so.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

fn is_written_as_read<T: Serialize + DeserializeOwned>(json: &str) {
    let value: T = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), json);
}

/// The words of an enum, all of them.
fn words<T: Serialize + Copy>(variants: &[T]) -> String {
    let word = |variant: &T| serde_json::to_value(variant).unwrap().as_str().unwrap().to_owned();
    variants.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_list_of_streams() {
    is_written_as_read::<Vec<StreamSummary>>(
        r#"[{"name":"demo","state":"live","watch":"/watch/demo","playlist":"/hls/demo/index.m3u8","source":"480x270","enhanced":"960x540","training":"training"},{"name":"idle","state":"idle","watch":"/watch/idle","playlist":"/hls/idle/index.m3u8","source":null,"enhanced":null,"training":null}]"#,
    );
}

#[test]
fn the_status_of_a_stream() {
    is_written_as_read::<StreamStatus>(
        r#"{"name":"demo","state":"live","uptime_s":12.5,"discontinuities":1,"video":{"codec":"avc1.64001e","width":480,"height":270,"pixel_aspect":"16:11","frames":300,"frame_rate":25.0,"bitrate":600000,"newest_s":12.0},"audio":{"codec":"mp4a.40.2","sample_rate":48000,"channels":2,"bitrate":128000},"enhance":{"width":960,"height":540,"frames_in":300,"f_edsr":280,"tcsr":12,"temporal":{"affordable":1.5,"ms":250.0,"key":6,"change":4,"spare":2,"chosen":[{"at_s":10.0,"reason":"key"},{"at_s":11.0,"reason":"spare"}]},"plain":18,"plain_overload":10,"plain_no_net":5,"plain_failed":3,"plain_no_gain":4,"way_out":{"quality":12.5,"fidelity_db":54.25,"loss_db":0.05},"skipped":2,"deinterlaced":0,"net_ms":13.25,"lane_ms":20.5,"backlog_s":0.04,"device":"cpu","model":{"version":2,"fingerprint":"ab","architecture":"f-edsr small 16x4 x2","origin":"trained","gain_db":0.75},"history":[{"version":2,"fingerprint":"ab","origin":"trained","from_s":8.0,"frames_in":200,"gain_db":null,"took_ms":31.5}]},"training":null,"problems":[{"kind":"codec-not-supported","text":"send H.264","count":3,"first":"2026-01-02T03:04:05Z","last":"2026-01-02T03:04:06Z"}]}"#,
    );
    is_written_as_read::<StreamStatus>(
        r#"{"name":"idle","state":"waiting","uptime_s":null,"discontinuities":0,"video":null,"audio":null,"enhance":null,"training":null,"problems":[]}"#,
    );
}

#[test]
fn what_to_train_and_how_that_stands() {
    is_written_as_read::<TrainingOrder>(
        r#"{"architecture":"f-edsr","preset":"small","channels":16,"blocks":4,"scale":2,"max_bytes":16777216,"in_use":"ab"}"#,
    );
    is_written_as_read::<TrainingReport>(
        r#"{"state":"training","looks":[{"at_s":1.0,"plain_db":30.0,"net_db":30.5,"smoothed_gain_db":0.5}],"trainings":[{"from_s":0.5,"to_s":3.5,"reason":"start","pairs":12,"steps":100,"seconds":2.5,"before_db":30.0,"gain_db":0.5,"goal_db":0.4,"predicted_db":0.6,"remembered":true,"end":"goal"},{"from_s":4.0,"to_s":null,"reason":"drop","pairs":2,"steps":10,"seconds":0.5,"before_db":0.0,"gain_db":0.0,"goal_db":null,"predicted_db":null,"remembered":false,"end":null}],"trainings_total":2,"seconds_total":3.0}"#,
    );
}

#[test]
fn what_became_of_a_package() {
    is_written_as_read::<ModelReport>(r#"{"version":3,"fingerprint":"ab","outcome":"live"}"#);
    is_written_as_read::<Problem>(
        r#"{"type":"/problems/model-rejected","title":"Model rejected","status":422,"detail":"train again"}"#,
    );
}

#[test]
fn every_word_of_the_enums() {
    use TrainingReason::{Always, Decline, Drop, More, Rise, Start};

    assert_eq!(words(&[StreamState::Idle, StreamState::Live, StreamState::Waiting]), "idle live waiting");
    assert_eq!(words(&[ModelOrigin::Stock, ModelOrigin::Trained]), "stock trained");
    assert_eq!(words(&[RefinedReason::Key, RefinedReason::Change, RefinedReason::Spare]), "key change spare");
    assert_eq!(words(&[Outcome::Live, Outcome::Ready, Outcome::Unchanged]), "live ready unchanged");
    let states =
        [TrainingState::Waiting, TrainingState::Training, TrainingState::Resting, TrainingState::TooSlow];
    assert_eq!(words(&states), "waiting training resting too-slow");
    assert_eq!(words(&[Start, Drop, Rise, Decline, More, Always]), "start drop rise decline more always");
    let ends = [TrainingEnd::Goal, TrainingEnd::Plateau, TrainingEnd::TimeLimit];
    assert_eq!(words(&ends), "goal plateau time-limit");
    assert_eq!(words(&[TrainingEnd::Overtaken, TrainingEnd::Stopped]), "overtaken stopped");
}

/// Fields that were added later may be missing in what an older program says.
#[test]
fn older_answers_are_understood() {
    let summary = r#"{"name":"a","state":"idle","watch":"w","playlist":"p","source":null,"enhanced":null}"#;
    assert_eq!(serde_json::from_str::<StreamSummary>(summary).unwrap().training, None);
}
