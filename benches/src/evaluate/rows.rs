//! Everything that was measured, and how reports look things up in it.

use media::quality::Mean;
use serde::{Deserialize, Serialize};

use super::OBS;
use super::bd_rate::Point;
use super::score::Score;

/// What a viewer gets of one clip at one bitrate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The clip.
    pub clip: String,
    /// What was asked for, in bit/s.
    pub wanted: u32,
    /// What the stream took, in bit/s.
    pub bitrate: f64,
    /// What the thin stream was coded by; empty where the large picture was sent.
    pub coder: String,
    /// Coder and method, or what else was done.
    pub method: String,
    /// How good it was.
    pub score: Score,
    /// Mean VMAF; none where no program for it is installed.
    pub vmaf: Option<f64>,
    /// Pooled PSNR in dB that the server's encoder takes away; none where there is no server in between.
    pub way_out: Option<f64>,
    /// Bits a second that a viewer receives.
    pub received: f64,
    /// Processor seconds for a second of video: at the streamer, and at the server.
    pub sending: f64,
    pub serving: Option<f64>,
}

/// Rows as a table over clips, bitrates and methods; all orders are those in which things come first.
#[derive(Clone, Copy)]
pub struct Rows<'a>(pub &'a [Row]);

impl<'a> Rows<'a> {
    /// Names of the clips.
    pub fn clips(self) -> Vec<&'a str> {
        distinct(self.0.iter().map(|row| row.clip.as_str()))
    }

    /// Names of the methods.
    pub fn methods(self) -> Vec<&'a str> {
        distinct(self.0.iter().map(|row| row.method.as_str()))
    }

    /// Names of what is compared with [`OBS`].
    pub fn others(self) -> Vec<&'a str> {
        self.methods().into_iter().filter(|method| *method != OBS).collect()
    }

    /// Bitrates that were asked for, in bit/s.
    pub fn bitrates(self) -> Vec<u32> {
        distinct(self.0.iter().map(|row| row.wanted))
    }

    /// The one row of a clip, a bitrate and a method.
    pub fn get(self, clip: &str, wanted: u32, method: &str) -> Option<&'a Row> {
        self.0.iter().find(|row| row.clip == clip && row.wanted == wanted && row.method == method)
    }

    /// The rows of a method.
    pub fn of(self, method: &str) -> impl Iterator<Item = &'a Row> {
        self.0.iter().filter(move |row| row.method == method)
    }

    /// Pooled PSNR-Y over bit/s.
    pub fn curve(self, clip: &str, method: &str) -> Vec<Point> {
        let of_clip = self.of(method).filter(|row| row.clip == clip);
        of_clip.map(|row| (row.bitrate, row.score.pooled)).collect()
    }

    /// The mean over all clips of a figure of a method at a bitrate.
    pub fn mean(self, method: &str, wanted: u32, figure: impl Fn(&Row) -> Option<f64>) -> Option<f64> {
        let values: Mean = self.of(method).filter(|row| row.wanted == wanted).filter_map(figure).collect();
        (values.count() > 0).then(|| values.mean())
    }

    /// What a row's pooled PSNR-Y is above that of OBS alone at the same bits asked for, in dB.
    pub fn over_obs(self, row: &Row) -> Option<f64> {
        Some(row.score.pooled - self.get(&row.clip, row.wanted, OBS)?.score.pooled)
    }
}

fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}
