//! What is drawn is found again in the pictures that it was drawn from.

use std::collections::HashSet;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;

const SIZE: Size = Size { width: 20, height: 14 };
const PATCH: usize = 8;
/// How much brighter each picture is than the one before.
const STEP: u8 = 10;

fn picture(size: Size, value: impl Fn(usize, usize) -> u8) -> Picture {
    let mut picture = Picture::new(size);
    for (y, row) in picture.luma_mut().rows_mut().enumerate() {
        row.iter_mut().enumerate().for_each(|(x, pixel)| *pixel = value(x, y));
    }
    picture
}

/// No two squares of it are alike, nor alike but for their brightness.
fn base(x: usize, y: usize) -> u8 {
    ((3 * x * x + 5 * y * y + x * y + 7 * x) % 150) as u8
}

fn shown(count: u8) -> Vec<Picture> {
    (0..count).map(|time| picture(SIZE, |x, y| base(x, y) + STEP * time)).collect()
}

/// The original differs in another way at every pixel and time.
fn error(x: usize, y: usize, time: usize) -> u8 {
    ((5 * x + 3 * y + time) % 17) as u8
}

fn sequence(count: u8) -> Sequence {
    let originals =
        (0..count).map(|time| picture(SIZE, |x, y| base(x, y) + STEP * time + error(x, y, time.into())));
    Sequence { shown: shown(count), originals: originals.collect() }
}

fn pool(radius: u16, count: u8) -> SequencePool {
    let mut pool = SequencePool::new(radius);
    pool.push(&sequence(count)).unwrap();
    pool
}

/// One draw: the patches of the pictures, oldest first, and the residual.
fn draw(pool: &SequencePool, random: &mut ChaCha8Rng) -> (Vec<Vec<f32>>, Vec<f32>) {
    // What is there already stays, as it does in a batch.
    let (mut shown, mut residual) = (vec![-1.0], vec![-2.0, -3.0]);
    pool.draw(PATCH, random, &mut shown, &mut residual).unwrap();
    assert_eq!((shown.remove(0), residual.drain(..2).collect::<Vec<_>>()), (-1.0, vec![-2.0, -3.0]));
    (shown.chunks(PATCH * PATCH).map(<[f32]>::to_vec).collect(), residual)
}

/// Where a patch lies: number of its orientation, x, y and time.
type Place = (u8, usize, usize, u8);

/// Searches for a patch in every place and orientation.
fn found(patch: &[f32], count: u8) -> Place {
    let orientations = (0..8_u8).flat_map(|number| (0..count).map(move |time| (number, time)));
    let (width, height) = (SIZE.width as usize, SIZE.height as usize);
    for (number, time) in orientations {
        for y in 0..=height - PATCH {
            for x in 0..=width - PATCH {
                if turned(number, x, y, |x, y| base(x, y) + STEP * time) == patch {
                    return (number, x, y, time);
                }
            }
        }
    }
    panic!("the patch is of none of the pictures");
}

/// The square at `(x, y)` of a picture with these values, in this orientation.
fn turned(number: u8, x: usize, y: usize, value: impl Fn(usize, usize) -> u8) -> Vec<f32> {
    let width = SIZE.width as usize;
    let plane: Vec<u8> =
        (0..SIZE.height as usize * width).map(|index| value(index % width, index / width)).collect();
    let mut out = Vec::new();
    copy(&plane, width, (x, y), PATCH, number, &mut out, f32::from);
    out
}

#[test]
fn neighbours_are_turned_and_placed_alike_and_time_runs_either_way() {
    for (radius, count) in [(1, 4), (2, 5)] {
        let (pool, mut random) = (pool(radius, count), ChaCha8Rng::seed_from_u64(1));
        let (mut views, mut foreign, mut neighbours) = (HashSet::new(), 0, 0);
        for _ in 0..120 {
            let (patches, residual) = draw(&pool, &mut random);
            assert_eq!(patches.len(), 2 * usize::from(radius) + 1);
            let middle = usize::from(radius);
            let (number, x, y, time) = found(&patches[middle], count);
            assert_eq!((x % 2, y % 2), (0, 0), "pixels keep their place in a low-resolution pixel");
            let expected = turned(number, x, y, |x, y| error(x, y, time.into()));
            assert_eq!(residual, expected, "the residual is the original less what is shown");
            let run = |index: usize, backwards: bool| {
                let offset = index as i32 - middle as i32;
                let time = i32::from(time) + if backwards { -offset } else { offset };
                turned(number, x, y, |x, y| (i32::from(base(x, y)) + i32::from(STEP) * time) as u8)
            };
            let strangers = |backwards: bool| -> usize {
                (0..patches.len()).filter(|&index| patches[index] != run(index, backwards)).count()
            };
            let (forwards, backwards) = (strangers(false), strangers(true));
            foreign += forwards.min(backwards);
            neighbours += patches.len() - 1;
            views.insert((number, backwards < forwards));
        }
        assert_eq!(views.len(), 16, "eight orientations, both directions of time");
        let share = foreign as f64 / neighbours as f64;
        assert!((0.02..0.12).contains(&share), "{share} of the neighbours come from elsewhere");
    }
}

#[test]
fn what_comes_from_elsewhere_is_whole_too() {
    let (pool, mut random) = (pool(1, 3), ChaCha8Rng::seed_from_u64(2));
    for _ in 0..100 {
        for patch in draw(&pool, &mut random).0 {
            found(&patch, 3);
        }
    }
}

#[test]
fn equal_seeds_draw_equal_patches() {
    let pool = pool(1, 4);
    let draws = |seed| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..5).map(|_| draw(&pool, &mut random)).collect::<Vec<_>>()
    };
    assert_eq!(draws(1), draws(1));
    assert_ne!(draws(1), draws(2));
}

#[test]
fn sequences_that_cannot_be_learnt_from_are_refused() {
    let mut pool = SequencePool::new(1);
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut drawn =
        |pool: &SequencePool, patch| pool.draw(patch, &mut random, &mut Vec::new(), &mut Vec::new());
    assert!(drawn(&pool, PATCH).is_err_and(|error| error.kind() == ErrorKind::Empty));
    let empty = Sequence { shown: Vec::new(), originals: Vec::new() };
    assert!(pool.push(&empty).is_err_and(|error| error.kind() == ErrorKind::Empty));
    assert!(pool.push(&sequence(2)).is_err_and(|error| error.kind() == ErrorKind::TooSmall
        && error.to_string().contains("of 2 pictures; the net sees 3")));
    let cut = Sequence { originals: sequence(3).originals[..2].to_vec(), ..sequence(3) };
    assert!(pool.push(&cut).is_err_and(|error| error.kind() == ErrorKind::TooSmall
        && error.to_string().contains("of 2 pictures; the net sees 3")));
    let other = Size { width: 22, ..SIZE };
    let mut mixed = sequence(3);
    mixed.shown[2] = picture(other, base);
    assert!(pool.push(&mixed).is_err_and(|error| error.kind() == ErrorKind::Mismatch
        && error.to_string().contains(&format!("of {SIZE} and of {other}"))));
    let mut mixed = sequence(3);
    mixed.originals[0] = picture(other, base);
    assert!(pool.push(&mixed).is_err_and(|error| error.kind() == ErrorKind::Mismatch));
    assert!(pool.is_empty(), "what is refused is not kept");

    pool.push(&sequence(3)).unwrap();
    assert_eq!(pool.len(), 1);
    assert!(drawn(&pool, SIZE.height as usize).is_ok());
    let refused = drawn(&pool, SIZE.height as usize + 1);
    assert!(refused.is_err_and(|error| {
        error.kind() == ErrorKind::TooSmall
            && error.to_string().contains(&format!("{SIZE} is smaller than a training patch of 15x15"))
    }));
}
