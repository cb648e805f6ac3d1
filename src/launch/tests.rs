//! What each engine is given, and that no value of it is read as code.

use std::process::{Command, Stdio};

use super::*;

const SWEEP: &str = "7d33ab120c9e4d7a8f0e5b6c7d8e9f00";

fn request(engine: LaunchEngine) -> LaunchRequest {
    LaunchRequest {
        engine,
        sweep: SWEEP.to_owned(),
        number: 2,
        agents: 8,
        program: "/shared/bin/sweep".to_owned(),
        folder: "/home/me/iris".to_owned(),
        tracking_uri: Some("http://mlflow.lan:5000".to_owned()),
        ..LaunchRequest::default()
    }
}

fn all_asked(engine: LaunchEngine) -> LaunchRequest {
    LaunchRequest {
        time: Some(4 * 3600),
        cpus: Some(4),
        mem: Some("16G".to_owned()),
        gpus: Some("1".to_owned()),
        max_parallel: Some(4),
        trials_per_agent: Some(10),
        jobs: Some(2),
        no_wait: true,
        setup: vec!["module load cuda".to_owned()],
        env: vec![("NAME".to_owned(), Some("it's $HOME".to_owned())), ("TOKEN".to_owned(), None)],
        extra: vec!["--partition=gpu".to_owned(), "-A".to_owned(), "abc".to_owned()],
        ..request(engine)
    }
}

fn nothing(_: &str) -> Option<String> {
    None
}

fn shown(request: &LaunchRequest) -> String {
    submission(request, &nothing).unwrap().shown
}

fn is_valid_shell(shell: &str, script: &str) -> bool {
    let mut child = Command::new(shell).arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), script.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

#[test]
fn slurm_is_given_an_array_of_agents() {
    let small = submission(&request(LaunchEngine::Slurm), &nothing).unwrap();
    assert_eq!(small.steps[0].argv, ["sbatch", "--parsable"]);
    assert!(is_valid_shell("bash", &small.shown));
    insta::assert_snapshot!("slurm_small", small.shown);
    let large = shown(&all_asked(LaunchEngine::Slurm));
    assert!(is_valid_shell("bash", &large));
    insta::assert_snapshot!("slurm_all", large);
}

#[test]
fn what_a_directive_cannot_hold_goes_on_the_command_line() {
    let request = LaunchRequest {
        log_dir: "my logs".to_owned(),
        extra: vec!["--comment".to_owned(), "two words".to_owned()],
        ..request(LaunchEngine::Slurm)
    };
    let given = submission(&request, &nothing).unwrap();
    assert_eq!(
        given.steps[0].argv,
        ["sbatch", "--parsable", "--output=my logs/%x-%a.log", "--comment", "two words"]
    );
    assert!(!given.shown.contains("two words") && !given.shown.contains("my logs"));
}

#[test]
fn hyperqueue_is_given_a_task_array() {
    let request = LaunchRequest { mem: None, max_parallel: None, ..all_asked(LaunchEngine::Hq) };
    insta::assert_snapshot!(shown(&request));
    assert!(submission(&all_asked(LaunchEngine::Hq), &nothing).unwrap_err().message.contains("--mem"));
}

#[test]
fn kubernetes_is_given_an_indexed_job() {
    let request = LaunchRequest {
        image: Some("registry.example/train:1".to_owned()),
        namespace: Some("ml".to_owned()),
        secret: Some("mlflow-login".to_owned()),
        program: "sweep".to_owned(),
        extra: Vec::new(),
        ..all_asked(LaunchEngine::K8s)
    };
    let manifest = shown(&request);
    insta::assert_snapshot!(manifest);
    let name = request.job_name();
    assert!(
        name.len() <= 63 && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    );
    assert!(submission(&all_asked(LaunchEngine::K8s), &nothing).unwrap_err().message.contains("image"));
}

#[test]
fn skypilot_is_given_a_task_file_and_the_sweeps_id() {
    let request =
        LaunchRequest { task: Some("task.yaml".to_owned()), extra: Vec::new(), ..request(LaunchEngine::Sky) };
    insta::assert_snapshot!(shown(&request));
}

#[test]
fn each_host_of_ssh_starts_its_own_agents() {
    let hosts = [("a", 1), ("me@b", 2)].map(|(host, agents)| HostAgents { host: host.to_owned(), agents });
    let request = LaunchRequest {
        agents: 3,
        hosts: hosts.to_vec(),
        gpus: Some("0-1".to_owned()),
        ..request(LaunchEngine::Ssh)
    };
    let given = submission(&request, &nothing).unwrap();
    for step in &given.steps {
        assert!(is_valid_shell("sh", step.stdin.as_ref().unwrap()));
    }
    insta::assert_snapshot!(given.shown);
    let option = LaunchRequest {
        hosts: vec![HostAgents { host: "-oProxyCommand=evil".to_owned(), agents: 1 }],
        ..request
    };
    assert!(submission(&option, &nothing).unwrap_err().message.contains("not the name of a host"));
}

#[test]
fn a_value_that_the_caller_has_reaches_ssh_and_is_in_no_command_line() {
    let request = LaunchRequest {
        env: vec![("TOKEN".to_owned(), None)],
        hosts: vec![HostAgents { host: "a".to_owned(), agents: 1 }],
        ..request(LaunchEngine::Ssh)
    };
    let given = submission(&request, &|name| (name == "TOKEN").then(|| "s3cret".to_owned())).unwrap();
    assert!(given.steps[0].stdin.as_ref().unwrap().contains("export TOKEN=s3cret"));
    assert!(!given.steps[0].argv.concat().contains("s3cret"));
    assert!(!shown(&request).contains("s3cret"));
}

#[test]
fn no_value_is_read_as_code() {
    let evil = "x'; touch hacked; \"$(touch hacked)`touch hacked`\n#";
    for engine in [LaunchEngine::Slurm, LaunchEngine::Local] {
        let folder = tempfile::tempdir().unwrap();
        // An agent that is still there when it is asked how old it is; it ends with the folder.
        let program = folder.path().join("agent");
        // By another process: one that writes a file here may still hold it open when it is started.
        let make = "printf '#!/bin/sh\\nwhile [ -e \"$0\" ]; do sleep 0.05; done\\n' > agent; chmod +x agent";
        let made = Command::new("sh").args(["-c", make]).current_dir(folder.path()).status().unwrap();
        assert!(made.success());
        let in_sight = if engine == LaunchEngine::Local { program } else { "/bin/true".into() };
        let request = LaunchRequest {
            agents: 1,
            program: in_sight.display().to_string(),
            folder: String::new(),
            env: vec![("NAME".to_owned(), Some(evil.to_owned()))],
            tracking_uri: Some(evil.to_owned()),
            log_dir: "lo g's $(touch hacked)".to_owned(),
            ..request(engine)
        };
        let given = submission(&request, &nothing).unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, given.steps[0].stdin.as_ref().unwrap()).unwrap();
        let ran = Command::new("bash").arg("script").current_dir(folder.path()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        assert!(!folder.path().join("hacked").exists(), "{engine:?}");
        if engine == LaunchEngine::Local {
            let answer = String::from_utf8(ran.stdout).unwrap();
            assert!(matches!(&processes_of("", &answer)[..], [started] if started.pid > 1), "{answer}");
        }
    }
}

#[test]
fn a_process_is_told_from_a_later_one_with_its_number() {
    let run = |step: &SubmissionStep| {
        let mut shell = Command::new("sh");
        shell.arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        std::io::Write::write_all(&mut shell.stdin.take().unwrap(), step.stdin.as_ref().unwrap().as_bytes())
            .unwrap();
        String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap()
    };
    let local = LaunchRequest {
        agents: 1,
        program: "/bin/sleep".to_owned(),
        folder: String::new(),
        log_dir: tempfile::tempdir().unwrap().path().display().to_string(),
        ..request(LaunchEngine::Local)
    };
    let own =
        LaunchedProcess { host: String::new(), pid: std::process::id(), born: "1".to_owned(), gpu: None };
    assert_eq!(
        count_of(LaunchEngine::Local, "", &run(&alive_step(&local, "", std::slice::from_ref(&own)))),
        Some(0)
    );
    // An order to end would end this test.
    assert_eq!(run(&end_step(&local, "", &[own])), "");
}

#[test]
fn answers_of_engines_are_read() {
    assert_eq!(job_of(LaunchEngine::Slurm, "n", "12;cluster\n"), "12");
    assert_eq!(job_of(LaunchEngine::Slurm, "n", "sbatch: a note\n12\n"), "12");
    assert_eq!(job_of(LaunchEngine::Hq, "n", "5\n"), "5");
    assert_eq!(job_of(LaunchEngine::K8s, "n", "job.batch/n created"), "n");
    assert_eq!(count_of(LaunchEngine::Slurm, "a-1", "a-1\na-1\na-12\n"), Some(2));
    let hq = r#"[{"info": {"task_stats": {"waiting": 2, "running": 1, "finished": 5}}}]"#;
    assert_eq!(count_of(LaunchEngine::Hq, "", hq), Some(3));
    assert_eq!(count_of(LaunchEngine::Hq, "", "no json"), None);
    assert_eq!(
        (count_of(LaunchEngine::K8s, "", ""), count_of(LaunchEngine::K8s, "", "3")),
        (Some(0), Some(3))
    );
}

#[test]
fn an_agent_knows_its_place_in_the_engine() {
    let id = |given: &[(&str, &str)]| {
        engine_id(&|name| given.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    };
    let array = [("SLURM_JOB_ID", "14"), ("SLURM_ARRAY_JOB_ID", "12"), ("SLURM_ARRAY_TASK_ID", "3")];
    assert_eq!(id(&array).as_deref(), Some("slurm-12_3"));
    assert_eq!(id(&[&array[..], &[("SLURM_RESTART_COUNT", "1")]].concat()).as_deref(), Some("slurm-12_3-r1"));
    assert_eq!(id(&[("SLURM_JOB_ID", "9")]).as_deref(), Some("slurm-9"));
    let hq = [("HQ_JOB_ID", "1"), ("HQ_TASK_ID", "4"), ("HQ_INSTANCE_ID", "0")];
    assert_eq!(id(&hq).as_deref(), Some("hq-1.4.0"));
    assert_eq!(
        id(&[("SKYPILOT_TASK_ID", "sky x/1"), ("SKYPILOT_JOB_RANK", "2")]).as_deref(),
        Some("sky-x-1-2")
    );
    assert_eq!(id(&[]), None);
}

#[test]
fn a_time_that_is_all_warning_is_refused() {
    let request = LaunchRequest { time: Some(60), warn: 300, ..request(LaunchEngine::Slurm) };
    assert!(submission(&request, &nothing).unwrap_err().message.contains("--warn"));
}
