use super::*;
use crate::picture::{Component, FrameRate};
use crate::synthetic::TestPictures;

const SMALL: Size = Size { width: 96, height: 54 };
const FILTERS: [Filter; 4] = [Filter::Bilinear, Filter::Bicubic, Filter::Lanczos, Filter::Area];

fn flat(size: Size, samples: [u8; 3]) -> Picture {
    let mut picture = Picture::new(size);
    for (component, sample) in Component::ALL.into_iter().zip(samples) {
        picture.plane_mut(component).fill(sample);
    }
    picture
}

#[test]
fn flat_pictures_stay_exactly_flat() {
    for filter in FILTERS {
        let mut scaler = Scaler::new(filter);
        for size in [SMALL.scaled(2), SMALL.scaled(3), Size { width: 50, height: 33 }] {
            let scaled = scaler.scale(&flat(SMALL, [200, 90, 160]), size).unwrap();
            assert_eq!(scaled.size(), size);
            for (component, sample) in Component::ALL.into_iter().zip([200, 90, 160]) {
                let plane = scaled.plane(component);
                assert!(
                    plane.rows().flatten().all(|&found| found == sample),
                    "{filter:?} {size} {component:?}"
                );
            }
        }
    }
}

#[test]
fn properties_are_kept() {
    let mut picture = TestPictures::new(SMALL, FrameRate::whole(25)).picture(7);
    picture.set_key(true);
    let scaled = Scaler::new(Filter::Lanczos).scale(&picture, SMALL.scaled(2)).unwrap();
    assert_eq!((scaled.pts(), scaled.key(), scaled.colour()), (picture.pts(), true, picture.colour()));
    assert_eq!(scaled.pts(), MediaTime::from_millis(280));
}

#[test]
fn the_same_size_is_shared_and_impossible_ones_are_refused() {
    let picture = flat(SMALL, [1, 2, 3]);
    let mut scaler = Scaler::new(Filter::Bicubic);
    let same = scaler.scale(&picture, SMALL).unwrap();
    assert_eq!(same.luma().data.as_ptr(), picture.luma().data.as_ptr());
    let huge = Size { width: 5_000, height: 2 };
    assert!(matches!(scaler.scale(&picture, huge), Err(FfmpegError::Size(size)) if size == huge));
}

/// Doubling must keep chroma beside its luma: a vertical edge in both stays in one place. H.264's chroma lies at the
/// left luma sample; taking it for centred would move it by half a sample.
#[test]
fn chroma_stays_with_its_luma() {
    let (width, height) = (64, 32);
    let mut picture = flat(Size { width, height }, [50, 50, 128]);
    let ramp = |at: f64| 50.0 + 2.0 * at;
    for row in picture.luma_mut().rows_mut() {
        row.iter_mut().enumerate().for_each(|(x, sample)| *sample = ramp(x as f64) as u8);
    }
    for row in picture.plane_mut(Component::Cb).rows_mut() {
        row.iter_mut().enumerate().for_each(|(x, sample)| *sample = ramp(2.0 * x as f64) as u8);
    }
    let scaled = Scaler::new(Filter::Bilinear).scale(&picture, Size { width, height }.scaled(2)).unwrap();
    let luma: Vec<_> = scaled.luma().rows().nth(8).unwrap().to_vec();
    let chroma: Vec<_> = scaled.plane(Component::Cb).rows().nth(4).unwrap().to_vec();
    for x in 8..56 {
        let difference = i16::from(luma[2 * x]) - i16::from(chroma[x]);
        assert!(difference.abs() <= 1, "at {x}: luma {}, chroma {}", luma[2 * x], chroma[x]);
    }
}

#[test]
fn can_be_moved_to_another_thread() {
    let mut scaler = Scaler::new(Filter::Lanczos);
    scaler.scale(&flat(SMALL, [1, 2, 3]), SMALL.scaled(2)).unwrap();
    let scaled =
        std::thread::spawn(move || scaler.scale(&flat(SMALL, [9, 9, 9]), SMALL.scaled(2))).join().unwrap();
    assert_eq!(scaled.unwrap().luma().data[0], 9);
}
