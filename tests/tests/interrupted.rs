//! Runs that are stopped on the way, and the runs that finish them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::{World, programs};
use xshell::cmd;

/// Starts a deploy of the world, waits until the sandbox listed `operation`,
/// and sends a signal; the exit code and what was said.
fn stopped_after(world: &World, operation: &str, signal: &str) -> (Option<i32>, String) {
    let shell = world.shell();
    let (xtask, manifests) = (programs().join("xtask"), world.manifests());
    let command = cmd!(shell, "{xtask} deploy-efs --sandbox --manifests {manifests}");
    let mut command: Command = command.into();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let limit = Instant::now() + Duration::from_mins(3);
    while !world.calls().iter().any(|call| call.operation == operation) {
        assert!(Instant::now() < limit, "{operation} was not called");
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    cmd!(shell, "kill -{signal} {id}").quiet().run().unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn ctrl_c_starts_nothing_new_says_what_is_left_and_which_command_goes_on() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_FILE_SYSTEM_CREATING_MS", 600_000);
    let (code, said) = stopped_after(&world, "CreateFileSystem", "INT");
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("Left: "), "{said}");
    assert!(said.contains("mount_target[\"eu-west-1c\"]"), "{said}");
    assert!(said.contains("cargo xtask deploy-efs --sandbox --manifests"), "{said}");
    let created = world.calls().iter().any(|call| call.operation == "CreateMountTarget");
    assert!(!created, "nothing new is started");
}

#[test]
fn a_second_ctrl_c_stops_at_once_even_in_the_middle_of_a_call() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_FAULTS", "CreateFileSystem:*:delay=3600000");
    let shell = world.shell();
    let xtask = programs().join("xtask");
    let mut command: Command = cmd!(shell, "{xtask} deploy-efs --sandbox").into();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.ends_with("file_system: creating")), "the call was made");
    let id = child.id().to_string();
    let interrupt = || cmd!(shell, "kill -INT {id}").quiet().run().unwrap();
    interrupt();
    // The first one lets the call end, which it never does; the second one has no patience.
    let limit = Instant::now() + Duration::from_secs(20);
    let code = loop {
        interrupt();
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        assert!(Instant::now() < limit, "it goes on");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(code, Some(130));
}

#[test]
fn what_was_interrupted_or_killed_is_finished_by_the_next_run() {
    for (operation, signal) in [
        ("CreateFileSystem", "INT"),
        ("CreateFileSystem", "KILL"),
        ("CreateMountTarget", "TERM"),
        ("CreateMountTarget", "KILL"),
    ] {
        let world = World::new();
        stopped_after(&world, operation, signal);
        // A killed run's sandbox lets go of its state when it sees that its starter is gone.
        let limit = Instant::now() + Duration::from_mins(3);
        let ran = loop {
            let ran = world.run("deploy-efs", &[]);
            let locked = ran.stderr.contains("another run uses");
            if !locked || Instant::now() > limit {
                break ran;
            }
        };
        ran.exits(0);
        world.nothing_to_do(&[]);
        let aws = world.aws();
        assert_eq!(aws.mount_targets().len(), 3, "after {signal} at {operation}");
    }
}
