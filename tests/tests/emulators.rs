//! The same code against emulators that others wrote: what it takes for AWS's
//! behaviour is not only what the sandbox was taught.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tests::{World, ec2_at};
use xshell::{Shell, cmd};

/// A running emulator, which ends with this value.
struct Emulator {
    child: Child,
    url: String,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts an emulator on a free port, and waits until it answers.
fn start(program: &str, args: &[&str]) -> Emulator {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let shell = Shell::new().unwrap();
    shell.set_var("GATEWAY_PORT", &port);
    let args: Vec<String> = args.iter().map(|arg| arg.replace("PORT", &port)).collect();
    let mut command: Command = cmd!(shell, "{program} {args...}").into();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let child = child.unwrap_or_else(|error| panic!("`{program}` is needed in PATH: {error}"));
    let emulator = Emulator { child, url: format!("http://127.0.0.1:{port}") };
    let limit = Instant::now() + Duration::from_mins(1);
    while std::net::TcpStream::connect(format!("127.0.0.1:{port}")).is_err() {
        assert!(Instant::now() < limit, "`{program}` does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
    emulator
}

/// The texts of all elements of a name.
fn texts(xml: &str, element: &str) -> Vec<String> {
    let mut texts: Vec<String> = xml
        .split(&format!("<{element}>"))
        .skip(1)
        .filter_map(|rest| rest.split('<').next().map(str::to_owned))
        .collect();
    texts.sort();
    texts.dedup();
    texts
}

fn life(emulator: &Emulator) {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    let url = &emulator.url;
    let subnets = texts(&ec2_at(url, "Action=DescribeSubnets&Version=2016-11-15").body, "subnetId");
    let groups = ec2_at(url, "Action=DescribeSecurityGroups&Version=2016-11-15").body;
    let group = texts(&groups, "groupId").into_iter().next().unwrap();
    assert!(!subnets.is_empty(), "the emulator has a default VPC");
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
        2,
        "the tag, and the values that carry it"
    );
    assert_eq!(run("plan-efs", &["--tags", "team=graphs"])["changes"], 0);
    assert_eq!(run("destroy-efs", &["--yes"])["changed"], made["changed"]);
    assert_eq!(run("destroy-efs", &["--yes"])["changed"], 0);
}

#[test]
#[ignore = "needs moto_server in PATH: pip install 'moto[ec2,efs,server]'"]
fn a_deployment_lives_on_moto() {
    life(&start("moto_server", &["-H", "127.0.0.1", "-p", "PORT"]));
}

#[test]
#[ignore = "needs ministack in PATH: pip install ministack"]
fn a_deployment_lives_on_ministack() {
    life(&start("ministack", &[]));
}
