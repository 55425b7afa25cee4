//! Tables.

use std::fmt::Write as _;

use learn::{GainPredictor, GainSample, LEAST_SAMPLES};
use media::quality::Mean;
use streamer::config::PolicyChoice;

use super::life::Life;
use super::programme::Programme;
use super::{Measured, Outcome, Plan};

/// Means over measured pictures, in dB.
struct Means {
    lanczos: f64,
    stock: f64,
    nets: Vec<f64>,
}

impl Means {
    fn of<'a>(measured: impl Iterator<Item = &'a Measured>, policies: usize) -> Self {
        let mut lanczos = Mean::default();
        let mut stock = Mean::default();
        let mut nets = vec![Mean::default(); policies];
        for one in measured {
            lanczos.add(one.lanczos);
            stock.add(one.stock);
            nets.iter_mut().zip(&one.nets).for_each(|(mean, psnr)| mean.add(*psnr));
        }
        Self { lanczos: lanczos.mean(), stock: stock.mean(), nets: nets.iter().map(Mean::mean).collect() }
    }
}

/// A policy's name in tables.
pub fn name(policy: PolicyChoice) -> &'static str {
    match policy {
        PolicyChoice::Adaptive => "adaptive",
        PolicyChoice::Always => "continuous",
        PolicyChoice::Once => "one-time",
    }
}

/// The policies against each other, over all of a programme.
pub fn policies(outcome: &Outcome) -> String {
    let means = Means::of(outcome.measured.iter(), outcome.lives.len());
    let always = outcome.lives.iter().position(|life| life.policy == PolicyChoice::Always);
    let mut text = String::from(
        "| method | PSNR-Y, dB | over Lanczos | over stock | of continuous' gain over stock | training, s | of continuous' | trainings | uploads | kB |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    let _ = writeln!(text, "| Lanczos | {:.2} | | | | | | | | |", means.lanczos);
    let _ =
        writeln!(text, "| stock | {:.2} | {:+.2} | | | | | | | |", means.stock, means.stock - means.lanczos);
    for (index, life) in outcome.lives.iter().enumerate() {
        let gain = means.nets[index] - means.stock;
        let share = |of: fn(&Life) -> f64| {
            always.map_or_else(String::new, |always| {
                format!("{:.0} %", 100.0 * of(life) / of(&outcome.lives[always]))
            })
        };
        let of_gain = always.map_or_else(String::new, |always| {
            format!("{:.0} %", 100.0 * gain / (means.nets[always] - means.stock))
        });
        let _ = writeln!(
            text,
            "| {} | {:.2} | {:+.2} | {gain:+.3} | {of_gain} | {:.0} | {} | {} | {} | {:.0} |",
            name(life.policy),
            means.nets[index],
            means.nets[index] - means.lanczos,
            life.seconds,
            share(|life| life.seconds),
            life.trainings.len(),
            life.swaps.len(),
            life.uploaded as f64 / 1e3,
        );
    }
    if let Some(direct) = outcome.direct {
        let _ = writeln!(
            text,
            "| large pictures coded directly, at the bits of adaptive | {direct:.2} | {:+.2} | {:+.3} | | | | | | |",
            direct - means.lanczos,
            direct - means.stock
        );
    }
    text
}

/// Every scene: what was there, what the server had.
pub fn scenes(programme: &Programme, outcome: &Outcome) -> String {
    let mut text = String::from("| scene | from, s | Lanczos | stock |");
    for life in &outcome.lives {
        let _ = write!(text, " {} over stock |", name(life.policy));
    }
    text.push_str(" seconds from the cut to the next network (adaptive) |\n|---|---|---|---|");
    text.push_str(&"---|".repeat(outcome.lives.len() + 1));
    text.push('\n');
    let cuts = programme.cuts();
    for (index, (scene, from)) in programme.scenes.iter().zip(&cuts).enumerate() {
        let of_scene = outcome.measured.iter().filter(|one| one.scene == index);
        let means = Means::of(of_scene, outcome.lives.len());
        let _ = write!(text, "| {} | {from:.0} | {:.2} | {:.2} |", scene.name, means.lanczos, means.stock);
        for net in &means.nets {
            let _ = write!(text, " {:+.3} |", net - means.stock);
        }
        let end = cuts.get(index + 1).copied().unwrap_or(f64::INFINITY);
        let swap = outcome
            .lives
            .iter()
            .find(|life| life.policy == PolicyChoice::Adaptive)
            .and_then(|life| life.swaps.iter().find(|swap| (*from..end).contains(*swap)));
        let _ = writeln!(
            text,
            " {} |",
            swap.map_or_else(|| "-".to_owned(), |swap| format!("{:.1}", swap - from))
        );
    }
    text
}

/// Every training of a policy.
pub fn trainings(life: &Life) -> String {
    let mut text = String::from(
        "| from, s | reason | seconds | steps | before, dB | gain | goal | predicted | remembered | end |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    let some = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:+.2}"));
    for one in &life.trainings {
        let _ = writeln!(
            text,
            "| {:.1} | {:?} | {:.1} | {} | {:.2} | {:+.2} | {} | {} | {} | {} |",
            one.from_s,
            one.reason,
            one.seconds,
            one.steps,
            one.before_db,
            one.gain_db,
            some(one.goal_db),
            some(one.predicted_db),
            if one.remembered { "yes" } else { "" },
            one.end.map_or_else(String::new, |end| format!("{end:?}")),
        );
    }
    text
}

/// How well gains are predicted: each training from all others, against the mean of all others.
pub fn prediction(samples: &[GainSample]) -> String {
    if samples.len() <= LEAST_SAMPLES {
        return format!("{} trainings are too few to say how well the next is predicted.\n", samples.len());
    }
    let mut learnt = 0.0;
    let mut mean = 0.0;
    for (index, one) in samples.iter().enumerate() {
        let others: Vec<GainSample> = samples
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, other)| *other)
            .collect();
        let Ok(Some(predictor)) = GainPredictor::fit(&others) else { continue };
        let Ok(predicted) = predictor.predict(one.first_db) else { continue };
        let average = others.iter().map(|other| other.gain_db).sum::<f64>() / others.len() as f64;
        learnt += (predicted - one.gain_db).powi(2);
        mean += (average - one.gain_db).powi(2);
    }
    let root = |sum: f64| (sum / samples.len() as f64).sqrt();
    format!(
        "{} trainings, each predicted from the others (root of the mean squared error): {:.3} dB by the predictor, {:.3} dB by \
         their mean.\n",
        samples.len(),
        root(learnt),
        root(mean)
    )
}

/// How the figures were made.
pub fn head(programme: &Programme, plan: &Plan, outcome: &Outcome) -> String {
    format!(
        "{} s, {} scenes, {} from {} at {:.0} kbit/s; {}; step {:.1} ms, look {:.1} ms, judgement {:.0} ms; {} measured pictures.\n",
        programme.seconds().round(),
        programme.scenes.len(),
        programme.whole(),
        programme.half(),
        outcome.bitrate / 1e3,
        plan.config,
        plan.pace.step_s * 1e3,
        plan.pace.look_s * 1e3,
        plan.pace.judge_s * 1e3,
        outcome.measured.len()
    )
}
