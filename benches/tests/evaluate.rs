//! The evaluation as a whole, on two seconds of the sample footage: is what it says plausible? The figures are printed
//! (`cargo nextest run -p sharpcast-benches --no-capture`), none is asserted.

use std::path::Path;

use measure::evaluate::footage::Clip;
use measure::evaluate::rows::Rows;
use measure::evaluate::{OBS, Plan, crops, evaluate, method, report};
use media::Size;
use nets::device::DeviceChoice;
use nets::torch::configure_threads;
use sharpcast::out::EncodeSettings;

#[test]
fn every_way_is_measured_and_plausible() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let footage = root.join(".deps/footage/trailer.mp4");
    assert!(footage.exists(), "sample footage is missing: run `make setup`");
    media::ffmpeg::quiet_logs();
    configure_threads(1);
    let mut clip = Clip::read(&footage, Some(16.0), Size { width: 480, height: 270 }).unwrap();
    // A scene without black pictures.
    clip.pictures.drain(..336);
    assert_eq!(clip.pictures.len(), 48);
    let plan = Plan {
        bitrates: vec![100_000, 300_000],
        coders: vec!["h264".parse().unwrap(), "av1-12".parse().unwrap()],
        full_size: true,
        way_out: EncodeSettings::default(),
    };
    let names = ["Lanczos", "nano", "nano+tcsr"].map(str::to_owned);
    let mut methods = method::methods(&names, &[] as &[&Path], DeviceChoice::Cpu).unwrap();

    let rows = evaluate(&clip, &plan, &mut methods, None).unwrap();
    let rows = Rows(&rows);
    println!("{}", report::markdown(rows, Some(rows)).unwrap());

    assert_eq!(rows.methods().len(), 1 + 2 * (3 + 1), "{:?}", rows.methods());
    assert_eq!(rows.methods()[0], OBS);
    for row in rows.0 {
        let score = row.score;
        for decibels in [score.psnr, score.pooled, score.worst, score.steadiness] {
            assert!((15.0..60.0).contains(&decibels), "{row:?}");
        }
        assert!((0.5..1.0).contains(&score.ssim) && row.vmaf.is_none(), "{row:?}");
        // Two seconds are short for rate control.
        assert!((0.4..2.5).contains(&(row.bitrate / f64::from(row.wanted))), "{row:?}");
        let is_served = row.way_out.is_some() && row.serving.is_some_and(|cores| cores > 0.0);
        assert_eq!(is_served, row.method != OBS && !row.method.ends_with("full size"), "{row:?}");
        assert!(row.sending > 0.0, "{row:?}");
        // The second coding takes away, and not much.
        assert!(row.way_out.is_none_or(|loss| (-0.05..3.0).contains(&loss)), "{row:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let sheet = crops::write(&clip, &plan.coders[0], 100_000, &mut methods, folder.path()).unwrap();
    assert!(sheet.metadata().unwrap().len() > 100_000, "crops have something to show");
}
