//! What trainings came to, in a small file that is always whole.
//!
//! JSON, by network, because networks of different sizes gain differently:
//! `{"format": "sharpcast-gains-2", "nets": {"8x2 x2": [{"first_db": 0.3, "gain_db": 0.4}]}}`. A file that is damaged, or
//! of another version, is set aside, with a warning, and a new one is begun.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use media::files;
use models::FEdsrConfig;
use serde_json::{Value, json};

use crate::GainSample;

const FILE: &str = "gains.json";
const FORMAT: &str = "sharpcast-gains-2";
/// Trainings that are remembered for a network; the oldest are forgotten first.
const REMEMBERED: usize = 128;
/// No such file of ours is longer.
const LONGEST: u64 = 1 << 20;

/// The trainings of one network.
#[derive(Debug)]
pub(super) struct GainRecord {
    net: String,
    samples: Vec<GainSample>,
    file: Option<PathBuf>,
}

impl GainRecord {
    /// What `folder` holds of this network.
    pub(super) fn open(config: FEdsrConfig, folder: Option<&Path>) -> Self {
        let net = format!("{}x{} x{}", config.channels, config.blocks, config.scale);
        let file = folder.map(|folder| folder.join(FILE));
        let mut samples =
            file.as_deref().map(read_or_set_aside).and_then(|mut nets| nets.remove(&net)).unwrap_or_default();
        samples.truncate(REMEMBERED);
        Self { net, samples, file }
    }

    pub(super) fn samples(&self) -> &[GainSample] {
        &self.samples
    }

    /// Adds a training and writes the file. That it cannot be written is said, and no more: the stream goes on.
    pub(super) fn add(&mut self, sample: GainSample) {
        if self.samples.len() == REMEMBERED {
            self.samples.remove(0);
        }
        self.samples.push(sample);
        let Some(file) = &self.file else { return };
        // Another streamer may have added trainings of another network meanwhile.
        let mut nets = read_or_set_aside(file);
        nets.insert(self.net.clone(), self.samples.clone());
        if let Err(error) = write(file, &nets) {
            tracing::warn!(%error, file = %file.display(), "what this training came to is forgotten with the program");
        }
    }
}

fn read_or_set_aside(file: &Path) -> BTreeMap<String, Vec<GainSample>> {
    match read(file) {
        Ok(nets) => nets,
        Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => {
            let aside = file.with_extension("json.damaged");
            let moved = fs::rename(file, &aside);
            tracing::warn!(
                %error, file = %file.display(), aside = %aside.display(), set_aside = moved.is_ok(),
                "the record of trainings cannot be used; a new one is begun"
            );
            BTreeMap::new()
        }
    }
}

fn read(file: &Path) -> io::Result<BTreeMap<String, Vec<GainSample>>> {
    if fs::metadata(file)?.len() > LONGEST {
        return Err(io::Error::other("it is too long"));
    }
    let mut gains: Value = serde_json::from_slice(&fs::read(file)?)?;
    let format = gains["format"].as_str().unwrap_or_default();
    if format != FORMAT {
        return Err(io::Error::other(format!("it has format {format:?}; {FORMAT:?} is expected")));
    }
    let nets: BTreeMap<String, Vec<GainSample>> = serde_json::from_value(gains["nets"].take())?;
    // Foreign text: one figure out of range would spoil every prediction.
    let sane = |sample: &GainSample| {
        (-60.0..=60.0).contains(&sample.first_db) && (0.0..=60.0).contains(&sample.gain_db)
    };
    if !nets.values().flatten().all(sane) {
        return Err(io::Error::other("it has figures that no training comes to"));
    }
    Ok(nets)
}

fn write(file: &Path, nets: &BTreeMap<String, Vec<GainSample>>) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    files::replace(file, &serde_json::to_vec_pretty(&json!({ "format": FORMAT, "nets": nets }))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: GainSample = GainSample { first_db: 0.3, gain_db: 0.4 };

    fn config() -> FEdsrConfig {
        FEdsrConfig::new(8, 2, 2).unwrap()
    }

    #[test]
    fn damaged_files_are_set_aside() {
        for damage in [
            "",
            "{",
            "[]",
            r#"{"format":"sharpcast-gains-9","nets":{}}"#,
            r#"{"format":"sharpcast-gains-2","nets":{"8x2 x2":[{"first_db":1e9,"gain_db":0}]}}"#,
            r#"{"format":"sharpcast-gains-2","nets":{"8x2 x2":[{"first_db":0.1,"gain_db":-1}]}}"#,
        ] {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join(FILE);
            fs::write(&file, damage).unwrap();
            let mut record = GainRecord::open(config(), Some(folder.path()));
            assert_eq!(record.samples(), [], "{damage}");
            assert_eq!(fs::read_to_string(folder.path().join("gains.json.damaged")).unwrap(), damage);
            record.add(SAMPLE);
            assert_eq!(GainRecord::open(config(), Some(folder.path())).samples(), [SAMPLE]);
        }
    }

    #[test]
    fn networks_do_not_mix_and_the_record_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut other = GainRecord::open(FEdsrConfig::new(16, 4, 2).unwrap(), Some(folder.path()));
        other.add(SAMPLE);
        let mut record = GainRecord::open(config(), Some(folder.path()));
        (0..REMEMBERED + 3).for_each(|_| record.add(SAMPLE));
        assert_eq!(GainRecord::open(config(), Some(folder.path())).samples().len(), REMEMBERED);
        assert_eq!(
            GainRecord::open(FEdsrConfig::new(16, 4, 2).unwrap(), Some(folder.path())).samples(),
            [SAMPLE]
        );
    }

    #[test]
    fn without_a_folder_it_lasts_as_long_as_the_program() {
        let mut record = GainRecord::open(config(), None);
        record.add(SAMPLE);
        assert_eq!(record.samples(), [SAMPLE]);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_reason_to_stop() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut record = GainRecord::open(config(), Some(file.path()));
        record.add(SAMPLE);
        assert_eq!(record.samples(), [SAMPLE]);
    }
}
