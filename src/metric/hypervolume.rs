//! How much space a front takes: the volume of what it dominates, up to a reference point.
//!
//! Two objectives by a sweep over the sorted front; more by the exclusive volume of one point after the other (While,
//! Bradstreet & Barone 2012), which is fast enough for fronts of some hundred points in a few dimensions.

use super::front::{Losses, front};

/// The volume between points and the reference, smaller being better. What does not beat the reference everywhere counts
/// for nothing.
#[must_use]
pub(crate) fn hypervolume(points: &[Losses], reference: &[f64]) -> f64 {
    let inside = |point: &&Losses| point.iter().zip(reference).all(|(x, r)| x < r);
    let points: Vec<Losses> = points.iter().filter(inside).cloned().collect();
    of_front(&thinned(&points), reference)
}

fn thinned(points: &[Losses]) -> Vec<Losses> {
    front(points).into_iter().map(|place| points[place].clone()).collect()
}

/// Of points sorted by the first objective of which none dominates another.
fn of_front(points: &[Losses], reference: &[f64]) -> f64 {
    match reference.len() {
        0 => 0.0,
        1 => points.first().map_or(0.0, |point| reference[0] - point[0]),
        2 => {
            let mut above = reference[1];
            let mut sum = 0.0;
            for point in points {
                sum += (reference[0] - point[0]) * (above - point[1]);
                above = point[1];
            }
            sum
        }
        _ => points.iter().enumerate().map(|(i, point)| exclusive(point, &points[i + 1..], reference)).sum(),
    }
}

/// What a point adds to others: its own volume without the part that they take, too.
fn exclusive(point: &[f64], others: &[Losses], reference: &[f64]) -> f64 {
    let own: f64 = point.iter().zip(reference).map(|(x, r)| r - x).product();
    let shared: Vec<Losses> =
        others.iter().map(|other| other.iter().zip(point).map(|(a, b)| a.max(*b)).collect()).collect();
    own - of_front(&thinned(&shared), reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_volume_of_boxes_that_overlap_is_counted_once() {
        let square = |points: &[[f64; 2]]| {
            let points: Vec<Losses> = points.iter().map(|point| point.to_vec()).collect();
            hypervolume(&points, &[1.0, 1.0])
        };
        assert_eq!(square(&[]), 0.0);
        assert_eq!(square(&[[0.0, 0.0]]), 1.0);
        assert_eq!(square(&[[0.5, 0.0], [0.0, 0.5], [0.6, 0.6]]), 0.75);
        assert_eq!(square(&[[2.0, 0.0], [0.0, 1.0]]), 0.0);
        let cube = [vec![0.5, 0.0, 0.0], vec![0.0, 0.5, 0.0], vec![0.0, 0.0, 0.5]];
        assert_eq!(hypervolume(&cube, &[1.0; 3]), 0.875);
    }
}
