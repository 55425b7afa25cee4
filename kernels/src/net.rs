//! A net as numbers.

/// A convolution with stride 1 that keeps the size of the picture, with zeros around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Convolution {
    pub inputs: usize,
    pub outputs: usize,
    /// Width and height of the kernel, odd.
    pub kernel: usize,
    /// `outputs, inputs, kernel, kernel`.
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// An F-EDSR: luma in code values to a residual in code values, laid out as `scale²` channels over the small picture.
///
/// ```text
/// head -+- block ... block - close -(+)- up - last
///       +----------------------------+              block(x) = x + second(relu(first(x)))
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Net {
    /// 2 to 4.
    pub scale: usize,
    /// 5x5, from one channel.
    pub head: Convolution,
    pub blocks: Vec<[Convolution; 2]>,
    pub close: Convolution,
    pub up: Convolution,
    /// Folded through the pixel shuffle: output `i · scale + j` is the pixel in row `i` and column `j` of a cell.
    pub last: Convolution,
}

impl Convolution {
    /// Panics if the numbers are not as many as the shape says.
    pub fn new(inputs: usize, outputs: usize, kernel: usize, weight: Vec<f32>, bias: Vec<f32>) -> Self {
        assert_eq!(weight.len(), outputs * inputs * kernel * kernel, "weights of {inputs} to {outputs}");
        assert_eq!(bias.len(), outputs, "biases");
        assert!(kernel % 2 == 1 && inputs > 0 && outputs > 0, "an odd kernel between channels");
        Self { inputs, outputs, kernel, weight, bias }
    }

    /// The kernel from one input to one output, row by row.
    pub fn taps(&self, output: usize, input: usize) -> &[f32] {
        let area = self.kernel * self.kernel;
        &self.weight[(output * self.inputs + input) * area..][..area]
    }
}

impl Net {
    /// Multiplications and additions for a pixel of the small picture.
    pub fn work(&self) -> usize {
        self.layers().map(|layer| layer.weight.len()).sum()
    }

    /// In the order in which they run.
    pub fn layers(&self) -> impl Iterator<Item = &Convolution> {
        let tail = [&self.close, &self.up, &self.last];
        [&self.head].into_iter().chain(self.blocks.iter().flatten()).chain(tail)
    }
}
