//! What flows through a lane: decoded pictures, planar YUV 4:2:0 with 8 bits.
//!
//! A [`Picture`] is a reference-counted libav frame. Cloning shares the samples; writing to a shared picture first
//! makes the writer a copy of its own. It carries what must not get lost between decoder and encoder: the time, whether
//! it was a keyframe, how its samples are to be read as colours and shown, and the captions that belong to it.

mod aspect;
mod colour;
mod scan;
mod size;
pub(crate) mod turn;

use ffmpeg_next::frame::{self, side_data};

use crate::ffmpeg::frames;
use crate::time::MediaTime;

pub use aspect::PixelAspect;
pub use colour::{Colour, Range};
pub use scan::Scan;
pub use size::{FrameRate, Size};
pub use turn::{DisplayMatrix, Turn};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Component {
    /// Luma, in full resolution.
    Y,
    /// Blue difference, half the resolution in both directions (rounded up).
    Cb,
    /// Red difference, as [`Component::Cb`].
    Cr,
}

impl Component {
    pub const ALL: [Self; 3] = [Self::Y, Self::Cb, Self::Cr];

    /// Size of this plane in a picture of `size`.
    pub fn size_in(self, size: Size) -> Size {
        match self {
            Self::Y => size,
            Self::Cb | Self::Cr => Size { width: size.width.div_ceil(2), height: size.height.div_ceil(2) },
        }
    }
}

/// A decoded picture: planar 8-bit YUV 4:2:0.
pub struct Picture {
    /// Always in pixel format YUV420P, of a supported size, with lines from top to bottom.
    frame: frame::Video,
}

impl Picture {
    /// A picture whose samples are not yet written: what they hold is unspecified, so write all of them.
    ///
    /// Panics if the size is not [supported](Size::is_supported), and if memory runs out.
    pub fn new(size: Size) -> Self {
        assert!(size.is_supported(), "pictures of {size} cannot exist");
        let mut picture = Self { frame: frames::allocate(size) };
        picture.set_pts(MediaTime::ZERO);
        picture.set_key(false);
        picture
    }

    /// Wraps a frame that is known to fit: YUV420P, supported size, positive strides.
    pub(crate) fn from_frame(frame: frame::Video) -> Self {
        debug_assert!(frames::is_picture(&frame));
        Self { frame }
    }

    /// Takes over everything that is said of `frame`.
    pub(crate) fn describe_as(&mut self, frame: &frame::Video) {
        frames::copy_properties(&mut self.frame, frame);
    }

    pub(crate) fn frame(&self) -> &frame::Video {
        &self.frame
    }

    pub fn size(&self) -> Size {
        Size { width: self.frame.width(), height: self.frame.height() }
    }

    pub fn pts(&self) -> MediaTime {
        MediaTime::from_ticks(self.frame.pts().unwrap_or(0))
    }

    pub fn set_pts(&mut self, pts: MediaTime) {
        self.frame.set_pts(Some(pts.ticks()));
    }

    /// Whether decoding could start at this picture in the stream that it came from.
    pub fn key(&self) -> bool {
        self.frame.is_key()
    }

    pub fn set_key(&mut self, key: bool) {
        frames::set_key(&mut self.frame, key);
    }

    pub fn colour(&self) -> Colour {
        frames::colour(&self.frame)
    }

    pub fn set_colour(&mut self, colour: Colour) {
        frames::set_colour(&mut self.frame, colour);
    }

    /// How its stream wants it to be turned before it is looked at, if it says so.
    pub fn display_matrix(&self) -> Option<DisplayMatrix> {
        let data = self.frame.side_data(side_data::Type::DisplayMatrix)?;
        turn::parse(data.data())
    }

    /// The shape of its pixels.
    pub fn pixel_aspect(&self) -> PixelAspect {
        frames::pixel_aspect(&self.frame)
    }

    pub fn set_pixel_aspect(&mut self, aspect: PixelAspect) {
        frames::set_pixel_aspect(&mut self.frame, aspect);
    }

    /// Whether its lines belong to one instant or to two.
    pub fn scan(&self) -> Scan {
        frames::scan(&self.frame)
    }

    pub fn set_scan(&mut self, scan: Scan) {
        frames::set_scan(&mut self.frame, scan);
    }

    /// Closed captions (CEA-608 and CEA-708) that came with it: `cc_data` triplets of three bytes (ATSC A/53, part 4).
    pub fn captions(&self) -> Option<&[u8]> {
        frames::captions(&self.frame)
    }

    /// Replaces the captions; empty ones are none.
    pub fn set_captions(&mut self, captions: &[u8]) {
        frames::set_captions(&mut self.frame, captions);
    }

    /// Takes over everything but the samples: time, key, colour, shape of pixels, scan, captions.
    pub fn copy_properties_from(&mut self, other: &Self) {
        self.set_pts(other.pts());
        self.set_key(other.key());
        self.set_colour(other.colour());
        self.set_pixel_aspect(other.pixel_aspect());
        self.set_scan(other.scan());
        frames::share_captions(&mut self.frame, &other.frame);
    }

    pub fn luma(&self) -> Plane<'_> {
        self.plane(Component::Y)
    }

    pub fn luma_mut(&mut self) -> PlaneMut<'_> {
        self.plane_mut(Component::Y)
    }

    pub fn plane(&self, component: Component) -> Plane<'_> {
        let Size { width, height } = component.size_in(self.size());
        let (data, stride) = frames::plane(&self.frame, component as usize, width as usize, height as usize);
        Plane { data, stride, width: width as usize, height: height as usize }
    }

    /// One of the planes, to be written; a picture that shares its samples gets its own first.
    pub fn plane_mut(&mut self, component: Component) -> PlaneMut<'_> {
        let Size { width, height } = component.size_in(self.size());
        let width = width as usize;
        let height = height as usize;
        let (data, stride) = frames::plane_mut(&mut self.frame, component as usize, width, height);
        PlaneMut { data, stride, width, height }
    }
}

/// Shares the samples: cheap.
impl Clone for Picture {
    fn clone(&self) -> Self {
        Self { frame: frames::share(&self.frame) }
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = if self.key() { ", key" } else { "" };
        write!(f, "Picture({}, {}{key})", self.size(), self.pts())
    }
}

/// Samples of one plane. Lines stand `stride` bytes apart: use [`Plane::rows`].
#[derive(Clone, Copy)]
pub struct Plane<'a> {
    /// From the first sample to the last: `stride * (height - 1) + width` bytes.
    pub data: &'a [u8],
    /// Bytes from one line to the next, at least `width`.
    pub stride: usize,
    pub width: usize,
    pub height: usize,
}

impl<'a> Plane<'a> {
    /// The lines from top to bottom, `width` samples each.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        let width = self.width;
        self.data.chunks(self.stride).map(move |line| &line[..width])
    }
}

/// Samples of one plane, to be written. Lines stand `stride` bytes apart: use [`PlaneMut::rows_mut`].
pub struct PlaneMut<'a> {
    /// From the first sample to the last: `stride * (height - 1) + width` bytes.
    pub data: &'a mut [u8],
    /// Bytes from one line to the next, at least `width`.
    pub stride: usize,
    pub width: usize,
    pub height: usize,
}

impl PlaneMut<'_> {
    /// The lines from top to bottom, `width` samples each.
    pub fn rows_mut(&mut self) -> impl ExactSizeIterator<Item = &mut [u8]> {
        let width = self.width;
        self.data.chunks_mut(self.stride).map(move |line| &mut line[..width])
    }

    pub fn fill(&mut self, value: u8) {
        self.rows_mut().for_each(|row| row.fill(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size { width: 33, height: 17 };

    fn grey() -> Picture {
        let mut picture = Picture::new(SIZE);
        for component in Component::ALL {
            picture.plane_mut(component).fill(128);
        }
        picture
    }

    #[test]
    fn planes_have_their_sizes() {
        let picture = grey();
        assert_eq!(picture.luma().rows().len(), 17);
        assert!(picture.luma().rows().all(|row| row.len() == 33));
        let chroma = picture.plane(Component::Cr);
        assert_eq!((chroma.width, chroma.height, chroma.rows().len()), (17, 9, 9));
    }

    #[test]
    fn clones_share_until_they_are_written() {
        let original = grey();
        let mut copy = original.clone();
        assert_eq!(original.luma().data.as_ptr(), copy.luma().data.as_ptr());
        copy.luma_mut().fill(7);
        assert!(copy.luma().rows().all(|row| row.iter().all(|&sample| sample == 7)));
        assert!(original.luma().rows().all(|row| row.iter().all(|&sample| sample == 128)));
        assert!(copy.plane(Component::Cb).rows().all(|row| row.iter().all(|&sample| sample == 128)));
    }

    #[test]
    fn properties_survive_cloning_and_copying() {
        let mut picture = grey();
        assert_eq!(
            (picture.pts(), picture.key(), picture.colour()),
            (MediaTime::ZERO, false, Colour::default())
        );
        let colour = Colour {
            range: Range::Full,
            matrix: Colour::BT709,
            primaries: Colour::BT709,
            transfer: Colour::BT709,
        };
        picture.set_pts(MediaTime::from_millis(-40));
        picture.set_key(true);
        picture.set_colour(colour);
        picture.set_pixel_aspect(PixelAspect::new(16, 11));
        picture.set_scan(Scan::BottomFieldFirst);
        picture.set_captions(&[0xfc, 0x94, 0x2c]);
        let mut other = grey();
        other.set_captions(&[0xfc, 0x80, 0x80]);
        other.copy_properties_from(&picture.clone());
        assert_eq!((other.pts(), other.key(), other.colour()), (MediaTime::from_millis(-40), true, colour));
        assert_eq!((other.pixel_aspect(), other.scan()), (PixelAspect::new(16, 11), Scan::BottomFieldFirst));
        assert_eq!(other.captions(), Some(&[0xfc, 0x94, 0x2c][..]));
        other.copy_properties_from(&grey());
        assert_eq!((other.pixel_aspect(), other.scan()), (PixelAspect::SQUARE, Scan::Progressive));
        assert_eq!(other.captions(), None);
    }

    #[test]
    #[should_panic(expected = "0x2 cannot exist")]
    fn pictures_without_area_are_refused() {
        Picture::new(Size { width: 0, height: 2 });
    }
}
