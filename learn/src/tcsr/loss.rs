//! The loss of TCSR: three terms, each as the mean over patches of a logarithm, so that patches that are nearly right count as
//! much as those full of error, and no term has to be scaled to the other's unit:
//!
//! ```text
//! L = log(mse(I + residual, original)) + beta * L_full + alpha * L_half,      alpha < beta < 1
//! L_full = mean over neighbours of log(|A - I| + tv * |gradient of the flow|);  L_half alike at half size
//! ```
//!
//! `|..|` are means over the pixels (and the components) of a patch; of the gradient, the sum of those of both directions. The
//! logarithms are of what is more than an error that is as good as none.

use nets::torch::tcsr::{Output, halve};
use nets::torch::warp::warp;
use tch::{Kind, TchError, Tensor};

use super::TcsrSettings;

/// Errors below these are as good as none: half a code value, squared (54 dB), and one code value. With two code values, the
/// net learnt to spoil pictures that are nearly perfect, black ones and titles.
const ENOUGH_SQUARED: f64 = (0.5 / 255.0) * (0.5 / 255.0);
const ENOUGH: f64 = 1.0 / 255.0;

impl TcsrSettings {
    /// What these settings make of the net's `output` for lumas `shown` (`N,2k+1,H,W`, sides that are multiples of four) and
    /// the residual that was `wanted` (`N,1,H,W`), both in units of 255 code values: one number, to be made small.
    pub fn loss(&self, shown: &Tensor, wanted: &Tensor, output: &Output) -> Result<Tensor, TchError> {
        let error = per_patch(&output.residual.f_sub(wanted)?.f_square()?)?;
        let mut loss = error.f_add_scalar(ENOUGH_SQUARED)?.f_log()?;
        let middle = i64::from(self.config.radius);
        let target = shown.f_narrow(1, middle, 1)?;
        let half_target = halve(&target)?;
        let share = 1.0 / output.neighbours.len() as f64;
        let indices = (0..).filter(|index| *index != middle);
        for (aligned, index) in output.neighbours.iter().zip(indices) {
            let neighbour = shown.f_narrow(1, index, 1)?;
            let half = warp(&halve(&neighbour)?, &aligned.half_flow)?.f_sub(&half_target)?;
            let full = aligned.picture.f_sub(&target)?;
            for (error, flow, weight) in
                [(half, &aligned.half_flow, self.alpha), (full, &aligned.flow, self.beta)]
            {
                loss = loss.f_add(&self.misfit(&error, flow)?.f_mul_scalar(weight * share)?)?;
            }
        }
        loss.f_mean(Kind::Float)
    }

    /// How badly a warped neighbour fits, and how ragged its flow is: one number per patch.
    fn misfit(&self, error: &Tensor, flow: &Tensor) -> Result<Tensor, TchError> {
        let error = per_patch(&error.f_abs()?)?;
        let variation = |axis: i64| -> Result<Tensor, TchError> {
            per_patch(&flow.f_diff(1, axis, None::<&Tensor>, None::<&Tensor>)?.f_abs()?)
        };
        let variation = variation(2)?.f_add(&variation(3)?)?.f_mul_scalar(self.variation)?;
        error.f_add(&variation)?.f_add_scalar(ENOUGH)?.f_log()
    }
}

fn per_patch(values: &Tensor) -> Result<Tensor, TchError> {
    values.f_mean_dim([1, 2, 3].as_slice(), false, Kind::Float)
}
