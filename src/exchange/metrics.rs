//! `metrics.csv`: every logged value, a row each.

use std::io::Read;

use super::error::ExchangeError;
use crate::space::Value;
use crate::text::{LF, csv_table};
use crate::tracking::Metric;

/// The columns. The first three are for people; the moment (epoch milliseconds) decides which value is the latest of a
/// step.
pub const HEADER: &str = "step,name,value,timestamp\n";

/// The rows of one metric, by step, moment and value.
#[must_use]
pub fn metric_rows(mut history: Vec<Metric>) -> String {
    history
        .sort_by(|a, b| (a.step, a.timestamp).cmp(&(b.step, b.timestamp)).then(a.value.total_cmp(&b.value)));
    let row = |metric: Metric| {
        let (step, value) = (metric.step.to_string(), number_text(metric.value));
        [step, metric.key, value, metric.timestamp.to_string()]
    };
    csv_table(history.into_iter().map(row), LF)
}

/// A float that reads back the same: Python's digits, `NaN`, `Infinity`, `-Infinity`.
#[must_use]
pub fn number_text(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        value => Value::Float(value).text(),
    }
}

/// Reads a float as people and programs write it.
#[must_use]
pub fn read_number(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Reads `metrics.csv` row by row, so that a long history does not fill the memory.
pub struct MetricRows<R> {
    reader: csv::Reader<R>,
    file: String,
    columns: [usize; 3],
    timestamp: Option<usize>,
    default_timestamp: i64,
}

impl<R: Read> MetricRows<R> {
    /// Begins to read; `file` is for messages. Where there is no moment, `default_timestamp` is taken.
    ///
    /// # Errors
    /// Where a column is missing.
    pub fn new(from: R, file: String, default_timestamp: i64) -> Result<Self, ExchangeError> {
        let mut reader = csv::Reader::from_reader(from);
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(ExchangeError::content(file, error.to_string())),
        };
        let place = |wanted: &str| header.iter().position(|name| name == wanted);
        let needed = |wanted: &str| {
            place(wanted)
                .ok_or_else(|| ExchangeError::content(file.clone(), format!("there is no column `{wanted}`")))
        };
        let columns = [needed("step")?, needed("name")?, needed("value")?];
        let timestamp = place("timestamp");
        Ok(Self { reader, file, columns, timestamp, default_timestamp })
    }

    fn row(&self, record: &csv::StringRecord) -> Result<Metric, ExchangeError> {
        let [step, name, value] = self.columns.map(|at| record.get(at).unwrap_or_default());
        let wrong = |what: &str, text: &str| {
            let line = record.position().map_or(0, csv::Position::line);
            ExchangeError::content(format!("{}, line {line}", self.file), format!("the {what} is `{text}`"))
        };
        let timestamp = match self.timestamp.and_then(|at| record.get(at)).filter(|text| !text.is_empty()) {
            Some(text) => text.parse().map_err(|_| wrong("timestamp", text))?,
            None => self.default_timestamp,
        };
        Ok(Metric {
            key: name.to_owned(),
            value: read_number(value).ok_or_else(|| wrong("value", value))?,
            timestamp,
            step: step.trim().parse().map_err(|_| wrong("step", step))?,
        })
    }
}

impl<R: Read> Iterator for MetricRows<R> {
    type Item = Result<Metric, ExchangeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut record = csv::StringRecord::new();
        match self.reader.read_record(&mut record) {
            Ok(false) => None,
            Ok(true) => Some(self.row(&record)),
            Err(error) => Some(Err(ExchangeError::content(self.file.clone(), error.to_string()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn metric() -> impl Strategy<Value = Metric> {
        (".{1,12}", any::<u64>(), any::<i64>(), any::<i64>()).prop_map(|(key, bits, timestamp, step)| {
            Metric { key, value: f64::from_bits(bits), timestamp, step }
        })
    }

    proptest! {
        #[test]
        fn any_values_read_back_to_the_bit(history in proptest::collection::vec(metric(), 0..20)) {
            let text = format!("{HEADER}{}", metric_rows(history.clone()));
            let rows = MetricRows::new(text.as_bytes(), "metrics.csv".into(), 0).unwrap();
            let read: Vec<Metric> = rows.collect::<Result<_, _>>().unwrap();
            prop_assert_eq!(format!("{HEADER}{}", metric_rows(read.clone())), text);
            prop_assert_eq!(read.len(), history.len());
            let bits = |metrics: &[Metric]| {
                let mut all: Vec<_> = metrics
                    .iter()
                    .map(|m| (m.key.clone(), m.step, m.timestamp, if m.value.is_nan() { 1 } else { m.value.to_bits() }))
                    .collect();
                all.sort();
                all
            };
            prop_assert_eq!(bits(&read), bits(&history));
        }
    }

    #[test]
    fn a_wrong_value_is_told_with_its_line() {
        let text = "step,name,value\n0,loss,0.5\n1,loss,much\n";
        let rows: Vec<_> = MetricRows::new(text.as_bytes(), "m.csv".into(), 7).unwrap().collect();
        assert_eq!(rows[0].as_ref().unwrap().timestamp, 7);
        assert_eq!(rows[1].as_ref().unwrap_err().to_string(), "m.csv, line 3: the value is `much`");
        assert!(MetricRows::new("a,b\n".as_bytes(), "m.csv".into(), 0).is_err());
    }
}
