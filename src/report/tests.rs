//! What every drawing must hold, whatever the sweep.

use std::path::PathBuf;

use super::samples::Sample;
use super::*;

/// Where the samples are left for a person to look at.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/report-samples");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn samples_are_written_for_a_person_to_look_at() {
    for (trials, parameters) in
        [(0, 0), (1, 1), (3, 2), (20, 2), (20, 20), (40, 4), (500, 20), (5_000, 6), (200, 60)]
    {
        let sample = Sample::new(trials, parameters);
        let report = sample.report();
        let files = [
            ("timeline.svg", timeline_svg(&report)),
            ("history.svg", history_svg(&report)),
            ("importance.svg", importance_svg(&report)),
            ("report.html", report_html(&report)),
            ("trials.csv", trials_csv(&report)),
        ];
        for (name, content) in files {
            let path = folder().join(format!("{trials}x{parameters}-{name}"));
            std::fs::write(path, content).unwrap();
        }
    }
}
