//! What a plain scalar means: YAML 1.1's resolution, with exponents read as numbers everywhere.

use crate::space::Value;

/// A scalar that YAML 1.1 readers understand in another way than most people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trap {
    /// `yes`, `no`, `on`, `off`.
    Bool,
    /// `1e-4`: text for the reference.
    Exponent,
    /// `017`, `1:30`.
    OctalOrSexagesimal,
}

/// A whole number that does not fit into 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

/// The meaning of a plain scalar, and the trap it may be.
pub(super) fn resolve(text: &str) -> Result<(Value, Option<Trap>), TooLarge> {
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Ok((Value::Bool(true), Some(Trap::Bool))),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Ok((Value::Bool(false), Some(Trap::Bool))),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        _ => return number(text),
    };
    Ok((value, None))
}

fn number(text: &str) -> Result<(Value, Option<Trap>), TooLarge> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        _ => (false, text),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF") {
        let x = if negative { f64::NEG_INFINITY } else { f64::INFINITY };
        return Ok((Value::Float(x), None));
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return Ok((Value::Text(text.to_owned()), None));
    }
    if let Some((size, trap)) = whole(digits)? {
        return Ok((Value::Int(if negative { -size } else { size }), trap));
    }
    if let Some((size, trap)) = float(digits) {
        return Ok((Value::Float(if negative { -size } else { size }), trap));
    }
    Ok((Value::Text(text.to_owned()), None))
}

/// A whole number without its sign; `None` where it has not the shape of one.
fn whole(digits: &str) -> Result<Option<(i128, Option<Trap>)>, TooLarge> {
    let clean = digits.replace('_', "");
    let radix = |body: &str, radix: u32| {
        if body.is_empty() || !body.chars().all(|c| c.is_digit(radix)) {
            return Ok(None);
        }
        i128::from_str_radix(body, radix).map(Some).map_err(|_| TooLarge)
    };
    if digits.starts_with('_') || digits.starts_with('.') {
        return Ok(None);
    }
    if let Some(body) = clean.strip_prefix("0x") {
        return Ok(radix(body, 16)?.map(|x| (x, None)));
    }
    if let Some(body) = clean.strip_prefix("0b") {
        return Ok(radix(body, 2)?.map(|x| (x, None)));
    }
    if clean == "0" {
        return Ok(Some((0, None)));
    }
    if let Some(body) = clean.strip_prefix('0') {
        return Ok(radix(body, 8)?.map(|x| (x, Some(Trap::OctalOrSexagesimal))));
    }
    if clean.contains(':') {
        let Some((head, groups)) = sexagesimal(&clean) else { return Ok(None) };
        let mut total = radix(head, 10)?;
        for group in groups {
            total = total
                .map(|t| t.checked_mul(60).and_then(|t| t.checked_add(group)).ok_or(TooLarge))
                .transpose()?;
        }
        return Ok(total.map(|x| (x, Some(Trap::OctalOrSexagesimal))));
    }
    Ok(radix(&clean, 10)?.map(|x| (x, None)))
}

/// The head of `12:30:45` and its groups below 60.
fn sexagesimal(text: &str) -> Option<(&str, Vec<i128>)> {
    let (head, rest) = text.split_once(':')?;
    let groups = rest.split(':').map(|group| {
        let fits = (1..=2).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_digit());
        group.parse::<i128>().ok().filter(|x| fits && *x < 60)
    });
    Some((head, groups.collect::<Option<_>>()?))
}

/// A float without its sign; `None` where it has not the shape of one.
fn float(digits: &str) -> Option<(f64, Option<Trap>)> {
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (digits.get(..at)?, Some(digits.get(at + 1..)?)),
        None => (digits, None),
    };
    if exponent.is_none() && mantissa.contains(':') {
        return sexagesimal_float(mantissa);
    }
    let dotted = mantissa.contains('.');
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let body = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let starts = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    if !body(before) || !body(after) || !(starts(before) || before.is_empty() && starts(after)) {
        return None;
    }
    if !dotted && exponent.is_none() {
        return None;
    }
    let mut trap = None;
    if let Some(exponent) = exponent {
        let signed = exponent.starts_with(['+', '-']);
        let power = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if power.is_empty() || !power.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        trap = (!dotted || !signed).then_some(Trap::Exponent);
    }
    let number: f64 = digits.replace('_', "").parse().ok()?;
    // No number that anybody meant: `4e98772` is the beginning of a commit's hash.
    let lost = number.is_infinite() || number == 0.0 && mantissa.bytes().any(|b| (b'1'..=b'9').contains(&b));
    (!lost).then_some((number, trap))
}

/// `1:30.5`, minutes and seconds.
fn sexagesimal_float(text: &str) -> Option<(f64, Option<Trap>)> {
    let clean = text.replace('_', "");
    let (groups, fraction) = clean.split_once('.')?;
    let (head, groups) = sexagesimal(groups)?;
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let head: f64 =
        Some(head).filter(|h| !h.is_empty() && h.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    let total: f64 = groups.iter().fold(head, |total, group| total * 60.0 + *group as f64);
    let total = total + format!("0.{fraction}").parse::<f64>().ok()?;
    total.is_finite().then_some((total, Some(Trap::OctalOrSexagesimal)))
}
