//! Owns one `SwsContext`: two shapes and a filter.
#![expect(unsafe_code, reason = "ffmpeg-next's scaler is not Send, and cannot say where chroma samples lie")]

use std::ffi::CStr;
use std::ptr::NonNull;

use ffmpeg_next::ffi::{
    SWS_ACCURATE_RND, SWS_AREA, SWS_BICUBIC, SWS_BILINEAR, SWS_LANCZOS, SwsContext, av_opt_set_int,
    sws_alloc_context, sws_freeContext, sws_init_context, sws_scale,
};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;

use super::filter::Filter;
use crate::ffmpeg::FfmpegError;
use crate::picture::Size;

/// Format and size of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) format: Pixel,
    pub(super) size: Size,
}

impl Shape {
    pub(super) fn of(frame: &Video) -> Self {
        Self { format: frame.format(), size: Size { width: frame.width(), height: frame.height() } }
    }
}

/// In 1/256 of a luma sample: chroma at the left luma sample ...
const CHROMA_LEFT: i64 = 0;
/// ... and halfway between two lines.
const CHROMA_BETWEEN_LINES: i64 = 128;

pub(super) struct Context {
    raw: NonNull<SwsContext>,
    from: Shape,
    to: Shape,
}

// SAFETY: the context is owned by this value alone, keeps no thread-local state, and is used through `&mut` only.
unsafe impl Send for Context {}

impl Context {
    pub(super) fn new(from: Shape, to: Shape, filter: Filter) -> Result<Self, FfmpegError> {
        // SAFETY: allocates, or answers null.
        let raw = NonNull::new(unsafe { sws_alloc_context() }).expect("memory for a scaler");
        let mut context = Self { raw, from, to };
        context.set(c"srcw", from.size.width.into());
        context.set(c"srch", from.size.height.into());
        context.set(c"src_format", pixel_number(from.format));
        context.set(c"dstw", to.size.width.into());
        context.set(c"dsth", to.size.height.into());
        context.set(c"dst_format", pixel_number(to.format));
        context.set(c"sws_flags", flags(filter));
        if from.format == Pixel::YUV420P {
            context.set(c"src_h_chr_pos", CHROMA_LEFT);
            context.set(c"src_v_chr_pos", CHROMA_BETWEEN_LINES);
        }
        context.set(c"dst_h_chr_pos", CHROMA_LEFT);
        context.set(c"dst_v_chr_pos", CHROMA_BETWEEN_LINES);
        // SAFETY: the context is allocated and not initialised yet; no filters of our own.
        let result =
            unsafe { sws_init_context(context.raw.as_ptr(), std::ptr::null_mut(), std::ptr::null_mut()) };
        if result < 0 {
            return Err(FfmpegError::SetUp { what: "scaler", source: result.into() });
        }
        Ok(context)
    }

    pub(super) fn fits(&self, from: Shape, to: Shape) -> bool {
        (self.from, self.to) == (from, to)
    }

    /// Fills `output`; both frames must have the shapes that this context was made for.
    pub(super) fn run(&mut self, input: &Video, output: &mut Video) -> Result<(), FfmpegError> {
        assert!(
            self.fits(Shape::of(input), Shape::of(output)),
            "frames of the shapes the scaler was made for"
        );
        // SAFETY: the shapes fit, so libswscale reads and writes within the frames' planes; input and output are
        // different frames, and the output was just allocated, so nobody else holds its buffer.
        let lines = unsafe {
            let (input, output) = (input.as_ptr(), output.as_mut_ptr());
            sws_scale(
                self.raw.as_ptr(),
                (&raw const (*input).data).cast(),
                (&raw const (*input).linesize).cast(),
                0,
                self.from.size.height as i32,
                (&raw const (*output).data).cast(),
                (&raw const (*output).linesize).cast(),
            )
        };
        if lines < 0 {
            return Err(FfmpegError::SetUp { what: "scaler", source: lines.into() });
        }
        Ok(())
    }

    fn set(&mut self, name: &CStr, value: i64) {
        // SAFETY: an AVOption-enabled struct, a C string and an integer.
        let result = unsafe { av_opt_set_int(self.raw.as_ptr().cast(), name.as_ptr(), value, 0) };
        debug_assert!(result >= 0, "the scaler has an option {name:?} that takes {value}");
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: allocated by `sws_alloc_context`, freed once.
        unsafe { sws_freeContext(self.raw.as_ptr()) };
    }
}

fn pixel_number(format: Pixel) -> i64 {
    let format: ffmpeg_next::ffi::AVPixelFormat = format.into();
    format as i64
}

fn flags(filter: Filter) -> i64 {
    let filter = match filter {
        Filter::Bilinear => SWS_BILINEAR,
        Filter::Bicubic => SWS_BICUBIC,
        Filter::Lanczos => SWS_LANCZOS,
        Filter::Area => SWS_AREA,
    };
    i64::from(filter | SWS_ACCURATE_RND)
}
