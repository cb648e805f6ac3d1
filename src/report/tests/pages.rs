//! The HTML report and the CSV as text.

use super::*;

/// The parts of a page that a browser would run or read as data.
fn scripts(page: &str) -> Vec<&str> {
    page.split("<script")
        .skip(1)
        .map(|part| part.split_once('>').unwrap().1.split("</script>").next().unwrap())
        .collect()
}

fn data(page: &str) -> serde_json::Value {
    serde_json::from_str(scripts(page)[0]).unwrap()
}

#[test]
fn reports_of_every_size_are_written_for_a_person_to_look_at() {
    for (trials, parameters) in SIZES {
        let sample = SampleSweep::new(trials, parameters);
        let page = report_html(&sample.report());
        std::fs::write(folder().join(format!("{trials}x{parameters}-report.html")), &page).unwrap();
        assert_eq!(data(&page)["columns"][0]["v"].as_array().unwrap().len(), trials);
        let curves = usize::from(!sample.curves.is_empty());
        let timeline = usize::from(sample.report().has_times());
        assert_eq!(page.matches("<svg ").count(), 4 + timeline + curves);
        assert!(
            page.len() < 130_000 + trials * (90 + 18 * parameters) + 3_000 * parameters,
            "{}",
            page.len()
        );
    }
}

#[test]
fn the_page_names_nothing_outside_itself() {
    let page = report_html(&SampleSweep::new(20, 4).report());
    let namespace = "http://www.w3.org/2000/svg";
    for word in ["http://", "https://", "src=", "url(", "@import", "<link", "<iframe"] {
        assert!(!page.replace(namespace, "").contains(word), "{word}");
    }
    assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"));
}

#[test]
fn runs_lead_to_their_pages_where_they_have_one() {
    let sample = SampleSweep::new(3, 1);
    let at = "http://127.0.0.1:5000/#/experiments/1/runs/";
    let page = report_html(&SweepReport { runs_at: Some(at), ..sample.report() });
    for trial in &sample.trials {
        assert!(page.contains(&format!("<td><a href=\"{at}{}\" target=", trial.run_id)), "{}", trial.run_id);
    }
    let (best, _) = sample.report().best().unwrap();
    assert!(page.contains(&format!("in trial {} <a href=\"{at}{}\"", best.index, best.run_id)));
    assert_eq!(data(&page)["runs"], at);
    assert!(!report_html(&sample.report()).contains("<a "));
}

#[test]
fn a_script_in_a_name_or_value_is_shown_and_not_run() {
    let hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)>";
    let mut sample = SampleSweep::new(3, 1);
    sample.name = hostile.to_owned();
    for trial in &mut sample.trials {
        trial.point = Point(vec![(hostile.to_owned(), Value::Text(hostile.to_owned()))]);
        trial.run_id = hostile.to_owned();
        trial.status = RunStatus::Finished;
        trial.metric = Some(1.0);
    }
    if let Some(analysis) = &mut sample.analysis {
        analysis.parameters[0].name = hostile.to_owned();
        analysis.parameters[0].reason = Some(format!("\"{hostile}"));
        analysis.notes = vec![hostile.to_owned()];
    }
    let mut report = sample.report();
    (report.sweep_id, report.method) = (hostile, hostile);
    report.objective = Some(ReportObjective { name: hostile, goal: Some(Goal::Minimize) });
    let page = report_html(&report);
    assert_eq!(scripts(&page).len(), 2, "the data and our own");
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    let data = data(&page);
    assert_eq!(data["heads"][5], hostile, "as data it is whole");
    assert_eq!(data["columns"][5]["d"][0], hostile);
}

#[test]
fn trials_come_by_index_with_their_marks_whatever_their_order() {
    let mut sample = SampleSweep::new(20, 1);
    let straight = data(&report_html(&sample.report()));
    sample.trials.reverse();
    let reversed = data(&report_html(&sample.report()));
    assert_eq!(straight["columns"], reversed["columns"]);
    assert_eq!(straight["marks"], reversed["marks"]);
    let marks = straight["marks"]["timeline"]["x"].as_array().unwrap();
    assert!(marks.len() == 20 && marks.iter().all(|x| x.as_i64().unwrap() >= 0));
}

#[test]
fn the_best_trial_is_given_with_its_exact_values() {
    let mut sample = SampleSweep::new(20, 1);
    sample.trials[3].metric = Some(7.25);
    sample.trials[3].status = RunStatus::Finished;
    sample.trials[3].point = Point(vec![("lr".to_owned(), Value::Float(0.1 + 0.2))]);
    let page = report_html(&sample.report());
    assert!(page.contains("<strong>7.25</strong> val/accuracy in trial 3"));
    assert!(page.contains("<dt>lr</dt><dd>0.30000000000000004</dd>"));
    sample.goal = None;
    assert!(report_html(&sample.report()).contains("No goal was given"));
}
