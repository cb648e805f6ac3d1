//! Whom the page refuses, and what it lets run.

use crate::support::page_server::PageServer;
use crate::support::sandbox::Sandbox;

/// The modules that a script imports.
fn imports(script: &str) -> Vec<&str> {
    let lines = script.lines().filter(|line| line.starts_with("import "));
    lines.filter_map(|line| line.split('\'').nth(1)).collect()
}

#[test]
fn the_page_and_all_its_modules_are_served_under_a_policy_that_lets_nothing_else_run() {
    let sandbox = Sandbox::new();
    sandbox.init("command: 'true'\nparameters:\n  x: {values: [1]}\nmethod: grid\n");
    let page = PageServer::start(&sandbox);
    let root = page.get("/");
    assert!(root.headers.contains("content-security-policy: default-src 'none'; script-src 'self'"));
    assert!(root.headers.contains("x-content-type-options: nosniff"), "{}", root.headers);
    assert!(!root.body.contains("<script>") && !root.body.contains("onload"), "{}", root.body);
    assert!(page.get("/sweep/anything").body == root.body, "its script reads the address");
    let mut open = vec!["app.js".to_owned()];
    let mut read = Vec::new();
    while let Some(path) = open.pop() {
        let script = page.get(&format!("/assets/{path}"));
        assert_eq!(script.status, 200, "{path}");
        assert!(script.headers.contains("text/javascript"), "{path}: {}", script.headers);
        for sink in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"]
        {
            assert!(!script.body.contains(sink), "{path} has {sink}: texts are set as text");
        }
        read.push(path.clone());
        for import in imports(&script.body) {
            let base = url_of(&path, import);
            if !read.contains(&base) && !open.contains(&base) {
                open.push(base);
            }
        }
    }
    assert!(read.len() > 10, "{read:?}");
    assert_eq!(page.get("/assets/style.css").status, 200);
    assert_eq!(page.get("/assets/../Cargo.toml").status, 404);
    // What has not changed is not sent again.
    let tag =
        page.get("/assets/app.js").headers.split("etag: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    assert_eq!(page.ask("GET", "/assets/app.js", &format!("If-None-Match: {tag}\r\n")).status, 304);
}

/// The path of an import, from the script that it stands in.
fn url_of(from: &str, import: &str) -> String {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => {
                folders.pop();
            }
            name => folders.push(name),
        }
    }
    folders.join("/")
}

#[test]
fn other_pages_other_names_and_writes_are_refused() {
    let sandbox = Sandbox::new();
    let id = sandbox.init("command: 'true'\nparameters:\n  x: {values: [1]}\nmethod: grid\n");
    let page = PageServer::start(&sandbox);
    let refused = |headers: &str| page.ask("GET", "/api/sweeps", headers).status;
    assert_eq!(page.get("/api/sweeps").status, 200);
    assert_eq!(refused(&format!("Origin: http://{}\r\n", page.address())), 200);
    assert_eq!(refused("Origin: http://evil.example\r\n"), 403);
    assert_eq!(refused("Origin: http://127.0.0.1:1\r\n"), 403);
    assert_eq!(refused("Origin: null\r\n"), 403);
    assert_eq!(refused("Sec-Fetch-Site: cross-site\r\n"), 403);
    for host in ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", ""] {
        assert_eq!(refused(&format!("Host: {host}\r\n")), 403, "{host}");
    }
    assert_eq!(refused(&format!("Host: localhost:{}\r\n", page.port())), 200);
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        // The two paths that change anything are tested in `controlled`.
        let answer = page.ask(method, &format!("/api/sweeps/{id}"), "Content-Length: 0\r\n");
        assert_eq!(answer.status, 405, "{method}");
    }
}

#[test]
fn it_listens_for_this_machine_alone() {
    let sandbox = Sandbox::new();
    sandbox.init("command: 'true'\nparameters:\n  x: {values: [1]}\nmethod: grid\n");
    let ran = sandbox.run(&["ui", "--host", "0.0.0.0"]).expect(2);
    assert!(ran.stderr.contains("not an address of this machine alone"), "{}", ran.stderr);
    assert!(ran.stderr.contains("sweep server"), "{}", ran.stderr);
}
