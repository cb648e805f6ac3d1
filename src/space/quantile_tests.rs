//! The properties that every distribution has.

use proptest::prelude::*;

use super::*;

fn numbers() -> impl Strategy<Value = (Number, Number)> {
    let int = (-1000i128..1000, 1i128..1000).prop_map(|(a, d)| (Number::Int(a), Number::Int(a + d)));
    let float = (-50.0f64..50.0, 0.001f64..50.0).prop_map(|(a, d)| (Number::Float(a), Number::Float(a + d)));
    prop_oneof![int, float]
}

fn quanta() -> impl Strategy<Value = Option<Number>> {
    prop_oneof![
        Just(None),
        (1i128..20).prop_map(|q| Some(Number::Int(q))),
        (0.01f64..5.0).prop_map(|q| Some(Number::Float(q))),
    ]
}

fn shapes() -> impl Strategy<Value = Shape> {
    let exponents = (-20.0f64..5.0, 0.1f64..5.0).prop_map(|(a, d)| (Number::Float(a), Number::Float(a + d)));
    let positive =
        (1e-9f64..10.0, 1e-3f64..100.0).prop_map(|(a, d)| (Number::Float(a), Number::Float(a + d)));
    let normal = (-5.0f64..5.0, 0.0f64..3.0).prop_map(|(m, s)| (Number::Float(m), Number::Float(s)));
    let beta = (0.05f64..50.0, 0.05f64..50.0).prop_map(|(a, b)| (Number::Float(a), Number::Float(b)));
    prop_oneof![
        numbers().prop_map(|(min, max)| Shape::Uniform { min, max }),
        exponents.clone().prop_map(|(min, max)| Shape::LogUniform { min, max }),
        exponents.prop_map(|(min, max)| Shape::InvLogUniform { min, max }),
        positive.clone().prop_map(|(min, max)| Shape::LogUniformValues { min, max }),
        positive.prop_map(|(min, max)| Shape::InvLogUniformValues { min, max }),
        normal.clone().prop_map(|(mu, sigma)| Shape::Normal { mu, sigma }),
        normal.prop_map(|(mu, sigma)| Shape::LogNormal { mu, sigma }),
        beta.prop_map(|(a, b)| Shape::Beta { a, b }),
    ]
}

/// The ends that an unquantised value can't pass.
fn ends(shape: &Shape) -> (f64, f64) {
    match *shape {
        Shape::Uniform { min, max }
        | Shape::LogUniformValues { min, max }
        | Shape::InvLogUniformValues { min, max } => (min.as_f64(), max.as_f64()),
        Shape::LogUniform { min, max } => (min.as_f64().exp(), max.as_f64().exp()),
        Shape::InvLogUniform { min, max } => ((-max.as_f64()).exp(), (-min.as_f64()).exp()),
        Shape::Normal { .. } => (f64::MIN, f64::MAX),
        Shape::LogNormal { .. } => (0.0, f64::MAX),
        Shape::Beta { .. } => (0.0, 1.0),
    }
}

proptest! {
    #[test]
    fn values_stay_inside_their_bounds(shape in shapes(), q in quanta(), u in 1e-12f64..1.0) {
        let x = Distribution::Continuous { shape, q }.quantile(u).as_f64().unwrap();
        let (low, high) = ends(&shape);
        let slack = q.map_or(0.0, |q| q.as_f64() / 2.0) * (1.0 + 1e-9) + q.map_or(0.0, |_| 1e-9 * high.abs().min(1e9));
        prop_assert!(x >= low - slack && x <= high + slack, "{x} {low} {high}");
    }

    #[test]
    fn quantiles_never_fall(shape in shapes(), q in quanta(), u in 1e-9f64..1.0, v in 1e-9f64..1.0) {
        let distribution = Distribution::Continuous { shape, q };
        let (u, v) = (u.min(v), u.max(v));
        let (x, y) = (distribution.quantile(u).as_f64().unwrap(), distribution.quantile(v).as_f64().unwrap());
        prop_assert!(x <= y + 1e-9 * y.abs(), "{x} > {y}");
    }

    #[test]
    fn quantised_values_are_multiples_of_q(shape in shapes(), q in quanta(), u in 1e-9f64..1.0) {
        match (q, Distribution::Continuous { shape, q }.quantile(u)) {
            (Some(Number::Int(q)), Value::Int(x)) => prop_assert_eq!(x % q, 0),
            (Some(Number::Float(q)), Value::Float(x)) => prop_assert_eq!((x / q).round() * q, x),
            (None, Value::Float(x)) => prop_assert!(x.is_finite()),
            (q, x) => prop_assert!(false, "{q:?} gave {x:?}"),
        }
    }

    #[test]
    fn the_coordinate_leads_back(shape in shapes(), u in 0.001f64..0.999) {
        let distribution = Distribution::Continuous { shape, q: None };
        let flat = matches!(shape, Shape::Normal { sigma, .. } | Shape::LogNormal { sigma, .. } if sigma.as_f64() < 1e-6);
        let value = distribution.quantile(u);
        let x = value.as_f64().unwrap();
        // Far out on a beta curve floats are too coarse to distinguish coordinates.
        let coarse = matches!(shape, Shape::Beta { .. }) && !(1e-12..1.0 - 1e-3).contains(&x);
        if !flat && !coarse {
            prop_assert!((distribution.coordinate(&value).unwrap() - u).abs() < 1e-6);
        }
    }

    #[test]
    fn whole_numbers_are_hit_evenly_and_inside(min in -1000i128..1000, span in 1i128..1000, u in 0.0f64..1.0) {
        let distribution = Distribution::IntUniform { min, max: min + span };
        let Value::Int(x) = distribution.quantile(u) else { panic!("no integer") };
        prop_assert!((min..=min + span).contains(&x));
        let n = (span + 1) as f64;
        let k = (x - min) as f64;
        prop_assert!((k + 1.0) / n >= u && (k == 0.0 || k / n < u));
    }

    #[test]
    fn categories_follow_their_probabilities(weights in prop::collection::vec(0u32..10, 1..8), u in 0.0f64..1.0) {
        let total: u32 = weights.iter().sum();
        prop_assume!(total > 0);
        let p: Vec<f64> = weights.iter().map(|w| f64::from(*w) / f64::from(total)).collect();
        let values = (0..p.len()).map(|i| Value::Int(i as i128)).collect();
        let distribution = Distribution::Categorical { values, probabilities: Some(p.clone()) };
        let Value::Int(i) = distribution.quantile(u) else { panic!("no category") };
        let i = i as usize;
        prop_assert!(p[i] > 0.0);
        prop_assert!(p[..i].iter().sum::<f64>() <= u + 1e-12 && u <= p[..=i].iter().sum::<f64>() + 1e-12);
    }
}

#[test]
fn extreme_bounds_give_finite_values() {
    for (min, max) in [(i128::MIN, i128::MAX), (i128::MAX - 1, i128::MAX)] {
        for u in [0.0, 0.5, 1.0 - f64::EPSILON] {
            let Value::Int(x) = (Distribution::IntUniform { min, max }).quantile(u) else {
                panic!("no integer")
            };
            assert!((min..=max).contains(&x));
        }
    }
    let wide = Shape::LogNormal { mu: Number::Float(0.0), sigma: Number::Float(1e6) };
    for q in [None, Some(Number::Int(3)), Some(Number::Float(0.5))] {
        for u in [1e-300, 0.5, 1.0 - f64::EPSILON] {
            let x = Distribution::Continuous { shape: wide, q }.quantile(u).as_f64().unwrap();
            assert!(x.is_finite() && x >= 0.0);
        }
    }
}
