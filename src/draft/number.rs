//! Numbers that a person would have chosen.

/// A number with three digits that count: what a tenth of 0.003 is meant to be.
pub(super) fn rounded(x: f64) -> f64 {
    format!("{x:.2e}").parse().unwrap_or(x)
}

/// Whether a whole number is a power of two, and large enough that it was chosen for it.
pub(super) fn is_power_of_two(x: i128) -> bool {
    x >= 8 && x & (x - 1) == 0
}
