//! Finds cuts: pictures that have little in common with those before. One rule serves twice, frame by frame, to take a pair as
//! soon as a scene begins ([`CutDetector`]), and pair by pair, to know which scene is shown ([`Scene`]): what is far from what
//! was there, and many times as far as is usual, is something else.

use media::Picture;

use super::signature::Signature;
use crate::Settings;

fn is_far(distance: f64, least: f64, ratio: f64, usual: f64) -> bool {
    distance > least.max(ratio * usual)
}

/// Compares every frame with the one before.
#[derive(Debug)]
pub struct CutDetector {
    settings: Settings,
    before: Option<Signature>,
    /// How much frames differ from the one before, as a running mean.
    usual: f64,
}

impl CutDetector {
    pub fn new(settings: &Settings) -> Self {
        Self { settings: *settings, before: None, usual: 0.0 }
    }

    /// Whether `frame` begins a new scene. The first frame does not, nor one of another size.
    pub fn is_cut(&mut self, frame: &Picture) -> bool {
        let Settings { frame_cut, frame_cut_ratio, newest, .. } = self.settings;
        let now = Signature::sampled(frame);
        let comparable = self.before.take().filter(|before| before.0.len() == now.0.len());
        let distance = comparable.map(|before| before.distance(&now));
        self.before = Some(now);
        let Some(distance) = distance else { return false };
        let cut = is_far(distance, frame_cut, frame_cut_ratio, self.usual);
        // Cuts count as well: what looks like one right after another is motion or a fade.
        self.usual += newest * (distance - self.usual);
        cut
    }
}

/// What a picture shows, against the scene so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    First,
    /// Nothing new at all: a jump of quality is the coder's doing then.
    Unmoved,
    Same,
    /// Another scene: little is enough for a jump of quality.
    Other,
    /// The second picture of another scene: it is compared with the look before both, even where nothing is usual yet.
    Cut,
}

/// The scene that is shown.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) signature: Signature,
    /// How much its pictures differ from it, as a running mean.
    usual: f64,
    /// The last picture that was of this scene.
    last: Signature,
    /// The last picture, if it was of another scene, and how many there were in a row.
    stranger: Option<(Signature, u32)>,
}

impl Scene {
    pub(super) fn begin(signature: Signature) -> Self {
        Self { last: signature.clone(), signature, usual: 0.0, stranger: None }
    }

    /// What a picture shows, against this scene.
    pub(super) fn sight(&self, picture: &Signature, settings: &Settings) -> Sight {
        let distance = self.signature.distance(picture);
        if !is_far(distance, settings.other_scene, settings.other_scene_ratio, self.usual) {
            return if distance < settings.unmoved { Sight::Unmoved } else { Sight::Same };
        }
        // One stranger may be a flash. Two that are like each other, and unlike what was there, are a scene.
        let is_second = self.stranger.as_ref().is_some_and(|(first, count)| {
            let far = self.last.distance(first).min(self.last.distance(picture));
            *count == 1 && first.distance(picture) < settings.alike * far
        });
        if is_second { Sight::Cut } else { Sight::Other }
    }

    /// Takes the next picture. One of another scene is left out; after a cut, or with many in a row, it is the scene from now
    /// on.
    pub(super) fn follow(&mut self, picture: &Signature, settings: &Settings) {
        match self.sight(picture, settings) {
            Sight::Cut => *self = Self::begin(picture.clone()),
            Sight::Other => match &self.stranger {
                Some((last, count)) if count + 1 == settings.established => {
                    let usual = last.distance(picture);
                    *self = Self { usual, ..Self::begin(picture.clone()) };
                }
                before => {
                    let count = before.as_ref().map_or(0, |(_, count)| *count);
                    self.stranger = Some((picture.clone(), count + 1));
                }
            },
            Sight::First | Sight::Same | Sight::Unmoved => {
                self.stranger = None;
                self.last = picture.clone();
                // In single precision, as the signature is.
                let newest = settings.newest as f32;
                self.usual += f64::from(newest) * (self.signature.distance(picture) - self.usual);
                self.signature.follow(picture, newest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use media::picture::Size;

    use super::*;

    fn flat(value: u8) -> Picture {
        let mut picture = Picture::new(Size { width: 64, height: 64 });
        picture.luma_mut().fill(value);
        picture
    }

    #[test]
    fn a_jump_is_a_cut_and_steady_change_is_none() {
        let mut cuts = CutDetector::new(&Settings::default());
        let values = [10, 12, 14, 120, 122, 10, 40, 70, 100];
        let found: Vec<_> = values.map(|value| cuts.is_cut(&flat(value))).to_vec();
        assert_eq!(found[..6], [false, false, false, true, false, true]);
        assert!(!found[8], "a fade is one cut at most: {found:?}");
    }
}
