//! How alike two points are: a stationary kernel with a length for each axis.

use super::axis::SearchAxis;

/// The form of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KernelForm {
    /// Matérn with ν = 5/2: functions that can be differentiated twice.
    Matern,
    /// The squared exponential: very smooth functions.
    Gauss,
    /// Matérn with ν = 3/2, the reference's, for the vectors.
    #[cfg(test)]
    Rough,
}

impl KernelForm {
    /// The kernel at a squared, scaled distance, and its derivative by minus half of that square.
    pub fn at(self, squared: f64) -> (f64, f64) {
        match self {
            Self::Matern => {
                let a = (5.0 * squared).sqrt();
                let e = (-a).exp();
                (e * (1.0 + a + a * a / 3.0), e * (1.0 + a) * (5.0 / 3.0))
            }
            Self::Gauss => {
                let e = (-0.5 * squared).exp();
                (e, e)
            }
            #[cfg(test)]
            Self::Rough => {
                let a = (3.0 * squared).sqrt();
                let e = (-a).exp();
                (e * (1.0 + a), 3.0 * e)
            }
        }
    }
}

/// Points axis by axis.
#[derive(Debug, Clone, Default)]
pub struct PointColumns {
    /// For each axis the coordinates of all points.
    pub columns: Vec<Vec<f64>>,
    /// Number of points.
    pub n: usize,
}

impl PointColumns {
    /// Of points row by row.
    pub fn of(axes: usize, points: &[Vec<f64>]) -> Self {
        let columns = (0..axes).map(|axis| points.iter().map(|point| point[axis]).collect()).collect();
        Self { columns, n: points.len() }
    }

    /// A point.
    pub fn row(&self, i: usize) -> Vec<f64> {
        self.columns.iter().map(|column| column[i]).collect()
    }
}

/// Adds `weight` times the squared distances on one axis between `x` and all coordinates of a column.
pub fn add_distances(axis: &SearchAxis, x: f64, column: &[f64], weight: f64, out: &mut [f64]) {
    let pairs = out.iter_mut().zip(column);
    if axis.kind.is_choice() {
        pairs.for_each(|(sum, other)| *sum += if x == *other { 0.0 } else { weight });
    } else if !axis.conditional {
        pairs.for_each(|(sum, other)| *sum += weight * (x - other) * (x - other));
    } else {
        pairs.for_each(|(sum, other)| *sum += weight * axis.kind.squared_distance(x, *other));
    }
}

/// Half of the derivative of the squared distance on an ordered axis, by `x`; an absent `other` stands beside the middle.
pub fn half_slope(x: f64, other: f64) -> f64 {
    if other < 0.0 {
        return x - 0.5;
    }
    x - other
}
