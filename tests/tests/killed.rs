//! Killed anywhere: before and after every single call of deploy and destroy.
//! The next run finishes what was begun, and nothing is orphaned.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tests::{Aws, Ran, World, programs};
use xshell::cmd;

const RULE: [&str; 2] = ["--nfs-client-cidr", "10.0.0.0/16"];

/// A world whose AWS is quick, and whose credentials are any.
fn world() -> World {
    let mut world = World::new();
    for name in [
        "FILE_SYSTEM_CREATING",
        "FILE_SYSTEM_DELETING",
        "MOUNT_TARGET_CREATING",
        "MOUNT_TARGET_DELETING",
    ] {
        world.set(&format!("CLOCKWORK_SANDBOX_{name}_MS"), 20);
    }
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    world
}

fn args(world: &World, aws: &Aws, command: &str) -> Vec<String> {
    let manifests = world.manifests();
    let args = [
        command,
        "--endpoint-url",
        &aws.url,
        "--output",
        "json",
        "--yes",
        "--manifests",
        manifests.to_str().unwrap(),
    ];
    let consents = command != "plan-efs";
    args.into_iter()
        .chain(RULE)
        .filter(|arg| consents || *arg != "--yes")
        .map(str::to_owned)
        .collect()
}

fn run(world: &World, aws: &Aws, command: &str) -> Ran {
    let args = args(world, aws, command);
    world.xtask(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn start(world: &World, aws: &Aws, command: &str) -> Child {
    let shell = world.shell();
    let (program, args) = (programs().join("xtask"), args(world, aws, command));
    let mut command: Command = cmd!(shell, "{program} {args...}").into();
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Starts a command, and kills it once the sandbox holds its `nth` call.
/// Whether it came that far.
fn kill_at(world: &World, aws: &Aws, command: &str, nth: usize, hold: &str) -> bool {
    assert_eq!(aws.admin("POST", "faults", &format!("*:#{nth}:{hold}")).status, 204);
    let mut child = start(world, aws, command);
    let limit = Instant::now() + Duration::from_mins(1);
    let came_that_far = loop {
        if aws.held() > 0 {
            break true;
        }
        if child.try_wait().unwrap().is_some() {
            break false;
        }
        assert!(Instant::now() < limit, "{command} neither ended nor made call {nth}");
    };
    child.kill().unwrap();
    child.wait().unwrap();
    aws.admin("DELETE", "faults", "");
    aws.admin("POST", "release", "");
    came_that_far
}

#[track_caller]
fn deployed(world: &World, aws: &Aws) {
    run(world, aws, "deploy-efs").exits(0);
    let plan = run(world, aws, "plan-efs").exits(0).json();
    assert_eq!(plan["changes"], 0, "{plan:#}");
    let id = aws.file_system()["FileSystemId"].as_str().unwrap().to_owned();
    assert_eq!(aws.mount_targets().len(), 3);
    assert!(world.document("storageclass.yaml").contains(&id));
    let rules = aws.ec2("Action=DescribeSecurityGroupRules").body;
    assert_eq!(rules.matches("<fromPort>2049<").count(), 1, "{rules}");
}

#[track_caller]
fn destroyed(world: &World, aws: &Aws) {
    run(world, aws, "destroy-efs").exits(0);
    assert_eq!(run(world, aws, "destroy-efs").exits(0).json()["changed"], 0);
    let all = aws.efs("GET", "file-systems", None).json();
    assert_eq!(all["FileSystems"].as_array().map(Vec::len), Some(0), "{all:#}");
    let interfaces = aws.ec2("Action=DescribeNetworkInterfaces").body;
    assert!(!interfaces.contains("<networkInterfaceId>"), "{interfaces}");
    let rules = aws.ec2("Action=DescribeSecurityGroupRules").body;
    assert!(!rules.contains("<fromPort>2049<"), "{rules}");
    assert!(!world.manifests().exists());
}

/// Kills at every call until one is reached that the command no longer makes.
fn every_call(
    command: &str,
    prepare: impl Fn(&World, &Aws),
    finish: impl Fn(&World, &Aws),
) -> usize {
    let mut points = 0;
    for hold in ["hold-before", "hold-after"] {
        for nth in 1.. {
            let world = world();
            let aws = world.aws();
            prepare(&world, &aws);
            let came_that_far = kill_at(&world, &aws, command, nth, hold);
            finish(&world, &aws);
            if !came_that_far {
                break;
            }
            points += 1;
        }
    }
    println!("{command}: killed at {points} points");
    points
}

#[test]
fn a_deploy_killed_before_and_after_every_call_is_finished_by_the_next() {
    let points = every_call("deploy-efs", |_, _| {}, deployed);
    assert!(points >= 24, "{points}");
}

#[test]
fn a_destroy_killed_before_and_after_every_call_is_finished_by_the_next() {
    let points = every_call(
        "destroy-efs",
        |world, aws| drop(run(world, aws, "deploy-efs").exits(0)),
        destroyed,
    );
    assert!(points >= 16, "{points}");
}

#[test]
fn under_random_faults_a_run_converges_or_leaves_what_a_clean_run_completes() {
    let seeds: u64 =
        std::env::var("CLOCKWORK_SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(6);
    let mut failed = 0;
    for seed in 1..=seeds {
        let mut world = world();
        world.set("CLOCKWORK_SANDBOX_FAULT_SEED", seed);
        let aws = world.aws();
        let faults = "*:6%:throttle\n*:4%:error\n*:4%:cut-before\n*:4%:cut-after\n*:4%:delay=50\n\
            DescribeFileSystems:10%:stale=100\nDescribeMountTargets:10%:stale=100";
        for (command, finish) in [
            ("deploy-efs", deployed as fn(&World, &Aws)),
            ("deploy-efs", deployed),
            ("destroy-efs", destroyed),
        ] {
            aws.admin("POST", "faults", faults);
            let ran = run(&world, &aws, command);
            if ran.code != Some(0) {
                failed += 1;
                assert!(
                    ran.stderr.contains("what now") || ran.stderr.contains("What now"),
                    "seed {seed}: {}",
                    ran.stderr
                );
            }
            aws.admin("DELETE", "faults", "");
            finish(&world, &aws);
        }
    }
    println!("{seeds} seeds, {failed} runs ended with an error");
}
