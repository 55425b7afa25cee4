//! Everything that was measured, and how reports look things up in it.

use std::time::Duration;

use super::bd_rate::Point;
use super::score::Score;
use super::{BICUBIC, DIRECT, PLAIN};

/// The quality of one method on one clip at one bitrate.
#[derive(Debug, Clone)]
pub struct Row {
    /// The clip.
    pub clip: String,
    /// What was asked for, in bit/s.
    pub wanted: u32,
    /// What the stream took, in bit/s.
    pub bitrate: f64,
    /// The method.
    pub method: String,
    /// How good it was.
    pub score: Score,
    /// Mean VMAF; none where no program for it is installed.
    pub vmaf: Option<f64>,
    /// Time of a picture, upsampling included, median of the runs; none where nothing is made large.
    pub time: Option<Duration>,
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

    /// Names of the methods that enlarge a thin stream.
    pub fn enlarging(self) -> Vec<&'a str> {
        self.methods().into_iter().filter(|method| *method != DIRECT).collect()
    }

    /// Names of the methods that are networks.
    pub fn nets(self) -> Vec<&'a str> {
        self.enlarging().into_iter().filter(|method| ![PLAIN, BICUBIC].contains(method)).collect()
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

    /// PSNR-Y over bit/s.
    pub fn curve(self, clip: &str, method: &str) -> Vec<Point> {
        let of_clip = self.of(method).filter(|row| row.clip == clip);
        of_clip.map(|row| (row.bitrate, row.score.psnr)).collect()
    }

    /// What a row's PSNR-Y is above that of plain upsampling of the same stream, in dB.
    pub fn psnr_gain(self, row: &Row) -> Option<f64> {
        Some(row.score.psnr - self.plain(row)?.score.psnr)
    }

    /// What a row's VMAF is above that of plain upsampling of the same stream.
    pub fn vmaf_gain(self, row: &Row) -> Option<f64> {
        Some(row.vmaf? - self.plain(row)?.vmaf?)
    }

    fn plain(self, row: &Row) -> Option<&'a Row> {
        self.get(&row.clip, row.wanted, PLAIN)
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
