//! Something to look at before there is a picture.

use media::picture::{Picture, Size};

/// Test pattern with flat, smooth and busy places: ranges to begin with.
pub(super) fn pattern(size: Size) -> Picture {
    let mut picture = Picture::new(size);
    for (y, row) in picture.luma_mut().rows_mut().enumerate() {
        for (x, code) in row.iter_mut().enumerate() {
            let smooth = 60.0 * (x as f32 / 19.0).sin() + 50.0 * (y as f32 / 13.0).cos();
            let edges = if (x / 24 + y / 16) % 3 == 0 { 60.0 } else { 0.0 };
            *code = (115.0 + smooth + edges).clamp(16.0, 235.0) as u8;
        }
    }
    picture
}
