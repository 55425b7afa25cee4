//! Owns one `SwsContext`: format and size of the input, size of the output, and a filter.
#![expect(unsafe_code, reason = "ffmpeg-next's scaler is not Send, and cannot say where chroma samples lie")]

use std::ffi::CStr;
use std::ptr::NonNull;

use ffmpeg_next::ffi::{
    SWS_ACCURATE_RND, SWS_AREA, SWS_BICUBIC, SWS_BILINEAR, SWS_LANCZOS, SwsContext, av_opt_set_int,
    sws_alloc_context, sws_freeContext, sws_init_context, sws_scale,
};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;

use crate::ffmpeg::FfmpegError;
use crate::picture::Size;

/// How samples between samples are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Linear: fast and soft.
    Bilinear,
    Bicubic,
    /// Windowed sinc with three lobes: sharp.
    Lanczos,
    /// Averages what falls into a sample: for making pictures much smaller.
    Area,
}

/// In 1/256 of a luma sample: chroma at the left luma sample ...
const CHROMA_LEFT: i64 = 0;
/// ... and halfway between two lines.
const CHROMA_BETWEEN_LINES: i64 = 128;

pub(super) struct Context {
    raw: NonNull<SwsContext>,
    /// Format and size of what is scaled.
    from: (Pixel, Size),
    /// Size of the result, which is always YUV420P.
    to: Size,
}

// SAFETY: the context is owned by this value alone, keeps no thread-local state, and is used through `&mut` only.
unsafe impl Send for Context {}

impl Context {
    pub(super) fn new(frame: &Video, to: Size, filter: Filter) -> Result<Self, FfmpegError> {
        // SAFETY: allocates, or answers null.
        let raw = NonNull::new(unsafe { sws_alloc_context() }).expect("memory for a scaler");
        let (format, size) = shape(frame);
        let mut context = Self { raw, from: (format, size), to };
        context.set(c"srcw", size.width.into());
        context.set(c"srch", size.height.into());
        context.set(c"src_format", pixel_number(format));
        context.set(c"dstw", to.width.into());
        context.set(c"dsth", to.height.into());
        context.set(c"dst_format", pixel_number(Pixel::YUV420P));
        context.set(c"sws_flags", flags(filter));
        // Other formats have chroma elsewhere, or none; libswscale knows where.
        if format == Pixel::YUV420P {
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

    /// Whether it was made for frames such as this one, to be scaled to this size.
    pub(super) fn fits(&self, frame: &Video, to: Size) -> bool {
        self.from == shape(frame) && self.to == to
    }

    /// Fills `output`; both frames must have the formats and sizes that this context was made for.
    pub(super) fn run(&mut self, input: &Video, output: &mut Video) -> Result<(), FfmpegError> {
        let fits = self.from == shape(input) && (Pixel::YUV420P, self.to) == shape(output);
        assert!(fits, "frames of the shapes the scaler was made for");
        // SAFETY: the shapes fit, so libswscale reads and writes within the frames' planes; input and output are
        // different frames, and the output was just allocated, so nobody else holds its buffer.
        let lines = unsafe {
            let (input, output) = (input.as_ptr(), output.as_mut_ptr());
            sws_scale(
                self.raw.as_ptr(),
                (&raw const (*input).data).cast(),
                (&raw const (*input).linesize).cast(),
                0,
                self.from.1.height as i32,
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

fn shape(frame: &Video) -> (Pixel, Size) {
    (frame.format(), Size { width: frame.width(), height: frame.height() })
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
