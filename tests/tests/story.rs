//! The end-to-end runs themselves: what they report, and that they leave nothing behind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{World, programs};
use xshell::cmd;

#[test]
fn the_matrix_is_what_github_includes() {
    let world = World::new();
    let matrix: Value = serde_json::from_str(&world.xtask(&["matrix"]).exits(0).stdout).unwrap();
    let include = matrix["include"].as_array().unwrap();
    assert!(include.len() >= 6);
    for entry in include {
        for key in ["chart", "kubernetes", "image", "aws", "name"] {
            assert!(entry[key].is_string(), "{key} in {entry}");
        }
    }
    let one = world.xtask(&["matrix", "--aws", "moto", "--chart", "2.4.5", "--kubernetes", "1.35"]);
    let one: Value = serde_json::from_str(&one.exits(0).stdout).unwrap();
    assert_eq!(one["include"].as_array().map(Vec::len), Some(1));
    let ran = world.xtask(&["matrix", "--aws", "mota"]).exits(2);
    assert!(ran.stderr.contains("moto"), "{}", ran.stderr);
}

#[test]
fn what_an_end_to_end_run_cannot_use_is_a_mistake() {
    let ran = World::new().xtask(&["e2e", "--aws", "minstack"]).exits(2);
    assert!(ran.stderr.contains("did you mean `ministack`?"), "{}", ran.stderr);
    let ran = World::new().xtask(&["e2e", "--context", "dev"]).exits(2);
    assert!(ran.stderr.contains("--cluster context"), "{}", ran.stderr);
}

/// Starts a run, and waits until it has told this step.
fn until(world: &World, step: &str) -> std::process::Child {
    let shell = world.shell();
    let (xtask, report) = (programs().join("xtask"), world.path().join("report"));
    let out = std::fs::File::create(world.path().join("out")).unwrap();
    let mut command: Command = cmd!(shell, "{xtask} e2e --report {report}").into();
    let child = command.stdout(out).stderr(Stdio::null()).spawn().unwrap();
    let limit = Instant::now() + Duration::from_mins(5);
    while !said(world).contains(step) {
        assert!(Instant::now() < limit, "{step:?} was not told:\n{}", said(world));
        std::thread::sleep(Duration::from_millis(50));
    }
    child
}

fn said(world: &World) -> String {
    std::fs::read_to_string(world.path().join("out")).unwrap()
}

/// The processes that a run started, found by what only it gave them: its control plane's folder.
fn left(world: &World) -> usize {
    let shell = world.shell();
    let all = cmd!(shell, "ps -eo args").quiet().read().unwrap();
    let folder = said(world);
    let folder = folder.lines().find_map(|line| line.split("control plane in ").nth(1)).unwrap();
    all.lines().filter(|line| line.contains(folder.trim())).count()
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn an_interrupted_run_takes_down_what_it_started_and_a_killed_one_leaves_no_process() {
    for signal in ["INT", "KILL"] {
        let world = World::new();
        let mut run = until(&world, "nothing to do");
        assert!(left(&world) > 0, "it runs");
        let id = run.id().to_string();
        let shell = world.shell();
        cmd!(shell, "kill -{signal} {id}").quiet().run().unwrap();
        let code = run.wait().unwrap().code();
        assert_ne!(code, Some(0));
        let limit = Instant::now() + Duration::from_secs(30);
        while left(&world) > 0 {
            assert!(Instant::now() < limit, "after {signal}: {} processes are left", left(&world));
            std::thread::sleep(Duration::from_millis(50));
        }
        if signal == "INT" {
            let junit = std::fs::read_to_string(world.path().join("report/junit.xml")).unwrap();
            assert!(junit.contains("<testcase") && junit.contains("name=\"deploy\""), "{junit}");
        }
    }
}
