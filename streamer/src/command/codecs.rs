//! `streamer codecs`: what works on this machine, and what it costs.

use media::ffmpeg::{Coder, Hardware, Preset};
use media::{FrameRate, Size};

use crate::coder::{CodecChoice, Coding, Effort, Latency, try_out};
use crate::config::codable;
use crate::failure::Failure;

const SOFTWARE: [Coder; 8] = [
    Coder::SvtAv1(6),
    Coder::SvtAv1(8),
    Coder::SvtAv1(10),
    Coder::SvtAv1(12),
    Coder::X265(Preset::Fast),
    Coder::X265(Preset::Superfast),
    Coder::X264(Preset::Faster),
    Coder::X264(Preset::Veryfast),
];

/// Tries all of them, one after the other, and prints a line for each.
pub(super) fn run(size: Size, rate: u32) -> Result<String, Failure> {
    let size = codable(size).map_err(Failure::refused)?;
    let frame_rate = FrameRate::whole(rate);
    println!("{:<18} {:<6} {:>9} {:>9}   at {size}, {rate} a second", "coder", "codec", "cores", "x real");
    let chips = Hardware::ALL.iter().map(Coder::Hardware);
    for coder in SOFTWARE.into_iter().chain(chips) {
        println!("{}", line(coder, size, frame_rate));
    }
    let coding = Coding { codec: CodecChoice::Auto, effort: Effort::default(), latency: Latency::default() };
    let chosen = coding.choose(size, frame_rate).map_err(Failure::failed)?;
    Ok(format!("--codec auto --effort {} takes {} here", coding.effort, chosen.coder))
}

fn line(coder: Coder, size: Size, frame_rate: FrameRate) -> String {
    let name = coder.to_string();
    let codec = coder.codec().name();
    if let Coder::Hardware(chip) = coder
        && !chip.is_known()
    {
        return format!("{name:<18} {codec:<6} not in this FFmpeg");
    }
    match try_out(coder, size, frame_rate, Latency::Normal) {
        Ok(cost) => format!("{name:<18} {codec:<6} {:>9.2} {:>9.1}", cost.cores, cost.speed),
        Err(error) => format!("{name:<18} {codec:<6} does not work here: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_a_coder_costs_or_why_it_does_not_work() {
        let size = Size { width: 160, height: 96 };
        let software = line(Coder::X264(Preset::Veryfast), size, FrameRate::whole(25));
        assert!(software.starts_with("x264 veryfast      H.264 "), "{software}");
        for chip in Hardware::ALL {
            let line = line(Coder::Hardware(chip), size, FrameRate::whole(25));
            assert!(line.starts_with(chip.name), "{line}");
            assert!(!chip.is_known() || !line.contains("not in this FFmpeg"), "{line}");
        }
    }
}
