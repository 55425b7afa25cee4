//! One-time, continuous and adaptive training through the same programme: what they gain, and what they cost.
//!
//! ```text
//! make evaluate-training DATA=folder-of-clips
//! ```

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use api::Bitrate;
use clap::Parser;
use learn::GainSample;
use measure::adaptation::pace::Pace;
use measure::adaptation::programme::Programme;
use measure::adaptation::{Outcome, Plan, evaluate, plot, report};
use measure::evaluate::footage;
use models::Preset;
use nets::device::DeviceChoice;
use streamer::config::PolicyChoice;

#[derive(Parser)]
#[command(about = "Training while streaming: one-time, continuous, adaptive")]
struct Arguments {
    /// Folder of clips that nothing was trained on
    #[arg(long)]
    data: PathBuf,
    /// Which network
    #[arg(long, default_value = "nano")]
    preset: Preset,
    /// Bitrate of the low-resolution stream
    #[arg(long, default_value = "400k")]
    bitrate: Bitrate,
    /// Seconds of a scene, when channels are hopped
    #[arg(long, default_value_t = 20.0)]
    scene: f64,
    /// How often all clips are hopped through; 0 for not at all
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// Seconds of every clip alone; 0 for not at all
    #[arg(long, default_value_t = 60.0)]
    alone: f64,
    /// Train all the time too on every clip alone, to see what resting costs
    #[arg(long)]
    continuous: bool,
    /// Milliseconds of a training step [default: measured]
    #[arg(long)]
    step_ms: Option<f64>,
    /// Let every training go on until it gains no more, to see what can be predicted
    #[arg(long)]
    no_goals: bool,
    /// Seed of all trainings
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where to train: auto, cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: DeviceChoice,
    /// Where to write the report: FILE.md, with FILE.svg beside it
    #[arg(long)]
    out: PathBuf,
}

fn main() -> Result<()> {
    media::ffmpeg::quiet_logs();
    let arguments = Arguments::parse();
    let device = arguments.device.resolve()?;
    nets::torch::configure_threads(1);
    let config = arguments.preset.config(models::stock::SCALE)?;
    let bitrate = arguments.bitrate.bits_per_second();
    let clips = footage::clips(&arguments.data)?;
    let pace = Pace::measure(&Programme::alone(&clips[0], 5.0)?, config, device, bitrate)?;
    let pace = arguments.step_ms.map_or(pace, |milliseconds| pace.with_step(milliseconds / 1e3));
    let plan = |policies: &[PolicyChoice]| Plan {
        config,
        bitrate,
        policies: policies.to_vec(),
        pace,
        goals: !arguments.no_goals,
        seed: arguments.seed,
        device,
    };

    let mut text = format!("# Training while streaming\n\nMachine: {}\n\n", measure::machine());
    let mut samples = Vec::new();
    if arguments.rounds > 0 {
        eprintln!("hopping");
        let programme = Programme::hopping(&arguments.data, arguments.scene, arguments.rounds)?;
        let plan = plan(&[PolicyChoice::Once, PolicyChoice::Always, PolicyChoice::Adaptive]);
        let outcome = evaluate(&programme, &plan)?;
        text += "## Channel hopping\n";
        text += &describe(&programme, &plan, &outcome, &mut samples);
        let drawing = arguments.out.with_extension("svg");
        plot::draw(&programme, &outcome, &drawing)?;
        let _ = writeln!(
            text,
            "\n![Gain over time]({})\n",
            drawing.file_name().unwrap_or_default().to_string_lossy()
        );
    }
    if arguments.alone > 0.0 {
        text += "## Every clip alone\n";
        for path in &clips {
            eprintln!("{}", path.display());
            let programme = Programme::alone(path, arguments.alone)?;
            let policies = [PolicyChoice::Always, PolicyChoice::Adaptive];
            let plan = plan(if arguments.continuous { &policies } else { &policies[1..] });
            let outcome = evaluate(&programme, &plan)?;
            let _ = writeln!(text, "### {}", programme.scenes[0].name);
            text += &describe(&programme, &plan, &outcome, &mut samples);
        }
    }
    let _ = writeln!(text, "## What was predicted\n{}", report::prediction(&samples));
    if !arguments.no_goals {
        text += "What trainings that ended at a goal could have reached is taken from the prediction: --no-goals tests it.\n";
    }
    std::fs::write(&arguments.out, &text)
        .with_context(|| format!("cannot write {}", arguments.out.display()))?;
    println!("{text}");
    Ok(())
}

/// The tables of a programme; what its trainings came to is added to the samples.
fn describe(programme: &Programme, plan: &Plan, outcome: &Outcome, samples: &mut Vec<GainSample>) -> String {
    let mut text = report::head(programme, plan, outcome);
    let _ = writeln!(text, "\n{}", report::policies(outcome));
    if programme.scenes.len() > 1 {
        let _ = writeln!(text, "{}", report::scenes(programme, outcome));
    }
    for life in outcome.lives.iter().filter(|life| life.policy == PolicyChoice::Adaptive) {
        let _ = writeln!(text, "Trainings of the adaptive policy:\n\n{}", report::trainings(life));
        samples.extend(life.samples());
    }
    text
}
