//! The driver moves from Helm to EKS and back, in a real API server, and none of its objects goes.
//!
//! EKS's own part in the cluster is done by the test: it applies the workloads as EKS does.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::Clustered;

const ADDON: &str = "clusters/graphscope-dev/addons/aws-efs-csi-driver";
const WORKLOADS: [&str; 2] = [
    "/apis/apps/v1/namespaces/kube-system/deployments/efs-csi-controller",
    "/apis/apps/v1/namespaces/kube-system/daemonsets/efs-csi-node",
];

/// The inputs of the add-on: a driver that mounts as the one of the chart does.
const AS_ADDON: [&str; 3] =
    ["--driver=addon", "--addon-version=v1.7.6-eksbuild.2", "--addon-resolve-conflicts=OVERWRITE"];

/// What makes the workloads the ones that they are.
fn identities(there: &Clustered) -> Vec<Value> {
    let workloads = WORKLOADS.map(|path| there.cluster().get(path).unwrap());
    workloads.map(|found| found["metadata"]["uid"].clone()).to_vec()
}

/// EKS applies fields of the workloads.
fn eks_applies(there: &Clustered) {
    let change = json!({ "metadata": { "labels": { "app.kubernetes.io/managed-by": "EKS" } } });
    for path in WORKLOADS {
        there.cluster().merge(&format!("{path}?fieldManager=eks"), &change).unwrap();
    }
}

fn helm_annotations(there: &Clustered) -> usize {
    let workloads = WORKLOADS.map(|path| there.cluster().get(path).unwrap());
    let name =
        |found: &Value| found["metadata"]["annotations"]["meta.helm.sh/release-name"].clone();
    workloads.iter().filter(|found| !name(found).is_null()).count()
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_release_becomes_the_add_on_and_a_release_again_with_the_same_objects() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let before = identities(&there);
    there.is_known_to_eks(
        &json!({ "name": "graphscope-dev", "selfManaged": ["aws-efs-csi-driver"] }),
    );

    let refused = there.run("deploy-efs", &AS_ADDON[..2]).exits(1);
    let said = "set `addon_resolve_conflicts` to `OVERWRITE`";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let yes = [&AS_ADDON[..], &["--yes"]].concat();
    there.deploy(&yes);
    eks_applies(&there);
    assert_eq!(identities(&there), before, "nothing was deleted");
    assert_eq!(there.revisions(), [], "Helm has forgotten the release");
    assert_eq!(helm_annotations(&there), 0);
    assert_eq!(there.aws.eks("GET", ADDON, None).json()["addon"]["status"], "ACTIVE");
    there.nothing_to_do(&AS_ADDON);
    let status = there.run("status", &AS_ADDON).exits(0).json();
    assert!(status.to_string().contains("add-on aws-efs-csi-driver"), "{status:#}");

    // Whoever wants the chart, and did not make the add-on, is told.
    let other = ["--storage-class-name=efs-logs"];
    let refused = there.run("plan-efs", &other).exits(1).json();
    assert!(refused["refusals"].to_string().contains("keeps the driver"), "{refused:#}");

    there.deploy(&["--yes"]);
    assert_eq!(identities(&there), before, "nothing was deleted");
    assert_eq!(there.aws.eks("GET", ADDON, None).status, 404);
    assert_eq!(there.revisions(), [(1, "deployed".to_owned())]);
    assert_eq!(helm_annotations(&there), 2);
    there.nothing_to_do(&[]);
    there.run("destroy-efs", &["--yes"]).exits(0);
    assert_eq!(there.cluster().find(WORKLOADS[1]).unwrap(), None);
}

/// That the add-on's workloads have the selectors of the chart's is nowhere written by AWS, and all
/// charts from 2.3.3 to 4.4.1 have the same. Where a version of the add-on had others, EKS would not
/// make it, and the release would go on.
#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn an_add_on_with_other_selectors_fails_and_the_release_stays_with_all_that_it_serves() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let before = identities(&there);
    there.is_known_to_eks(
        &json!({ "name": "graphscope-dev", "otherSelectors": ["aws-efs-csi-driver"] }),
    );
    let failed = there.run("deploy-efs", &[&AS_ADDON[..], &["--yes"]].concat()).exits(1);
    for said in ["spec.selector: field is immutable", "stay with it by `driver = \"install\"`"] {
        assert!(failed.stderr.contains(said), "{said}: {}", failed.stderr);
    }
    assert_eq!(identities(&there), before, "nothing was deleted");
    assert_eq!(there.revisions(), [(1, "deployed".to_owned())], "Helm keeps the release");
    assert_eq!(helm_annotations(&there), 2);
    assert!(there.class().is_some());

    // Back to what works: the add-on that failed goes, and the objects do not.
    there.deploy(&["--yes"]);
    assert_eq!(there.aws.eks("GET", ADDON, None).status, 404);
    assert_eq!(identities(&there), before);
    there.nothing_to_do(&[]);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_destroy_leaves_the_add_on_to_the_other_class_that_it_serves() {
    let there = Clustered::quick();
    let logs = ["--driver=addon", "--storage-class-name=efs-logs"];
    there.deploy(&["--driver=addon"]);
    there.deploy(&logs);
    let kept = there.run("destroy-efs", &["--driver=addon", "--yes"]).exits(0);
    assert!(kept.stderr.contains("stays: it serves the class efs-logs"), "{}", kept.stderr);
    assert_eq!(there.aws.eks("GET", ADDON, None).status, 200);
    // Who is left keeps it from now on, and takes it down.
    there.deploy(&logs);
    there.nothing_to_do(&logs);
    there.run("destroy-efs", &[&logs[..], &["--yes"]].concat()).exits(0);
    assert_eq!(there.aws.eks("GET", ADDON, None).status, 404);
}
