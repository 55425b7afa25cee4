//! Picture quality: what a viewer of ours gets of a stream, against what he gets of OBS alone at the same bits.
//!
//! Every figure is of real bitstreams. Whole clips are scaled down and coded by the streamer's own path, decoded as the
//! server does, made large by each method, coded once more by the server's encoder and decoded as a player does: those
//! pictures are compared with the originals, as rounded code values. OBS alone sends the large picture.
//!
//! | module | job |
//! |---|---|
//! | [`footage`] | clips, and what encoder and decoder make of them |
//! | [`coders`] | what the thin stream is coded by |
//! | [`method`] | what makes pictures large: the seam for other methods |
//! | [`way_out`] | from the server to the viewer |
//! | [`score`], [`vmaf`] | figures of the pictures |
//! | [`rows`], [`bd_rate`], [`crossover`] | figures of the figures |
//! | [`report`], [`plot`], [`crops`] | for reading and looking |

pub mod bd_rate;
pub mod coders;
pub mod crops;
pub mod crossover;
pub mod footage;
pub mod method;
pub mod plot;
pub mod report;
pub mod rows;
pub mod score;
pub mod vmaf;
pub mod way_out;

use anyhow::Result;
use media::Picture;
use sharpcast::out::EncodeSettings;

use crate::processor_time;
use coders::ThinCoder;
use footage::{Clip, Coded};
use method::Method;
use rows::Row;
use score::{Score, Tally};
use vmaf::{Originals, Vmaf};

/// The method that needs no net.
pub const PLAIN: &str = "Lanczos";
/// The baseline of the literature.
pub const BICUBIC: &str = "bicubic";
/// The opponent: the large picture, coded as OBS does by default.
pub const OBS: &str = "OBS alone";
/// The large picture, coded by the coder of the thin stream.
pub const FULL_SIZE: &str = "full size";

/// What to measure.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Bitrates in bit/s.
    pub bitrates: Vec<u32>,
    pub coders: Vec<ThinCoder>,
    /// The coders at full size as well.
    pub full_size: bool,
    /// How the server codes.
    pub way_out: EncodeSettings,
}

/// All rows of one clip.
pub fn evaluate(
    clip: &Clip,
    plan: &Plan,
    methods: &mut [Box<dyn Method>],
    vmaf: Option<&Vmaf>,
) -> Result<Vec<Row>> {
    let ruler = Ruler::new(clip, vmaf)?;
    let mut rows = Vec::new();
    for &wanted in &plan.bitrates {
        rows.push(ruler.sent_large(wanted, "", OBS.to_owned(), &clip.code_as_obs(wanted)?)?);
        for coder in &plan.coders {
            let thin = clip.code(coder, clip.half()?, wanted)?;
            for method in &mut *methods {
                rows.push(ruler.enhanced(wanted, &coder.name, &thin, &mut **method, &plan.way_out)?);
            }
            if plan.full_size {
                let large = clip.code(coder, clip.size()?, wanted)?;
                let name = format!("{} {FULL_SIZE}", coder.name);
                rows.push(ruler.sent_large(wanted, &coder.name, name, &large)?);
            }
        }
    }
    Ok(rows)
}

/// Compares with a clip's originals.
struct Ruler<'a> {
    clip: &'a Clip,
    vmaf: Option<Originals>,
}

impl<'a> Ruler<'a> {
    fn new(clip: &'a Clip, vmaf: Option<&Vmaf>) -> Result<Self> {
        let vmaf = vmaf.map(|vmaf| vmaf.originals(&clip.pictures)).transpose()?;
        Ok(Self { clip, vmaf })
    }

    /// What the server makes of a thin stream.
    fn enhanced(
        &self,
        wanted: u32,
        coder: &str,
        thin: &Coded,
        method: &mut dyn Method,
        way_out: &EncodeSettings,
    ) -> Result<Row> {
        let before = processor_time();
        let enlarged = method.enlarge(&thin.pictures, 0..thin.pictures.len())?;
        let enlarging = (processor_time() - before) / self.clip.seconds();
        let viewed = way_out::view(&enlarged, self.clip.rate, way_out)?;
        let inside = Tally::pooled(&enlarged, &self.clip.pictures);
        let (score, vmaf) = self.score(&viewed.pictures)?;
        Ok(Row {
            clip: self.clip.name.clone(),
            wanted,
            bitrate: thin.bitrate,
            coder: coder.to_owned(),
            method: format!("{coder} {}", method.name()),
            score,
            vmaf,
            way_out: Some(inside - score.pooled),
            received: viewed.bitrate,
            sending: thin.coding,
            serving: Some(thin.decoding + enlarging + viewed.cores),
        })
    }

    /// What is watched as it was sent.
    fn sent_large(&self, wanted: u32, coder: &str, method: String, large: &Coded) -> Result<Row> {
        let (score, vmaf) = self.score(&large.pictures)?;
        Ok(Row {
            clip: self.clip.name.clone(),
            wanted,
            bitrate: large.bitrate,
            coder: coder.to_owned(),
            method,
            score,
            vmaf,
            way_out: None,
            received: large.bitrate,
            sending: large.coding,
            serving: None,
        })
    }

    fn score(&self, shown: &[Picture]) -> Result<(Score, Option<f64>)> {
        let mut tally = Tally::default();
        tally.add_run(shown, &self.clip.pictures);
        let vmaf = self.vmaf.as_ref().map(|originals| originals.mean_vmaf(shown)).transpose()?;
        Ok((tally.score(), vmaf))
    }
}
