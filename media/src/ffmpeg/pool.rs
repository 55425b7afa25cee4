//! Recycles the memory of pictures: a megabyte that is handed back to the operating system after each picture must be
//! mapped and zeroed again for the next one.
#![expect(unsafe_code, reason = "ffmpeg-next does not know libav's buffer pools")]

use std::ptr::NonNull;

use ffmpeg_next::ffi::{AVBufferPool, av_buffer_pool_get, av_buffer_pool_init, av_buffer_pool_uninit};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;

use crate::picture::{Component, Size};

/// Gives out YUV420P frames of one size; their memory comes back when the last reference to them goes.
pub(super) struct FramePool {
    raw: NonNull<AVBufferPool>,
    size: Size,
    /// Where each plane begins in its buffer, and how far apart its lines lie.
    planes: [(usize, usize); 3],
}

// SAFETY: libav's pools may be used and freed from any thread; frames given out keep what they need alive themselves.
unsafe impl Send for FramePool {}

/// Lines begin at multiples of this, and as much stands behind each plane: vector instructions write whole registers.
const ALIGNMENT: usize = 64;

impl FramePool {
    /// An empty pool. Panics if memory runs out, as every allocation does.
    pub(super) fn new(size: Size) -> Self {
        let mut bytes = 0;
        let planes = Component::ALL.map(|component| {
            let plane = component.size_in(size);
            let offset = bytes;
            let stride = (plane.width as usize).next_multiple_of(ALIGNMENT);
            bytes += stride * plane.height as usize + ALIGNMENT;
            (offset, stride)
        });
        // SAFETY: no allocator of our own, so libav uses its default one.
        let raw = unsafe { av_buffer_pool_init(bytes, None) };
        Self { raw: NonNull::new(raw).expect("memory for a pool"), size, planes }
    }

    pub(super) fn size(&self) -> Size {
        self.size
    }

    /// A frame whose samples are not yet written.
    pub(super) fn take(&self) -> Video {
        let mut frame = Video::empty();
        frame.set_format(Pixel::YUV420P);
        frame.set_width(self.size.width);
        frame.set_height(self.size.height);
        // SAFETY: the frame is empty and takes over the buffer, which has room for all the planes.
        unsafe {
            let buffer = av_buffer_pool_get(self.raw.as_ptr());
            assert!(!buffer.is_null(), "out of memory for a picture of {}", self.size);
            let raw = frame.as_mut_ptr();
            (*raw).buf[0] = buffer;
            for (plane, &(offset, stride)) in self.planes.iter().enumerate() {
                (*raw).data[plane] = (*buffer).data.add(offset);
                (*raw).linesize[plane] = stride as i32;
            }
        }
        frame
    }
}

impl Drop for FramePool {
    fn drop(&mut self) {
        let mut raw = self.raw.as_ptr();
        // SAFETY: initialised once, given back once; frames still out keep their buffers.
        unsafe { av_buffer_pool_uninit(&raw mut raw) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Picture;

    #[test]
    fn memory_comes_back_when_the_last_reference_goes() {
        let pool = FramePool::new(Size { width: 33, height: 17 });
        let first = Picture::from_frame(pool.take());
        let shared = first.clone();
        let address = first.luma().data.as_ptr();
        drop(first);
        assert_ne!(pool.take().data(0).as_ptr(), address, "still in use");
        drop(shared);
        assert_eq!(pool.take().data(0).as_ptr(), address, "used again");
    }

    #[test]
    fn pictures_outlive_their_pool_and_keep_their_planes_apart() {
        let pool = FramePool::new(Size { width: 33, height: 17 });
        let mut picture = Picture::from_frame(pool.take());
        drop(pool);
        for (component, value) in Component::ALL.into_iter().zip([1, 2, 3]) {
            picture.plane_mut(component).fill(value);
        }
        for (component, value) in Component::ALL.into_iter().zip([1, 2, 3]) {
            assert!(picture.plane(component).rows().flatten().all(|&sample| sample == value));
        }
        let mut copy = picture.clone();
        copy.luma_mut().fill(9);
        assert_eq!(picture.luma().data[0], 1);
    }
}
