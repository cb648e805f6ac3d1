//! Moments as text: UTC, and back.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// `2026-11-21T05:13:46.123Z`; `None`: no calendar has it.
#[must_use]
pub fn iso(epoch_ms: i64) -> Option<String> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    moment(epoch_ms)?.format(format).ok()
}

/// The same; a moment that no calendar has is a number of milliseconds.
#[must_use]
pub fn iso_or_number(epoch_ms: i64) -> String {
    iso(epoch_ms).unwrap_or_else(|| epoch_ms.to_string())
}

/// The same as [`iso`] without colons and fractions, for the name of a folder: `2026-11-21T05-13-46Z`.
#[must_use]
pub fn stamp(epoch_ms: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]-[minute]-[second]Z");
    moment(epoch_ms).and_then(|moment| moment.format(format).ok()).unwrap_or_else(|| "unknown".to_owned())
}

/// Epoch milliseconds of an ISO moment (`T` or a space between, an offset or UTC), or of a number of them.
#[must_use]
pub fn parse_moment(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(epoch_ms) = text.parse() {
        return Some(epoch_ms);
    }
    let text = text.replacen(' ', "T", 1);
    let nanos = match OffsetDateTime::parse(&text, &Rfc3339) {
        Ok(moment) => moment.unix_timestamp_nanos(),
        Err(_) => {
            let local =
                format_description!("[year]-[month]-[day]T[hour]:[minute]:[second][optional [.[subsecond]]]");
            PrimitiveDateTime::parse(&text, local).ok()?.assume_utc().unix_timestamp_nanos()
        }
    };
    i64::try_from(nanos.div_euclid(1_000_000)).ok()
}

/// Four digits of a year sort; others do not occur.
fn moment(epoch_ms: i64) -> Option<OffsetDateTime> {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(epoch_ms) * 1_000_000).ok()?;
    (0..=9999).contains(&moment.year()).then_some(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_back_to_the_millisecond() {
        for epoch_ms in [0, 1, 1_700_000_000_123, -1, 253_402_300_799_999] {
            assert_eq!(parse_moment(&iso(epoch_ms).unwrap()), Some(epoch_ms), "{epoch_ms}");
        }
        assert_eq!(iso(1_700_000_000_123).as_deref(), Some("2023-11-14T22:13:20.123Z"));
        assert_eq!((iso(i64::MAX), iso(i64::MIN)), (None, None));
        assert_eq!(parse_moment("253402300800000"), Some(253_402_300_800_000));
        assert_eq!(stamp(1_700_000_000_123), "2023-11-14T22-13-20Z");
    }

    #[test]
    fn the_moments_of_other_programs_are_understood() {
        let moment = Some(1_700_000_000_500);
        for text in ["2023-11-14 22:13:20.500000", "2023-11-14T22:13:20.5Z", "2023-11-14T23:13:20.5+01:00"] {
            assert_eq!(parse_moment(text), moment, "{text}");
        }
        assert_eq!(parse_moment("2023-11-14T22:13:20"), Some(1_700_000_000_000));
        assert_eq!(parse_moment("yesterday"), None);
    }
}
