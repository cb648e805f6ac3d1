//! How the tables of a verb are shown: what `--format`, `--wide` and `--columns` say beside the data.

use clap::Args as ClapArgs;

use super::args::common::TypedAnswerFormat;
use crate::ui::{Drawing, UNLIMITED, Ui};

/// What was typed of that.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    drawing: Drawing,
    wide: bool,
    /// The columns that are wanted; empty: all.
    pub(super) columns: Vec<String>,
}

impl View {
    /// As a format says.
    pub(super) fn of_format(format: TypedAnswerFormat) -> Self {
        let drawing = match format {
            TypedAnswerFormat::Md => Drawing::Markdown,
            TypedAnswerFormat::Plain => Drawing::Plain,
            TypedAnswerFormat::Table | TypedAnswerFormat::Json | TypedAnswerFormat::Csv => Drawing::Boxes,
        };
        Self { drawing, ..Self::default() }
    }

    /// The terminal with this view.
    pub(super) fn of(&self, ui: Ui) -> Ui {
        let width = if self.wide { UNLIMITED } else { ui.width };
        Ui { drawing: self.drawing, width, ..ui }
    }
}

/// For verbs with tables of their own columns.
#[derive(Debug, ClapArgs)]
pub(super) struct Wide {
    /// Output format
    #[arg(
        long,
        value_enum,
        default_value = "table",
        hide_possible_values = true,
        value_name = "table|plain|md|json|csv"
    )]
    pub(super) format: TypedAnswerFormat,
    /// Make tables as wide as they are, however narrow the terminal
    #[arg(long)]
    wide: bool,
}

impl Wide {
    pub(super) fn view(&self) -> View {
        View { wide: self.wide, ..View::of_format(self.format) }
    }
}

/// For verbs that print one table.
#[derive(Debug, ClapArgs)]
pub(super) struct Table {
    #[command(flatten)]
    pub(super) wide: Wide,
    /// Show these columns, in this order; not for JSON
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    columns: Vec<String>,
}

impl Table {
    pub(super) fn format(&self) -> TypedAnswerFormat {
        self.wide.format
    }

    pub(super) fn view(&self) -> View {
        View { columns: self.columns.clone(), ..self.wide.view() }
    }
}
