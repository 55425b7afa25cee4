//! SSIM ("Image quality assessment: from error visibility to structural similarity", Wang et al., 2004) over 8x8 windows
//! at every fourth pixel, as video encoders measure it.

use crate::picture::{Picture, Plane};

const WINDOW: usize = 8;
const STEP: usize = 4;
const PIXELS: f64 = (WINDOW * WINDOW) as f64;
/// `(0.01 · 255)²` and `(0.03 · 255)²`, the paper's constants.
const C1: f64 = 6.5025;
const C2: f64 = 58.5225;

/// Mean SSIM of luma, 1 for equal planes; 0 for pictures of different sizes or smaller than a window.
pub fn ssim_luma(picture: &Picture, original: &Picture) -> f64 {
    if picture.size() != original.size() {
        return 0.0;
    }
    let a = picture.luma();
    let b = original.luma();
    let mut sum = 0.0;
    let mut windows = 0u32;
    for y in (0..(a.height + 1).saturating_sub(WINDOW)).step_by(STEP) {
        for x in (0..(a.width + 1).saturating_sub(WINDOW)).step_by(STEP) {
            sum += window(&a, &b, x, y);
            windows += 1;
        }
    }
    if windows == 0 { 0.0 } else { sum / f64::from(windows) }
}

fn window(a: &Plane<'_>, b: &Plane<'_>, x: usize, y: usize) -> f64 {
    // Sums of 64 products of bytes fit 32 bits with room to spare, and the compiler vectorises them.
    let [mut sa, mut sb, mut saa, mut sbb, mut sab] = [0u32; 5];
    for row in y..y + WINDOW {
        let a = &a.data[row * a.stride + x..][..WINDOW];
        let b = &b.data[row * b.stride + x..][..WINDOW];
        for (&a, &b) in a.iter().zip(b) {
            let a = u32::from(a);
            let b = u32::from(b);
            sa += a;
            sb += b;
            saa += a * a;
            sbb += b * b;
            sab += a * b;
        }
    }
    let ma = f64::from(sa) / PIXELS;
    let mb = f64::from(sb) / PIXELS;
    let va = f64::from(saa) / PIXELS - ma * ma;
    let vb = f64::from(sbb) / PIXELS - mb * mb;
    let covariance = f64::from(sab) / PIXELS - ma * mb;
    (2.0 * ma * mb + C1) * (2.0 * covariance + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2))
}
