//! Charts of an OCI registry that wants a login, behind an authority of its own.
//!
//! The registry is the one of the OCI distribution project; the API server, its controllers and Helm
//! are real too.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;
use tests::{Clustered, Ran};
use xshell::cmd;

const USER: &str = "carol";
const PASSWORD: &str = "planted-password";

/// The password as the registry keeps it, by bcrypt.
const KEPT: &str = "$2b$04$pQcMuzZ/UNyeTbhVy3uRNurpff3dWc3YKCYiFJBsGuXDd.BZlYKYa";

/// A version of the chart that was never published, so that no digest of it is known.
const VERSION: &str = "2.4.99";

/// A running registry; dropping this value stops it.
struct Registry {
    child: Child,
    /// Where it listens, such as `127.0.0.1:5000`.
    host: String,
}

impl Registry {
    /// Starts a registry with a login and the certificate of the control plane, which is of an authority
    /// that nobody knows by itself.
    fn start(there: &Clustered) -> Registry {
        let folder = there.world.path().join("registry");
        std::fs::create_dir(&folder).unwrap();
        let (users, config) = (folder.join("users"), folder.join("config.json"));
        std::fs::write(&users, format!("{USER}:{KEPT}\n")).unwrap();
        let keys = there.plane.folder();
        let settings = json!({
            "version": "0.1",
            "log": { "level": "info", "accesslog": { "disabled": true } },
            "storage": { "inmemory": {} },
            "auth": { "htpasswd": { "realm": "charts", "path": users } },
            "http": {
                "addr": "127.0.0.1:0",
                "secret": "one",
                "tls": {
                    "certificate": keys.join("server.pem"),
                    "key": keys.join("server.key"),
                },
            },
        });
        std::fs::write(&config, settings.to_string()).unwrap();
        let shell = there.world.shell();
        let mut command: Command = cmd!(shell, "registry serve {config}").into();
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap_or_else(|error| {
                panic!("registry: {error}; run `cargo xtask tools install registry`")
            });
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let host = said
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, rest) = line.split_once("listening on ")?;
                rest.split([',', '"']).next().map(str::to_owned)
            })
            .unwrap_or_else(|| panic!("the registry does not say where it listens"));
        // What it says further is read, so that it can say it.
        std::thread::spawn(move || said.for_each(drop));
        Registry { child, host }
    }

    fn chart(&self, name: &str) -> String {
        format!("oci://{}/charts/{name}", self.host)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A world whose Helm keeps its logins in a file of its own and trusts the authority of the registry.
fn world() -> (Clustered, Registry) {
    let mut there = Clustered::quick();
    there.world.set("SSL_CERT_FILE", there.plane.authority().display());
    for (name, file) in [
        ("HELM_REGISTRY_CONFIG", "logins.json"),
        ("HELM_CACHE_HOME", "cache"),
        ("HELM_CONFIG_HOME", "config"),
        ("HELM_DATA_HOME", "data"),
        ("DOCKER_CONFIG", "docker"),
    ] {
        there.world.set(name, there.world.path().join(file).display());
    }
    let registry = Registry::start(&there);
    (there, registry)
}

fn login(there: &Clustered, registry: &Registry) {
    let (shell, host) = (there.world.shell(), &registry.host);
    let login = cmd!(shell, "helm registry login {host} --username {USER} --password-stdin");
    login.stdin(PASSWORD).quiet().ignore_stdout().ignore_stderr().run().unwrap();
}

fn logout(there: &Clustered) {
    std::fs::remove_file(there.world.path().join("logins.json")).unwrap();
}

/// Puts a small chart into the registry, as its version.
fn push(there: &Clustered, registry: &Registry, chart: &str, from: &str, version: &str) {
    let (shell, place) = (there.world.shell(), there.world.path());
    let folder = there.chart_like(chart, &format!("own-{chart}"));
    let about = std::fs::read_to_string(folder.join("Chart.yaml")).unwrap();
    let about = about.replace(&format!("version: {from}"), &format!("version: {version}"));
    std::fs::write(folder.join("Chart.yaml"), about).unwrap();
    let package = cmd!(shell, "helm package {folder} --destination {place}");
    package.quiet().ignore_stdout().run().unwrap();
    let archive = place.join(format!("{chart}-{version}.tgz"));
    let to = format!("oci://{}/charts", registry.host);
    cmd!(shell, "helm push {archive} {to}").quiet().ignore_stdout().ignore_stderr().run().unwrap();
    // Nothing of it is found but in the registry.
    std::fs::remove_file(archive).unwrap();
}

/// A command of a deployment with the chart of the registry.
fn run(there: &Clustered, registry: &Registry, command: &str, more: &[&str]) -> Ran {
    let chart = format!("--helm-chart={}", registry.chart("aws-efs-csi-driver"));
    let version = format!("--helm-chart-version={VERSION}");
    there.run(command, &[&[chart.as_str(), &version], more].concat())
}

#[track_caller]
fn wants_a_login(ran: Ran) {
    let ran = ran.exits(1);
    assert!(ran.stderr.contains("help: the registry or repository of the chart"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`helm registry login HOST`"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("the cluster does not accept"), "{}", ran.stderr);
    assert!(!ran.stderr.contains(PASSWORD), "{}", ran.stderr);
    assert!(ran.calls.iter().all(tests::Call::reads), "nothing is changed: {:?}", ran.calls);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_chart_of_a_registry_is_installed_with_the_login_that_helm_keeps_and_with_no_other() {
    let (there, registry) = world();
    login(&there, &registry);
    push(&there, &registry, "aws-efs-csi-driver", "2.4.5", VERSION);
    logout(&there);
    wants_a_login(run(&there, &registry, "plan-efs", &[]));
    wants_a_login(run(&there, &registry, "deploy-efs", &[]));
    assert_eq!(there.revisions(), []);
    // A login that ended, or that is another's.
    let wrong = json!({ "auths": { registry.host.as_str(): { "auth": "Y2Fyb2w6d3Jvbmc=" } } });
    std::fs::write(there.world.path().join("logins.json"), wrong.to_string()).unwrap();
    wants_a_login(run(&there, &registry, "deploy-efs", &[]));

    login(&there, &registry);
    run(&there, &registry, "deploy-efs", &[]).exits(0);
    assert_eq!(there.revisions(), [(1, "deployed".to_owned())]);
    // An ordinary run fetches nothing, and needs no login.
    logout(&there);
    let plan = run(&there, &registry, "plan-efs", &[]).exits(0).json();
    assert_eq!(plan["changes"], 0, "{plan:#}");
    wants_a_login(run(&there, &registry, "plan-efs", &["--driver-log-level=5"]));
    run(&there, &registry, "destroy-efs", &["--yes"]).exits(0);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn what_a_registry_does_not_have_or_who_it_is_is_told_as_such() {
    let (mut there, registry) = world();
    login(&there, &registry);
    let missing = run(&there, &registry, "plan-efs", &[]).exits(1);
    assert!(missing.stderr.contains("check `helm_chart_version`"), "{}", missing.stderr);
    // Without the authority, nobody knows who answers.
    there.world.set("SSL_CERT_FILE", "/dev/null");
    let unknown = run(&there, &registry, "plan-efs", &[]).exits(1);
    assert!(unknown.stderr.contains("x509"), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("`SSL_CERT_FILE`"), "{}", unknown.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_workloads_chart_comes_from_a_registry_too() {
    let (there, registry) = world();
    login(&there, &registry);
    push(&there, &registry, "graphscope", "0.31.0", "0.31.9");
    there.deploy(&[]);
    let chart = format!("--workload-helm-chart={}", registry.chart("graphscope"));
    let engine = ["--workload-kind=engine", "--workload-helm-chart-version=0.31.9", chart.as_str()];
    assert_eq!(there.run("deploy-graphscope", &engine).exits(0).json()["changed"], 6);
    logout(&there);
    assert_eq!(there.run("plan-graphscope", &engine).exits(0).json()["changes"], 0);
}
