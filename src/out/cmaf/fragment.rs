//! One fragment: `moof` with the samples' times and sizes, `mdat` with their bytes.

use bytes::{BufMut, Bytes, BytesMut};
use mp4_atom::{Encode, Error, FourCC, Mfhd, Moof, Tfdt, Tfhd, Traf, Trun, TrunEntry};

use super::TRACK_ID;

const BOX_HEADER: usize = 8;
/// `sample_depends_on = 2`: an independent picture.
const FLAGS_KEY: u32 = 0x0200_0000;
/// `sample_depends_on = 1`, `sample_is_non_sync_sample`.
const FLAGS_NOT_KEY: u32 = 0x0101_0000;

/// One coded picture or audio frame with its place in the track, in the track's time scale.
#[derive(Clone, Debug)]
pub(in crate::out) struct Sample {
    pub(in crate::out) decode_time: i64,
    pub(in crate::out) duration: u32,
    /// Presentation minus decode time.
    pub(in crate::out) composition_offset: i32,
    pub(in crate::out) key: bool,
    pub(in crate::out) data: Bytes,
}

/// The bytes of a fragment: the only copy of the payload that packaging makes. Without samples it says only that the
/// track goes on at `start`, in the track's time scale; otherwise it starts with its first sample.
/// `sequence_number` counts up from one fragment to the next.
pub(in crate::out) fn fragment(sequence_number: u32, start: i64, samples: &[Sample]) -> Result<Bytes, Error> {
    let payload: usize = samples.iter().map(|sample| sample.data.len()).sum();
    let mut head = Vec::with_capacity(100 + 16 * samples.len());
    // The samples' place depends on the head's length, which does not depend on the place: so it is written twice.
    encode_moof(&mut head, sequence_number, start, samples, 0)?;
    let moof = head.len();
    let too_large = |_| Error::TooLarge(FourCC::new(b"mdat"));
    let data_offset = i32::try_from(moof + BOX_HEADER).map_err(too_large)?;
    let mdat = u32::try_from(payload + BOX_HEADER).map_err(too_large)?;
    head.clear();
    encode_moof(&mut head, sequence_number, start, samples, data_offset)?;

    let mut bytes = BytesMut::with_capacity(moof + BOX_HEADER + payload);
    bytes.put_slice(&head);
    bytes.put_u32(mdat);
    bytes.put_slice(b"mdat");
    for sample in samples {
        bytes.put_slice(&sample.data);
    }
    Ok(bytes.freeze())
}

fn encode_moof(
    buffer: &mut Vec<u8>,
    sequence_number: u32,
    start: i64,
    samples: &[Sample],
    data_offset: i32,
) -> Result<(), Error> {
    let first = samples.first().map_or(start, |sample| sample.decode_time);
    let run = Trun {
        data_offset: Some(data_offset),
        samples: samples.iter().map(entry).collect::<Vec<_>>().into(),
    };
    let traf = Traf {
        tfhd: Tfhd { track_id: TRACK_ID, default_base_is_moof: true, ..Tfhd::default() },
        tfdt: Some(Tfdt { base_media_decode_time: first.max(0) as u64 }),
        trun: if samples.is_empty() { Vec::new() } else { vec![run] },
        ..Traf::default()
    };
    Moof { mfhd: Mfhd { sequence_number }, traf: vec![traf] }.encode(buffer)
}

fn entry(sample: &Sample) -> TrunEntry {
    TrunEntry {
        duration: Some(sample.duration),
        size: Some(sample.data.len() as u32),
        flags: Some(if sample.key { FLAGS_KEY } else { FLAGS_NOT_KEY }),
        cts: Some(i64::from(sample.composition_offset)),
    }
}

#[cfg(test)]
mod tests {
    use mp4_atom::{Decode, Header, Mdat};

    use super::*;

    #[test]
    fn decodes_to_what_was_put_in() {
        let samples = [
            Sample {
                decode_time: 900_000,
                duration: 3000,
                composition_offset: 6000,
                key: true,
                data: Bytes::from_static(b"key"),
            },
            Sample {
                decode_time: 903_000,
                duration: 3000,
                composition_offset: -3000,
                key: false,
                data: Bytes::from_static(b"b"),
            },
        ];
        let bytes = fragment(7, 0, &samples).unwrap();

        let mut rest = bytes.as_ref();
        let moof = Moof::decode(&mut rest).unwrap();
        let moof_len = bytes.len() - rest.len();
        let mdat = Mdat::decode(&mut rest).unwrap();
        assert!(rest.is_empty());
        assert_eq!(mdat.data, b"keyb");
        assert_eq!(moof.mfhd.sequence_number, 7);
        let traf = &moof.traf[0];
        assert!(traf.tfhd.default_base_is_moof);
        assert_eq!(traf.tfdt, Some(Tfdt { base_media_decode_time: 900_000 }));
        let trun = &traf.trun[0];
        assert_eq!(trun.data_offset, Some(moof_len as i32 + 8));
        let read: Vec<_> = trun.samples.iter().map(|s| (s.duration, s.size, s.flags, s.cts)).collect();
        assert_eq!(
            read,
            [
                (Some(3000), Some(3), Some(FLAGS_KEY), Some(6000)),
                (Some(3000), Some(1), Some(FLAGS_NOT_KEY), Some(-3000)),
            ]
        );
        assert_eq!(Header::decode(&mut bytes.as_ref()).unwrap().size, Some(moof_len - 8));
    }

    #[test]
    fn without_samples_it_says_where_the_track_is() {
        let bytes = fragment(8, 990_000, &[]).unwrap();
        let mut rest = bytes.as_ref();
        let moof = Moof::decode(&mut rest).unwrap();
        assert!(Mdat::decode(&mut rest).unwrap().data.is_empty() && rest.is_empty());
        assert_eq!(moof.traf[0].tfdt, Some(Tfdt { base_media_decode_time: 990_000 }));
        assert!(moof.traf[0].trun.is_empty());
    }
}
