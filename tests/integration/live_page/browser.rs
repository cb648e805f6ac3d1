//! The page in a real browser.

use crate::support::agent::until;
use crate::support::browser::Browser;
use crate::support::page_server::PageServer;
use crate::support::sandbox::{Sandbox, finish};

/// Waits until the page is live with so many trials.
fn wait_for_trials(browser: &Browser, trials: usize) {
    browser.wait_for(&format!(
        "document.querySelector('.live')?.textContent === 'live' && \
         document.querySelector('.tools-row .count')?.textContent === '{trials} trials'"
    ));
}

/// A sweep of so many trials over `x` and `kind`, with two values of the loss each; trials 2, 7, 12 … fail.
fn config(trials: usize) -> String {
    format!(
        "command: 'echo loss=1${{x}}.5; echo loss=${{x}}.5; if [ $(( ${{x}} % 5 )) = 2 ]; then echo out of memory; exit 3; fi'\n\
         method: grid\nsweep_name: shown\nrun_cap: 100\nmetric: {{name: loss, goal: minimize, from_output: 'loss=(\\S+)'}}\n\
         parameters:\n  x: {{min: 0, max: {}}}\n  kind: {{values: [a]}}\n",
        trials - 1
    )
}

#[test]
fn a_running_sweep_grows_on_the_page_without_loading_it_again() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(12));
    let page = PageServer::start(&sandbox);
    browser.open(&page.url("/"));
    browser.wait_for("document.querySelector('tbody a')?.textContent === 'shown'");
    browser.value("(document.querySelector('tbody a').click(), window.opened = 1)");
    wait_for_trials(&browser, 0);
    let agent = sandbox.spawn(&["run"]);
    wait_for_trials(&browser, 12);
    finish(agent).expect(1);
    browser.wait_for("document.querySelector('header .state').textContent === 'complete'");
    assert_eq!(browser.value("window.opened"), 1, "the page was loaded again");
    assert_eq!(browser.value("location.pathname"), format!("/sweep/{id}"));
    browser.wait_for("document.querySelectorAll('panel-table tbody tr').length === 12");
    // The failures have one reason, which is the end of their output.
    browser
        .wait_for("document.querySelector('panel-failures summary')?.textContent.includes('out of memory')");
    assert!(
        browser
            .value("document.querySelector('panel-failures summary').textContent")
            .as_str()
            .unwrap()
            .starts_with("2 × exit code 3")
    );
}

#[test]
fn a_brush_and_a_filter_select_in_every_panel_and_live_in_the_address() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(20));
    sandbox.run(&["run"]).expect(1);
    let page = PageServer::start(&sandbox);
    browser.open(&page.url(&format!("/sweep/{id}")));
    wait_for_trials(&browser, 20);
    browser.value(
        "(() => { const f = document.querySelector('.tools-row input'); f.value = 'x >= 10 and status = \"FINISHED\"'; \
         f.dispatchEvent(new Event('input')); })()",
    );
    let count = |text: &str| {
        browser.wait_for(&format!("document.querySelector('.tools-row .count').textContent === '{text}'"));
    };
    count("8 of 20 trials");
    browser.wait_for("document.querySelectorAll('panel-table tbody tr').length === 8");
    // The upper half of the history: the larger losses.
    browser.drag("panel-history canvas", (0.5, 0.02), (0.5, 0.5));
    browser.wait_for("location.search.includes('brush')");
    let both = browser.value("document.querySelector('.tools-row .count').textContent");
    assert_ne!(both, "8 of 20 trials");
    browser.value("location.reload()");
    count(both.as_str().unwrap());
    browser.value("document.querySelector('.tools-row button').click()");
    wait_for_trials(&browser, 20);
    assert_eq!(browser.value("location.search"), "");
    browser.value(
        "(() => { const f = document.querySelector('.tools-row input'); f.value = 'y < 1'; f.dispatchEvent(new Event('input')); })()",
    );
    browser.wait_for("document.querySelector('.wrong').textContent.includes('unknown column `y`')");
}

#[test]
fn trials_open_and_are_compared_side_by_side() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(6));
    sandbox.run(&["run"]).expect(1);
    let page = PageServer::start(&sandbox);
    browser.open(&page.url(&format!("/sweep/{id}?compare=0,1&trial=2")));
    browser.wait_for("document.querySelector('dialog').textContent.includes('out of memory')");
    browser.value("document.querySelector('dialog button').click()");
    browser.wait_for("!document.querySelector('dialog').open && !location.search.includes('trial=2')");
    browser.wait_for(
        "document.querySelector('panel-compare').textContent.includes('Parameters that differ') && \
         document.querySelectorAll('panel-compare th').length > 3",
    );
    let table = browser.value("document.querySelector('panel-compare').textContent");
    let table = table.as_str().unwrap();
    assert!(table.contains("trial 0, finished") && table.contains("trial 1, finished"), "{table}");
    assert!(table.contains("1 parameters are the same."), "{table}");
}

#[test]
fn the_output_of_a_running_trial_is_shown_as_it_grows() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(
        "command: 'echo first line; while [ ! -e go ]; do sleep 0.05; done; echo second line; while [ ! -e end ]; do sleep 0.05; done'\n\
         method: grid\nparameters:\n  x: {values: [1]}\n",
    );
    let page = PageServer::start(&sandbox);
    let agent = sandbox.spawn(&["run"]);
    browser.open(&page.url(&format!("/sweep/{id}")));
    browser.wait_for("document.querySelector('panel-running tbody tr')");
    browser.value("[...document.querySelectorAll('panel-running button')].pop().click()");
    browser.wait_for("document.querySelector('panel-running pre').textContent.includes('first line')");
    sandbox.file("go", "");
    browser.wait_for("document.querySelector('panel-running pre').textContent.includes('second line')");
    sandbox.file("end", "");
    finish(agent).expect(0);
    browser.wait_for("document.querySelector('panel-running').classList.contains('hidden')");
}

#[test]
fn a_page_whose_server_is_gone_says_so_and_catches_up_when_it_is_back() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(6));
    let page = PageServer::start(&sandbox);
    let port = page.port().to_owned();
    browser.open(&page.url(&format!("/sweep/{id}")));
    wait_for_trials(&browser, 0);
    drop(page);
    browser.wait_for("document.querySelector('.live').textContent === 'no connection'");
    browser.wait_for("document.querySelector('.notice').textContent.includes('does not answer')");
    sandbox.run(&["run"]).expect(1);
    let _page = until("the port is free again", || PageServer::try_start(&sandbox, &["--port", &port]));
    wait_for_trials(&browser, 6);
    assert_eq!(browser.value("document.querySelector('.notice').textContent"), "");
}

#[test]
fn hostile_texts_run_nothing_and_break_nothing() {
    let Some(browser) = Browser::start(1280) else { return };
    let sandbox = Sandbox::new();
    let evil = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>\\u202e\\u001b[31m**x**";
    let long = "W".repeat(8000);
    let id = sandbox.init(&format!(
        "command: ['sh', '-c', 'printf \"loss=1\\n<b>x</b><script>window.pwned=1</script>\\n\"; exit 1']\nmethod: grid\n\
         sweep_name: \"{evil}\"\nexperiment_name: \"{evil}\"\nmetric: {{name: '<script>window.pwned=1</script>', goal: minimize, from_output: 'loss=(\\S+)'}}\n\
         parameters:\n  a.very-long_name/of.a_parameter: {{values: [\"{evil}\", \"{long}\"]}}\n"
    ));
    sandbox.run(&["run"]).expect(1);
    let page = PageServer::start(&sandbox);
    for path in [
        "/".to_owned(),
        format!("/sweep/{id}?trial=0&where=<script>window.pwned=1</script>"),
        format!("/sweep/{id}"),
    ] {
        browser.open(&page.url(&path));
        browser.wait_for("document.querySelector('.live')?.textContent === 'live'");
        browser.wait_for("document.body.textContent.includes('onerror=window.pwned=1')");
        assert_eq!(browser.value("window.pwned ?? null"), serde_json::Value::Null, "{path}");
        assert_eq!(browser.value("document.querySelectorAll('main script, main img, main b').length"), 0);
        let shown = browser.value("document.body.innerText");
        let shown = shown.as_str().unwrap();
        assert!(!shown.contains('\u{202e}') && !shown.contains('\u{1b}'), "{path}");
        assert_eq!(
            browser.value("document.documentElement.scrollWidth <= innerWidth"),
            true,
            "{path} is too wide"
        );
    }
}

#[test]
fn it_fits_800_pixels_and_is_dark_where_that_is_liked() {
    let Some(browser) = Browser::start(800) else { return };
    let sandbox = Sandbox::new();
    let id = sandbox.init(&config(10));
    sandbox.run(&["run"]).expect(1);
    let page = PageServer::start(&sandbox);
    for path in ["/".to_owned(), format!("/sweep/{id}")] {
        browser.open(&page.url(&path));
        browser.wait_for("document.querySelector('.live')?.textContent === 'live'");
        assert_eq!(
            browser.value("document.documentElement.scrollWidth <= innerWidth"),
            true,
            "{path} is too wide"
        );
    }
    let ground = "getComputedStyle(document.documentElement).backgroundColor";
    let light = browser.value(ground);
    browser.prefer("dark");
    assert_ne!(browser.value(ground), light);
}
