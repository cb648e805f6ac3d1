//! How the tables of a verb are shown: what `--format`, `--wide` and `--columns` say beside the data.

use clap::Args as ClapArgs;

use super::args::common::TypedAnswerFormat;
use crate::ui::{Drawing, UNLIMITED, Ui};

/// What was typed of that.
#[derive(Debug, Clone, Default)]
pub(super) struct TableView {
    drawing: Drawing,
    wide: bool,
    /// The columns that are wanted; empty: all.
    pub(super) columns: Vec<String>,
}

impl TableView {
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
pub(super) struct WideOutput {
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

impl WideOutput {
    pub(super) fn view(&self) -> TableView {
        TableView { wide: self.wide, ..TableView::of_format(self.format) }
    }
}

/// For verbs that print one table.
#[derive(Debug, ClapArgs)]
pub(super) struct TableArgs {
    #[command(flatten)]
    pub(super) wide: WideOutput,
    /// Show these columns, in this order; not for JSON
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    columns: Vec<String>,
}

impl TableArgs {
    pub(super) fn format(&self) -> TypedAnswerFormat {
        self.wide.format
    }

    pub(super) fn view(&self) -> TableView {
        TableView { columns: self.columns.clone(), ..self.wide.view() }
    }
}
