//! The evaluation as a whole, on a second of the sample footage: is what it says plausible? The figures are printed
//! (`cargo nextest run -p sharpcast-benches --no-capture`), none is asserted.

use std::path::Path;

use measure::evaluate::footage::Clip;
use measure::evaluate::rows::Rows;
use measure::evaluate::runs::Runs;
use measure::evaluate::vmaf::Vmaf;
use measure::evaluate::{BICUBIC, DIRECT, PLAIN, Plan, crops, evaluate, method, report};
use nets::device::DeviceChoice;
use nets::torch::configure_threads;

/// The other methods are the same with other weights, and take longer.
const QUICK: [&str; 4] = [BICUBIC, PLAIN, "nano", "nano+tcsr"];

#[test]
fn every_method_is_measured_and_plausible() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let footage = root.join(".deps/footage/trailer.mp4");
    assert!(footage.exists(), "sample footage is missing: run `make setup`");
    media::ffmpeg::quiet_logs();
    configure_threads(1);
    // A scene without black pictures.
    let clip = Clip::read(&footage, 360..384).unwrap();
    assert_eq!(clip.pictures.len(), 24);
    let plan = Plan { bitrates: vec![250_000, 800_000], runs: Runs::new(3, 9).unwrap() };
    // Where it is installed, it must work.
    let program = root.join(".deps/vmaf/ffmpeg");
    let vmaf = program.exists().then(|| Vmaf::new(&program).unwrap());
    let mut methods = method::methods(&[] as &[&Path], DeviceChoice::Cpu).unwrap();
    methods.retain(|method| QUICK.contains(&method.name()));

    let rows = evaluate(&clip, &plan, &mut methods, vmaf.as_ref()).unwrap();
    let rows = Rows(&rows);
    println!("{}", report::markdown(rows).unwrap());

    let expected: Vec<&str> = QUICK.into_iter().chain([DIRECT]).collect();
    assert_eq!(rows.methods(), expected);
    for wanted in plan.bitrates {
        for method in &expected {
            let row = rows.get(&clip.name, wanted, method).unwrap();
            let score = row.score;
            for decibels in [score.psnr, score.pooled, score.worst, score.steadiness] {
                assert!((15.0..60.0).contains(&decibels), "{row:?}");
            }
            assert!((0.5..1.0).contains(&score.ssim), "{row:?}");
            assert_eq!(row.vmaf.is_some(), vmaf.is_some());
            assert!(row.vmaf.is_none_or(|vmaf| (1.0..=100.0).contains(&vmaf)), "{row:?}");
            assert_eq!(row.time.is_none(), *method == DIRECT);
        }
        let thin = rows.get(&clip.name, wanted, PLAIN).unwrap().bitrate;
        let direct = rows.get(&clip.name, wanted, DIRECT).unwrap().bitrate;
        // A second is short for rate control.
        assert!((0.5..2.0).contains(&(direct / thin)), "{direct} instead of {thin} bit/s");
    }

    let folder = tempfile::tempdir().unwrap();
    let sheet = crops::write(&clip, 250_000, &mut methods, folder.path()).unwrap();
    assert!(sheet.metadata().unwrap().len() > 100_000, "crops have something to show");
}
