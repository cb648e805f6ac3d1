//! Gaussian processes on mixed spaces: real numbers, ordered levels, categories, parameters that may be absent.
//!
//! Owns axes, kernels, hyperparameters and what a process says of new points, for the search (`strategy::bayes`) and for
//! the analysis. Refuses to know of trials, and to draw.

pub mod axis;
pub mod fit;
pub mod gp;
pub mod kernel;
pub mod linalg;
pub mod minimise;
pub mod subset;
pub mod warp;
