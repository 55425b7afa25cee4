//! Initialisation segments: `ftyp` and a `moov` that describes one track without samples.

use bytes::Bytes;
use media::codec::opus::OpusConfig;
use media::{AudioConfig, VideoConfig};
use mp4_atom::esds::{DecoderConfig, DecoderSpecific, EsDescriptor, SLConfig};
use mp4_atom::{
    Atom, Audio, Av01, Av1c, Avc1, Avcc, Codec, Dinf, Dops, Dref, DrefEntry, Encode, Error, Esds, FixedPoint,
    FourCC, Ftyp, Hdlr, Hvc1, Hvcc, Mdhd, Mdia, Minf, Moov, Mp4a, Mvex, Mvhd, Opus, OpusChannelMapping, Pasp,
    Smhd, Stbl, Stco, Stsd, Tkhd, Trak, Trex, Url, Visual, Vmhd,
};

use super::TRACK_ID;
use super::clock::Clock;

/// MPEG-4 audio, ISO/IEC 14496-1 table 5.
const OBJECT_TYPE_AAC: u8 = 0x40;
/// Audio stream, ISO/IEC 14496-1 table 6.
const STREAM_TYPE_AUDIO: u8 = 0x05;

/// The initialisation segment of a video track.
pub(in crate::out) fn video(config: &VideoConfig) -> Result<Bytes, Error> {
    let size = config.size();
    let width = size.width.min(u32::from(u16::MAX)) as u16;
    let height = size.height.min(u32::from(u16::MAX)) as u16;
    let aspect = config.pixel_aspect();
    let spacing = Pasp { h_spacing: aspect.num().into(), v_spacing: aspect.den().into() };
    let pasp = Some(spacing).filter(|_| !aspect.is_square());
    let visual = Visual { data_reference_index: 1, width, height, ..Visual::default() };
    let entry = match config {
        VideoConfig::Avc(config) => {
            let avcc = Avcc::decode_body(&mut config.record().as_ref())?;
            Codec::Avc1(Avc1 { visual, avcc, pasp, ..Avc1::default() })
        }
        VideoConfig::Hevc(config) => {
            let hvcc = Hvcc::decode_body(&mut config.record().as_ref())?;
            Codec::Hvc1(Hvc1 { visual, hvcc, pasp, ..Hvc1::default() })
        }
        VideoConfig::Av1(config) => {
            let av1c = Av1c::decode_body(&mut config.record().as_ref())?;
            Codec::Av01(Av01 { visual, av1c, pasp, ..Av01::default() })
        }
    };
    // The track's size is the one that it is shown in (14496-12, 8.3.2), the entry's the coded one.
    let shown = aspect.display_size(size);
    let side = |pixels: u32| FixedPoint::new(u16::try_from(pixels).unwrap_or(u16::MAX), 0);
    let tkhd = Tkhd { width: side(shown.width), height: side(shown.height), ..Tkhd::default() };
    let hdlr = Hdlr { handler: FourCC::new(b"vide"), name: "video".to_owned() };
    let minf = Minf { vmhd: Some(Vmhd::default()), ..Minf::default() };
    encode(Clock::Video.timescale(), tkhd, hdlr, minf, entry)
}

/// The initialisation segment of an audio track.
pub(in crate::out) fn audio(config: &AudioConfig) -> Result<Bytes, Error> {
    let audio = Audio {
        data_reference_index: 1,
        channel_count: u16::from(config.channels()),
        sample_size: 16,
        // 16 bits hold no more than 65535 Hz; the decoder takes the rate from its own configuration.
        sample_rate: u16::try_from(config.sample_rate()).unwrap_or(0).into(),
    };
    let entry = match config {
        AudioConfig::Aac(config) => {
            Codec::Mp4a(Mp4a { audio, esds: aac_descriptor(config.record()), btrt: None, taic: None })
        }
        AudioConfig::Opus(config) => Codec::Opus(Opus { audio, dops: opus_description(config), btrt: None }),
    };
    let tkhd = Tkhd { volume: 1.into(), ..Tkhd::default() };
    let hdlr = Hdlr { handler: FourCC::new(b"soun"), name: "audio".to_owned() };
    let minf = Minf { smhd: Some(Smhd::default()), ..Minf::default() };
    encode(Clock::audio(config).timescale(), tkhd, hdlr, minf, entry)
}

fn aac_descriptor(record: &Bytes) -> Esds {
    Esds {
        es_desc: EsDescriptor {
            es_id: TRACK_ID as u16,
            depends_on_es_id: None,
            url: None,
            ocr_es_id: None,
            stream_priority: 0,
            dec_config: DecoderConfig {
                object_type_indication: OBJECT_TYPE_AAC,
                stream_type: STREAM_TYPE_AUDIO,
                up_stream: 0,
                buffer_size_db: [0; 3].into(),
                max_bitrate: 0,
                avg_bitrate: 0,
                dec_specific: Some(DecoderSpecific { raw: record.to_vec(), ..DecoderSpecific::default() }),
            },
            sl_config: SLConfig {},
        },
    }
}

/// Encapsulation of Opus in ISO Base Media File Format, 4.3.2: the identification header, in the other byte order.
fn opus_description(config: &OpusConfig) -> Dops {
    let channel_mapping = match config.mapping() {
        [stream_count, coupled_count, channels @ ..] => Some(OpusChannelMapping {
            family: config.mapping_family(),
            stream_count: *stream_count,
            coupled_count: *coupled_count,
            channel_mapping: channels.to_vec(),
        }),
        _ => None,
    };
    Dops {
        output_channel_count: config.channels(),
        pre_skip: config.pre_skip(),
        input_sample_rate: config.input_sample_rate(),
        output_gain: config.output_gain(),
        channel_mapping,
    }
}

/// `tkhd`, `hdlr` and `minf` as far as they differ between video and audio.
fn encode(timescale: u32, tkhd: Tkhd, hdlr: Hdlr, minf: Minf, entry: Codec) -> Result<Bytes, Error> {
    let minf = Minf {
        dinf: Dinf { dref: Dref { entries: vec![DrefEntry::Url(Url::default())] } },
        stbl: Stbl {
            stsd: Stsd { codecs: vec![entry] },
            stco: Some(Stco::default()), // empty, but required: the samples come in fragments
            ..Stbl::default()
        },
        ..minf
    };
    let mdhd = Mdhd { timescale, language: "und".to_owned(), ..Mdhd::default() };
    let trak = Trak {
        tkhd: Tkhd { track_id: TRACK_ID, enabled: true, in_movie: true, ..tkhd },
        mdia: Mdia { mdhd, hdlr, minf },
        ..Trak::default()
    };
    let mvhd =
        Mvhd { timescale, rate: 1.into(), volume: 1.into(), next_track_id: TRACK_ID + 1, ..Mvhd::default() };
    let trex = Trex { track_id: TRACK_ID, default_sample_description_index: 1, ..Trex::default() };
    let mvex = Mvex { mehd: None, trex: vec![trex] };
    let moov = Moov { mvhd, trak: vec![trak], mvex: Some(mvex), ..Moov::default() };
    let ftyp = Ftyp {
        major_brand: FourCC::new(b"iso6"),
        minor_version: 0,
        compatible_brands: vec![FourCC::new(b"iso6"), FourCC::new(b"cmfc"), FourCC::new(b"mp41")],
    };
    let mut bytes = Vec::with_capacity(1024);
    ftyp.encode(&mut bytes)?;
    moov.encode(&mut bytes)?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests {
    use media::ffmpeg::{Coder, Encoder, EncoderSettings, Preset, RateControl};
    use media::{Colour, FrameRate, PixelAspect, Size};
    use mp4_atom::{Any, ReadFrom};

    use super::*;

    fn track(aspect: PixelAspect) -> Trak {
        let settings = EncoderSettings {
            size: Size { width: 720, height: 576 },
            frame_rate: FrameRate::whole(25),
            rate: RateControl::Quality { crf: 23.0, max_bitrate: None },
            coder: Coder::X264(Preset::Ultrafast),
            look_ahead: None,
            key_interval: None,
            threads: 1,
            colour: Colour::default(),
            aspect,
        };
        let init = video(&Encoder::new(&settings).unwrap().config()).unwrap();
        let mut bytes = &init[..];
        loop {
            if let Any::Moov(moov) = Any::read_from(&mut bytes).unwrap() {
                return moov.trak[0].clone();
            }
        }
    }

    #[test]
    fn oblong_pixels_are_told_twice() {
        let told = |aspect| {
            let track = track(aspect);
            let Codec::Avc1(entry) = &track.mdia.minf.stbl.stsd.codecs[0] else { panic!() };
            let shown = [track.tkhd.width, track.tkhd.height].map(|side| side.integer());
            let pasp = entry.pasp.as_ref().map(|pasp| (pasp.h_spacing, pasp.v_spacing));
            (pasp, shown, [entry.visual.width, entry.visual.height])
        };
        let coded = [720, 576];
        assert_eq!(told(PixelAspect::new(64, 45)), (Some((64, 45)), [1024, 576], coded));
        assert_eq!(told(PixelAspect::new(8, 9)), (Some((8, 9)), [720, 648], coded));
        assert_eq!(told(PixelAspect::SQUARE), (None, coded, coded));
    }
}
