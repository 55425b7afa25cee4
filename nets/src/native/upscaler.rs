//! F-EDSR in 8 bits. Its ranges come from the pictures that it upscales: a look at a piece of the first ones, and of one in many then. If
//! the stream turns out to need more than eight bits, a backend beside this one takes over.

use std::sync::Arc;

use kernels::convolve::Instructions;
use kernels::program::Luma;
use kernels::{Convolution, Net, Program};
use media::picture::{Picture, Size};
use models::{Architecture as _, FEdsrConfig, Fingerprint, Package};

use super::looks::{Looks, Seen};
use super::pattern::pattern;
use crate::backend::{Backend, Upscaler};
use crate::error::{NetError, NetErrorKind};
use crate::fold::fold_last;
use crate::precision::Precision;

/// Pictures that are looked at one after the other at the beginning: the first of them prove a net.
const FIRST_LOOKS: u64 = 4;

/// Then one in so many for a while, and in the long run.
const OFTEN: u64 = 12;
const A_WHILE: u64 = 20 * OFTEN;
const SELDOM: u64 = 240;

#[derive(Debug)]
pub(super) struct NativeUpscaler {
    config: FEdsrConfig,
    package: Package,
    instructions: Instructions,
    program: Program,
    looks: Option<Looks>,
    pictures: u64,
    beside: Option<Arc<dyn Backend>>,
    /// In use instead, once eight bits were too few.
    other: Option<Box<dyn Upscaler>>,
}

impl NativeUpscaler {
    pub(super) fn build(
        package: &Package,
        instructions: Instructions,
        reuse: Option<u8>,
        beside: Option<Arc<dyn Backend>>,
    ) -> Result<Self, NetError> {
        let mut looks = Looks::new(net(package), reuse);
        let pattern = pattern(Size { width: 128, height: 64 });
        if !looks.begin(&pattern.luma()) {
            return Err(NetError::not_finite());
        }
        Ok(Self {
            config: package.config(),
            package: package.clone(),
            instructions,
            program: looks.program(instructions),
            looks: Some(looks),
            pictures: 0,
            beside,
            other: None,
        })
    }

    /// For timing.
    pub(super) fn without_looks(self) -> Self {
        Self { looks: None, ..self }
    }

    /// Whether this picture, counted from the first, is looked at.
    fn is_due(&self) -> bool {
        let between = if self.pictures < A_WHILE { OFTEN } else { SELDOM };
        self.pictures < FIRST_LOOKS || self.pictures.is_multiple_of(between)
    }

    /// Looks at a piece in floating point, and does what follows from it.
    fn look(&mut self, lr: &Picture) -> Result<(), NetError> {
        let Some(looks) = &mut self.looks else { return Ok(()) };
        match looks.look(&lr.luma(), self.instructions) {
            Seen::Fine => Ok(()),
            Seen::Wider => {
                self.program = looks.program(self.instructions);
                Ok(())
            }
            Seen::NotFinite => Err(NetError::not_finite()),
            Seen::TooCoarse(lost) => self.fall_back(lr.size(), lost),
        }
    }

    fn fall_back(&mut self, size: Size, lost: f64) -> Result<(), NetError> {
        let Some(beside) = &self.beside else {
            let what = format!(
                "this net does not bear 8 bits ({:.0} % of what it adds is lost), and this build has nothing else: \
                 train it further, or build with the feature torch",
                100.0 * lost
            );
            return Err(NetError::new(NetErrorKind::Engine, what));
        };
        tracing::warn!(lost, "this net does not bear 8 bits, and runs in floating point");
        let mut other = beside.upscaler(&self.package, Precision::Auto)?;
        other.warm_up(size)?;
        self.other = Some(other);
        Ok(())
    }
}

impl Upscaler for NativeUpscaler {
    fn config(&self) -> FEdsrConfig {
        self.config
    }

    fn fingerprint(&self) -> Fingerprint {
        self.package.fingerprint()
    }

    fn precision(&self) -> Precision {
        self.other.as_ref().map_or(Precision::Int8, |other| other.precision())
    }

    fn warm_up(&mut self, size: Size) -> Result<(), NetError> {
        let lr = crate::backend::grey(size);
        let mut large = crate::backend::large(size, self.config)?;
        self.add(&lr, &mut large);
        Ok(())
    }

    fn upscale(&mut self, lr: &Picture, mut lanczos: Picture) -> Result<Picture, NetError> {
        crate::backend::check_sizes(lr, &lanczos, self.config)?;
        let is_due = self.other.is_none() && self.is_due();
        self.pictures += 1;
        if is_due {
            self.look(lr)?;
        }
        if let Some(other) = &mut self.other {
            return other.upscale(lr, lanczos);
        }
        self.add(lr, &mut lanczos);
        if is_due
            && let Some(looks) = &mut self.looks
            && let Some(wider) = looks.wider(&self.program, self.instructions)
        {
            self.program = wider;
        }
        Ok(lanczos)
    }
}

impl NativeUpscaler {
    fn add(&mut self, lr: &Picture, large: &mut Picture) {
        let small = lr.luma();
        let luma = Luma { width: small.width, height: small.height, stride: small.stride, data: small.data };
        let large = large.luma_mut();
        self.program.run(luma, large.data, large.stride);
    }
}

/// A package's net: code values in, code values out.
fn net(package: &Package) -> Net {
    let config = package.config();
    let scale = usize::from(config.scale);
    let area = scale * scale;
    let specs = config.tensors();
    let mut parts = specs.iter().zip(package.weights());
    let mut next = |factor: f32| {
        let (spec, weight) = parts.next().expect("a package holds every kernel");
        let (_, bias) = parts.next().expect("a package holds every bias");
        let weight = weight.iter().map(|value| value * factor).collect();
        Convolution::new(spec.shape[1], spec.shape[0], spec.shape[2], weight, bias.clone())
    };
    // The order of calls is the order of the net's tensors.
    let head = next(1.0 / 255.0);
    let blocks = (0..config.blocks).map(|_| [next(1.0), next(1.0)]).collect();
    let close = next(1.0);
    let up = next(1.0);
    let [.., weight, bias] = package.weights() else { unreachable!("a package holds every tensor") };
    let folded = fold_last(config, weight, bias[0]);
    let last = Convolution::new(folded.shape[1], area, 3, folded.weight, folded.bias);
    Net { scale, head, blocks, close, up, last }
}

#[cfg(test)]
mod tests;
