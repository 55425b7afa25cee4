//! SOAP ("Improving and Stabilizing Shampoo using Adam", Vyas et al., 2024) for one tensor.
//!
//! A layer's gradient `G` is a matrix, outputs by inputs. SOAP runs Adam in the eigenbasis of the running averages of `G Gᵀ` and
//! `Gᵀ G` (Shampoo's preconditioner), where the entries of the gradient are about independent of each other.

use tch::{Kind, TchError, Tensor};

use crate::Error;

/// Decay rates of the running averages of the gradient, of its square, and of the preconditioner.
const BETA1: f64 = 0.9;
const BETA2: f64 = 0.98;
const SHAMPOO_BETA: f64 = BETA2;
/// Steps that only gather the preconditioner, before there is an eigenbasis.
const WARM_UP: u64 = 5;
/// Steps between two updates of the eigenbasis.
const PRECONDITION_EVERY: u64 = 10;
const EPSILON: f64 = 1e-8;

/// The state for a tensor whose first dimension is `m` and whose others multiply to `n`.
#[derive(Debug)]
pub(super) struct Soap {
    /// `m,n`: running averages of the gradient, and of its square in the eigenbasis.
    moments: [Tensor; 2],
    /// `m,m` and `n,n`: running averages of `G Gᵀ` and `Gᵀ G`.
    preconditioner: [Tensor; 2],
    /// `m,m` and `n,n`: eigenvectors of the preconditioner in columns, that of the largest eigenvalue first.
    basis: [Tensor; 2],
}

impl Soap {
    pub(super) fn new(variable: &Tensor) -> Result<Self, TchError> {
        let sides = sides(variable);
        let zeros = |sides: [i64; 2]| Tensor::f_zeros(sides, (Kind::Float, variable.device()));
        let squares = || -> Result<_, TchError> { Ok([zeros([sides[0]; 2])?, zeros([sides[1]; 2])?]) };
        Ok(Self { moments: [zeros(sides)?, zeros(sides)?], preconditioner: squares()?, basis: squares()? })
    }

    /// Its tensors, by their names in a checkpoint.
    pub(super) fn parts(&self) -> Vec<(&'static str, &Tensor)> {
        let names = ["moment1", "moment2", "product1", "product2", "axes1", "axes2"];
        names.into_iter().zip(self.moments.iter().chain(&self.preconditioner).chain(&self.basis)).collect()
    }

    /// What is subtracted from the variable in this step (the first is 0), at a learning rate of 1; none while it warms up.
    pub(super) fn update(&mut self, gradient: &Tensor, step: u64) -> Result<Option<Tensor>, Error> {
        let matrix = gradient.f_reshape(sides(gradient))?;
        self.gather(&matrix)?;
        let Some(since) = step.checked_sub(WARM_UP) else { return Ok(None) };
        if since % PRECONDITION_EVERY == 0 {
            self.update_basis(since == 0, step)?;
        }
        let [first, second] = &mut self.moments;
        let [left, right] = &self.basis;
        let project = |matrix: &Tensor| left.f_transpose(0, 1)?.f_matmul(matrix)?.f_matmul(right);
        let square = project(&matrix)?.f_square_()?;
        let _ = second.f_lerp_(&square, 1.0 - BETA2)?;
        // Both averages began at zero, as Adam's do.
        let bias = [BETA1, BETA2].map(|beta| 1.0 - beta.powf(step as f64 + 1.0));
        let scale = second.f_div_scalar(bias[1])?.f_sqrt_()?.f_add_scalar_(EPSILON)?;
        let update = project(first)?.f_div_(&scale)?.f_div_scalar_(bias[0])?;
        let back = left.f_matmul(&update)?.f_matmul(&right.f_transpose(0, 1)?)?;
        Ok(Some(back.f_reshape(gradient.size())?))
    }

    /// Takes a gradient into the running averages, but for that of its square.
    fn gather(&mut self, matrix: &Tensor) -> Result<(), TchError> {
        let transposed = matrix.f_transpose(0, 1)?;
        let _ = self.moments[0].f_lerp_(matrix, 1.0 - BETA1)?;
        let products = [matrix.f_matmul(&transposed)?, transposed.f_matmul(matrix)?];
        for (average, product) in self.preconditioner.iter_mut().zip(&products) {
            let _ = average.f_lerp_(product, 1.0 - SHAMPOO_BETA)?;
        }
        Ok(())
    }

    /// Follows the preconditioner with the eigenbasis. The first one is found from nothing, and so is the average of the squared
    /// gradient: no step begins with a scale of one sample.
    fn update_basis(&mut self, is_first: bool, step: u64) -> Result<(), Error> {
        for (basis, product) in self.basis.iter_mut().zip(&self.preconditioner) {
            if product.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
                return Err(Error::diverged(step));
            }
            let next = if is_first { eigenvectors(product)? } else { iterate(product, basis)? };
            // In one order in memory, as a checkpoint brings them back: sums depend on it in their last bit.
            *basis = next.f_contiguous()?;
        }
        if is_first {
            self.moments[1].f_copy_(&expected_square(&self.preconditioner, &self.basis)?)?;
        }
        Ok(())
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

/// `m,n`: the squared gradient in the eigenbasis, as it would be if it were a product of what it is per row and per column.
fn expected_square(preconditioner: &[Tensor; 2], basis: &[Tensor; 2]) -> Result<Tensor, TchError> {
    let diagonal = |product: &Tensor, basis: &Tensor| {
        product.f_matmul(basis)?.f_mul(basis)?.f_sum_dim_intlist([0].as_slice(), false, Kind::Float)?.f_relu()
    };
    let rows = diagonal(&preconditioner[0], &basis[0])?;
    let columns = diagonal(&preconditioner[1], &basis[1])?;
    let trace = rows.f_sum(Kind::Float)?.f_add_scalar(f64::from(f32::MIN_POSITIVE))?;
    rows.f_outer(&columns)?.f_div(&trace)
}

/// One round of orthogonal iteration: the eigenvectors of a matrix that has changed a little, in the order that they had, so that
/// the running averages along them stay true.
fn iterate(product: &Tensor, basis: &Tensor) -> Result<Tensor, TchError> {
    Ok(Tensor::f_linalg_qr(&product.f_matmul(basis)?, "reduced")?.0)
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

    /// What is left of the loss `|A (W - target) B|²` after N steps.
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
        let adam = super::super::optimizer::State::new(super::super::Optimizer::Adam, &target());
        let mut adam = adam.unwrap();
        let adam = left(200, 0.05, |gradient, step| adam.update(gradient, step).unwrap());
        assert!(soap < 0.3 * adam, "{soap:.5} of the loss is left, {adam:.5} by Adam");
    }

    #[test]
    fn the_basis_stays_orthogonal() {
        nets::torch::configure_threads(1);
        let mut soap = Soap::new(&target()).unwrap();
        left(100, 0.05, |gradient, step| soap.update(gradient, step).unwrap());
        for basis in &soap.basis {
            let product = basis.transpose(0, 1).matmul(basis);
            let off = (product - Tensor::eye(basis.size()[0], (Kind::Float, tch::Device::Cpu))).abs().max();
            assert!(off.double_value(&[]) < 1e-4, "{off:?}");
        }
    }

    #[test]
    fn gradients_that_overflow_are_told() {
        nets::torch::configure_threads(1);
        let mut soap = Soap::new(&target()).unwrap();
        let overflow = target() * f64::INFINITY;
        let refused = (0..=WARM_UP).find_map(|step| soap.update(&overflow, step).err());
        assert!(
            refused.as_ref().is_some_and(|error| error.kind() == crate::ErrorKind::Diverged),
            "{refused:?}"
        );
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
