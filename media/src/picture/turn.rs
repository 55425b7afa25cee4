//! How a picture has to be turned and mirrored before it is looked at: what phones write instead of turning pixels.
//!
//! FFmpeg gives it as a display matrix (libavutil/display.h, ISO/IEC 14496-12 8.3.2), for a track, a packet or a picture.

/// A display matrix: `(a, b, u, c, d, v, x, y, w)`, which moves a point `(p, q)` to `(ap + cq + x, bp + dq + y)`.
pub type DisplayMatrix = [i32; 9];

/// The eight ways in which a rectangle can lie on the sides of another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Turn {
    #[default]
    None,
    /// By 180 degrees.
    Half,
    /// Left becomes right.
    MirrorHorizontally,
    /// Top becomes bottom.
    MirrorVertically,
    /// By 90 degrees.
    Clockwise,
    /// By 270 degrees.
    Counterclockwise,
    /// Mirrored at the diagonal from the top left.
    Transpose,
    /// Mirrored at the other diagonal.
    Transverse,
}

/// How far the nearest turn may be off before it is called rounded, in degrees: matrices are fixed-point numbers.
const EXACT: f64 = 1.0;

impl Turn {
    const ALL: [Self; 8] = [
        Self::None,
        Self::Half,
        Self::MirrorHorizontally,
        Self::MirrorVertically,
        Self::Clockwise,
        Self::Counterclockwise,
        Self::Transpose,
        Self::Transverse,
    ];

    /// The turn that comes nearest to what `matrix` asks for, and whether that is all of it. A matrix that squeezes pictures to
    /// nothing asks for nothing.
    pub fn nearest(matrix: &DisplayMatrix) -> (Self, bool) {
        let [a, b, _, c, d, ..] = matrix.map(f64::from);
        // Scaling is said by the aspect of the samples: libavformat has made one of the other.
        let x_scale = a.hypot(c);
        let y_scale = b.hypot(d);
        if x_scale == 0.0 || y_scale == 0.0 {
            return (Self::None, true);
        }
        // The more a turn's axes point where the matrix's axes point, the nearer it is; 2 if both agree.
        let agreement = |turn: Self| {
            let [ta, tb, tc, td] = turn.axes();
            (ta * a + tc * c) / x_scale + (tb * b + td * d) / y_scale
        };
        let nearest =
            Self::ALL.into_iter().max_by(|&one, &other| agreement(one).total_cmp(&agreement(other)));
        let nearest = nearest.unwrap_or_default();
        (nearest, agreement(nearest) >= 2.0 * EXACT.to_radians().cos())
    }

    /// The matrix's `a, b, c, d` for this turn.
    fn axes(self) -> [f64; 4] {
        match self {
            Self::None => [1.0, 0.0, 0.0, 1.0],
            Self::Half => [-1.0, 0.0, 0.0, -1.0],
            Self::MirrorHorizontally => [-1.0, 0.0, 0.0, 1.0],
            Self::MirrorVertically => [1.0, 0.0, 0.0, -1.0],
            Self::Clockwise => [0.0, 1.0, -1.0, 0.0],
            Self::Counterclockwise => [0.0, -1.0, 1.0, 0.0],
            Self::Transpose => [0.0, 1.0, 1.0, 0.0],
            Self::Transverse => [0.0, -1.0, -1.0, 0.0],
        }
    }

    /// Whether width and height change places.
    pub const fn is_quarter(self) -> bool {
        matches!(self, Self::Clockwise | Self::Counterclockwise | Self::Transpose | Self::Transverse)
    }

    /// Whether the lines of the picture are read backwards.
    pub(crate) fn reads_backwards(self) -> bool {
        matches!(self, Self::Half | Self::MirrorHorizontally | Self::Counterclockwise | Self::Transverse)
    }

    /// Whether the picture is read from its last line up.
    pub(crate) fn reads_upwards(self) -> bool {
        matches!(self, Self::Half | Self::MirrorVertically | Self::Clockwise | Self::Transverse)
    }
}

/// The matrix that libav hands over as bytes, in the order of this machine.
pub(crate) fn parse(bytes: &[u8]) -> Option<DisplayMatrix> {
    let mut matrix = DisplayMatrix::default();
    let mut words = bytes.chunks_exact(size_of::<i32>());
    for number in &mut matrix {
        *number = i32::from_ne_bytes(words.next()?.try_into().ok()?);
    }
    Some(matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i32 = 1 << 16;

    fn matrix([a, b, c, d]: [f64; 4]) -> DisplayMatrix {
        let fixed = |value: f64| (value * f64::from(ONE)).round() as i32;
        [fixed(a), fixed(b), 0, fixed(c), fixed(d), 0, 7 * ONE, -3 * ONE, 1 << 30]
    }

    /// A turn clockwise, as tracks describe it.
    fn turned(degrees: f64) -> DisplayMatrix {
        let angle = degrees.to_radians();
        matrix([angle.cos(), angle.sin(), -angle.sin(), angle.cos()])
    }

    #[test]
    fn every_turn_is_found_in_its_matrix_even_if_that_scales() {
        for turn in Turn::ALL {
            let [a, b, c, d] = turn.axes();
            for (x, y) in [(1.0, 1.0), (2.0, 0.25), (0.001, 100.0)] {
                assert_eq!(Turn::nearest(&matrix([a * x, b * y, c * x, d * y])), (turn, true));
            }
        }
    }

    #[test]
    fn angles_between_are_rounded_and_said_to_be() {
        let table = [
            (0.0, Turn::None, true),
            (0.4, Turn::None, true),
            (30.0, Turn::None, false),
            (60.0, Turn::Clockwise, false),
            (90.3, Turn::Clockwise, true),
            (136.0, Turn::Half, false),
            (180.0, Turn::Half, true),
            (270.0, Turn::Counterclockwise, true),
            (350.0, Turn::None, false),
        ];
        for (degrees, turn, exact) in table {
            assert_eq!(Turn::nearest(&turned(degrees)), (turn, exact), "{degrees}");
        }
    }

    #[test]
    fn nonsense_turns_nothing() {
        assert_eq!(Turn::nearest(&[0; 9]), (Turn::None, true));
        for hostile in [[i32::MIN; 9], [i32::MAX; 9], [0, 0, 0, i32::MIN, 0, 0, 0, 0, 0]] {
            let _any = Turn::nearest(&hostile);
        }
    }
}
