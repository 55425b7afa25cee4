//! What every training is asked for, and the packages that it is given.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use models::Architecture;
use models::package::NetPackage;
use nets::device::DeviceChoice;

use crate::clips::{self, Split};

/// What every training is asked for.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Folders of clips, or of packed clips.
    #[arg(long, required = true)]
    data: Vec<PathBuf>,
    /// Source to judge by, instead of a tenth of all; give it several times for several.
    #[arg(long, value_name = "SOURCE")]
    judge: Vec<String>,
    /// Where to write the package; its checkpoint and its report lie beside it.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// A package to start from.
    #[arg(long)]
    from: Option<PathBuf>,
    /// Steps of the optimiser.
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) steps: u64,
    /// Steps from one judgement and checkpoint to the next.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) every: u64,
    /// Let the learning rate fall to its end in so many seconds of this program, if the steps have not ended before. It
    /// depends on the machine then what is learnt.
    #[arg(long)]
    pub(crate) seconds: Option<u64>,
    /// Stop after so many seconds; the same command goes on from there.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) stop_after: Option<u64>,
    /// Seed of weights, patches and the choice of pictures.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Where to train: auto, cpu, cuda or cuda:N.
    #[arg(long, default_value = "auto")]
    pub(crate) device: DeviceChoice,
}

impl Options {
    /// The clips to train on and to judge by.
    pub(crate) fn split(&self) -> Result<Split> {
        Split::new(clips::find(&self.data)?, &self.judge)
    }

    /// The package to start from.
    pub(crate) fn start<A: Architecture>(&self) -> Result<Option<NetPackage<A>>> {
        self.from.as_deref().map(read).transpose()
    }
}

/// Reads a package.
pub(crate) fn read<A: Architecture>(path: &Path) -> Result<NetPackage<A>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    NetPackage::parse(bytes.into()).with_context(|| format!("{} is no package of this net", path.display()))
}
