//! The clips to train on and to judge by, kept apart by source, never by picture.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use models::Fingerprint;

/// One source in so many is held out to judge by.
const HELD_OUT: usize = 10;

/// A file of footage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Clip {
    /// Its file's name without extension.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// Clips that are trained on, and clips of other sources to judge by; neither is empty.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) learnt: Vec<Clip>,
    pub(crate) judged: Vec<Clip>,
}

/// The clips in these folders, sorted by name, wherever they lie.
pub(crate) fn find(folders: &[PathBuf]) -> Result<Vec<Clip>> {
    let mut clips = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "mp4" || extension == "mpg") {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                clips.push(Clip { name, path });
            }
        }
    }
    clips.sort();
    for pair in clips.windows(2) {
        let [a, b] = [&pair[0], &pair[1]].map(|clip| clip.path.display());
        ensure!(pair[0].name != pair[1].name, "{a} and {b} have one name; rename one, or leave one out");
    }
    Ok(clips)
}

impl Clip {
    /// What it was cut from: `opencvdoc` of `opencvdoc-hand-box`. Numbered parts of a collection (`photos-3`) show different
    /// things, so each is a source of its own.
    pub(crate) fn source(&self) -> &str {
        match self.name.split_once('-') {
            Some((source, rest)) if !rest.bytes().all(|byte| byte.is_ascii_digit()) => source,
            _ => &self.name,
        }
    }
}

impl Split {
    /// Holds out the named sources, or a tenth of all, at least one: those whose names hash lowest. So the choice depends on
    /// nothing but the names, and is the same in every training on the same clips.
    pub(crate) fn new(clips: Vec<Clip>, named: &[String]) -> Result<Self> {
        let sources: BTreeSet<&str> = clips.iter().map(Clip::source).collect();
        let unknown = named.iter().find(|name| !sources.contains(name.as_str()));
        if let Some(name) = unknown {
            let known: Vec<_> = sources.into_iter().collect();
            anyhow::bail!("there is no source {name:?} to judge by; there are {}", known.join(", "));
        }
        let held_out: BTreeSet<String> = if named.is_empty() {
            let mut ranked: Vec<&str> = sources.iter().copied().collect();
            ranked.sort_by_key(|source| Fingerprint::of(source.as_bytes()));
            let count = (sources.len() + HELD_OUT / 2) / HELD_OUT;
            ranked.into_iter().take(count.max(1)).map(str::to_owned).collect()
        } else {
            named.iter().cloned().collect()
        };
        ensure!(
            held_out.len() < sources.len(),
            "{} sources of clips, {} of them to judge by: add other footage to train on",
            sources.len(),
            held_out.len()
        );
        let (judged, learnt) = clips.into_iter().partition(|clip| held_out.contains(clip.source()));
        Ok(Self { learnt, judged })
    }

    /// What tells this data from any other: names, contents, and who judges.
    pub(crate) fn fingerprint(&self) -> Result<Fingerprint> {
        let mut text = String::new();
        for (role, clips) in [("learnt", &self.learnt), ("judged", &self.judged)] {
            for Clip { name, path } in clips {
                writeln!(text, "{role} {name} {}", content(path)?.to_hex())?;
            }
        }
        Ok(Fingerprint::of(text.as_bytes()))
    }
}

fn content(path: &Path) -> Result<Fingerprint> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Fingerprint::of(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clips(names: &[&str]) -> Vec<Clip> {
        names
            .iter()
            .map(|name| Clip { name: (*name).to_owned(), path: format!("{name}.mp4").into() })
            .collect()
    }

    fn names(clips: &[Clip]) -> Vec<&str> {
        clips.iter().map(|clip| clip.name.as_str()).collect()
    }

    const NAMES: [&str; 6] = ["desk-cups", "desk-pens", "photos-0", "photos-1", "trailer", "gym-a"];

    #[test]
    fn parts_of_a_file_are_one_source_and_parts_of_a_collection_are_not() {
        let found: Vec<_> = clips(&NAMES).iter().map(|clip| clip.source().to_owned()).collect();
        assert_eq!(found, ["desk", "desk", "photos-0", "photos-1", "trailer", "gym"]);
    }

    #[test]
    fn sources_are_held_out_as_a_whole() {
        let split = Split::new(clips(&NAMES), &["desk".to_owned(), "photos-1".to_owned()]).unwrap();
        assert_eq!(names(&split.judged), ["desk-cups", "desk-pens", "photos-1"]);
        assert_eq!(names(&split.learnt), ["photos-0", "trailer", "gym-a"]);
    }

    #[test]
    fn a_tenth_is_held_out_whatever_the_order() {
        let all: Vec<String> =
            (0..32).map(|index| format!("source{}-{}", index / 2, ["a", "b"][index % 2])).collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let split = Split::new(clips(&all), &[]).unwrap();
        let sources =
            |clips: &[Clip]| clips.iter().map(|clip| clip.source().to_owned()).collect::<BTreeSet<_>>();
        assert_eq!((split.judged.len(), split.learnt.len()), (4, 28));
        assert!(sources(&split.judged).is_disjoint(&sources(&split.learnt)));
        let turned: Vec<&str> = all.into_iter().rev().collect();
        assert_eq!(sources(&Split::new(clips(&turned), &[]).unwrap().judged), sources(&split.judged));
        assert_eq!(sources(&Split::new(clips(&NAMES), &[]).unwrap().judged).len(), 1);
    }

    #[test]
    fn a_split_that_leaves_nothing_is_refused() {
        assert!(Split::new(clips(&["only"]), &[]).is_err());
        assert!(Split::new(Vec::new(), &[]).is_err());
        let error = Split::new(clips(&NAMES), &["dsk".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("desk, gym, photos-0"), "{error}");
    }
}
