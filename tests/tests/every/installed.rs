//! The deployment with the driver's chart, in a real API server.

use std::path::Path;

use serde_json::{Value, json};
use tests::{Aws, Call, Clustered, Ran, World, serve_files};
use xshell::cmd;

use crate::by_hand;
use crate::declared::properties;
use crate::deployments::{CHARTS, INSTALLED};
use crate::fixed::{are_refused, are_shown};
use crate::shown::shown;

/// A cluster whose three nodes are instances, in an account with IPv6.
fn cluster() -> Clustered {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_WORLDS", "dual-stack");
    world.hurry();
    let there = Clustered::with(world);
    let role = json!({ "awsRoleArn": "arn:aws:iam::444455556666:role/efs" });
    let secret = json!({ "metadata": { "name": "x-account" }, "stringData": role });
    there.cluster().create("/api/v1/namespaces/kube-system/secrets", &secret).unwrap();
    for (n, zone) in ["a", "b", "c"].iter().enumerate() {
        let labels = json!({
            "kubernetes.io/os": "linux", "topology.kubernetes.io/zone": format!("eu-west-1{zone}"),
        });
        let node = json!({
            "metadata": { "name": format!("node-{zone}"), "labels": labels },
            "spec": { "providerID": format!("aws:///eu-west-1{zone}/i-{n:017x}") },
        });
        there.cluster().create("/api/v1/nodes", &node).unwrap();
        let instance = json!({
            "InstanceId": format!("i-{n:017x}"),
            "SubnetId": format!("subnet-0c0dec0000000010{zone}"),
            "GroupIds": ["sg-0c0dec00000000003"],
            "PrivateIpAddress": format!("10.0.{}.20", 16 * n + 15),
        });
        let seed = json!({ "Instances": [instance] }).to_string();
        assert_eq!(there.aws.admin("POST", "seed/eu-west-1", &seed).status, 204);
    }
    there
}

/// Keys that versions from 4.4.0 on have, and the small chart does not list.
const NEWER: [(&str, &str); 2] = [
    (
        "controller:\n",
        "  enableMetrics: false\n  hostNetwork: false\n  priorityClassName: \"\"\n  serviceMonitor: {enabled: false}\n",
    ),
    (
        "node:\n",
        "  priorityClassName: \"\"\n  volumeAttachLimit: 0\n  volumeAttachLimitOptIn: false\n  maxInflightMountCalls: 0\n  maxInflightMountCallsOptIn: false\n",
    ),
];

/// The small chart as one of the newest version.
fn chart(there: &Clustered) -> String {
    let folder = there.chart_of("4.4.99");
    let file = Path::new(&folder).join("values.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = NEWER.iter().fold(text, |text, (section, keys)| {
        text.replacen(&format!("\n{section}"), &format!("\n{section}{keys}"), 1)
    });
    std::fs::write(file, text).unwrap();
    folder
}

/// A repository with it.
fn charts(there: &Clustered, chart: &str) -> String {
    let (shell, folder) = (there.world.shell(), there.world.path().join("charts"));
    cmd!(shell, "helm package {chart} --destination {folder}")
        .quiet()
        .ignore_stdout()
        .run()
        .unwrap();
    cmd!(shell, "helm repo index {folder}").quiet().run().unwrap();
    serve_files(folder)
}

/// The deployment in the cluster.
struct Installed {
    there: Clustered,
    config: String,
}

impl Installed {
    fn run(&self, command: &str, more: &[&str]) -> Ran {
        let url = self.there.aws.url();
        let args = [command, "--endpoint-url", url, "--output=json", "--no-wait", &self.config];
        self.there.world.xtask(&[&args[..], more].concat())
    }

    /// Plans, and has nothing to do.
    #[track_caller]
    fn is_complete(&self) {
        let plan = self.run("plan-efs", &[]).exits(0).json();
        assert_eq!(plan["changes"], 0, "{plan:#}");
        assert_eq!(plan["waits"], json!([]), "{plan:#}");
    }
}

/// Changes everything that can be changed, as people would.
fn drift(there: &Clustered, chart: &str, outputs: &Value) {
    let id = outputs["file_system_id"].as_str().unwrap();
    let role = outputs["driver_iam_role_arn"].as_str().unwrap().rsplit('/').next().unwrap();
    let named = ["sg-0c0dec00000000001", "sg-0c0dec00000000002"];
    let groups = outputs["security_group_ids"].as_array().unwrap().iter();
    let mut own = groups.filter_map(Value::as_str).filter(|group| !named.contains(group));
    by_hand::file_system(&there.aws, id);
    by_hand::access_point(&there.aws);
    by_hand::mount_target(&there.aws);
    by_hand::own_group(&there.aws, own.next().unwrap());
    by_hand::identity(&there.aws, role);
    by_hand::volume(there);
    by_hand::class(there);
    // An upgrade to another version and other values, which does not succeed.
    let file = Path::new(chart).join("Chart.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("4.4.99", "4.4.98")).unwrap();
    let shell = there.world.shell();
    let upgrade = ["--set=controller.logLevel=9", "--wait", "--timeout=1s"];
    cmd!(shell, "helm upgrade aws-efs-csi-driver {chart} --namespace kube-system --reset-values {upgrade...}")
        .quiet()
        .ignore_status()
        .output()
        .unwrap();
    by_hand::csi_driver(there);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_deployment_with_every_property_is_made_found_drifted_repaired_and_taken_down() {
    let there = cluster();
    let chart = chart(&there);
    let config = INSTALLED.write(there.world.path(), &[(CHARTS, &charts(&there, &chart))]);
    let here = Installed { there, config };
    let declared = properties();
    let first = here.run("plan-efs", &[]).exits(0).json();
    are_shown(&INSTALLED, &shown(&first, &declared));
    let made = here.run("deploy-efs", &[]).exits(0).json();
    here.is_complete();
    are_refused(&INSTALLED, |flag| here.run("plan-efs", &[flag]));

    drift(&here.there, &chart, &made["outputs"]);
    let plan = here.run("plan-efs", &[]).exits(0).json();
    assert_eq!(shown(&plan, &declared), INSTALLED.drifts(), "{plan:#}");
    here.run("deploy-efs", &["--yes"]).exits(0);
    here.is_complete();

    let id = made["outputs"]["file_system_id"].as_str().unwrap();
    let kept = here.run("destroy-efs", &["--yes"]).exits(1);
    assert!(kept.stderr.contains(&format!("--delete-data {id}")), "{}", kept.stderr);
    let claim = Clustered::claim_path("logs");
    here.there.cluster().delete(&claim).unwrap();
    here.there
        .await_that("the claim is gone", || here.there.cluster().find(&claim).unwrap().is_none());
    here.run("destroy-efs", &["--yes", &format!("--delete-data={id}")]).exits(0);
    let left = here.there.aws.efs("GET", "file-systems", None).json();
    assert_eq!(left["FileSystems"], json!([]));
    assert_eq!(here.there.class(), None);
    assert_eq!(here.there.revisions(), []);
}

/// The same with an AWS that takes its time, so that calls which are sent together overlap on a busy
/// machine too: what a run that finds nothing costs.
#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_run_that_finds_nothing_makes_at_most_18_calls_in_3_rounds_with_every_property() {
    let there = cluster();
    let config = INSTALLED.write(there.world.path(), &[(CHARTS, &charts(&there, &chart(&there)))]);
    let mut here = Installed { there, config };
    here.run("deploy-efs", &[]).exits(0);
    let Clustered { world, aws, plane } = here.there;
    drop(aws);
    let mut slow = world.env.clone();
    slow.push(("CLOCKWORK_SANDBOX_LATENCY_MS".to_owned(), "600".to_owned()));
    let aws = Aws::serve(Some(&world.state()), &slow);
    here.there = Clustered { world, aws, plane };
    let ran = here.run("deploy-efs", &[]).exits(0);
    assert_eq!(ran.json()["changed"], 0, "{}", ran.stderr);
    let names: Vec<&str> = ran.calls.iter().map(|call| call.operation.as_str()).collect();
    assert!(names.len() <= 18, "{} calls: {names:#?}", names.len());
    assert!(Call::rounds(&ran.calls) <= 3, "{:#?}", ran.calls);
}
