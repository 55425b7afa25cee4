use super::*;
use crate::picture::{Colour, Component, FrameRate, PixelAspect};
use crate::synthetic::TestPictures;

const SIZE: Size = Size { width: 64, height: 48 };

/// A bright bar on dark ground that moves 8 samples from field to field, both fields in one picture.
fn combed(number: i64, scan: Scan) -> Picture {
    let mut picture = Picture::new(SIZE);
    for component in Component::ALL {
        picture.plane_mut(component).fill(128);
    }
    let later = usize::from(scan == Scan::TopFieldFirst);
    for (line, row) in picture.luma_mut().rows_mut().enumerate() {
        let field = 2 * number as usize + usize::from(line % 2 == later);
        row.fill(40);
        row[8 * (field % 6)..][..16].fill(200);
    }
    picture.set_pts(MediaTime::from_millis(40 * number + 7));
    picture.set_key(number == 0);
    picture.set_scan(scan);
    picture.set_pixel_aspect(PixelAspect::new(16, 11));
    picture.set_colour(Colour { matrix: Colour::BT709, ..Colour::default() });
    picture.set_captions(&[0xfc, 0x94, number as u8]);
    picture
}

fn progressive(number: u32) -> Picture {
    let mut picture = TestPictures::new(SIZE, FrameRate::whole(25)).picture(number);
    picture.set_scan(Scan::Progressive);
    picture
}

fn pull_all(deinterlacer: &mut Deinterlacer) -> Vec<Picture> {
    std::iter::from_fn(|| deinterlacer.pull()).collect()
}

/// How much lines differ from those next to them, on average, more than from those of the same field.
fn comb(picture: &Picture) -> f64 {
    let rows: Vec<_> = picture.luma().rows().collect();
    let difference =
        |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>();
    let triples =
        rows.windows(3).map(|lines| difference(lines[0], lines[1]) - difference(lines[0], lines[2]));
    triples.sum::<f64>() / f64::from(SIZE.width * SIZE.height)
}

#[test]
fn combs_go_and_everything_else_stays() {
    for scan in [Scan::TopFieldFirst, Scan::BottomFieldFirst] {
        let mut deinterlacer = Deinterlacer::new();
        let mut pictures = Vec::new();
        let originals: Vec<_> = (0..10).map(|number| combed(number, scan)).collect();
        for (number, original) in originals.iter().enumerate() {
            assert!(comb(original) > 10.0);
            deinterlacer.push(original).unwrap();
            pictures.extend(pull_all(&mut deinterlacer));
            assert_eq!(pictures.len(), number, "one picture waits for the next one");
        }
        deinterlacer.finish();
        pictures.extend(pull_all(&mut deinterlacer));
        assert_eq!(pictures.len(), 10);
        for (picture, original) in pictures.iter().zip(&originals) {
            assert!(comb(picture) < 1.0, "{scan:?}, {picture:?}: {}", comb(picture));
            assert_eq!((picture.pts(), picture.key()), (original.pts(), original.key()));
            assert_eq!((picture.scan(), picture.colour()), (Scan::Progressive, original.colour()));
            assert_eq!(picture.pixel_aspect(), original.pixel_aspect());
            assert_eq!(picture.captions(), original.captions());
            // The earlier field is as it was.
            let first = usize::from(scan == Scan::BottomFieldFirst);
            let field = |picture: &Picture| -> Vec<Vec<u8>> {
                picture.luma().rows().skip(first).step_by(2).map(<[u8]>::to_vec).collect()
            };
            assert_eq!(field(picture), field(original));
        }
    }
}

#[test]
fn progressive_pictures_pass_at_once_and_untouched() {
    let mut deinterlacer = Deinterlacer::new();
    for number in 0..5 {
        let original = progressive(number);
        deinterlacer.push(&original).unwrap();
        let [picture] = pull_all(&mut deinterlacer).try_into().expect("at once");
        assert_eq!(picture.luma().data.as_ptr(), original.luma().data.as_ptr(), "the same samples");
    }
}

#[test]
fn pictures_of_both_kinds_and_of_other_sizes_keep_their_order_and_number() {
    let mut deinterlacer = Deinterlacer::new();
    let mut pushed = Vec::new();
    let mut pulled = Vec::new();
    let mut push = |mut picture: Picture| {
        picture.set_pts(MediaTime::from_millis(40 * pushed.len() as i64));
        pushed.push(picture.pts());
        deinterlacer.push(&picture).unwrap();
        pulled.extend(pull_all(&mut deinterlacer).iter().map(Picture::pts));
    };
    (0..3).for_each(|number| push(progressive(number)));
    (0..3).for_each(|number| push(combed(number, Scan::TopFieldFirst)));
    (0..2).for_each(|number| push(progressive(number)));
    (0..3).for_each(|number| push(combed(number, Scan::BottomFieldFirst)));
    let other = TestPictures::new(Size { width: 48, height: 64 }, FrameRate::whole(25));
    push(other.picture(0));
    (0..3).for_each(|number| push(combed(number, Scan::TopFieldFirst)));
    (0..SETTLED + 10).for_each(|number| push(progressive(number)));
    assert_eq!(pulled, pushed, "at the end nothing waits any more");
}

#[test]
fn a_picture_that_is_refused_changes_nothing() {
    let mut deinterlacer = Deinterlacer::new();
    let mut tiny = Picture::new(Size { width: 2, height: 2 });
    tiny.set_scan(Scan::TopFieldFirst);
    assert!(matches!(deinterlacer.push(&tiny), Err(FfmpegError::SetUp { .. })));
    assert!(deinterlacer.pull().is_none());
    deinterlacer.push(&progressive(0)).unwrap();
    assert!(deinterlacer.pull().is_some());
}
