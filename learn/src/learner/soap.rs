//! SOAP ("Improving and Stabilizing Shampoo using Adam", Vyas et al., 2024) for one tensor.
//!
//! A layer's gradient is a matrix, outputs by inputs. The axes along which its entries vary independently of each other are
//! about the eigenvectors of the mean of `G Gᵀ` and of `Gᵀ G`; turned onto them, what Adam does to every entry for itself does
//! justice to how the entries depend on each other.

use tch::{Kind, TchError, Tensor};

use crate::TrainError;

/// Shares that the running averages of the gradient, of its square, and of its two products keep in a step.
const KEEP_GRADIENT: f64 = 0.9;
const KEEP_SQUARE: f64 = 0.98;
const KEEP_PRODUCTS: f64 = KEEP_SQUARE;
/// Steps that only look, before the axes are known.
const LOOKING: u64 = 5;
/// Steps between two turns of the axes.
const TURN_EVERY: u64 = 10;
const EPSILON: f64 = 1e-8;

/// What is remembered of a tensor whose first dimension is `m` and whose others multiply to `n`.
#[derive(Debug)]
pub(super) struct Soap {
    /// `m,n`: running averages of the gradient, and of its square along the axes.
    moments: [Tensor; 2],
    /// `m,m` and `n,n`: running averages of the gradient's products with itself.
    products: [Tensor; 2],
    /// `m,m` and `n,n`: in columns, the axes, those of most gradient first.
    axes: [Tensor; 2],
}

impl Soap {
    pub(super) fn new(variable: &Tensor) -> Result<Self, TchError> {
        let sides = sides(variable);
        let zeros = |sides: [i64; 2]| Tensor::f_zeros(sides, (Kind::Float, variable.device()));
        let squares = || -> Result<_, TchError> { Ok([zeros([sides[0]; 2])?, zeros([sides[1]; 2])?]) };
        Ok(Self { moments: [zeros(sides)?, zeros(sides)?], products: squares()?, axes: squares()? })
    }

    /// What is remembered, by the names of a checkpoint.
    pub(super) fn parts(&self) -> Vec<(&'static str, &Tensor)> {
        let names = ["moment1", "moment2", "product1", "product2", "axes1", "axes2"];
        names.into_iter().zip(self.moments.iter().chain(&self.products).chain(&self.axes)).collect()
    }

    /// What a step (the first is 0) takes off the variable at a learning rate of 1, once the axes are known.
    pub(super) fn update(&mut self, gradient: &Tensor, step: u64) -> Result<Option<Tensor>, TrainError> {
        let Self { moments: [first, second], products, axes } = self;
        let matrix = gradient.f_reshape(sides(gradient))?;
        let transposed = matrix.f_transpose(0, 1)?;
        let _ = first.f_lerp_(&matrix, 1.0 - KEEP_GRADIENT)?;
        let [left, right] = [matrix.f_matmul(&transposed)?, transposed.f_matmul(&matrix)?];
        let _ = products[0].f_lerp_(&left, 1.0 - KEEP_PRODUCTS)?;
        let _ = products[1].f_lerp_(&right, 1.0 - KEEP_PRODUCTS)?;
        let Some(turned) = step.checked_sub(LOOKING) else { return Ok(None) };
        if turned % TURN_EVERY == 0 {
            for (axes, product) in axes.iter_mut().zip(&*products) {
                if product.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
                    return Err(TrainError::Diverged { step });
                }
                let turned = if turned == 0 { eigenvectors(product)? } else { followed(product, axes)? };
                // In one order in memory, as a checkpoint brings them back: sums depend on it in their last bit.
                *axes = turned.f_contiguous()?;
            }
            if turned == 0 {
                second.f_copy_(&expected_square(products, axes)?)?;
            }
        }

        let along = |matrix: &Tensor| axes[0].f_transpose(0, 1)?.f_matmul(matrix)?.f_matmul(&axes[1]);
        let square = along(&matrix)?.f_square_()?;
        let _ = second.f_lerp_(&square, 1.0 - KEEP_SQUARE)?;
        let bias = [KEEP_GRADIENT, KEEP_SQUARE].map(|keep| 1.0 - keep.powf(step as f64 + 1.0));
        let scale = second.f_div_scalar(bias[1])?.f_sqrt_()?.f_add_scalar_(EPSILON)?;
        let update = along(first)?.f_div_(&scale)?.f_div_scalar_(bias[0])?;
        let back = axes[0].f_matmul(&update)?.f_matmul(&axes[1].f_transpose(0, 1)?)?;
        Ok(Some(back.f_reshape(gradient.size())?))
    }
}

fn sides(tensor: &Tensor) -> [i64; 2] {
    let size = tensor.size();
    [size[0], size[1..].iter().product()]
}

/// All of them, in columns, that of the largest eigenvalue first.
fn eigenvectors(product: &Tensor) -> Result<Tensor, TchError> {
    let (_, ascending) = product.f_linalg_eigh("L")?;
    ascending.f_flip([1].as_slice())
}

/// `m,n`: what the squared gradient along the axes would be if what it does along the first did not depend on the second.
fn expected_square(products: &[Tensor; 2], axes: &[Tensor; 2]) -> Result<Tensor, TchError> {
    let along = |product: &Tensor, axes: &Tensor| {
        product.f_matmul(axes)?.f_mul(axes)?.f_sum_dim_intlist([0].as_slice(), false, Kind::Float)?.f_relu()
    };
    let [left, right] = [along(&products[0], &axes[0])?, along(&products[1], &axes[1])?];
    let whole = left.f_sum(Kind::Float)?.f_add_scalar(f64::from(f32::MIN_POSITIVE))?;
    left.f_outer(&right)?.f_div(&whole)
}

/// The same after the product has changed a little, by one round of orthogonal iteration: they keep their order, so what is
/// known along the axes stays true.
fn followed(product: &Tensor, axes: &Tensor) -> Result<Tensor, TchError> {
    Ok(Tensor::f_linalg_qr(&product.f_matmul(axes)?, "reduced")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve by seven, always the same.
    fn target() -> Tensor {
        let values: Vec<f32> = (0..84).map(|n| ((n * 37 % 41) as f32 - 20.0) / 20.0).collect();
        Tensor::from_slice(&values).reshape([12, 7])
    }

    /// Rows, or columns, of very different scale, mixed with each other: what is hard to descend entry by entry.
    fn mixing(side: i64, seed: i64) -> Tensor {
        let angles = Tensor::arange(side * side, (Kind::Float, tch::Device::Cpu)) * 1.7 + seed as f64;
        let (turn, _) = Tensor::linalg_qr(&angles.sin().reshape([side, side]), "reduced");
        let scales = (Tensor::arange(side, (Kind::Float, tch::Device::Cpu)) * -0.6).exp();
        turn.matmul(&scales.diag(0)).matmul(&turn.transpose(0, 1))
    }

    /// What is left of the loss `|A (W - target) B|²` after so many steps.
    fn left(steps: u64, rate: f64, mut update: impl FnMut(&Tensor, u64) -> Option<Tensor>) -> f64 {
        let (a, b) = (mixing(12, 1), mixing(7, 2));
        let mut weights = target().zeros_like();
        let loss = |weights: &Tensor| a.matmul(&(weights - target())).matmul(&b);
        for step in 0..steps {
            let gradient = a.transpose(0, 1).matmul(&loss(&weights)).matmul(&b.transpose(0, 1));
            if let Some(update) = update(&gradient, step) {
                weights -= update * rate * (1.0 - step as f64 / steps as f64);
            }
        }
        let whole = loss(&target().zeros_like()).square().sum(Kind::Double).double_value(&[]);
        loss(&weights).square().sum(Kind::Double).double_value(&[]) / whole
    }

    #[test]
    fn descends_where_single_entries_cannot() {
        nets::torch::configure_threads(1);
        let mut soap = Soap::new(&target()).unwrap();
        let soap = left(200, 0.05, |gradient, step| soap.update(gradient, step).unwrap());
        let adam = super::super::optimizer::Memory::new(super::super::Optimizer::Adam, &target());
        let mut adam = adam.unwrap();
        let adam = left(200, 0.05, |gradient, step| adam.update(gradient, step).unwrap());
        assert!(soap < 0.3 * adam, "{soap:.5} of the loss is left, {adam:.5} by Adam");
    }

    #[test]
    fn axes_stay_orthogonal() {
        nets::torch::configure_threads(1);
        let mut soap = Soap::new(&target()).unwrap();
        left(100, 0.05, |gradient, step| soap.update(gradient, step).unwrap());
        for axes in &soap.axes {
            let product = axes.transpose(0, 1).matmul(axes);
            let off = (product - Tensor::eye(axes.size()[0], (Kind::Float, tch::Device::Cpu))).abs().max();
            assert!(off.double_value(&[]) < 1e-4, "{off:?}");
        }
    }

    #[test]
    fn gradients_that_overflow_are_told() {
        nets::torch::configure_threads(1);
        let mut soap = Soap::new(&target()).unwrap();
        let overflow = target() * f64::INFINITY;
        let told = (0..=LOOKING).find_map(|step| soap.update(&overflow, step).err());
        assert!(matches!(told, Some(TrainError::Diverged { .. })), "{told:?}");
    }

    #[test]
    fn without_gradient_nothing_moves() {
        nets::torch::configure_threads(1);
        let mut soap = Soap::new(&target()).unwrap();
        let none = target().zeros_like();
        for step in 0..30 {
            if let Some(update) = soap.update(&none, step).unwrap() {
                assert!(update.abs().max().double_value(&[]) < 1e-12);
            }
        }
    }
}
