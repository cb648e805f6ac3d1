//! Minimisation in a box by L-BFGS (Nocedal & Wright 2006, algorithm 7.5) with projected steps.

use super::linalg::dot;

/// Pairs of steps and changes of the gradient that are kept.
const MEMORY: usize = 8;
/// Part of the predicted decrease that a step must bring (Armijo).
const DECREASE: f64 = 1e-4;
/// A step is shortened so often before the search ends.
const MAX_SHORTENINGS: usize = 12;

/// When to end.
#[derive(Debug, Clone, Copy)]
pub struct MinimiserLimits {
    /// Steps.
    pub steps: usize,
    /// Calls of the function.
    pub calls: usize,
    /// Length of the first step at most, in the largest coordinate; later ones are four times as free.
    pub first_step: f64,
    /// A step that gains less than this ends the search.
    pub gain: f64,
}

/// The point that was found, and the value there.
///
/// `f` writes the gradient into its second argument; a value that is not finite is a point that can't be stood on.
pub fn minimise(
    start: &[f64],
    bounds: &[(f64, f64)],
    effort: MinimiserLimits,
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> (Vec<f64>, f64) {
    let n = start.len();
    let mut x: Vec<f64> = start.iter().zip(bounds).map(|(x, (low, high))| x.clamp(*low, *high)).collect();
    let mut gradient = vec![0.0; n];
    let mut value = f(&x, &mut gradient);
    let mut calls = 1;
    let mut memory: Vec<(Vec<f64>, Vec<f64>, f64)> = Vec::new();
    let mut next_gradient = vec![0.0; n];
    for step in 0..effort.steps {
        if !value.is_finite() {
            break;
        }
        // A coordinate at its bound whose gradient pushes outwards stays where it is.
        let free: Vec<bool> = x
            .iter()
            .zip(bounds)
            .zip(&gradient)
            .map(|((x, (low, high)), g)| !((*x <= *low && *g > 0.0) || (*x >= *high && *g < 0.0)))
            .collect();
        let Some(mut direction) = descent(&gradient, &free, &memory) else { break };
        let longest = direction.iter().fold(0.0_f64, |most, d| most.max(d.abs()));
        let limit = effort.first_step * if step == 0 { 1.0 } else { 4.0 };
        if longest > limit || memory.is_empty() {
            let scale = if longest > limit { limit / longest } else { 1.0 };
            direction.iter_mut().for_each(|d| *d *= scale);
        }
        let mut length = 1.0;
        let mut moved = None;
        for _ in 0..MAX_SHORTENINGS {
            if calls >= effort.calls {
                break;
            }
            let trial: Vec<f64> = x
                .iter()
                .zip(&direction)
                .zip(bounds)
                .map(|((x, d), (low, high))| (x + length * d).clamp(*low, *high))
                .collect();
            let predicted: f64 = trial.iter().zip(&x).zip(&gradient).map(|((t, x), g)| (t - x) * g).sum();
            if predicted >= 0.0 {
                break;
            }
            let there = f(&trial, &mut next_gradient);
            calls += 1;
            if there.is_finite() && there <= value + DECREASE * predicted {
                moved = Some((trial, there));
                break;
            }
            // The minimum of the parabola through both values, within reason.
            let parabola =
                if there.is_finite() { -0.5 * predicted / (there - value - predicted) } else { 0.1 };
            length *= parabola.clamp(0.1, 0.5);
        }
        let Some((next, there)) = moved else { break };
        let s: Vec<f64> = next.iter().zip(&x).map(|(a, b)| a - b).collect();
        let y: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&s, &y);
        if curvature > 1e-12 * dot(&y, &y).max(1e-300) && curvature.is_finite() {
            if memory.len() == MEMORY {
                memory.remove(0);
            }
            memory.push((s, y, 1.0 / curvature));
        }
        let gained = value - there;
        x = next;
        value = there;
        gradient.copy_from_slice(&next_gradient);
        if gained < effort.gain {
            break;
        }
    }
    (x, value)
}

/// The two-loop recursion on the free coordinates; `None` where nothing is left to do.
fn descent(gradient: &[f64], free: &[bool], memory: &[(Vec<f64>, Vec<f64>, f64)]) -> Option<Vec<f64>> {
    let masked: Vec<f64> = gradient.iter().zip(free).map(|(g, free)| if *free { *g } else { 0.0 }).collect();
    if masked.iter().all(|g| g.abs() < 1e-12) || masked.iter().any(|g| !g.is_finite()) {
        return None;
    }
    let mut q = masked.clone();
    let mut weights = Vec::with_capacity(memory.len());
    for (s, y, rho) in memory.iter().rev() {
        let weight = rho * dot(s, &q);
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= weight * y);
        weights.push(weight);
    }
    if let Some((s, y, _)) = memory.last() {
        let scale = dot(s, y) / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y, rho), weight) in memory.iter().zip(weights.iter().rev()) {
        let beta = rho * dot(y, &q);
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (weight - beta) * s);
    }
    let direction: Vec<f64> = q.iter().zip(free).map(|(q, free)| if *free { -q } else { 0.0 }).collect();
    if dot(&direction, &masked) < 0.0 {
        return Some(direction);
    }
    Some(masked.iter().map(|g| -g).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFORT: MinimiserLimits = MinimiserLimits { steps: 200, calls: 500, first_step: 0.5, gain: 0.0 };

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end() {
        let (x, value) = minimise(&[-1.2, 1.0], &[(-2.0, 2.0), (-2.0, 2.0)], EFFORT, |x, g| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            g[0] = -2.0 * a - 400.0 * x[0] * b;
            g[1] = 200.0 * b;
            a * a + 100.0 * b * b
        });
        assert!(value < 1e-12 && (x[0] - 1.0).abs() < 1e-5, "{x:?} {value}");
    }

    #[test]
    fn a_minimum_outside_of_the_box_is_met_at_its_wall() {
        let (x, _) = minimise(&[0.5, 0.5], &[(0.0, 1.0), (0.0, 1.0)], EFFORT, |x, g| {
            g[0] = 2.0 * (x[0] - 3.0);
            g[1] = 2.0 * (x[1] - 0.25);
            (x[0] - 3.0).powi(2) + (x[1] - 0.25).powi(2)
        });
        assert!((x[0] - 1.0).abs() < 1e-12 && (x[1] - 0.25).abs() < 1e-6, "{x:?}");
    }

    #[test]
    fn ground_that_is_not_finite_is_left_alone() {
        let (x, value) = minimise(&[0.5], &[(0.0, 1.0)], EFFORT, |x, g| {
            g[0] = 1.0;
            if x[0] < 0.3 { f64::NAN } else { x[0] }
        });
        assert!(value.is_finite() && x[0] >= 0.3);
        let (x, value) = minimise(&[0.5], &[(0.0, 1.0)], EFFORT, |_, _| f64::NAN);
        assert!(value.is_nan() && x == [0.5]);
    }
}
