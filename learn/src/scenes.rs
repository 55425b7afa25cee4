//! Scenes that were seen before, and the networks that were trained on them. Streams come back: to the game's menu, to the
//! camera in the studio.

pub(crate) mod cut;

use std::collections::VecDeque;

use media::{Component, Picture};
use models::Package;

/// Scenes that are remembered; the one that was not seen the longest is forgotten first.
const CAPACITY: usize = 12;
/// A picture's signature has so many cells.
const CELLS: (usize, usize) = (16, 9);
/// Lines of samples that are looked at in a cell, about, in both directions.
const LINES: usize = 4;
/// Signatures that differ by less, in code values, are of the same scene.
const SAME: f64 = 12.0;
/// Pictures whose signatures differ by less show nothing new.
const UNMOVED: f64 = 4.0;
/// How much the signature of a scene follows its newest picture.
const NEWEST: f32 = 0.1;
/// Another scene differs by at least so much, and by so many times what its pictures usually differ by: some scenes move.
const OTHER: f64 = 12.0;
const MORE_THAN_USUAL: f64 = 2.0;
/// The first two pictures of another scene differ from each other by less than this part of what either differs by from the
/// last picture before; where everything moves fast they do not.
const ALIKE: f64 = 0.5;
/// So many strangers in a row are the scene, however little alike.
const ESTABLISHED: u32 = 4;

/// What a picture shows, roughly: mean luma and chroma of each cell of a grid.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Signature(Vec<f32>);

impl Signature {
    /// Of a picture of any size.
    pub(crate) fn of(picture: &Picture) -> Self {
        Self(Component::ALL.into_iter().flat_map(|component| cells(picture, component)).collect())
    }

    /// Mean difference in code values.
    fn distance(&self, other: &Self) -> f64 {
        let total: f32 = self.0.iter().zip(&other.0).map(|(a, b)| (a - b).abs()).sum();
        f64::from(total) / self.0.len().max(1) as f64
    }
}

/// What a picture shows, against the scene so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Nothing new at all: a jump of quality is the coder's doing then.
    Unmoved,
    /// The same scene.
    Same,
    /// Another scene: little is enough for a jump of quality.
    Other,
    /// The second picture of another scene: it is compared with the look before both, even where nothing is usual yet.
    Cut,
}

/// The scene that is shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    signature: Signature,
    /// How much its pictures differ from it, as a running mean.
    usual: f64,
    /// The last picture that was of this scene.
    last: Signature,
    /// The last picture, if it was of another scene, and how many there were in a row.
    stranger: Option<(Signature, u32)>,
}

impl Shown {
    pub(crate) fn begin(signature: Signature) -> Self {
        Self { last: signature.clone(), signature, usual: 0.0, stranger: None }
    }

    pub(crate) fn signature(&self) -> &Signature {
        &self.signature
    }

    pub(crate) fn sight(&self, picture: &Signature) -> Sight {
        if self.is_cut(picture) {
            Sight::Cut
        } else if self.is_other(picture) {
            Sight::Other
        } else if self.is_unmoved(picture) {
            Sight::Unmoved
        } else {
            Sight::Same
        }
    }

    /// Whether this picture is of another scene.
    pub(crate) fn is_other(&self, picture: &Signature) -> bool {
        self.signature.distance(picture) > OTHER.max(MORE_THAN_USUAL * self.usual)
    }

    /// Whether this picture and the one before it are the first two of another scene.
    pub(crate) fn is_cut(&self, picture: &Signature) -> bool {
        let Some((first, 1)) = self.stranger.as_ref().filter(|_| self.is_other(picture)) else {
            return false;
        };
        let far = self.last.distance(first).min(self.last.distance(picture));
        first.distance(picture) < ALIKE * far
    }

    /// Whether this picture shows nothing new at all: jumps of quality are the coder's doing then.
    pub(crate) fn is_unmoved(&self, picture: &Signature) -> bool {
        self.signature.distance(picture) < UNMOVED
    }

    /// Takes the next picture. One of another scene is left out; after a cut, or with many in a row, it is the scene from now
    /// on.
    pub(crate) fn follow(&mut self, picture: &Signature) {
        if self.is_other(picture) {
            match &self.stranger {
                _ if self.is_cut(picture) => *self = Self::begin(picture.clone()),
                Some((last, strangers)) if *strangers + 1 == ESTABLISHED => {
                    let usual = last.distance(picture);
                    *self = Self { usual, ..Self::begin(picture.clone()) };
                }
                last => {
                    let strangers = last.as_ref().map_or(0, |(_, strangers)| *strangers);
                    self.stranger = Some((picture.clone(), strangers + 1));
                }
            }
            return;
        }
        self.stranger = None;
        self.last = picture.clone();
        self.usual += f64::from(NEWEST) * (self.signature.distance(picture) - self.usual);
        for (value, new) in self.signature.0.iter_mut().zip(&picture.0) {
            *value += NEWEST * (new - *value);
        }
    }
}

fn cells(picture: &Picture, component: Component) -> Vec<f32> {
    let plane = picture.plane(component);
    let step = (plane.height / (CELLS.1 * LINES)).max(1);
    let (mut sums, mut counts) = (vec![0_u32; CELLS.0 * CELLS.1], vec![0_u32; CELLS.0 * CELLS.1]);
    for (y, row) in plane.rows().enumerate().step_by(step) {
        let line = y * CELLS.1 / plane.height.max(1) * CELLS.0;
        for (x, sample) in row.iter().enumerate().step_by(step) {
            let cell = line + x * CELLS.0 / plane.width.max(1);
            sums[cell] += u32::from(*sample);
            counts[cell] += 1;
        }
    }
    sums.iter().zip(&counts).map(|(&sum, &count)| sum as f32 / count.max(1) as f32).collect()
}

/// The scenes.
#[derive(Debug, Default)]
pub(crate) struct Scenes(VecDeque<(Signature, Package)>);

impl Scenes {
    /// Remembers what was trained on a scene, in place of what was trained on the same scene before.
    pub(crate) fn remember(&mut self, signature: Signature, package: Package) {
        let same = self.0.iter().position(|(known, _)| known.distance(&signature) < SAME);
        if let Some(index) = same.or((self.0.len() == CAPACITY).then_some(0)) {
            self.0.remove(index);
        }
        self.0.push_back((signature, package));
    }

    /// The networks of the `count` scenes that look most like this, the likest first.
    pub(crate) fn like(&self, signature: &Signature, count: usize) -> Vec<Package> {
        let mut known: Vec<(f64, &Package)> =
            self.0.iter().map(|(known, package)| (known.distance(signature), package)).collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        known.into_iter().take(count).map(|(_, package)| package.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use media::Size;
    use models::Preset;

    use super::*;

    fn signature(left: u8, right: u8) -> Signature {
        let size = Size { width: 480, height: 270 };
        let mut picture = Picture::new(size);
        for component in Component::ALL {
            for row in picture.plane_mut(component).rows_mut() {
                let (first, second) = row.split_at_mut(row.len() / 2);
                first.fill(left);
                second.fill(right);
            }
        }
        Signature::of(&picture)
    }

    fn package(preset: Preset) -> Package {
        models::stock::package(preset).unwrap()
    }

    #[test]
    fn a_signature_tells_where_things_are() {
        assert!(signature(20, 200).distance(&signature(200, 20)) > 100.0);
        assert!(signature(20, 200).distance(&signature(22, 198)) < SAME);
        assert!((signature(20, 20).0[0] - 20.0).abs() < 1e-6);
        assert_eq!(signature(0, 0).0.len(), 3 * 16 * 9);
    }

    #[test]
    fn every_cell_of_a_small_picture_is_seen() {
        let mut picture = Picture::new(Size { width: 48, height: 36 });
        for component in Component::ALL {
            picture.plane_mut(component).fill(77);
        }
        assert!(Signature::of(&picture).0.iter().all(|cell| (cell - 77.0).abs() < 1e-3));
    }

    #[test]
    fn a_cut_is_another_scene_and_motion_is_not() {
        let mut shown = Shown::begin(signature(60, 60));
        assert!(shown.is_other(&signature(90, 90)) && shown.is_unmoved(&signature(62, 62)));
        for n in 0..40 {
            shown.follow(&signature(50 + 20 * (n % 2), 60));
        }
        assert!(!shown.is_other(&signature(75, 60)), "{}", shown.usual);
        assert!(!shown.is_cut(&signature(200, 200)), "one picture may be a flash");
        shown.follow(&signature(200, 200));
        assert!(shown.is_other(&signature(195, 203)) && shown.is_cut(&signature(195, 203)));
        shown.follow(&signature(195, 203));
        assert!(!shown.is_other(&signature(200, 200)), "two are a scene");
    }

    #[test]
    fn what_moves_fast_is_no_row_of_cuts() {
        let moving = |n: i32| {
            let place = (n * 30 % 360 - 180).unsigned_abs() as u8;
            signature(20 + place, 200 - place)
        };
        let mut shown = Shown::begin(moving(0));
        for n in 1..40 {
            assert!(!shown.is_cut(&moving(n)), "picture {n}");
            shown.follow(&moving(n));
        }
    }

    #[test]
    fn a_small_picture_has_a_signature_too() {
        for side in [2, 6, 18] {
            let tiny = Signature::of(&Picture::new(Size { width: side, height: side }));
            assert!(tiny.distance(&tiny) < 1e-9);
        }
    }

    #[test]
    fn what_looks_most_alike_comes_first() {
        let mut scenes = Scenes::default();
        scenes.remember(signature(20, 200), package(Preset::Nano));
        scenes.remember(signature(200, 20), package(Preset::Mini));
        let like = scenes.like(&signature(190, 30), 2);
        assert_eq!(like, [package(Preset::Mini), package(Preset::Nano)]);
        assert_eq!(scenes.like(&signature(20, 190), 1), [package(Preset::Nano)]);
    }

    #[test]
    fn a_scene_is_remembered_once_and_old_ones_are_forgotten() {
        let mut scenes = Scenes::default();
        scenes.remember(signature(20, 200), package(Preset::Nano));
        scenes.remember(signature(21, 201), package(Preset::Mini));
        assert_eq!(scenes.like(&signature(20, 200), 9), [package(Preset::Mini)]);
        for n in 0..2 * CAPACITY as u8 {
            scenes.remember(signature(40 * (n % 6), 5 + 40 * (n / 6)), package(Preset::Small));
        }
        assert!(scenes.0.len() <= CAPACITY);
        assert!(!scenes.like(&signature(20, 200), 99).contains(&package(Preset::Mini)));
    }
}
