//! The course of a training, whatever net it trains: steps along a schedule, judgements, checkpoints, the end.
//!
//! The schedule counts steps: equal options and equal data make equal weights, however busy the machine is. Only where time is
//! all there is (`--seconds`) it follows the clock.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use learn::{Checkpoint, Error, Evaluation, cosine};
use models::package::{Metadata, NetPackage, TrainingSummary};
use models::{Architecture, Fingerprint};

use crate::clips::Split;
use crate::curve::Curve;
use crate::files;
use crate::options::Options;
use crate::progress::Progress;
use crate::report::{Report, Row};
use crate::stop::{Reason, Stop};

/// The extension of a package whose training has not ended.
const SO_FAR: &str = "so-far";

/// A trainer with all that it learns from and is judged by.
pub(crate) trait Course {
    /// What is trained.
    type Net: Architecture;

    /// The learning rate at the start; it falls along a cosine.
    fn rate(&self) -> f64;
    /// All that the net depends on, besides schedule and clips.
    fn facts(&self) -> Vec<Row>;
    /// Pairs or sequences that are trained on.
    fn size(&self) -> u64;

    fn step(&mut self, rate: f64) -> Result<f64, Error>;
    fn steps(&self) -> u64;
    fn evaluate(&self) -> Result<Evaluation, Error>;
    fn checkpoint(&self, run: &str) -> Result<Checkpoint, Error>;
    fn restore(&mut self, checkpoint: &Checkpoint, run: &str) -> Result<(), Error>;
    fn package(&self, summary: TrainingSummary) -> Result<NetPackage<Self::Net>, Error>;
}

/// Follows the course to its end, or to where it has to stop. `begin` is when the program began: its time is limited, too.
pub(crate) fn follow<C: Course>(course: C, split: &Split, options: &Options, begin: Instant) -> Result<()> {
    let mut facts = course.facts();
    facts.extend([
        Row::new("data", split.fingerprint()?),
        Row::new("seed", options.seed),
        Row::new("steps", options.steps),
        Row::new("learning rate", course.rate()),
    ]);
    facts.extend(options.seconds.map(|seconds| Row::new("seconds at most", seconds)));
    let mut runner = Runner {
        course,
        steps: options.steps,
        every: options.every,
        end: options.seconds.map(|seconds| begin + Duration::from_secs(seconds)),
        out: options.out.clone(),
        run: facts.iter().map(Row::to_string).collect::<Vec<_>>().join(", "),
        file: files::beside(&options.out, "checkpoint"),
        curve: Curve::default(),
    };
    runner.resume()?;
    let stop = Stop::new(begin, options.stop_after.map(Duration::from_secs))?;
    if let Some(reason) = runner.go(&stop)? {
        let text = format!(
            "stopped at step {} of {}; the same command goes on from there",
            runner.course.steps(),
            options.steps
        );
        // Whatever called us shall not take a training for done that was cut off; a limit of time is no failure.
        match reason {
            Reason::Signal => bail!(text),
            Reason::Time => eprintln!("{text}"),
        }
        return Ok(());
    }
    runner.finish(facts, split, options)
}

/// A course with what is needed on the way.
struct Runner<C> {
    course: C,
    steps: u64,
    every: u64,
    /// When the schedule is at its end, whatever the step.
    end: Option<Instant>,
    /// The package.
    out: PathBuf,
    /// What a checkpoint has to agree with.
    run: String,
    /// The checkpoint.
    file: PathBuf,
    curve: Curve,
}

impl<C: Course> Runner<C> {
    /// Goes on from the checkpoint, if there is one.
    fn resume(&mut self) -> Result<()> {
        if !self.file.exists() {
            return Ok(());
        }
        let told = || format!("cannot go on from {}", self.file.display());
        let checkpoint = Checkpoint::parse(&fs::read(&self.file).with_context(told)?).with_context(told)?;
        self.course.restore(&checkpoint, &self.run).with_context(told)?;
        self.curve =
            serde_json::from_str(checkpoint.notes()).context("its curve is damaged").with_context(told)?;
        eprintln!("goes on from step {} of {}", self.course.steps(), self.file.display());
        Ok(())
    }

    /// Steps until the end, or until there is a reason to stop.
    fn go(&mut self, stop: &Stop) -> Result<Option<Reason>> {
        let bar = Progress::new("training", self.steps, self.course.steps());
        let (begin, before) = (Instant::now(), self.curve.seconds);
        // The whole of the time, that of former parts included.
        let time = self.end.map(|end| before + end.duration_since(begin).as_secs_f64());
        let mut progress = self.progress(time);
        while progress < 1.0 {
            let rate = self.course.rate() * cosine(progress);
            let loss = self.course.step(rate)?;
            let step = self.course.steps();
            self.curve.step(loss);
            bar.step();
            self.curve.seconds = before + begin.elapsed().as_secs_f64();
            progress = self.progress(time);
            let reason = stop.reason().filter(|_| progress < 1.0);
            if step.is_multiple_of(self.every) || progress >= 1.0 || reason.is_some() {
                let evaluation = self.course.evaluate()?;
                let gain = evaluation.gain;
                let point = self.curve.judged(step, rate, gain);
                bar.line(&format!("step {step:7}  loss {:.4e}  gain {gain:+.3} dB", point.loss));
                self.save(evaluation)?;
            }
            if reason.is_some() {
                return Ok(reason);
            }
        }
        Ok(None)
    }

    /// How far the schedule is, of 1: by steps, or by time if that is further.
    fn progress(&self, time: Option<f64>) -> f64 {
        let by_steps = self.course.steps() as f64 / self.steps as f64;
        time.map_or(by_steps, |time| by_steps.max(self.curve.seconds / time.max(1.0)))
    }

    /// Notes where the training stands, and what it has come to so far: a machine that is lent may be taken away.
    fn save(&self, evaluation: Evaluation) -> Result<()> {
        let curve = serde_json::to_string(&self.curve)?;
        let checkpoint = self.course.checkpoint(&self.run)?.with_notes(curve);
        files::write(&self.file, &checkpoint.to_bytes()?)?;
        let package = self.package(evaluation)?;
        files::write(&files::beside(&self.out, SO_FAR), package.bytes())
    }

    fn package(&self, evaluation: Evaluation) -> Result<NetPackage<C::Net>> {
        Ok(self.course.package(TrainingSummary {
            pairs: self.course.size(),
            steps: self.course.steps(),
            seconds: self.curve.seconds.round(),
            psnr_before: evaluation.psnr_before,
            psnr_after: evaluation.psnr_after,
        })?)
    }

    /// Writes package and report; then what was noted on the way is of no use any more.
    fn finish(self, facts: Vec<Row>, split: &Split, options: &Options) -> Result<()> {
        let evaluation = self.course.evaluate()?;
        let package = self.package(evaluation)?;
        files::write(&options.out, package.bytes())?;
        let report = Report {
            net: package.config().to_string(),
            package: package.fingerprint(),
            weights: weights(&package)?,
            device: options.device.resolve()?,
            facts,
            split,
            curve: &self.curve,
            evaluation,
        };
        report.write(&options.out)?;
        println!("{} {} in {}", package.config(), package.fingerprint(), options.out.display());
        remove(&self.file)?;
        remove(&files::beside(&self.out, SO_FAR))
    }
}

/// The fingerprint of the weights alone. That of the package holds the seconds that it took, too.
fn weights<A: Architecture>(package: &NetPackage<A>) -> Result<Fingerprint> {
    Ok(NetPackage::write(&Metadata::new(package.config()), package.weights())?.fingerprint())
}

fn remove(file: &Path) -> Result<()> {
    fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
}
