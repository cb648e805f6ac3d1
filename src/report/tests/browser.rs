//! The report in a real browser: its script runs under its own policy, sorts, filters and turns pages.

use std::process::Command;

use super::*;

/// Opens a page in headless Chromium and gives its markup after its scripts have run; `None` where there
/// is no Chromium.
fn opened(name: &str, page: &str) -> Option<String> {
    let path = folder().join(name);
    std::fs::write(&path, page).unwrap();
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", path.display()))
        .output();
    match output {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: no `chromium` on this machine");
            None
        }
        Err(error) => panic!("chromium: {error}"),
    }
}

/// The page with a script of the test's behind its own, and with a policy that lets it run.
fn driven(page: &str, script: &str) -> String {
    let (before, rest) = page.split_once("script-src '").unwrap();
    let (_, after) = rest.split_once('\'').unwrap();
    let page = format!("{before}script-src 'unsafe-inline'{after}");
    page.replace("</body>", &format!("<script>{script}</script></body>"))
}

/// The texts of a column of the table, as the page shows them.
fn column(dom: &str, column: usize) -> Vec<String> {
    let table = dom.split("class=\"trials\"").nth(1).unwrap().split("<tbody>").nth(1).unwrap();
    let rows = table.split("</tbody>").next().unwrap().split("<tr").skip(1);
    let text = |cell: &str| {
        let inner = cell.split_once('>').unwrap().1.split("</td>").next().unwrap();
        inner.rsplit_once("\">").map_or(inner, |(_, text)| text).replace("</span>", "")
    };
    rows.map(|row| text(row.split("<td").nth(column + 1).unwrap())).collect()
}

#[test]
fn the_script_runs_under_the_pages_own_policy() {
    let sample = SampleSweep::new(5_000, 6);
    let page = report_html(&sample.report());
    let Some(dom) = opened("browser-policy.html", &page) else { return };
    assert!(dom.contains("1–100 of 5000</span>"), "the pager was not filled in");
    assert_eq!(column(&dom, 0).len(), 100);
}

#[test]
fn a_click_sorts_and_numbers_come_before_gaps() {
    let mut sample = SampleSweep::new(300, 3);
    sample.trials[17].metric = Some(-5e6);
    sample.trials[17].status = RunStatus::Finished;
    sample.trials[250].metric = None;
    let page = report_html(&sample.report());
    let script = "document.querySelectorAll('table.trials thead button')[2].click();\
                  document.getElementById('on').click();document.getElementById('on').click();";
    let Some(last) = opened("browser-sort.html", &driven(&page, script)) else { return };
    assert_eq!(column(&last, 2).last().map(String::as_str), Some(""), "gaps come last");
    let script = "document.querySelectorAll('table.trials thead button')[2].click();";
    let Some(first) = opened("browser-sort.html", &driven(&page, script)) else { return };
    assert_eq!(column(&first, 0).first().map(String::as_str), Some("17"));
    let values: Vec<f64> = column(&first, 2).iter().map(|text| text.parse().unwrap()).collect();
    assert!(values.windows(2).all(|pair| pair[0] <= pair[1]), "{values:?}");
}

#[test]
fn a_condition_and_a_status_filter_the_trials() {
    let sample = SampleSweep::new(500, 3);
    let page = report_html(&sample.report());
    let script = "const f=document.getElementById('filter');f.value='lr < 0.001';\
                  const s=document.getElementById('status');s.value='FAILED';s.dispatchEvent(new Event('change'));";
    let Some(dom) = opened("browser-filter.html", &driven(&page, script)) else { return };
    let wanted = sample.trials.iter().filter(|trial| {
        let lr = matches!(&trial.point.0[0].1, Value::Float(lr) if *lr < 0.001);
        trial.status == RunStatus::Failed && lr
    });
    let wanted: Vec<String> = wanted.map(|trial| trial.index.to_string()).collect();
    assert!(wanted.len() > 3);
    assert_eq!(column(&dom, 0), wanted);
    assert!(column(&dom, 1).iter().all(|status| status == "FAILED"));
}

#[test]
fn the_pointer_on_a_point_shows_its_trial() {
    let sample = SampleSweep::new(20, 2);
    let page = report_html(&sample.report());
    let marks = history::history(&sample.report()).marks;
    let (k, mark) = marks.iter().enumerate().find_map(|(k, mark)| mark.map(|mark| (k, mark))).unwrap();
    let script = format!(
        "const s=document.querySelector('#history svg');const b=s.getBoundingClientRect();const z=b.width/960;\
         s.dispatchEvent(new PointerEvent('pointermove',{{clientX:b.left+{}*z,clientY:b.top+{}*z}}));",
        mark.x, mark.y
    );
    let Some(dom) = opened("browser-tip.html", &driven(&page, &script)) else { return };
    let tip = dom.split("<div id=\"tip\"").nth(1).unwrap().split("</div>").next().unwrap();
    assert!(tip.contains(&format!("Trial: {k}\n")), "{tip}");
}

/// A script that moves, presses or lets go of the pointer on a plot, in the plot's own units.
fn pointer(plot: &str, events: &[(&str, f64, f64)]) -> String {
    let events: Vec<String> = events
        .iter()
        .map(|(kind, x, y)| {
            format!(
                "s.dispatchEvent(new PointerEvent('{kind}',{{clientX:b.left+{x}*z,clientY:b.top+{y}*z,pointerId:1}}));"
            )
        })
        .collect();
    format!(
        "const s=document.querySelector('#{plot} svg');const b=s.getBoundingClientRect();const z=b.width/960;{}",
        events.concat()
    )
}

#[test]
fn the_pointer_on_a_dot_of_a_slice_shows_its_trial() {
    let mut sample = SampleSweep::new(40, 3);
    for trial in &mut sample.trials {
        (trial.status, trial.metric) = (RunStatus::Finished, Some(0.2));
    }
    sample.trials[23].metric = Some(0.9);
    let page = report_html(&sample.report());
    // The best dot of the second panel: levels, where the script must know the same jitter as the drawing.
    let svg = slices_svg(&sample.report());
    let document = Document::parse(&svg).unwrap();
    let best: Vec<(f64, f64)> = document
        .descendants()
        .filter(|node| node.attribute("class") == Some("best"))
        .map(|node| {
            let path = node.attribute("d").unwrap().trim_start_matches('M').trim_end_matches("h0");
            let (x, y) = path.split_once(' ').unwrap();
            (x.parse().unwrap(), y.parse().unwrap())
        })
        .collect();
    assert_eq!(best.len(), 3);
    for (x, y) in best {
        let script = pointer("slices", &[("pointermove", x, y)]);
        let Some(dom) = opened("browser-slices.html", &driven(&page, &script)) else { return };
        let tip = dom.split("<div id=\"tip\"").nth(1).unwrap().split("</div>").next().unwrap();
        assert!(tip.contains("Trial: 23\n"), "{tip}");
    }
}

#[test]
fn a_drag_along_an_axis_keeps_its_trials_in_the_table_and_a_click_lets_go() {
    let mut sample = SampleSweep::new(200, 2);
    for (k, trial) in sample.trials.iter_mut().enumerate() {
        (trial.status, trial.metric) = (RunStatus::Finished, Some(k as f64));
    }
    let page = report_html(&sample.report());
    // The last axis is the metric's: its upper half.
    let drag = [("pointerdown", 876.0, 124.0), ("pointermove", 876.0, 284.0), ("pointerup", 876.0, 284.0)];
    let Some(dom) = opened("browser-brush.html", &driven(&page, &pointer("parallel", &drag))) else { return };
    assert!(
        dom.contains("1–100 of 100 (of 200)</span>"),
        "the upper half of the metric is trials 100 to 199"
    );
    assert!(column(&dom, 0).contains(&"199".to_owned()) && !column(&dom, 0).contains(&"99".to_owned()));
    let click = [("pointerdown", 876.0, 200.0), ("pointerup", 876.0, 200.0)];
    let script = pointer("parallel", &[drag.as_slice(), click.as_slice()].concat());
    let Some(dom) = opened("browser-brush.html", &driven(&page, &script)) else { return };
    assert!(dom.contains("1–100 of 200</span>"));
}

#[test]
fn what_the_script_shows_of_a_trial_is_what_the_page_showed_without_it() {
    let mut sample = SampleSweep::new(20, 4);
    sample.trials[3].attempt = 2;
    sample.trials[5].run_id = "not as MLflow makes them".to_owned();
    let page = report_html(&sample.report());
    let still = |column_at: usize| column(&page, column_at);
    let Some(dom) = opened("browser-cells.html", &page) else { return };
    let heads = 5 + 4 + 2;
    for at in (0..heads).filter(|at| *at != 2) {
        let (before, after) = (still(at), column(&dom, at));
        for (before, after) in before.iter().zip(&after) {
            let same = before == after
                || matches!((before.parse::<f64>(), after.parse::<f64>()), (Ok(a), Ok(b)) if a == b);
            assert!(same, "column {at}: {before} {after}");
        }
    }
}
