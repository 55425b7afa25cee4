//! How training stands, as the server's API says it.

use api::control::{QualityLook, TrainingEnd, TrainingReason, TrainingRecord, TrainingReport, TrainingState};
use learn::{End, LiveTraining, Look, Reason, Record, State};

/// A function from our word to the API's of the same name. A word that one of them lacks does not compile.
macro_rules! words {
    ($function:ident, $ours:ident => $theirs:ident: $($word:ident),+) => {
        fn $function(ours: $ours) -> $theirs {
            match ours {
                $($ours::$word => $theirs::$word,)+
            }
        }
    };
}

words!(state, State => TrainingState: Waiting, Training, Resting, TooSlow);
words!(reason, Reason => TrainingReason: Start, Drop, Rise, Decline, More, Always);
words!(end, End => TrainingEnd: Goal, Plateau, TimeLimit, Overtaken, Stopped);

pub(super) fn report(trainer: &LiveTraining) -> TrainingReport {
    TrainingReport {
        state: state(trainer.state()),
        looks: trainer.looks().map(look).collect(),
        trainings: trainer.records().map(record).collect(),
        trainings_total: trainer.trainings(),
        seconds_total: trainer.seconds(),
    }
}

fn look(look: &Look) -> QualityLook {
    QualityLook {
        at_s: look.at_s,
        plain_db: look.lanczos_db,
        net_db: look.net_db,
        smoothed_gain_db: look.smoothed_gain_db,
    }
}

fn record(record: &Record) -> TrainingRecord {
    TrainingRecord {
        from_s: record.from_s,
        to_s: record.to_s,
        reason: reason(record.reason),
        pairs: record.pairs,
        steps: record.steps,
        seconds: record.seconds,
        before_db: record.before_db,
        gain_db: record.gain_db,
        goal_db: record.goal_db,
        predicted_db: record.predicted_db,
        remembered: record.remembered,
        end: record.end.map(end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_name_things_as_the_api_does() {
        let training = Record {
            from_s: 1.0,
            to_s: Some(2.0),
            reason: Reason::Rise,
            pairs: 3,
            steps: 4,
            seconds: 5.0,
            before_db: 6.0,
            gain_db: 7.0,
            goal_db: Some(8.0),
            predicted_db: None,
            remembered: true,
            end: Some(End::TimeLimit),
        };
        let json = serde_json::to_value(record(&training)).unwrap();
        let expected = serde_json::json!({
            "from_s": 1.0, "to_s": 2.0, "reason": "rise", "pairs": 3, "steps": 4, "seconds": 5.0, "before_db": 6.0,
            "gain_db": 7.0, "goal_db": 8.0, "predicted_db": null, "remembered": true, "end": "time-limit",
        });
        assert_eq!(json, expected);
        let seen = Look { at_s: 1.0, lanczos_db: 2.0, net_db: 3.0, smoothed_gain_db: 4.0 };
        let json = serde_json::to_value(look(&seen)).unwrap();
        assert_eq!(
            json,
            serde_json::json!({ "at_s": 1.0, "plain_db": 2.0, "net_db": 3.0, "smoothed_gain_db": 4.0 })
        );
        assert_eq!(serde_json::to_value(state(State::TooSlow)).unwrap(), "too-slow");
    }
}
