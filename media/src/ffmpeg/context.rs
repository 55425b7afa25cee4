//! The few fields of an `AVCodecContext` and of an `AVStream` that ffmpeg-next does not reach.
#![expect(
    unsafe_code,
    reason = "reads and writes fields of AVCodecContext and AVStream that ffmpeg-next does not reach"
)]

use std::ffi::CStr;

use ffmpeg_next::codec::{Context, Parameters};
use ffmpeg_next::ffi::{AV_INPUT_BUFFER_PADDING_SIZE, AVRational, av_mallocz, av_opt_set_double};
use ffmpeg_next::format::stream::Stream;

use super::frames::range_tag;
use crate::picture::{Colour, PixelAspect, Size};

/// Gives a decoder the configuration that its packets are to be read with; call before opening, once.
pub(super) fn set_extradata(context: &mut Context, extradata: &[u8]) {
    // SAFETY: the context is allocated and not opened; libav owns the buffer from here on, and wants it allocated by
    // its own allocator with zeroed padding behind.
    unsafe {
        let raw = context.as_mut_ptr();
        assert!((*raw).extradata.is_null(), "extradata is set once");
        let buffer: *mut u8 = av_mallocz(extradata.len() + AV_INPUT_BUFFER_PADDING_SIZE as usize).cast();
        assert!(!buffer.is_null(), "out of memory for a codec configuration");
        std::ptr::copy_nonoverlapping(extradata.as_ptr(), buffer, extradata.len());
        (*raw).extradata = buffer;
        (*raw).extradata_size = extradata.len() as i32;
    }
}

/// Says how large pictures are that somebody else decodes.
pub(super) fn set_size(context: &mut Context, size: Size) {
    // SAFETY: the context is allocated; these are plain fields.
    unsafe {
        let raw = context.as_mut_ptr();
        (*raw).width = size.width as i32;
        (*raw).height = size.height as i32;
    }
}

/// Says how sound is sampled that somebody else decodes.
pub(super) fn set_sample_rate(context: &mut Context, rate: u32) {
    // SAFETY: as in `set_size`.
    unsafe { (*context.as_mut_ptr()).sample_rate = rate as i32 }
}

/// The configuration that an opened encoder wrote (with the global-header flag).
pub(super) fn extradata(context: &Context) -> &[u8] {
    // SAFETY: pointer and size belong together; the buffer lives as long as the context.
    unsafe {
        let raw = context.as_ptr();
        if (*raw).extradata.is_null() {
            return &[];
        }
        std::slice::from_raw_parts((*raw).extradata, (*raw).extradata_size as usize)
    }
}

/// The configuration that a file has for one of its tracks.
pub(super) fn parameters_extradata(parameters: &Parameters) -> &[u8] {
    // SAFETY: as in `extradata`; the parameters own the buffer or keep its owner.
    unsafe {
        let raw = parameters.as_ptr();
        if (*raw).extradata.is_null() {
            return &[];
        }
        std::slice::from_raw_parts((*raw).extradata, (*raw).extradata_size as usize)
    }
}

/// The shape that a file gives the pixels of one of its tracks, if it says any.
pub(super) fn pixel_aspect(stream: &Stream<'_>) -> Option<PixelAspect> {
    // SAFETY: reading two integers of a stream that its file keeps alive.
    let AVRational { num, den } = unsafe { (*stream.as_ptr()).sample_aspect_ratio };
    let said = num > 0 && den > 0;
    said.then(|| PixelAspect::new(num.unsigned_abs(), den.unsigned_abs()))
}

/// Has the decoder refuse pictures beyond [`Size::MAX_SIDE`] squared, whatever a header in the stream says.
pub(super) fn limit_pictures(context: &mut Context) {
    // SAFETY: writing an integer field before opening.
    unsafe { (*context.as_mut_ptr()).max_pixels = i64::from(Size::MAX_SIDE) * i64::from(Size::MAX_SIDE) };
}

/// Tells an encoder how its samples are to be read; call before opening.
pub(super) fn set_colour(context: &mut Context, colour: Colour) {
    // SAFETY: C enums, written before opening as the unsigned integers that they are.
    unsafe {
        let raw = context.as_mut_ptr();
        (&raw mut (*raw).color_range).cast::<u32>().write(range_tag(colour.range));
        (&raw mut (*raw).colorspace).cast::<u32>().write(colour.matrix.into());
        (&raw mut (*raw).color_primaries).cast::<u32>().write(colour.primaries.into());
        (&raw mut (*raw).color_trc).cast::<u32>().write(colour.transfer.into());
    }
}

/// Bounds the bits within any stretch of `buffer` at `rate` bits per second; call before opening.
pub(super) fn set_rate_limit(context: &mut Context, rate: u32, buffer: u32) {
    // SAFETY: writing integer fields before opening.
    unsafe {
        let raw = context.as_mut_ptr();
        (*raw).rc_max_rate = rate.into();
        (*raw).rc_buffer_size = i32::try_from(buffer).unwrap_or(i32::MAX);
    }
}

/// Sets an option that only this codec has; one that it does not have changes nothing.
pub(super) fn set_private_option(context: &mut Context, name: &CStr, value: f64) {
    // SAFETY: an opened context has private data with options, or none; the name ends in a zero.
    unsafe {
        let options = (*context.as_mut_ptr()).priv_data;
        if !options.is_null() {
            av_opt_set_double(options, name.as_ptr(), value, 0);
        }
    }
}

/// SVT-AV1 asks the environment how much it is to print; whoever has set it is obeyed.
pub(super) fn quiet_svt_av1() {
    const ERRORS_ONLY: &str = "1";
    if std::env::var_os("SVT_LOG").is_none() {
        // SAFETY: the caller promises that no other thread looks at the environment.
        unsafe { std::env::set_var("SVT_LOG", ERRORS_ONLY) };
    }
}
