//! Changes the size of pictures, with libswscale.
//!
//! [`Filter::Lanczos`] is what "Lanczos upsampling" means everywhere: the fallback, what nets are trained on top of,
//! and what their gain is measured against. Chroma is taken to lie where H.264 puts it by default: at the left luma
//! sample, vertically between two.

mod context;

use ffmpeg_next::frame::Video;

use super::FfmpegError;
use super::pool::FramePool;
use crate::picture::{Picture, Size};
use crate::time::MediaTime;
use context::Context;

pub use context::Filter;

/// Changes the size of pictures. What it has computed for one pair of sizes is kept until the sizes change.
pub struct Scaler {
    filter: Filter,
    prepared: Option<Context>,
    pool: Option<FramePool>,
}

impl Scaler {
    /// A scaler; it is set up when the sizes are known.
    pub fn new(filter: Filter) -> Self {
        Self { filter, prepared: None, pool: None }
    }

    /// The picture in another size; time, key and colour are kept. A picture that has the size already is shared.
    pub fn scale(&mut self, picture: &Picture, size: Size) -> Result<Picture, FfmpegError> {
        if !size.is_supported() {
            return Err(FfmpegError::Size(size));
        }
        if picture.size() == size {
            return Ok(picture.clone());
        }
        let mut scaled = self.convert(picture.frame(), size)?;
        scaled.copy_properties_from(picture);
        Ok(scaled)
    }

    /// A frame of any format in software as a picture of `size`; its tags are the caller's business.
    pub(super) fn convert(&mut self, frame: &Video, size: Size) -> Result<Picture, FfmpegError> {
        let context = match self.prepared.take() {
            Some(context) if context.fits(frame, size) => context,
            _ => Context::new(frame, size, self.filter)?,
        };
        // Put back only once it fits: after an error the next picture starts afresh.
        let context = self.prepared.insert(context);
        let pool = match self.pool.take() {
            Some(pool) if pool.size() == size => pool,
            _ => FramePool::new(size),
        };
        let mut scaled = self.pool.insert(pool).take();
        context.run(frame, &mut scaled)?;
        let mut picture = Picture::from_frame(scaled);
        picture.set_pts(MediaTime::ZERO);
        picture.set_key(false);
        Ok(picture)
    }
}

#[cfg(test)]
mod tests;
