//! The numbers to choose of monitor, scenes, policies and course; the optimiser's are in [`crate::TrainerSettings`].
//! Times are seconds of video unless it says "of training"; qualities are PSNR of luma in dB. Where the figures come from: `docs/design/training.md`.

use nets::Device;

/// The settings of [`crate::LiveTraining`] and its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Where to train and to look.
    pub device: Device,
    /// Equal seeds and equal pairs make equal networks.
    pub seed: u64,

    // --- What goes to the server
    /// Least time between two networks of one training; the last one of a training need not wait.
    pub upload_every_s: f64,
    /// A better network by less is not worth its bits on the uplink.
    pub worth_uploading_db: f64,

    // --- Material: what is learnt from and judged by
    /// Pairs to learn from: the last half minute. A pair of 480x270 takes 1.2 MB.
    pub pool: usize,
    /// Share of its weight that a pair keeps when the next one comes: at two pairs a second, half of it is gone after 11 s.
    pub recency: f64,
    /// The same at a cut.
    pub weight_before_cut: f64,
    /// Once more where what comes after the cut is a scene of its own: a tenth remains.
    pub weight_before_scene: f64,
    /// One pair in this many is held out.
    pub held_out_every: u64,
    /// The first of them early, so that the first judgement need not wait for long.
    pub first_held_out: u64,
    /// Held-out pairs that are judged by, the newest: the last 20 s.
    pub held_out: usize,
    /// Training on fewer pairs, of which one is held out, would learn them by heart.
    pub least_pairs: u64,
    /// Judging by fewer would be chance.
    pub least_held_out: usize,
    /// Black, and titles on flat ground, are this good by Lanczos upsampling: they say nothing about a network.
    pub nothing_to_gain_db: f64,

    // --- Cuts, frame by frame (mean differences of luma samples, in code values)
    /// Fast motion stays below about 20.
    pub frame_cut: f64,
    /// A cut differs this many times as much as the frames before it did.
    pub frame_cut_ratio: f64,

    // --- Scenes, pair by pair (mean differences of signatures, in code values)
    /// Another scene differs by more than this, ...
    pub other_scene: f64,
    /// ... and by more than this many times what the scene's own pictures usually differ by: some scenes move.
    pub other_scene_ratio: f64,
    /// The first two pictures of another scene differ from each other by less than this part of what either differs by from
    /// the last picture before. Where everything moves fast they do not.
    pub alike: f64,
    /// This many strangers in a row are the scene, however little alike.
    pub established: u32,
    /// Pictures that differ by less from their scene show nothing new.
    pub unmoved: f64,
    /// Weight of the newest picture in a scene's running means, and of the newest frame in that of differences.
    pub newest: f64,
    /// Remembered scenes that differ by less are one.
    pub same_scene: f64,
    /// Scenes that are remembered.
    pub remembered_scenes: usize,
    /// Remembered networks that are tried on a new scene.
    pub tried: usize,
    /// A shorter scene is over when a network for it is in use: it is a piece of a montage.
    pub brief_s: f64,

    // --- Monitor
    /// From one picture to the next the PSNR of one scene moves by some tenths of a dB; from scene to scene by several dB. A
    /// slow decline says nothing: what is shown has become harder, for Lanczos upsampling as well.
    pub psnr: Bounds,
    /// The gain moves less than the PSNR: what makes a picture hard is in both of its parts.
    pub gain: Bounds,
    /// Looks that the smoothed curve is drawn through: four seconds at two looks a second.
    pub smoothed_looks: usize,
    /// Looks that are remembered, for what is usual.
    pub remembered_looks: usize,
    /// Before this many looks and ...
    pub least_looks: usize,
    /// ... this time nothing is usual: coders make keyframes worse than the last picture before them and mend that until the
    /// next, every two seconds or so, and all of that is one scene.
    pub least_s: f64,
    /// A jump is this many times as far as ...
    pub unusual: f64,
    /// ... what is seen once in this many looks.
    pub once_in: usize,
    /// A decline of the curve is this many times the usual deviation from it: even the curve moves a little.
    pub clear: f64,
    /// It has to have been up for this long.
    pub settled_s: f64,

    // --- Goals
    /// A gain that is enough anywhere (`TH_s`).
    pub enough_db: f64,
    /// Share of the predicted gain that is enough here (`alpha`).
    pub enough_share: f64,

    // --- Course of a training
    /// Seconds of training between two judgements, which take about as long as ten steps.
    pub judge_every_s: f64,
    /// Training that is behind the best network by this much has gone astray.
    pub astray_db: f64,
    /// Training that goes astray again and again is not slowed down below this learning rate.
    pub least_rate: f64,
    /// Less than this in the last part of a training is no progress: a plateau.
    pub progress_db: f64,
    /// That part: the longer training has gone on, the more slowly it gains.
    pub last_part: f64,
    /// It has at least this many seconds of training, ...
    pub patience_s: f64,
    /// ... more where training begins from nothing and is slow at first.
    pub patience_from_nothing_s: f64,
    /// No training takes more seconds of training.
    pub longest_s: f64,
    /// Patches that are looked at for each that is taken, at most.
    pub candidates: usize,

    // --- Policy: adaptive
    /// Between two comparisons with the network that trainings start from, while training rests.
    pub compare_every_s: f64,
    /// A network that is better by less is not another start.
    pub better_start_db: f64,
    /// What nothing but time speaks for may take training up to this share of the stream's time.
    pub spare: f64,
}

/// What counts as a change of a figure, in dB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Least jump from one look to the next.
    pub jump: f64,
    /// The same where another scene is shown.
    pub cut: f64,
    /// Least fall of the smoothed curve below what it had settled at, if that says anything.
    pub decline: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            device: Device::Cpu,
            seed: 1,
            upload_every_s: 5.0,
            worth_uploading_db: 0.03,
            pool: 64,
            recency: 0.97,
            weight_before_cut: 0.5,
            weight_before_scene: 0.2,
            held_out_every: 5,
            first_held_out: 2,
            held_out: 8,
            least_pairs: 3,
            least_held_out: 2,
            nothing_to_gain_db: 48.0,
            frame_cut: 24.0,
            frame_cut_ratio: 4.0,
            other_scene: 12.0,
            other_scene_ratio: 2.0,
            alike: 0.5,
            established: 4,
            unmoved: 4.0,
            newest: 0.1,
            same_scene: 12.0,
            remembered_scenes: 12,
            tried: 2,
            brief_s: 5.0,
            psnr: Bounds { jump: 1.0, cut: 0.5, decline: None },
            gain: Bounds { jump: 0.25, cut: 0.1, decline: Some(0.2) },
            smoothed_looks: 8,
            remembered_looks: 32,
            least_looks: 6,
            least_s: 4.0,
            unusual: 1.5,
            once_in: 10,
            clear: 3.0,
            settled_s: 8.0,
            enough_db: 2.0,
            enough_share: 0.9,
            judge_every_s: 1.5,
            astray_db: 0.5,
            least_rate: 1e-4,
            progress_db: 0.03,
            last_part: 1.0 / 3.0,
            patience_s: 3.0,
            patience_from_nothing_s: 15.0,
            longest_s: 40.0,
            candidates: 4,
            compare_every_s: 3.0,
            better_start_db: 0.03,
            spare: 0.3,
        }
    }
}
