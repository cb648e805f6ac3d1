//! Small dense matrices: what a Gaussian process needs of linear algebra.
//!
//! Every sum is taken in a fixed order without fused operations, so that the same numbers give the same bits whatever
//! the processor can do. Sizes stay at a few hundred rows.

/// A square matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Square {
    n: usize,
    data: Vec<f64>,
}

impl Square {
    /// All zeros.
    pub fn zeros(n: usize) -> Self {
        Self { n, data: vec![0.0; n * n] }
    }

    /// Number of rows.
    pub fn n(&self) -> usize {
        self.n
    }

    /// A row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.n..(i + 1) * self.n]
    }

    /// A row, to be written.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.data[i * self.n..(i + 1) * self.n]
    }

    /// The lower Cholesky factor of a symmetric matrix of which only the lower half is read; `None`: it is not
    /// positive definite.
    pub fn cholesky(&self) -> Option<Self> {
        let n = self.n;
        let mut factor = Self::zeros(n);
        for i in 0..n {
            let (done, rest) = factor.data.split_at_mut(i * n);
            let own = &mut rest[..n];
            for j in 0..i {
                let other = &done[j * n..j * n + j + 1];
                own[j] = (self.data[i * n + j] - dot(&own[..j], &other[..j])) / other[j];
            }
            let pivot = self.data[i * n + i] - dot(&own[..i], &own[..i]);
            if pivot.is_nan() || pivot <= 0.0 {
                return None;
            }
            own[i] = pivot.sqrt();
        }
        Some(factor)
    }

    /// The inverse of a lower triangular matrix.
    pub fn inverse_lower(&self) -> Self {
        let n = self.n;
        let mut inverse = Self::zeros(n);
        for i in 0..n {
            let (done, rest) = inverse.data.split_at_mut(i * n);
            let own = &mut rest[..n];
            for k in 0..i {
                add_scaled(&mut own[..=k], self.data[i * n + k], &done[k * n..k * n + k + 1]);
            }
            let pivot = 1.0 / self.data[i * n + i];
            own[..i].iter_mut().for_each(|x| *x *= -pivot);
            own[i] = pivot;
        }
        inverse
    }

    /// AᵀA of a lower triangular matrix A, the lower half alone.
    pub fn gram_lower(&self) -> Self {
        let n = self.n;
        let mut gram = Self::zeros(n);
        for k in 0..n {
            let row = &self.data[k * n..k * n + k + 1];
            for i in 0..=k {
                add_scaled(&mut gram.data[i * n..i * n + i + 1], row[i], &row[..=i]);
            }
        }
        gram
    }

    /// A·x for a lower triangular matrix A.
    pub fn times_lower(&self, x: &[f64], out: &mut Vec<f64>) {
        out.clear();
        out.extend((0..self.n).map(|i| dot(&self.row(i)[..=i], &x[..=i])));
    }

    /// Aᵀ·x for a lower triangular matrix A.
    pub fn times_lower_transposed(&self, x: &[f64], out: &mut Vec<f64>) {
        out.clear();
        out.resize(self.n, 0.0);
        for (i, factor) in x.iter().enumerate() {
            add_scaled(&mut out[..=i], *factor, &self.row(i)[..=i]);
        }
    }
}

/// The inner product, in four running sums.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0_f64; 4];
    let (a_parts, b_parts) = (a.chunks_exact(4), b.chunks_exact(4));
    let rest: f64 = a_parts.remainder().iter().zip(b_parts.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a_parts.zip(b_parts) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// `to` += `factor`·`from`.
pub fn add_scaled(to: &mut [f64], factor: f64, from: &[f64]) {
    for (x, y) in to.iter_mut().zip(from) {
        *x += factor * y;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(n: usize) -> Square {
        let mut matrix = Square::zeros(n);
        for i in 0..n {
            for j in 0..n {
                let distance = i.abs_diff(j) as f64;
                matrix.row_mut(i)[j] = (-0.3 * distance).exp() + if i == j { 0.1 } else { 0.0 };
            }
        }
        matrix
    }

    #[test]
    fn the_factor_times_itself_is_the_matrix_and_its_inverse_undoes_it() {
        for n in [1, 2, 5, 17] {
            let matrix = example(n);
            let factor = matrix.cholesky().unwrap();
            let inverse = factor.inverse_lower();
            let gram = inverse.gram_lower();
            for i in 0..n {
                for j in 0..=i {
                    let product = dot(&factor.row(i)[..=j], &factor.row(j)[..=j]);
                    assert!((product - matrix.row(i)[j]).abs() < 1e-12);
                }
                let unit: f64 = (0..n)
                    .map(|k| {
                        let (low, high) = (k.min(i), k.max(i));
                        gram.row(high)[low] * matrix.row(k)[i]
                    })
                    .sum();
                assert!((unit - 1.0).abs() < 1e-10);
            }
        }
    }

    #[test]
    fn a_matrix_that_is_not_positive_definite_has_no_factor() {
        let mut matrix = example(3);
        matrix.row_mut(2)[2] = -1.0;
        assert_eq!(matrix.cholesky(), None);
        matrix.row_mut(2)[2] = f64::NAN;
        assert_eq!(matrix.cholesky(), None);
    }
}
