use media::{Component, Size};
use models::Preset;

use super::*;
use crate::Settings;

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
    assert!(signature(20, 200).distance(&signature(22, 198)) < Settings::default().same_scene);
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

fn is_other(shown: &Scene, picture: &Signature) -> bool {
    matches!(shown.sight(picture, &Settings::default()), Sight::Other | Sight::Cut)
}

fn is_cut(shown: &Scene, picture: &Signature) -> bool {
    shown.sight(picture, &Settings::default()) == Sight::Cut
}

#[test]
fn a_cut_is_another_scene_and_motion_is_not() {
    let settings = Settings::default();
    let mut shown = Scene::begin(signature(60, 60));
    assert!(is_other(&shown, &signature(90, 90)));
    assert_eq!(shown.sight(&signature(62, 62), &settings), Sight::Unmoved);
    for n in 0..40 {
        shown.follow(&signature(50 + 20 * (n % 2), 60), &settings);
    }
    assert!(!is_other(&shown, &signature(75, 60)), "{shown:?}");
    assert!(!is_cut(&shown, &signature(200, 200)), "one picture may be a flash");
    shown.follow(&signature(200, 200), &settings);
    assert!(is_cut(&shown, &signature(195, 203)));
    shown.follow(&signature(195, 203), &settings);
    assert!(!is_other(&shown, &signature(200, 200)), "two are a scene");
}

#[test]
fn what_moves_fast_is_no_row_of_cuts() {
    let moving = |n: i32| {
        let place = (n * 30 % 360 - 180).unsigned_abs() as u8;
        signature(20 + place, 200 - place)
    };
    let mut shown = Scene::begin(moving(0));
    for n in 1..40 {
        assert!(!is_cut(&shown, &moving(n)), "picture {n}");
        shown.follow(&moving(n), &Settings::default());
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
    let mut scenes = Scenes::new(&Settings::default());
    scenes.remember(Some(signature(20, 200)), package(Preset::Nano));
    scenes.remember(Some(signature(200, 20)), package(Preset::Mini));
    let like = scenes.like(&signature(190, 30), 2);
    assert_eq!(like, [package(Preset::Mini), package(Preset::Nano)]);
    assert_eq!(scenes.like(&signature(20, 190), 1), [package(Preset::Nano)]);
}

#[test]
fn a_scene_is_remembered_once_and_old_ones_are_forgotten() {
    let mut scenes = Scenes::new(&Settings::default());
    scenes.remember(Some(signature(20, 200)), package(Preset::Nano));
    scenes.remember(Some(signature(21, 201)), package(Preset::Mini));
    assert_eq!(scenes.like(&signature(20, 200), 9), [package(Preset::Mini)]);
    let capacity = scenes.settings.remembered_scenes;
    for n in 0..2 * capacity as u8 {
        scenes.remember(Some(signature(40 * (n % 6), 5 + 40 * (n / 6))), package(Preset::Small));
    }
    assert!(scenes.known.len() <= capacity);
    assert!(!scenes.like(&signature(20, 200), 99).contains(&package(Preset::Mini)));
}

#[test]
fn a_stream_is_told_as_it_is_seen() {
    let picture = |value: u8| {
        let mut picture = Picture::new(Size { width: 96, height: 54 });
        for component in Component::ALL {
            picture.plane_mut(component).fill(value);
        }
        picture
    };
    let mut scenes = Scenes::new(&Settings::default());
    let mut seen = Vec::new();
    for (half, value) in [60, 61, 60, 200, 201, 201].into_iter().enumerate() {
        seen.push(scenes.see(half as f64 / 2.0, &picture(value)));
        scenes.follow();
    }
    assert_eq!(
        seen,
        [Sight::First, Sight::Unmoved, Sight::Unmoved, Sight::Other, Sight::Cut, Sight::Unmoved]
    );

    scenes.see(9.0, &picture(20));
    assert!(scenes.cut(9.0, Reason::Drop).is_some() && !scenes.is_montage());
    scenes.see(11.0, &picture(220));
    scenes.cut(11.0, Reason::Rise);
    assert!(scenes.is_montage() && scenes.has_lasted(15.9).is_none());
    assert_eq!((scenes.has_lasted(16.0), scenes.is_montage()), (Some(Reason::Rise), false));
}
