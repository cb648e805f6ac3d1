use super::text::display_width;
use crate::analysis::{
    Analysis, Correlation, Dropped, Effect, Estimate, ForestTrust, ParameterAnalysis, ParameterKind,
};
use crate::ui::Ui;

/// The table for a terminal of so many columns.
fn importance_table(analysis: &Analysis, metric: &str, width: usize, color: bool) -> String {
    super::importance_table(&Ui { color_out: color, ..Ui::plain(width) }, analysis, metric)
}

fn correlation(r: f64) -> Option<Correlation> {
    let interval = Some([(r - 0.15).max(-1.0), (r + 0.16).min(1.0)]);
    Some(Correlation { r, interval, p: 0.01, n: 143 })
}

fn parameter(name: &str, importance: f64, permutation: f64, r: f64) -> ParameterAnalysis {
    ParameterAnalysis {
        name: name.to_owned(),
        kind: ParameterKind::Numeric,
        log: name.ends_with("lr"),
        n_present: 143,
        n_distinct: 140,
        importance: Some(importance),
        permutation: Some(Estimate { mean: permutation, se: 0.14 }),
        pearson: correlation(r),
        pearson_raw: None,
        spearman: correlation(r + 0.03),
        eta_squared: None,
        reason: None,
        excluded: None,
        on_ranks: None,
        effect: if permutation > 0.3 { Effect::Clear } else { Effect::Unclear },
    }
}

fn sample(names: [&str; 3]) -> Analysis {
    let mut category = parameter(names[1], 0.32, 0.41, 0.0);
    category.kind = ParameterKind::Categorical;
    (category.pearson, category.spearman, category.eta_squared) = (None, None, Some(0.38));
    Analysis {
        n_rows: 150,
        n_used: 143,
        dropped: Dropped { not_finished: 4, metric_absent: 1, metric_nan: 2, metric_inf: 0 },
        oob_r2: Some(0.71),
        trust: ForestTrust::Good,
        forest_reason: None,
        together: Vec::new(),
        rank_target: false,
        variance: None,
        notes: vec!["lr and seed move together (|Spearman| 0.93): they share one effect.".to_owned()],
        parameters: vec![
            parameter(names[0], 0.51, 0.62, -0.31),
            category,
            parameter(names[2], 0.03, -0.01, -0.05),
        ],
    }
}

fn widest(table: &str) -> usize {
    table.lines().map(display_width).max().unwrap_or(0)
}

#[test]
fn at_120_columns_everything_is_shown() {
    insta::assert_snapshot!(importance_table(
        &sample(["lr", "optimizer", "seed"]),
        "val_accuracy",
        120,
        false
    ));
}

#[test]
fn at_80_columns_the_intervals_go() {
    let table = importance_table(&sample(["lr", "optimizer", "seed"]), "val_accuracy", 80, false);
    assert!(widest(&table) <= 80);
    insta::assert_snapshot!(table);
}

#[test]
fn at_80_columns_long_and_wide_names_are_shortened_in_their_middle() {
    let names = ["model.encoder.attention.projection.lr", "最適化アルゴリズムの選択肢", "größe\u{1b}[31m"];
    let table = importance_table(&sample(names), "val/accuracy", 80, false);
    assert!(widest(&table) <= 80 && !table.contains('\u{1b}'));
    insta::assert_snapshot!(table);
}

#[test]
fn at_80_columns_headings_are_shortened_before_names() {
    let table =
        importance_table(&sample(["weight_decay_lr", "augmentation_strength", "warmup"]), "loss", 80, false);
    assert!(
        table.contains("│ weight_decay_lr (log) ") && table.contains("│ augmentation_strength "),
        "{table}"
    );
    assert!(widest(&table) <= 80 && table.contains("┃ Imp. ┃"), "{table}");
}

#[test]
fn markdown_has_everything() {
    let ui = Ui { drawing: super::Drawing::Markdown, ..Ui::plain(40) };
    let table = super::importance_table(&ui, &sample(["lr", "optimizer", "seed"]), "loss");
    assert!(table.contains("| Parameter | Importance | Permutation Importance | Pearson"), "{table}");
}

#[test]
fn with_no_forest_there_is_a_sentence_and_no_importance() {
    let mut thin = sample(["lr", "optimizer", "seed"]);
    (thin.n_rows, thin.n_used, thin.dropped) = (3, 3, Dropped::default());
    (thin.trust, thin.oob_r2) = (ForestTrust::Absent, None);
    thin.notes = vec!["No importances: fewer than 5 usable trials (3).".to_owned()];
    for parameter in &mut thin.parameters {
        (parameter.importance, parameter.permutation, parameter.effect) = (None, None, Effect::Unknown);
    }
    insta::assert_snapshot!(importance_table(&thin, "loss", 80, false));
}

#[test]
fn with_no_parameters_the_sentences_still_stand() {
    let mut empty = sample(["lr", "optimizer", "seed"]);
    empty.parameters.clear();
    let table = importance_table(&empty, "loss", 80, false);
    assert!(table.contains("143 of 150 trials used"), "{table}");
    assert!(!table.contains('┏'), "{table}");
}

#[test]
fn figures_that_are_no_numbers_are_dashes_and_no_zero_has_a_minus() {
    let mut odd = sample(["lr", "optimizer", "seed"]);
    odd.parameters[0].importance = Some(f64::NAN);
    odd.parameters[0].permutation = Some(Estimate { mean: -0.001, se: 0.0 });
    odd.parameters[0].pearson = Some(Correlation { r: f64::NAN, interval: None, p: 1.0, n: 3 });
    odd.parameters[0].spearman = Some(Correlation { r: -0.004, interval: None, p: 1.0, n: 3 });
    let table = importance_table(&odd, "loss", 120, false);
    let row: Vec<&str> = table.lines().nth(4).unwrap().split('│').map(str::trim).collect();
    assert_eq!(row[1..6], ["lr (log)", "–", "0.00 ± 0.00", "–", "+0.00"]);
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let analysis = sample(["lr", "optimizer", "seed"]);
    let plain = importance_table(&analysis, "loss", 100, false);
    let mut colored = importance_table(&analysis, "loss", 100, true);
    assert!(colored.contains("\u{1b}[32myes\u{1b}[0m") && colored.contains("\u{1b}[1m Parameter"));
    for style in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[3m", "\u{1b}[32m"] {
        colored = colored.replace(style, "");
    }
    assert_eq!(plain, colored);
}

#[test]
fn whatever_the_width_from_44_the_table_fits() {
    for width in 44..160 {
        let names = ["a_rather_long_parameter_name.lr", "optimizer", "最適化アルゴリズム"];
        let table = importance_table(&sample(names), "a_metric", width, false);
        assert!(widest(&table) <= width, "{width}\n{table}");
    }
}
