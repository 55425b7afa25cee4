//! Times of sound without the rounding of RTMP: a frame begins where the one before it ended.

use std::time::Duration;

use media::AudioConfig;
use media::packet::Packet;
use media::time::MediaTime;

#[derive(Debug, Default)]
pub(super) struct Steady {
    /// Where counting began.
    base: Option<MediaTime>,
    /// Samples since then.
    samples: i64,
}

impl Steady {
    /// The packet where its samples put it, unless it is further away from there than `sync`.
    pub(super) fn place(&mut self, packet: &Packet, config: &AudioConfig, sync: Duration) -> Packet {
        let rate = i64::from(config.sample_rate()).max(1);
        let expected = self.base.map(|base| base + MediaTime::from_ticks(self.samples * 90_000 / rate));
        let near = MediaTime::from_duration(sync);
        let place = expected.filter(|expected| {
            let off = packet.dts - *expected;
            off.max(MediaTime::ZERO - off) <= near
        });
        if place.is_none() {
            self.base = Some(packet.dts);
            self.samples = 0;
        }
        self.samples += i64::from(config.frame_samples());
        let dts = place.unwrap_or(packet.dts);
        Packet { dts, pts: packet.pts + (dts - packet.dts), ..packet.clone() }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use media::packet::Track;

    use super::*;

    #[test]
    fn frames_lie_close_to_each_other_and_gaps_stay() {
        let config = AudioConfig::aac_low_complexity(44_100, 2).unwrap();
        let mut steady = Steady::default();
        let mut placed = |millis| {
            let time = MediaTime::from_millis(millis);
            let packet = Packet {
                track: Track::Audio,
                pts: time,
                dts: time,
                key: true,
                recovery: false,
                data: Bytes::new(),
            };
            steady.place(&packet, &config, Duration::from_millis(2)).dts.ticks()
        };
        // 1024 samples are 23.2 ms, and RTMP says 23, 46, 70, 93.
        let exact: Vec<i64> = (0..5).map(|frame| frame * 1024 * 90_000 / 44_100).collect();
        assert_eq!([0, 23, 46, 70, 93].map(&mut placed).to_vec(), exact);
        // A frame is missing: what follows is counted from there.
        assert_eq!([140, 163].map(&mut placed), [140 * 90, 140 * 90 + 2089]);
    }
}
