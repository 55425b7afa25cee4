//! How training stands, as the server's API says it.

use api::control::{QualityLook, TrainingEnd, TrainingReason, TrainingRecord, TrainingReport, TrainingState};
use learn::{End, LiveTraining, Look, Reason, Record, State};

pub(super) fn report(trainer: &LiveTraining) -> TrainingReport {
    TrainingReport {
        state: state(trainer.state()),
        looks: trainer.looks().map(look).collect(),
        trainings: trainer.records().map(record).collect(),
        trainings_total: trainer.trainings(),
        seconds_total: trainer.seconds(),
    }
}

fn state(state: State) -> TrainingState {
    match state {
        State::Waiting => TrainingState::Waiting,
        State::Training => TrainingState::Training,
        State::Resting => TrainingState::Resting,
        State::TooSlow => TrainingState::TooSlow,
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

fn reason(reason: Reason) -> TrainingReason {
    match reason {
        Reason::Start => TrainingReason::Start,
        Reason::Drop => TrainingReason::Drop,
        Reason::Rise => TrainingReason::Rise,
        Reason::Decline => TrainingReason::Decline,
        Reason::More => TrainingReason::More,
        Reason::Always => TrainingReason::Always,
    }
}

fn end(end: End) -> TrainingEnd {
    match end {
        End::Goal => TrainingEnd::Goal,
        End::Plateau => TrainingEnd::Plateau,
        End::TimeLimit => TrainingEnd::TimeLimit,
        End::Overtaken => TrainingEnd::Overtaken,
        End::Stopped => TrainingEnd::Stopped,
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
