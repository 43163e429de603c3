//! The same code against emulators that others wrote: what it takes for AWS's
//! behaviour is not only what the sandbox was taught.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use emulators::{Emulator, Kind, Network};
use tests::{World, programs};

/// The virtual environments of the end-to-end runs serve here as well.
fn start(kind: Kind) -> Emulator {
    let venv = programs().parent().unwrap().join("emulators");
    Emulator::from_pypi(kind, &venv).unwrap()
}

fn life(emulator: &Emulator) {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    let url = emulator.url();
    let Network { subnets, security_group: group } = Network::of(url).unwrap();
    let manifests = world.manifests();
    let run = |command: &str, more: &[&str]| {
        let subnets = subnets.join(",");
        let mut args = vec![
            command,
            "--endpoint-url",
            url,
            "--subnet-ids",
            &subnets,
            "--security-group-id",
            &group,
        ];
        args.extend([
            "--nfs-client-cidr",
            "10.0.0.0/16",
            "--output",
            "json",
            "--manifests",
            manifests.to_str().unwrap(),
        ]);
        args.extend(more);
        world.xtask(&args).exits(0).json()
    };
    let made = run("deploy-efs", &[]);
    assert_eq!(made["outputs"]["mount_targets"].as_array().unwrap().len(), subnets.len());
    assert_eq!(run("deploy-efs", &[])["changed"], 0);
    assert_eq!(
        run("deploy-efs", &["--tags", "team=graphs"])["changed"],
        1,
        "the file system's tag"
    );
    assert_eq!(run("plan-efs", &["--tags", "team=graphs"])["changes"], 0);
    assert_eq!(run("destroy-efs", &["--yes"])["changed"], made["changed"]);
    assert_eq!(run("destroy-efs", &["--yes"])["changed"], 0);
}

#[test]
#[ignore = "needs Python 3 with venv, and PyPI"]
fn a_deployment_lives_on_moto() {
    life(&start(Kind::Moto));
}

#[test]
#[ignore = "needs Python 3 with venv, and PyPI"]
fn a_deployment_lives_on_ministack() {
    life(&start(Kind::MiniStack));
}
