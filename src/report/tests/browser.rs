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
    let rows = table.split("</tbody>").next().unwrap().split("<tr>").skip(1);
    let text = |cell: &str| {
        let inner = cell.split_once('>').unwrap().1.split("</td>").next().unwrap();
        inner.rsplit_once("\">").map_or(inner, |(_, text)| text).replace("</span>", "")
    };
    rows.map(|row| text(row.split("<td").nth(column + 1).unwrap())).collect()
}

#[test]
fn the_script_runs_under_the_pages_own_policy() {
    let sample = Sample::new(5_000, 6);
    let page = report_html(&sample.report());
    let Some(dom) = opened("browser-policy.html", &page) else { return };
    assert!(dom.contains("1–100 of 5000</span>"), "the pager was not filled in");
    assert_eq!(column(&dom, 0).len(), 100);
}

#[test]
fn a_click_sorts_and_numbers_come_before_gaps() {
    let mut sample = Sample::new(300, 3);
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
    let sample = Sample::new(500, 3);
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
    let sample = Sample::new(20, 2);
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
