//! Which scene is shown, whether it is one of many brief ones, and which networks were trained on scenes like it. Streams come
//! back: to the game's menu, to the camera in the studio.

mod cut;
mod montage;
mod signature;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use media::Picture;
use models::Package;

use crate::Settings;
use crate::record::Reason;
use cut::Scene;
use montage::Montage;

pub use cut::CutDetector;
pub(crate) use cut::Sight;
pub(crate) use signature::Signature;

/// The scene that is shown, and the networks of those that were.
#[derive(Debug)]
pub(crate) struct Scenes {
    settings: Settings,
    scene: Option<Scene>,
    montage: Montage,
    newest: Option<Signature>,
    /// Networks by the scenes that they were trained on; the one that was remembered first is forgotten first.
    known: VecDeque<(Signature, Package)>,
}

impl Scenes {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            settings: *settings,
            scene: None,
            montage: Montage::new(settings.brief_s),
            newest: None,
            known: VecDeque::new(),
        }
    }

    /// Looks at the next picture. Whether it becomes part of the scene is for [`Self::follow`], once it is known what follows
    /// from it.
    pub(crate) fn see(&mut self, at_s: f64, picture: &Picture) -> Sight {
        self.montage.begin(at_s);
        let signature = Signature::of(picture);
        let sight = match &self.scene {
            Some(scene) => scene.sight(&signature, &self.settings),
            None => Sight::First,
        };
        self.newest = Some(signature);
        sight
    }

    /// Takes the picture that was seen last into the scene.
    pub(crate) fn follow(&mut self) {
        let Some(newest) = &self.newest else { return };
        match &mut self.scene {
            Some(scene) => scene.follow(newest, &self.settings),
            None => self.scene = Some(Scene::begin(newest.clone())),
        }
    }

    /// The picture that was seen last begins another scene. Gives the one that is over.
    pub(crate) fn cut(&mut self, at_s: f64, reason: Reason) -> Option<Signature> {
        self.montage.cut(at_s, reason);
        let over = std::mem::replace(&mut self.scene, self.newest.clone().map(Scene::begin));
        over.map(|scene| scene.signature)
    }

    /// Whether what is shown is a piece of a montage, as far as is known.
    pub(crate) fn is_montage(&self) -> bool {
        self.montage.goes_on()
    }

    /// Why training is needed after all, said once: what looked like a piece of a montage has lasted.
    pub(crate) fn has_lasted(&mut self, now_s: f64) -> Option<Reason> {
        self.montage.has_lasted(now_s)
    }

    /// Whether anything was seen.
    pub(crate) fn has_begun(&self) -> bool {
        self.scene.is_some()
    }

    /// Remembers what was trained on the scene that is shown.
    pub(crate) fn remember_shown(&mut self, package: Package) {
        self.remember(self.scene.as_ref().map(|scene| scene.signature.clone()), package);
    }

    /// Remembers what was trained on a scene, in place of what was trained on the same scene before.
    pub(crate) fn remember(&mut self, scene: Option<Signature>, package: Package) {
        let Some(scene) = scene else { return };
        // One network a scene: the newer one was trained from what the older one knew.
        let same = self.known.iter().position(|(known, _)| known.distance(&scene) < self.settings.same_scene);
        let is_full = self.known.len() == self.settings.remembered_scenes;
        if let Some(index) = same.or(is_full.then_some(0)) {
            self.known.remove(index);
        }
        self.known.push_back((scene, package));
    }

    /// The networks that are worth trying on the newest picture.
    pub(crate) fn alike(&self) -> Vec<Package> {
        self.newest.as_ref().map_or_else(Vec::new, |newest| self.like(newest, self.settings.tried))
    }

    /// The networks of the `count` scenes that look most like this, the likest first.
    fn like(&self, signature: &Signature, count: usize) -> Vec<Package> {
        let mut known: Vec<(f64, &Package)> =
            self.known.iter().map(|(scene, package)| (scene.distance(signature), package)).collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        known.into_iter().take(count).map(|(_, package)| package.clone()).collect()
    }
}
