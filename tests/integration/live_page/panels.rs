//! What the panels of the page show, in a real browser.

use crate::support::big_sweep;
use crate::support::browser::Browser;
use crate::support::page_server::PageServer;
use crate::support::sandbox::Sandbox;

/// The page of a sweep of so many trials and parameters.
struct Shown {
    browser: Browser,
    page: PageServer,
    id: String,
    _sandbox: Sandbox,
}

impl Shown {
    fn open(trials: u64, parameters: usize) -> Option<Self> {
        let browser = Browser::start(1280)?;
        let sandbox = Sandbox::new();
        let id = big_sweep::build_wide(&sandbox, trials, parameters);
        let page = PageServer::start(&sandbox);
        let shown = Self { browser, page, id, _sandbox: sandbox };
        shown.go("");
        Some(shown)
    }

    fn go(&self, query: &str) {
        self.browser.open(&self.page.url(&format!("/sweep/{}{query}", self.id)));
        self.browser.wait_for("document.querySelector('.live')?.textContent === 'live'");
    }

    fn wait_for_text(&self, element: &str, text: &str) {
        self.browser
            .wait_for(&format!("document.querySelector('{element}')?.textContent.includes('{text}')"));
    }
}

#[test]
fn contours_show_what_the_forest_expects_of_the_strongest_pairs() {
    let Some(shown) = Shown::open(200, 8) else { return };
    shown.wait_for_text("panel-contour figcaption", "of the effect is joint");
    assert_eq!(shown.browser.value("document.querySelectorAll('panel-contour figure').length"), 3);
    let answer = shown.page.json(&format!("/api/sweeps/{}/importance", shown.id));
    let pair = &answer["pairs"][0];
    assert_eq!(pair["rows"].as_array().unwrap().len(), pair["up"].as_array().unwrap().len());
    let step = &answer["dependence"][0]["steps"][0];
    let number = |at: usize| step[at].as_f64().unwrap();
    assert!(number(2) <= number(1) && number(1) <= number(3), "the band lies around the expectation: {step}");
}

#[test]
fn without_a_model_contours_are_the_means_of_trials_and_say_so() {
    let Some(shown) = Shown::open(6, 6) else { return };
    shown.browser.value("scrollTo(0, document.body.scrollHeight)");
    shown.wait_for_text("panel-contour .note", "means of the trials");
}

#[test]
fn another_sweep_of_the_metric_is_laid_over_the_distribution_and_stays_in_the_address() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let config = |name: &str, trials: u32| {
        format!(
            "command: 'echo loss=${{x}}'\nmethod: grid\nsweep_name: {name}\nrun_cap: 100\n\
             metric: {{name: loss, goal: minimize, from_output: 'loss=(\\S+)'}}\nparameters:\n  x: {{min: 1, max: {trials}}}\n"
        )
    };
    let first = sandbox.init(&config("first", 6));
    sandbox.run(&["run"]).expect(0);
    let second = sandbox.init(&config("second", 4));
    sandbox.run(&["run"]).expect(0);
    let page = PageServer::start(&sandbox);
    let values = page.json(&format!("/api/sweeps/{second}/values"));
    assert_eq!(
        (&values["name"], &values["values"]),
        (&"second".into(), &serde_json::json!([1.0, 2.0, 3.0, 4.0]))
    );
    browser.open(&page.url(&format!("/sweep/{first}")));
    browser.wait_for("document.querySelector('.live')?.textContent === 'live'");
    let select = "document.querySelector('panel-distribution select')";
    browser.value(&format!("{select}.dispatchEvent(new Event('focus'))"));
    browser.wait_for(&format!("{select}.options.length === 2"));
    browser.value(&format!("({select}.value = '{second}', {select}.dispatchEvent(new Event('change')))"));
    browser.wait_for(&format!("location.search.includes('beside={second}')"));
    browser.value("location.reload()");
    browser.wait_for("document.querySelector('panel-distribution .legend')?.textContent.includes('second')");
}

#[test]
fn the_ladder_says_who_came_to_each_rung_who_was_stopped_and_what_that_saved() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    // The second trial is worse at the first rung, and waits to be stopped.
    let id = sandbox.init(
        "command: 'for step in 1 2 3; do echo loss=${x}; done; [ ${x} = 1 ] || sleep 60'\nmethod: grid\nsweep_name: stopped\n\
         early_terminate: {type: asha, min_iter: 1, eta: 2}\nrun_cap: 10\n\
         metric: {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}\nparameters:\n  x: {values: [1, 2]}\n",
    );
    sandbox.run(&["run"]).expect(0);
    let page = PageServer::start(&sandbox);
    let whole = page.json(&format!("/api/sweeps/{id}"));
    assert_eq!(whole["rungs"][1], 2, "{}", whole["rungs"]);
    assert_eq!(whole["trials"]["stop"]["1"]["rule"], "asha", "{}", whole["trials"]);
    browser.open(&page.url(&format!("/sweep/{id}")));
    browser.wait_for("document.querySelectorAll('panel-ladder tbody tr').length > 0");
    let text = browser.value("document.querySelector('panel-ladder').textContent");
    let text = text.as_str().unwrap();
    assert!(text.contains("Came there") && text.contains("1 trial stopped"), "{text}");
}

#[test]
fn the_front_shows_what_no_trial_beats_and_a_list_to_choose_from() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    // x = 4 breaks the limit, x = 3 is beaten by x = 2.
    let id = sandbox.init(
        "command: 'echo loss=$(( (${x} - 2) * (${x} - 2) )) time=${x}'\nmethod: grid\nsweep_name: two\nrun_cap: 9\nmetrics:\n\
         \x20 - {name: loss, goal: minimize, from_output: 'loss=(\\S+)'}\n\
         \x20 - {name: time, goal: minimize, limit: 3, from_output: 'time=(\\S+)'}\nparameters:\n  x: {values: [0, 1, 2, 3, 4]}\n",
    );
    sandbox.run(&["run"]).expect(0);
    let page = PageServer::start(&sandbox);
    let whole = page.json(&format!("/api/sweeps/{id}"));
    let front =
        serde_json::json!({"trials": [2, 1, 0], "knee": whole["head"]["front"]["knee"], "candidates": 4});
    assert_eq!(whole["head"]["front"], front);
    assert_eq!(whole["trials"]["beside"], serde_json::json!([[0.0, 1.0, 2.0, 3.0, 4.0]]));
    browser.open(&page.url(&format!("/sweep/{id}")));
    browser.wait_for("document.querySelectorAll('panel-front tbody tr').length === 3");
    let text = browser.value("document.querySelector('panel-front').textContent");
    assert!(text.as_str().unwrap().contains("3 of 4 trials that no other one beats"), "{text}");
    let inked = "(() => { const c = document.querySelector('panel-front canvas'); \
                 return c.width > 0 && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0); })()";
    browser.wait_for(inked);
    browser.value("document.querySelector('panel-front tbody button').click()");
    browser.wait_for("document.querySelector('dialog.trial h1')?.textContent === 'Trial 2'");
}

#[test]
fn a_sweep_of_one_metric_has_no_front() {
    let Some(shown) = Shown::open(6, 2) else { return };
    shown.browser.wait_for("document.querySelector('panel-front').classList.contains('hidden')");
}

#[test]
fn parameters_that_matter_less_are_folded_where_they_are_many() {
    let Some(shown) = Shown::open(60, 30) else { return };
    shown.wait_for_text("panel-parallel .note", "that matter less are folded");
    shown.wait_for_text("panel-table .tools", "all 30 parameters");
    let headings = "document.querySelectorAll('panel-table th').length";
    let few = shown.browser.value(headings).as_u64().unwrap();
    shown.browser.value("document.querySelector('panel-table .tools button').click()");
    shown.browser.wait_for(&format!("{headings} === {}", few + 20));
    shown.browser.value("document.querySelector('panel-parallel .tools button').click()");
    shown.browser.wait_for("document.querySelector('panel-parallel .plot').clientWidth > 2000");
    // The page itself does not grow wider.
    assert_eq!(shown.browser.value("document.documentElement.scrollWidth <= innerWidth"), true);
}

#[test]
fn what_is_out_of_sight_is_drawn_when_it_comes_into_sight() {
    let Some(shown) = Shown::open(60, 6) else { return };
    let inked = "(() => { const c = document.querySelector('panel-timeline canvas'); \
                 return c.width > 0 && c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v > 0); })()";
    shown.browser.value("document.querySelector('panel-timeline').scrollIntoView()");
    shown.browser.wait_for(inked);
}
