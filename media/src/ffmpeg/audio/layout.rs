//! Gives decoded sound a channel layout where its file has none (plain WAV has not), so that it can be resampled.
#![expect(
    unsafe_code,
    reason = "ffmpeg-next reaches only the older of libav's two spellings of a channel layout"
)]

use ffmpeg_next::ChannelLayout;
use ffmpeg_next::ffi::{AVChannelOrder, av_channel_layout_default};
use ffmpeg_next::frame::Audio;

/// Makes sure that both spellings of the layout say the same; the usual layout for that many channels if none is said.
pub(super) fn ensure(frame: &mut Audio) -> ChannelLayout {
    let channels = i32::from(frame.channels());
    // SAFETY: the frame is allocated; a layout without order owns no memory that the default could leak.
    unsafe {
        let raw = frame.as_mut_ptr();
        if (*raw).ch_layout.order == AVChannelOrder::AV_CHANNEL_ORDER_UNSPEC {
            av_channel_layout_default(&raw mut (*raw).ch_layout, channels);
        }
    }
    if frame.channel_layout().is_empty() {
        frame.set_channel_layout(ChannelLayout::default(channels));
    }
    frame.channel_layout()
}
