use std::time::Duration;

use super::super::table::Drawing;
use super::super::{UNLIMITED, Ui};
use super::*;
use crate::space::Value;
use crate::trial::RunStatus;

fn ui(width: usize) -> Ui {
    Ui::plain(width)
}

fn sheet() -> Sheet {
    let columns = vec![
        SheetColumn::new("Trial", "trial"),
        SheetColumn::new("Status", "status"),
        SheetColumn::new("loss", "loss"),
        SheetColumn::new("optimizer", "optimizer").rank(1),
        SheetColumn::new("note", "note").rank(2),
        SheetColumn::new("Took", "seconds").rank(3),
        SheetColumn::new("Run", "run_id").rank(4),
        SheetColumn::new("", "started").csv_only(),
    ];
    let row = |trial: u64, status, loss: f64, note: &str| {
        vec![
            SheetCell::Count(trial),
            SheetCell::Status(status),
            SheetCell::Number(loss),
            SheetCell::Value(Value::Text("adam".into())),
            SheetCell::Text(note.to_owned()),
            SheetCell::Took(Duration::from_millis(61_500)),
            SheetCell::Id("0123456789abcdef0123456789abcdef".into()),
            SheetCell::Moment(1_700_000_000_000),
        ]
    };
    let rows = vec![
        row(7, RunStatus::Finished, 0.123_456_789_012, "a sentence, which is long enough to be cut"),
        row(12, RunStatus::Failed, f64::NAN, "with \u{1b}[31m in it"),
    ];
    Sheet { columns, rows }
}

#[test]
fn a_table_takes_the_room_it_has_and_says_what_it_left_out() {
    let widths: Vec<String> = [200, 80, 50]
        .map(|width| {
            let drawn = sheet().draw(&ui(width), 0);
            assert!(drawn.table.lines().all(|line| line.chars().count() <= width), "{}", drawn.table);
            format!("{width}, without {:?}\n{}", drawn.left_out, drawn.table)
        })
        .into();
    insta::assert_snapshot!(widths.concat());
}

#[test]
fn a_pipe_gets_all_columns_whole_and_so_does_markdown() {
    let drawn = sheet().draw(&ui(UNLIMITED), 0);
    assert!(drawn.left_out.is_empty() && drawn.table.contains("0123456789abcdef0123456789abcdef"));
    let markdown = sheet().draw(&Ui { drawing: Drawing::Markdown, ..ui(20) }, 0).table;
    assert!(
        markdown.starts_with("| Trial | Status   |") && markdown.contains("long enough to be cut |"),
        "{markdown}"
    );
}

#[test]
fn named_columns_are_shown_alone_in_the_order_asked_for() {
    let sheet = sheet().select(&["run_id".into(), "LOSS".into(), "started".into()]).unwrap();
    let drawn = sheet.draw(&ui(200), 1_700_000_060_000);
    assert!(
        drawn.table.contains("┃ Run                              ┃     loss ┃ started   ┃"),
        "{}",
        drawn.table
    );
    assert_eq!(sheet.csv().lines().next().unwrap(), "run_id,loss,started");
    assert_eq!(self::sheet().select(&["los".into()]).unwrap_err(), "los");
}

#[test]
fn an_id_that_is_any_clients_text_is_cut_between_characters() {
    let columns = vec![SheetColumn::new("Model", "model"), SheetColumn::new("Run", "run_id")];
    let rows = vec![vec![SheetCell::Text("m".repeat(40)), SheetCell::Id("äöüäöü字字字字".to_owned())]];
    let table = Sheet { columns, rows }.draw(&ui(30), 0).table;
    assert!(table.contains("äöüäöü字字"), "{table}");
}

#[test]
fn csv_holds_every_figure_whole() {
    let csv = sheet().csv();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "trial,status,loss,optimizer,note,seconds,run_id,started");
    assert_eq!(
        lines[1],
        "7,FINISHED,0.123456789012,adam,\"a sentence, which is long enough to be cut\",61.5,\
         0123456789abcdef0123456789abcdef,2023-11-14T22:13:20.000Z"
    );
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let plain = sheet().draw(&ui(120), 0).table;
    let mut colored = sheet().draw(&Ui { color_out: true, ..ui(120) }, 0).table;
    assert!(colored.contains("\u{1b}[32mFINISHED\u{1b}[0m"), "{colored}");
    for style in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[32m", "\u{1b}[1;31m"] {
        colored = colored.replace(style, "");
    }
    assert_eq!(plain, colored);
}
