//! Which clips are shown when.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use media::ffmpeg::{FileReader, Filter, Media, Scaler};
use media::{FrameRate, Picture, Size};

use crate::evaluate::footage;

/// Pictures a second, whatever the clips were taken at.
pub const RATE: FrameRate = FrameRate { num: 30, den: 1 };
/// What larger pictures are brought down to: clips that were coded thinly before we got them are sharp again at this size.
const LARGEST: Size = Size { width: 960, height: 540 };

/// A clip for a while. A clip that is shorter begins again.
#[derive(Debug, Clone)]
pub struct Scene {
    /// For people.
    pub name: String,
    path: PathBuf,
    pictures: u64,
}

/// Scenes, one after the other, all of one size.
#[derive(Debug, Clone)]
pub struct Programme {
    /// The scenes.
    pub scenes: Vec<Scene>,
    size: Size,
}

impl Programme {
    /// Every clip of a folder for `seconds`, and then all of them again: channel hopping. Clips that are smaller than what
    /// others are scaled to are left out.
    pub fn hopping(folder: &Path, seconds: f64, rounds: usize) -> Result<Self> {
        let mut scenes = Vec::new();
        for path in footage::clips(folder)? {
            if FileReader::open(&path)?.size().height >= LARGEST.height {
                scenes.push(Scene::new(path, seconds));
            }
        }
        ensure!(scenes.len() > 1, "{} has fewer than two clips of at least {}", folder.display(), LARGEST);
        let scenes = std::iter::repeat_n(scenes, rounds.max(1)).flatten().collect();
        Ok(Self { scenes, size: LARGEST })
    }

    /// One clip for `seconds`.
    pub fn alone(path: &Path, seconds: f64) -> Result<Self> {
        let size = footage::fitted(FileReader::open(path)?.size(), LARGEST);
        Ok(Self { scenes: vec![Scene::new(path.to_owned(), seconds)], size })
    }

    /// Size of the large pictures.
    pub fn whole(&self) -> Size {
        self.size
    }

    /// Size of the stream's pictures.
    pub fn half(&self) -> Size {
        let Size { width, height } = self.size;
        Size { width: width / 2, height: height / 2 }
    }

    /// How long a picture is shown.
    pub fn picture_s(&self) -> f64 {
        1.0 / RATE.as_f64()
    }

    /// How long it takes.
    pub fn seconds(&self) -> f64 {
        self.scenes.iter().map(|scene| scene.pictures as f64).sum::<f64>() * self.picture_s()
    }

    /// When each scene begins, in seconds.
    pub fn cuts(&self) -> Vec<f64> {
        let mut at = 0;
        let begins = self.scenes.iter().map(|scene| {
            let begin = at as f64 * self.picture_s();
            at += scene.pictures;
            begin
        });
        begins.collect()
    }

    /// From the first picture on.
    pub fn reel(&self) -> Reel<'_> {
        Reel { programme: self, scene: 0, shown: 0, number: 0, reader: None, area: Scaler::new(Filter::Area) }
    }
}

impl Scene {
    fn new(path: PathBuf, seconds: f64) -> Self {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = stem.split('_').next().unwrap_or_default().to_owned();
        Self { name, path, pictures: (seconds * RATE.as_f64()).round() as u64 }
    }
}

/// The pictures of a programme, one by one.
pub struct Reel<'a> {
    programme: &'a Programme,
    scene: usize,
    shown: u64,
    number: u64,
    reader: Option<FileReader>,
    area: Scaler,
}

impl Reel<'_> {
    /// The next picture, with its number and that of its scene; none at the end.
    pub fn shoot(&mut self) -> Result<Option<(u64, usize, Picture)>> {
        loop {
            let Some(scene) = self.programme.scenes.get(self.scene) else { return Ok(None) };
            if self.shown == scene.pictures {
                self.scene += 1;
                self.shown = 0;
                self.reader = None;
                continue;
            }
            let open = || {
                FileReader::open(&scene.path).with_context(|| format!("cannot open {}", scene.path.display()))
            };
            let mut reader = match self.reader.take() {
                Some(reader) => reader,
                None => open()?,
            };
            let picture = if let Some(picture) = next_picture(&mut reader)? {
                picture
            } else {
                reader = open()?;
                next_picture(&mut reader)?
                    .with_context(|| format!("{} has no pictures", scene.path.display()))?
            };
            self.reader = Some(reader);
            let mut picture = self.area.scale(&picture, self.programme.size)?;
            picture.set_pts(RATE.time_of(self.number as i64));
            let shot = (self.number, self.scene, picture);
            self.number += 1;
            self.shown += 1;
            return Ok(Some(shot));
        }
    }
}

fn next_picture(reader: &mut FileReader) -> Result<Option<Picture>> {
    while let Some(media) = reader.next()? {
        if let Media::Picture(picture) = media {
            return Ok(Some(picture));
        }
    }
    Ok(None)
}
