//! Optuna's storage in SQLite.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use rusqlite::{Connection, OpenFlags, Row};

use super::super::error::ExchangeError;
use super::super::table::{Dialect, TableSelection, TrialTable};
use super::optuna_space::OptunaSpace;
use super::optuna_study::{OptunaStudy, OptunaTrial, choose};
use crate::config::Goal;
use crate::text::parse_moment;

/// Reads a study from a database file.
pub(super) fn read(path: &Path, file: &str, asked: &TableSelection) -> Result<TrialTable, ExchangeError> {
    let unreadable =
        |error: rusqlite::Error| ExchangeError::Unreadable { file: file.to_owned(), source: error.into() };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(path, flags).map_err(unreadable)?;
    let tables = column::<String>(&database, "SELECT name FROM sqlite_master WHERE type = 'table'", [])
        .map_err(unreadable)?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    if !["studies", "trials", "trial_params", "trial_values"].into_iter().all(has) {
        let hint = match has("experiments") && has("runs") {
            true => {
                "It is a database of MLflow's: --tracking-uri sqlite:///FILE, and the id of a run that holds a sweep."
            }
            false => "Databases of Optuna can be imported.",
        };
        return Err(ExchangeError::Content {
            file: file.to_owned(),
            problem: "a database that Optuna did not write".to_owned(),
            hint: Some(hint.to_owned()),
        });
    }
    let studies = studies(&database).map_err(unreadable)?;
    let ids: Vec<(String, i64)> = studies.iter().map(|(id, study)| (study.name.clone(), *id)).collect();
    let mut study = choose(studies.into_iter().map(|(_, study)| study).collect(), file, asked)?;
    let id = ids.iter().find(|(name, _)| *name == study.name).map_or(0, |(_, id)| *id);
    study.trials = trials(&database, id).map_err(unreadable)?;
    study.table(Dialect::OptunaDatabase, file, asked)
}

fn column<T: rusqlite::types::FromSql>(
    database: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> rusqlite::Result<Vec<T>> {
    database.prepare(sql)?.query_map(params, |row| row.get(0))?.collect()
}

fn studies(database: &Connection) -> rusqlite::Result<Vec<(i64, OptunaStudy)>> {
    let mut sql = database.prepare("SELECT study_id, study_name FROM studies ORDER BY study_id")?;
    let named: Vec<(i64, String)> =
        sql.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    named
        .into_iter()
        .map(|(id, name)| {
            let sql = "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective";
            let goals = column::<String>(database, sql, [id])?;
            let goal = |word: &String| if word == "MAXIMIZE" { Goal::Maximize } else { Goal::Minimize };
            Ok((id, OptunaStudy { name, goals: goals.iter().map(goal).collect(), trials: Vec::new() }))
        })
        .collect()
}

/// The trials of a study in the making: what is known of them stands in a table a kind, each of which is read once.
struct StudyReader<'a> {
    database: &'a Connection,
    study: i64,
    trials: Vec<OptunaTrial>,
    /// Their places, by id.
    places: HashMap<i64, usize>,
}

fn trials(database: &Connection, study: i64) -> rusqlite::Result<Vec<OptunaTrial>> {
    let mut reader = StudyReader { database, study, trials: Vec::new(), places: HashMap::new() };
    reader.trials()?;
    reader.params()?;
    reader.values()?;
    reader.reported()?;
    reader.attributes()?;
    Ok(reader.trials)
}

impl StudyReader<'_> {
    fn trials(&mut self) -> rusqlite::Result<()> {
        let sql = "SELECT trial_id, state, datetime_start, datetime_complete FROM trials WHERE study_id = ? \
                   ORDER BY trial_id";
        let mut sql = self.database.prepare(sql)?;
        let mut rows = sql.query([self.study])?;
        while let Some(row) = rows.next()? {
            let moment = |at| -> rusqlite::Result<Option<i64>> {
                Ok(row.get::<_, Option<String>>(at)?.as_deref().and_then(parse_moment))
            };
            self.places.insert(row.get(0)?, self.trials.len());
            let (start, end) = (moment(2)?, moment(3)?);
            self.trials.push(OptunaTrial { state: row.get(1)?, start, end, ..OptunaTrial::default() });
        }
        Ok(())
    }

    /// Takes each row of a table that belongs to a trial of the study; the trial's id is the first column.
    fn each(
        &mut self,
        (table, columns, order): (&str, &str, &str),
        mut take: impl FnMut(&mut OptunaTrial, &Row<'_>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let mut sql = self.database.prepare(&format!(
            "SELECT t.trial_id, {columns} FROM {table} v JOIN trials t ON t.trial_id = v.trial_id \
             WHERE t.study_id = ? ORDER BY {order}"
        ))?;
        let mut rows = sql.query([self.study])?;
        while let Some(row) = rows.next()? {
            let place = self.places.get(&row.get::<_, i64>(0)?).copied();
            if let Some(trial) = place.and_then(|place| self.trials.get_mut(place)) {
                take(trial, row)?;
            }
        }
        Ok(())
    }

    fn params(&mut self) -> rusqlite::Result<()> {
        // Each row repeats its distribution.
        let mut spaces: HashMap<String, Option<Rc<OptunaSpace>>> = HashMap::new();
        let read = ("trial_params", "param_name, param_value, distribution_json", "param_id");
        self.each(read, |trial, row| {
            let text: String = row.get(3)?;
            let space =
                spaces.entry(text).or_insert_with_key(|text| OptunaSpace::parse(text).map(Rc::new)).clone();
            if let (Some(space), Some(value)) = (space, row.get::<_, Option<f64>>(2)?) {
                trial.params.push((row.get(1)?, value, space));
            }
            Ok(())
        })
    }

    fn values(&mut self) -> rusqlite::Result<()> {
        let kind = self.or_empty("trial_values", "value_type")?;
        self.each(("trial_values", &format!("value, {kind}"), "objective"), |trial, row| {
            trial.values.extend(measured(row, 1)?);
            Ok(())
        })
    }

    fn reported(&mut self) -> rusqlite::Result<()> {
        let table = "trial_intermediate_values";
        let kind = self.or_empty(table, "intermediate_value_type")?;
        self.each((table, &format!("intermediate_value, {kind}, step"), "step"), |trial, row| {
            if let Some(value) = measured(row, 1)? {
                trial.reported.push((row.get(3)?, value));
            }
            Ok(())
        })
    }

    fn attributes(&mut self) -> rusqlite::Result<()> {
        let read = ("trial_user_attributes", "key, value_json", "trial_user_attribute_id");
        self.each(read, |trial, row| {
            let json: String = row.get(2)?;
            let text = serde_json::from_str::<String>(&json).unwrap_or(json);
            trial.attributes.push((format!("user_attrs_{}", row.get::<_, String>(1)?), text));
            Ok(())
        })
    }

    /// A column, or an empty text: Optuna 2 has none for what is no number.
    fn or_empty(&self, table: &str, name: &'static str) -> rusqlite::Result<&'static str> {
        let sql = format!("SELECT name FROM pragma_table_info('{table}')");
        let known = column::<String>(self.database, &sql, [])?;
        Ok(if known.iter().any(|known| known == name) { name } else { "''" })
    }
}

/// A number, or the word beside it for one that a database can't hold.
fn measured(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<f64>> {
    let kind: String = row.get(column + 1)?;
    Ok(match kind.as_str() {
        "INF_POS" => Some(f64::INFINITY),
        "INF_NEG" => Some(f64::NEG_INFINITY),
        "NAN" => Some(f64::NAN),
        _ => row.get(column)?,
    })
}
