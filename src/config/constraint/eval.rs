//! The value of an expression for a point.

use std::cmp::Ordering;

use super::ConstraintError;
use super::parser::Expr;
use crate::space::{Point, Value};

type Evaluated = Result<Value, ConstraintError>;

/// Computes an expression; every name must exist in the point.
pub fn eval(expr: &Expr, point: &Point) -> Evaluated {
    match expr {
        Expr::Literal(value) => Ok(value.clone()),
        Expr::Name(name) => Ok(point.get(name).cloned().unwrap_or(Value::Null)),
        Expr::List(items) => Ok(Value::List(all(items, point)?)),
        Expr::Unary("!", a) => Ok(Value::Bool(!truth(&eval(a, point)?)?)),
        Expr::Unary(_, a) => match eval(a, point)? {
            Value::Int(x) => Ok(Value::Int(x.saturating_neg())),
            other => Ok(Value::Float(-number(&other)?)),
        },
        Expr::Binary("&&", a, b) => Ok(Value::Bool(truth(&eval(a, point)?)? && truth(&eval(b, point)?)?)),
        Expr::Binary("||", a, b) => Ok(Value::Bool(truth(&eval(a, point)?)? || truth(&eval(b, point)?)?)),
        Expr::Binary(symbol, a, b) => arithmetic(symbol, &eval(a, point)?, &eval(b, point)?),
        Expr::Chain(first, rest) => {
            let mut left = eval(first, point)?;
            for (symbol, right) in rest {
                let right = eval(right, point)?;
                if !compare(symbol, &left, &right)? {
                    return Ok(Value::Bool(false));
                }
                left = right;
            }
            Ok(Value::Bool(true))
        }
        Expr::Call(function, arguments) => call(function, &all(arguments, point)?),
    }
}

fn all(items: &[Expr], point: &Point) -> Result<Vec<Value>, ConstraintError> {
    items.iter().map(|item| eval(item, point)).collect()
}

fn wrong(message: String) -> ConstraintError {
    ConstraintError::Type(message)
}

fn truth(value: &Value) -> Result<bool, ConstraintError> {
    match value {
        Value::Bool(x) => Ok(*x),
        other => Err(wrong(format!("{other} is neither true nor false"))),
    }
}

fn number(value: &Value) -> Result<f64, ConstraintError> {
    value.as_f64().ok_or_else(|| wrong(format!("{} is not a number", shown(value))))
}

fn shown(value: &Value) -> String {
    Value::List(vec![value.clone()]).text().trim_matches(['[', ']']).to_owned()
}

fn compare(symbol: &str, a: &Value, b: &Value) -> Result<bool, ConstraintError> {
    Ok(match symbol {
        "==" => a.same_as(b),
        "!=" => !a.same_as(b),
        "in" | "not in" => {
            let found = match b {
                Value::List(items) => items.iter().any(|item| item.same_as(a)),
                Value::Text(text) => matches!(a, Value::Text(part) if text.contains(part.as_str())),
                other => return Err(wrong(format!("`in` needs a list, and {} is none", shown(other)))),
            };
            found == (symbol == "in")
        }
        _ => {
            let order = match (a, b) {
                (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
                (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
                _ => match (a.as_f64(), b.as_f64()) {
                    (Some(a), Some(b)) => a.partial_cmp(&b),
                    _ => return Err(wrong(format!("{} and {} have no order", shown(a), shown(b)))),
                },
            };
            match symbol {
                "<" => order == Some(Ordering::Less),
                ">" => order == Some(Ordering::Greater),
                "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            }
        }
    })
}

fn arithmetic(symbol: &str, a: &Value, b: &Value) -> Evaluated {
    if let (Value::Int(a), Value::Int(b)) = (a, b) {
        let exact = match symbol {
            "+" => a.checked_add(*b),
            "-" => a.checked_sub(*b),
            "*" => a.checked_mul(*b),
            "//" => a.checked_div_euclid(*b).filter(|_| *b > 0),
            "%" => a.checked_rem_euclid(*b).filter(|_| *b > 0),
            "**" => u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)),
            _ => None,
        };
        if let Some(x) = exact {
            return Ok(Value::Int(x));
        }
    }
    let (a, b) = (number(a)?, number(b)?);
    let floor = (a / b).floor();
    Ok(Value::Float(match symbol {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "//" => floor,
        "%" => a - floor * b,
        _ => a.powf(b),
    }))
}

fn call(function: &str, arguments: &[Value]) -> Evaluated {
    if function == "len" {
        return match arguments.first() {
            Some(Value::Text(text)) => Ok(Value::Int(text.chars().count() as i128)),
            Some(Value::List(items)) => Ok(Value::Int(items.len() as i128)),
            Some(Value::Map(entries)) => Ok(Value::Int(entries.len() as i128)),
            other => Err(wrong(format!("{} has no length", other.map(shown).unwrap_or_default()))),
        };
    }
    let numbers = arguments.iter().map(number).collect::<Result<Vec<f64>, _>>()?;
    let x = numbers.first().copied().unwrap_or(f64::NAN);
    Ok(Value::Float(match function {
        "abs" => x.abs(),
        "ceil" => x.ceil(),
        "exp" => x.exp(),
        "floor" => x.floor(),
        "log" => x.ln(),
        "log10" => x.log10(),
        "log2" => x.log2(),
        "max" => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "min" => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        "round" => x.round_ties_even(),
        _ => x.sqrt(),
    }))
}
