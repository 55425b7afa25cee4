use super::*;
use crate::picture::{FrameRate, Size};
use crate::synthetic::TestPictures;
use crate::time::MediaTime;

const ONE: i32 = 1 << 16;

const fn matrix(a: i32, b: i32, c: i32, d: i32) -> DisplayMatrix {
    [a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30]
}

/// Where a sample of the turned plane comes from, as display.h writes it: `(p, q)` goes to `(ap + cq, bp + dq)`, moved so that
/// nothing is negative.
fn expected(from: &Plane<'_>, matrix: &DisplayMatrix) -> Vec<Vec<u8>> {
    let [a, b, _, c, d, ..] = matrix.map(|number| i64::from(number / ONE));
    let corner = (from.width as i64 - 1, from.height as i64 - 1);
    let place = |p: i64, q: i64| (a * p + c * q, b * p + d * q);
    let origin = |values: [i64; 2]| values.into_iter().min().unwrap().min(0);
    let far = place(corner.0, corner.1);
    let moved = (origin([far.0, 0]), origin([far.1, 0]));
    let mut turned = vec![vec![0; far.0.unsigned_abs() as usize + 1]; far.1.unsigned_abs() as usize + 1];
    for (q, row) in from.rows().enumerate() {
        for (p, &sample) in row.iter().enumerate() {
            let to = place(p as i64, q as i64);
            turned[(to.1 - moved.1) as usize][(to.0 - moved.0) as usize] = sample;
        }
    }
    turned
}

fn turned(picture: &Picture, matrix: DisplayMatrix) -> Picture {
    let mut upright = Upright::new(Some(matrix));
    upright.push(picture);
    upright.pull().unwrap()
}

#[test]
fn every_sample_goes_where_the_matrix_says() {
    let matrices = [
        matrix(1, 0, 0, 1),
        matrix(-1, 0, 0, -1),
        matrix(-1, 0, 0, 1),
        matrix(1, 0, 0, -1),
        matrix(0, 1, -1, 0),
        matrix(0, -1, 1, 0),
        matrix(0, 1, 1, 0),
        matrix(0, -1, -1, 0),
    ];
    for size in [Size { width: 50, height: 34 }, Size { width: 33, height: 65 }, Size { width: 1, height: 3 }]
    {
        for matrix in matrices {
            let picture = TestPictures::new(size, FrameRate::whole(25)).picture(7);
            let turned = turned(&picture, matrix);
            for component in Component::ALL {
                let found: Vec<_> = turned.plane(component).rows().map(<[u8]>::to_vec).collect();
                assert_eq!(
                    found,
                    expected(&picture.plane(component), &matrix),
                    "{size} {matrix:?} {component:?}"
                );
            }
        }
    }
}

#[test]
fn what_is_said_of_a_picture_is_kept() {
    let mut picture = TestPictures::new(Size { width: 48, height: 32 }, FrameRate::whole(25)).picture(3);
    picture.set_key(true);
    picture.set_pixel_aspect(PixelAspect::new(16, 11));
    let turned = turned(&picture, matrix(0, 1, -1, 0));
    assert_eq!(turned.size(), Size { width: 32, height: 48 });
    assert_eq!((turned.pts(), turned.key(), turned.colour()), (picture.pts(), true, picture.colour()));
    assert_eq!(turned.pixel_aspect(), PixelAspect::new(11, 16));
    assert_eq!(turned.pts(), MediaTime::from_millis(120));
}
