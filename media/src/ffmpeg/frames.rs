//! The few things that must be asked of an `AVFrame` directly: sharing, exact plane slices, tags.
#![expect(
    unsafe_code,
    reason = "reads and writes fields of AVFrame that ffmpeg-next does not reach, or only with copies"
)]

use ffmpeg_next::ffi::AVFrameSideDataType::AV_FRAME_DATA_A53_CC;
use ffmpeg_next::ffi::{
    AVPixelFormat, AVRational, av_buffer_ref, av_buffer_unref, av_frame_copy_props, av_frame_get_buffer,
    av_frame_get_side_data, av_frame_make_writable, av_frame_new_side_data, av_frame_new_side_data_from_buf,
    av_frame_ref, av_frame_remove_side_data, av_pix_fmt_desc_get,
};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;

use crate::picture::{Colour, PixelAspect, Range, Scan, Size};

/// libav chooses the alignment of lines that suits the processor.
const AUTOMATIC_ALIGNMENT: i32 = 0;
const RANGE_UNSPECIFIED: u32 = 0;
const RANGE_LIMITED: u32 = 1;
const RANGE_FULL: u32 = 2;

/// A YUV420P frame with samples of its own. Panics if memory runs out, as every allocation does.
pub(crate) fn allocate(size: Size) -> Video {
    let mut frame = Video::empty();
    frame.set_format(Pixel::YUV420P);
    frame.set_width(size.width);
    frame.set_height(size.height);
    // SAFETY: the frame is allocated, has format and size, and no buffers yet.
    let result = unsafe { av_frame_get_buffer(frame.as_mut_ptr(), AUTOMATIC_ALIGNMENT) };
    assert!(result >= 0, "out of memory for a picture of {size}");
    frame
}

/// Another reference to the same samples, with tags of its own.
pub(crate) fn share(frame: &Video) -> Video {
    let mut shared = Video::empty();
    // SAFETY: both frames are allocated; the new one holds no reference yet.
    let result = unsafe { av_frame_ref(shared.as_mut_ptr(), frame.as_ptr()) };
    assert!(result >= 0, "out of memory for a reference to a picture");
    shared
}

/// Gives `to` everything that is said of `from`: time, tags, side data.
pub(crate) fn copy_properties(to: &mut Video, from: &Video) {
    // SAFETY: both frames are allocated; side data is shared by reference.
    let result = unsafe { av_frame_copy_props(to.as_mut_ptr(), from.as_ptr()) };
    assert!(result >= 0, "out of memory for the properties of a picture");
}

/// Whether the frame can be a `Picture` as it is: 4:2:0 with 8 bits, of supported size, lines from top to bottom.
pub(crate) fn is_picture(frame: &Video) -> bool {
    let size = Size { width: frame.width(), height: frame.height() };
    let upright = {
        // SAFETY: reading an array of integers of an allocated frame.
        let linesize = unsafe { (*frame.as_ptr()).linesize };
        let half = size.width.div_ceil(2) as i32;
        linesize[0] >= size.width as i32 && linesize[1] >= half && linesize[2] >= half
    };
    frame.format() == Pixel::YUV420P && size.is_supported() && upright
}

/// The samples of one plane from the first to the last, and the stride between lines.
pub(crate) fn plane(frame: &Video, index: usize, width: usize, height: usize) -> (&[u8], usize) {
    // SAFETY: `Picture` keeps to frames with three planes, positive strides and these sizes; libav's buffers hold
    // every line, the last one without what pads it. The slice borrows the frame, which owns a buffer reference.
    unsafe {
        let raw = frame.as_ptr();
        let stride = (*raw).linesize[index] as usize;
        (std::slice::from_raw_parts((*raw).data[index], stride * (height - 1) + width), stride)
    }
}

/// As [`plane`], to be written: shared samples are copied first.
pub(crate) fn plane_mut(frame: &mut Video, index: usize, width: usize, height: usize) -> (&mut [u8], usize) {
    // SAFETY: as in `plane`; after `av_frame_make_writable` nobody else holds the buffer.
    unsafe {
        let raw = frame.as_mut_ptr();
        let result = av_frame_make_writable(raw);
        assert!(result >= 0, "out of memory for a copy of a picture");
        let stride = (*raw).linesize[index] as usize;
        (std::slice::from_raw_parts_mut((*raw).data[index], stride * (height - 1) + width), stride)
    }
}

pub(crate) fn set_key(frame: &mut Video, key: bool) {
    // SAFETY: writing an integer field of an allocated frame.
    unsafe { (*frame.as_mut_ptr()).key_frame = key.into() };
}

/// The tags. They are read as integers: a stream may hold code points that the bindings' enums lack.
pub(crate) fn colour(frame: &Video) -> Colour {
    // SAFETY: C enums of an allocated frame, read as the unsigned integers that they are.
    let [range, matrix, primaries, transfer] = unsafe {
        let raw = frame.as_ptr();
        [
            (&raw const (*raw).color_range).cast::<u32>().read(),
            (&raw const (*raw).colorspace).cast::<u32>().read(),
            (&raw const (*raw).color_primaries).cast::<u32>().read(),
            (&raw const (*raw).color_trc).cast::<u32>().read(),
        ]
    };
    Colour {
        range: match range {
            RANGE_LIMITED => Range::Limited,
            RANGE_FULL => Range::Full,
            _ => Range::Unspecified,
        },
        matrix: matrix as u8,
        primaries: primaries as u8,
        transfer: transfer as u8,
    }
}

pub(crate) fn set_colour(frame: &mut Video, colour: Colour) {
    // SAFETY: C enums of an allocated frame, written as the unsigned integers that they are, each a code point
    // below 256, which libav carries and compares but never uses as an index without a check.
    unsafe {
        let raw = frame.as_mut_ptr();
        (&raw mut (*raw).color_range).cast::<u32>().write(range_tag(colour.range));
        (&raw mut (*raw).colorspace).cast::<u32>().write(colour.matrix.into());
        (&raw mut (*raw).color_primaries).cast::<u32>().write(colour.primaries.into());
        (&raw mut (*raw).color_trc).cast::<u32>().write(colour.transfer.into());
    }
}

pub(crate) fn range_tag(range: Range) -> u32 {
    match range {
        Range::Unspecified => RANGE_UNSPECIFIED,
        Range::Limited => RANGE_LIMITED,
        Range::Full => RANGE_FULL,
    }
}

pub(crate) fn pixel_aspect(frame: &Video) -> PixelAspect {
    // SAFETY: reading two integers of an allocated frame.
    let AVRational { num, den } = unsafe { (*frame.as_ptr()).sample_aspect_ratio };
    PixelAspect::new(u32::try_from(num).unwrap_or(0), u32::try_from(den).unwrap_or(0))
}

pub(crate) fn set_pixel_aspect(frame: &mut Video, aspect: PixelAspect) {
    let ratio = AVRational { num: aspect.num().into(), den: aspect.den().into() };
    // SAFETY: writing two integers of an allocated frame.
    unsafe { (*frame.as_mut_ptr()).sample_aspect_ratio = ratio };
}

pub(crate) fn scan(frame: &Video) -> Scan {
    // SAFETY: reading integer fields of an allocated frame.
    let (interlaced, top_first) =
        unsafe { ((*frame.as_ptr()).interlaced_frame != 0, (*frame.as_ptr()).top_field_first != 0) };
    match (interlaced, top_first) {
        (false, _) => Scan::Progressive,
        (true, true) => Scan::TopFieldFirst,
        (true, false) => Scan::BottomFieldFirst,
    }
}

pub(crate) fn set_scan(frame: &mut Video, scan: Scan) {
    // SAFETY: writing integer fields of an allocated frame.
    unsafe {
        let raw = frame.as_mut_ptr();
        (*raw).interlaced_frame = (scan != Scan::Progressive).into();
        (*raw).top_field_first = (scan == Scan::TopFieldFirst).into();
    }
}

/// The A/53 captions that the decoder found with the frame.
pub(crate) fn captions(frame: &Video) -> Option<&[u8]> {
    // SAFETY: data and size belong together; they live as long as the frame, which owns them.
    unsafe {
        let data = av_frame_get_side_data(frame.as_ptr(), AV_FRAME_DATA_A53_CC).as_ref()?;
        (data.size > 0).then(|| std::slice::from_raw_parts(data.data, data.size))
    }
}

pub(crate) fn set_captions(frame: &mut Video, captions: &[u8]) {
    // SAFETY: the frame is allocated and takes what it gets as its own; the new data has room for the bytes.
    unsafe {
        let raw = frame.as_mut_ptr();
        av_frame_remove_side_data(raw, AV_FRAME_DATA_A53_CC);
        if captions.is_empty() {
            return;
        }
        let data = av_frame_new_side_data(raw, AV_FRAME_DATA_A53_CC, captions.len());
        let data = data.as_mut().expect("memory for captions").data;
        std::ptr::copy_nonoverlapping(captions.as_ptr(), data, captions.len());
    }
}

/// Gives `frame` the captions of another one, by reference, in place of its own.
pub(crate) fn share_captions(frame: &mut Video, other: &Video) {
    // SAFETY: both frames are allocated; the new reference belongs to `frame`, or to us if it is not taken.
    unsafe {
        let raw = frame.as_mut_ptr();
        av_frame_remove_side_data(raw, AV_FRAME_DATA_A53_CC);
        let Some(data) = av_frame_get_side_data(other.as_ptr(), AV_FRAME_DATA_A53_CC).as_ref() else {
            return;
        };
        let mut buffer = av_buffer_ref(data.buf);
        if av_frame_new_side_data_from_buf(raw, AV_FRAME_DATA_A53_CC, buffer).is_null() {
            av_buffer_unref(&raw mut buffer);
        }
    }
}

/// What a conversion makes of the tags: libswscale turns RGB into BT.601, and full-range "J" formats into limited range.
/// `None` for what cannot be converted: surfaces of graphics cards and unknown formats.
pub(crate) fn converted_colour(frame: &Video) -> Option<Colour> {
    const FLAG_HARDWARE: u64 = 1 << 3;
    const FLAG_RGB: u64 = 1 << 5;
    let format: AVPixelFormat = frame.format().into();
    // SAFETY: the function takes any format and answers null or a pointer to static data.
    let flags = unsafe { av_pix_fmt_desc_get(format).as_ref() }?.flags;
    if flags & FLAG_HARDWARE != 0 {
        return None;
    }
    let colour = colour(frame);
    Some(match frame.format() {
        _ if flags & FLAG_RGB != 0 => {
            Colour { range: Range::Limited, matrix: Colour::BT601_MATRIX, ..colour }
        }
        Pixel::YUVJ411P | Pixel::YUVJ420P | Pixel::YUVJ422P | Pixel::YUVJ440P | Pixel::YUVJ444P => {
            Colour { range: Range::Limited, ..colour }
        }
        _ => colour,
    })
}

/// Makes a full-range "J" format the usual one with a tag: libav has both spellings for the same samples.
pub(crate) fn spell_range_as_tag(frame: &mut Video) {
    if frame.format() == Pixel::YUVJ420P {
        frame.set_format(Pixel::YUV420P);
        set_colour(frame, Colour { range: Range::Full, ..colour(frame) });
    }
}
