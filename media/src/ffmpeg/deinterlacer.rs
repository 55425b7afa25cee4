//! Interlaced pictures to progressive ones, with libavfilter's bwdif: the earlier field stays, the lines of the later one
//! are found between its own and the neighbours'.
//!
//! One picture comes out for each that goes in, at the same time. An interlaced picture waits for the next one. Progressive
//! pictures pass untouched and at once, unless they follow interlaced ones closely.

#![expect(unsafe_code, reason = "ffmpeg-next cannot keep a filter graph from starting threads")]

use std::collections::VecDeque;

use ffmpeg_next::Error;
use ffmpeg_next::filter::{self, Context, Graph};
use ffmpeg_next::frame::Video;

use super::error::is_nothing;
use super::{FfmpegError, frames};
use crate::picture::{Picture, Scan, Size};
use crate::time::MediaTime;

/// Makes pictures progressive.
#[derive(Default)]
pub struct Deinterlacer {
    /// There while pictures are interlaced, with their size.
    filter: Option<(Graph, Size)>,
    ready: VecDeque<Picture>,
    /// Progressive pictures in a row.
    progressive: u32,
}

/// Streams may change for single pictures, and a filter that begins anew knows no neighbours: it goes after as many
/// progressive ones.
const SETTLED: u32 = 50;
const SOURCE: &str = "in";
const SINK: &str = "out";
const OPTIONS: &str = "mode=send_frame:parity=auto:deint=interlaced";

impl Deinterlacer {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a picture in. One that is refused changes nothing: it can be used as it is.
    ///
    /// Pull until nothing comes before pushing again.
    pub fn push(&mut self, picture: &Picture) -> Result<(), FfmpegError> {
        let interlaced = picture.scan() != Scan::Progressive;
        self.progressive = if interlaced { 0 } else { self.progressive.saturating_add(1) };
        let fits = self.filter.as_ref().is_some_and(|&(_, size)| size == picture.size());
        if !fits || self.progressive > SETTLED {
            self.finish();
        }
        if self.filter.is_none() && !interlaced {
            self.ready.push_back(picture.clone());
            return Ok(());
        }
        let graph = match self.filter.take() {
            Some((graph, _)) => graph,
            None => {
                build(picture.size()).map_err(|source| FfmpegError::SetUp { what: "deinterlacer", source })?
            }
        };
        let (graph, _) = self.filter.insert((graph, picture.size()));
        // A reference of its own: the graph takes it over.
        let frame = frames::share(picture.frame());
        end(graph, SOURCE)
            .and_then(|mut source| source.source().add(&frame))
            .map_err(|source| undone(picture.pts(), source))?;
        self.collect()
    }

    /// The next picture, if one is complete.
    pub fn pull(&mut self) -> Option<Picture> {
        self.ready.pop_front()
    }

    /// Says that what comes next does not continue the pictures before: those that are still inside can be pulled.
    pub fn finish(&mut self) {
        let Some((graph, _)) = &mut self.filter else { return };
        if end(graph, SOURCE).and_then(|mut source| source.source().flush()).is_ok() {
            // What fails here was refused before.
            let _ = self.collect();
        }
        self.filter = None;
    }

    fn collect(&mut self) -> Result<(), FfmpegError> {
        let Some((graph, _)) = &mut self.filter else { return Ok(()) };
        loop {
            let mut frame = Video::empty();
            match end(graph, SINK).and_then(|mut sink| sink.sink().frame(&mut frame)) {
                Ok(()) => {}
                Err(error) if is_nothing(error) => return Ok(()),
                Err(source) => return Err(undone(MediaTime::ZERO, source)),
            }
            // The filter counts in halves of a tick, for fields.
            let pts = frame.pts().map(|pts| pts / 2);
            frame.set_pts(pts);
            self.ready.push_back(Picture::from_frame(frame));
        }
    }
}

/// From [`SOURCE`] through the filter to [`SINK`]; it works in the thread that pushes.
fn build(size: Size) -> Result<Graph, Error> {
    let mut graph = Graph::new();
    // SAFETY: an integer field of a graph without filters, which would start the threads.
    unsafe { (*graph.as_mut_ptr()).nb_threads = 1 };
    let filter = |name| filter::find(name).ok_or(Error::FilterNotFound);
    let Size { width, height } = size;
    let pictures = format!(
        "video_size={width}x{height}:pix_fmt=yuv420p:time_base=1/{hz}:pixel_aspect=1/1",
        hz = MediaTime::HZ
    );
    let mut source = graph.add(&filter("buffer")?, SOURCE, &pictures)?;
    let mut bwdif = graph.add(&filter("bwdif")?, "bwdif", OPTIONS)?;
    let mut sink = graph.add(&filter("buffersink")?, SINK, "")?;
    source.link(0, &mut bwdif, 0);
    bwdif.link(0, &mut sink, 0);
    graph.validate()?;
    Ok(graph)
}

fn end(graph: &mut Graph, name: &str) -> Result<Context, Error> {
    graph.get(name).ok_or(Error::FilterNotFound)
}

fn undone(pts: MediaTime, source: Error) -> FfmpegError {
    FfmpegError::Coding { doing: "deinterlace the picture", pts, source }
}

#[cfg(test)]
mod tests;
