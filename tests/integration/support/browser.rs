//! A real Chromium, driven by WebDriver (`chromedriver`), that ends with the test.

// Says why a test is skipped.
#![allow(clippy::print_stderr)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};

use super::agent::until;
use super::http;

/// A browser with one page; dropping it ends it.
pub struct Browser {
    driver: Child,
    session: String,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

/// Times that the driver is started: it draws one port for two kinds of addresses, and ends where another program has it on
/// one of them.
const STARTS: u32 = 5;

/// A driver and its port; `None` where the machine has none, which is printed.
fn driver() -> Option<(Child, String)> {
    for _ in 0..STARTS {
        let mut driver = match Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
        {
            Ok(driver) => driver,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                eprintln!("skipped: no `chromedriver` on this machine");
                return None;
            }
            Err(error) => panic!("chromedriver: {error}"),
        };
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        if let Some(port) = port {
            return Some((driver, port));
        }
        let _ = driver.wait();
    }
    panic!("chromedriver says no port");
}

impl Browser {
    /// Starts one of this width; `None` where the machine has none, which is printed.
    pub fn start(width: u32) -> Option<Self> {
        let (mut driver, port) = driver()?;
        let base = format!("http://127.0.0.1:{port}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = http::client();
        let options = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-device-scale-factor=1",
            format!("--window-size={width},900"),
        ]}}}});
        let (status, answer) = runtime.block_on(http::post(&client, &format!("{base}/session"), &options));
        if status != 200 {
            eprintln!("skipped: chromedriver starts no browser: {answer}");
            let _ = driver.kill();
            let _ = driver.wait();
            return None;
        }
        let id = answer["value"]["sessionId"].as_str().unwrap().to_owned();
        Some(Self { driver, session: format!("{base}/session/{id}"), runtime, client })
    }

    fn post(&self, path: &str, body: &Json) -> Json {
        let url = format!("{}{path}", self.session);
        let (status, answer) = self.runtime.block_on(http::post(&self.client, &url, body));
        assert_eq!(status, 200, "{path}: {answer}");
        answer["value"].clone()
    }

    /// Goes to an address.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// The value of an expression in the page.
    pub fn value(&self, expression: &str) -> Json {
        self.post("/execute/sync", &json!({"script": format!("return {expression}"), "args": []}))
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub fn wait_for(&self, expression: &str) {
        until(expression, || (self.value(&format!("Boolean({expression})")) == true).then_some(()));
    }

    /// Presses the pointer at one place of an element, moves to another and lets go; places are shares of its size.
    pub fn drag(&self, selector: &str, from: (f64, f64), to: (f64, f64)) {
        self.stroke(selector, from, to, 1);
    }

    /// The same in so many moves of a frame each.
    pub fn stroke(&self, selector: &str, from: (f64, f64), to: (f64, f64), moves: u32) {
        let at = |(x, y): (f64, f64)| {
            let place = self.value(&format!(
                "(() => {{ const e = document.querySelector('{selector}'); e.scrollIntoView({{block: 'center'}}); \
                 const b = e.getBoundingClientRect(); return [b.left + b.width * {x}, b.top + b.height * {y}]; }})()"
            ));
            let part = |at: usize| place[at].as_f64().unwrap().round();
            json!({"type": "pointerMove", "duration": 16, "x": part(0), "y": part(1)})
        };
        let mut actions = vec![at(from), json!({"type": "pointerDown", "button": 0})];
        actions.extend((1..=moves).map(|step| {
            let share = f64::from(step) / f64::from(moves);
            at((from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share))
        }));
        actions.push(json!({"type": "pointerUp", "button": 0}));
        self.post("/actions", &json!({"actions": [{"type": "pointer", "id": "mouse", "actions": actions}]}));
    }

    // For a benchmark.
    #[allow(dead_code)]
    /// Makes the next page load everything again.
    pub fn forget_cache(&self) {
        self.post("/goog/cdp/execute", &json!({"cmd": "Network.clearBrowserCache", "params": {}}));
    }

    /// Has the page believe that the person likes it dark, or light.
    pub fn prefer(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.post(
            "/goog/cdp/execute",
            &json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}}),
        );
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.runtime.block_on(http::answer(self.client.delete(&self.session)));
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
