//! A bound on what a trial gives, such as `mem_gb <= 16`.

use std::fmt;

use super::goal::Goal;

/// A bound on a metric: a trial that does not keep to it is no candidate for the best.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricLimit {
    /// The key of the metric.
    pub metric: String,
    /// `Minimize`: the bound is the most that is allowed, `Maximize`: the least.
    pub side: Goal,
    /// The bound.
    pub bound: f64,
    /// Whether the bound itself is outside.
    pub strict: bool,
}

impl MetricLimit {
    /// Whether a value keeps to the bound. No value, and what is no number, does not.
    #[must_use]
    pub fn holds(&self, value: Option<f64>) -> bool {
        let Some(value) = value else { return false };
        self.side.reaches(value, self.bound) && !(self.strict && value == self.bound)
    }

    /// Between name and bound.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        match (self.side, self.strict) {
            (Goal::Minimize, false) => "<=",
            (Goal::Minimize, true) => "<",
            (Goal::Maximize, false) => ">=",
            (Goal::Maximize, true) => ">",
        }
    }

    /// Reads `NAME <= NUMBER`, with one of `<= < >= >`; the name may stand in backquotes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let at = text.find(['<', '>']).ok_or("it has none of `<=`, `<`, `>=` and `>`")?;
        let (left, rest) = text.split_at(at);
        let side = if rest.starts_with('<') { Goal::Minimize } else { Goal::Maximize };
        let right = rest.strip_prefix(['<', '>']).unwrap_or(rest);
        let strict = !right.starts_with('=');
        let right = right.strip_prefix('=').unwrap_or(right).trim();
        if right.contains(['<', '>', '=']) {
            return Err("it has more than one comparison");
        }
        let name = left.trim();
        let name = name.strip_prefix('`').and_then(|name| name.strip_suffix('`')).unwrap_or(name);
        let bound: Option<f64> = right.parse().ok().filter(|bound: &f64| bound.is_finite());
        match (name.parse::<f64>(), bound) {
            _ if name.is_empty() => Err("the name of a metric is missing on the left"),
            (Ok(_), _) => Err("the number stands on the left: write the name of the metric there"),
            (_, None) => Err("a number is missing on the right"),
            (_, Some(bound)) => Ok(Self { metric: name.to_owned(), side, bound, strict }),
        }
    }
}

impl fmt::Display for MetricLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.metric, self.sign(), self.bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_reads_back_and_holds_where_it_says_so() {
        for (text, held, broken) in [
            ("mem_gb <= 16", 16.0, 16.1),
            ("mem_gb < 16", 15.9, 16.0),
            ("acc/top 1 >= 0.5", 0.5, 0.4),
            ("acc > -1e-3", 0.0, -0.001),
        ] {
            let limit = MetricLimit::parse(text).unwrap();
            assert!(limit.holds(Some(held)) && !limit.holds(Some(broken)), "{text}");
            assert!(!limit.holds(None) && !limit.holds(Some(f64::NAN)), "{text}");
            assert_eq!(MetricLimit::parse(&limit.to_string()), Ok(limit), "{text}");
        }
        assert_eq!(MetricLimit::parse("`a b`<=3").unwrap().metric, "a b");
        for text in
            ["mem_gb", "mem_gb = 3", "<= 3", "3 <= mem", "mem <= x", "1 <= mem <= 2", "mem <= inf", "mem <="]
        {
            assert!(MetricLimit::parse(text).is_err(), "{text}");
        }
    }
}
