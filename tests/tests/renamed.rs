//! A driver whose Deployment and DaemonSet have other names: they are found by their labels.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use control_plane::{Nodes, Provisioner, Source, User};
use serde_json::Value;
use tests::{Clustered, Ran, says_at_its_limit};

/// Chart values that name the controller and the node plugin otherwise.
const RENAMED: &str = "controller: {name: storage-controller}\nnode: {name: storage-node}\n";

/// The rows of the driver in a status: name and state.
fn rows(status: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = status["rows"].as_array().unwrap().iter();
    let of_driver = all.filter(|row| row["resource"] == "driver");
    of_driver.map(|row| (text(&row["name"]), text(&row["state"]))).collect()
}

fn with_values(there: &Clustered, command: &str, values: &str, more: &[&str]) -> Ran {
    let path = there.world.path().join("own.yaml");
    std::fs::write(&path, values).unwrap();
    let values = format!("--helm-values={}", path.display());
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let url = format!("--endpoint-url={}", there.aws.url);
    let args = [command, &url, &chart, &values, "--output=json"];
    there.world.xtask(&[&args[..], more].concat())
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_controller_of_another_name_is_waited_for_and_stands_in_the_status() {
    let there = Clustered::quick();
    // A label of another value, beside the names, hides them from neither.
    for values in [RENAMED.to_owned(), format!("nameOverride: storage\n{RENAMED}")] {
        // There are no nodes, so its pods never run.
        let deploy =
            |limit: &str| with_values(&there, "deploy-efs", &values, &["--no-canary", limit]);
        says_at_its_limit(deploy, "storage-controller");
        let status = with_values(&there, "status", &values, &[]).exits(0).json();
        assert_eq!(status["healthy"], false, "{status:#}");
        let not_ready = ("deployment/storage-controller".to_owned(), "not ready".to_owned());
        assert!(rows(&status).contains(&not_ready), "{status:#}");
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_driver_of_others_is_seen_under_any_name() {
    let there = Clustered::quick();
    let chart = Clustered::chart().display().to_string();
    there.helm(&[
        "install",
        "storage",
        &chart,
        "--namespace=kube-system",
        "--set=controller.name=storage-controller,node.name=storage-node",
    ]);
    let refused = there.run("deploy-efs", &[]).exits(1);
    assert!(refused.stderr.contains("by the release `storage`"), "{}", refused.stderr);
    assert!(there.class().is_none(), "nothing was changed");
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_canary_that_is_not_bound_names_the_controller_as_it_is_called() {
    let there = Clustered::quick();
    let kubeconfig = there.plane.kubeconfig(User::Admin);
    let _nodes = Nodes::alone(&kubeconfig, 1).unwrap();
    let answer = "rpc error: code = Unknown desc = nobody has heard of this";
    let _refusing = Provisioner::start(&kubeconfig, Source::Refused(answer.to_owned())).unwrap();
    let ran = with_values(&there, "deploy-efs", RENAMED, &[]).exits(1);
    for said in [answer, "logs deployment/storage-controller --container efs-plugin"] {
        assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
    }
}
