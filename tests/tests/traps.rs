//! What versions of the driver do to volumes and classes of others, and images that cannot be had: told
//! before anything is changed, or as what they are.
//!
//! The API server, its controllers and Helm are real; nodes and the driver's provisioner are stand-ins.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use control_plane::{Efs, Nodes, Provisioner, Source, User};
use serde_json::{Value, json};
use tests::{Clustered, Ran, says_at_its_limit};

const VOLUMES: &str = "/api/v1/persistentvolumes";
const CLASSES: &str = "/apis/storage.k8s.io/v1/storageclasses";

/// A command of a deployment with the driver of this version.
fn with_driver(there: &Clustered, command: &str, version: &str, more: &[&str]) -> Ran {
    let chart = format!("--helm-chart={}", there.chart_of(version));
    let version = format!("--helm-chart-version={version}");
    there.run(command, &[&[chart.as_str(), &version], more].concat())
}

fn file_system(there: &Clustered) -> String {
    there.class().unwrap()["parameters"]["fileSystemId"].as_str().unwrap().to_owned()
}

#[track_caller]
fn refused(ran: Ran, parts: &[&str]) {
    let ran = ran.exits(1);
    for part in parts {
        assert!(ran.stdout.contains(part), "no {part:?} in\n{}", ran.stdout);
    }
    assert!(ran.calls.iter().all(tests::Call::reads), "AWS was changed: {:?}", ran.calls);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_driver_that_does_not_know_the_handles_of_volumes_is_refused_until_they_are_gone() {
    let there = Clustered::quick();
    with_driver(&there, "deploy-efs", "4.4.1", &[]).exits(0);
    let handle = format!("efs:{}::fsap-0123456789abcdef0", file_system(&there));
    let volume = json!({
        "metadata": { "name": "pvc-newer" },
        "spec": {
            "capacity": { "storage": "1Gi" },
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "efs-sc",
            "csi": { "driver": "efs.csi.aws.com", "volumeHandle": handle },
        },
    });
    there.cluster().create(VOLUMES, &volume).unwrap();
    let words = ["pvc-newer", "delete nothing", "`helm_chart_version` 4.0.0 or later"];
    refused(with_driver(&there, "plan-efs", "3.4.1", &[]), &words);
    refused(with_driver(&there, "deploy-efs", "3.4.1", &["--yes"]), &words);
    assert_eq!(there.revisions(), [(1, "deployed".to_owned())]);
    // A driver that knows them is installed all the same, and so is any once they are gone.
    with_driver(&there, "deploy-efs", "4.0.0", &[]).exits(0);
    there.cluster().delete(&format!("{VOLUMES}/pvc-newer")).unwrap();
    there.await_that("the volume is gone", || {
        there.cluster().find(&format!("{VOLUMES}/pvc-newer")).unwrap().is_none()
    });
    with_driver(&there, "deploy-efs", "3.4.1", &[]).exits(0);
    assert_eq!(there.revisions().len(), 3);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn two_classes_with_ranges_of_their_own_are_refused_with_a_driver_that_keeps_one() {
    let there = Clustered::quick();
    there.deploy(&[]);
    let other = json!({
        "metadata": { "name": "somebodys" },
        "provisioner": "efs.csi.aws.com",
        "parameters": {
            "provisioningMode": "efs-ap", "fileSystemId": file_system(&there), "directoryPerms": "700",
            "gidRangeStart": "1000", "gidRangeEnd": "2000",
        },
    });
    there.cluster().create(CLASSES, &other).unwrap();
    let words = [
        "`somebodys` 1000 to 2000",
        "keeps one range for each file system",
        "`helm_chart_version` 2.5.0 or later",
    ];
    refused(there.run("plan-efs", &[]), &words);
    refused(there.run("deploy-efs", &["--directory-perms=750", "--yes"]), &words);
    // Each of the ways that the message names settles it.
    for settled in
        [&["--uid=1001", "--gid=1001"][..], &["--gid-range-start=1000", "--gid-range-end=2000"]]
    {
        let plan = there.run("plan-efs", settled).exits(0).json();
        assert_eq!(plan["refusals"], json!([]), "{plan:#}");
    }
    with_driver(&there, "deploy-efs", "2.5.0", &[]).exits(0);
}

/// A claim of the class in a namespace, once it is bound: the handle of its volume.
fn bound(there: &Clustered, namespace: &str, class: &str) -> String {
    let within = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims");
    let claim = json!({
        "metadata": { "name": "graph" },
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": class,
            "resources": { "requests": { "storage": "1Gi" } },
        },
    });
    there.cluster().create(&within, &claim).unwrap();
    let path = format!("{within}/graph");
    there.await_that("the claim is bound", || {
        there.cluster().get(&path).unwrap()["status"]["phase"] == "Bound"
    });
    let volume = there.cluster().get(&path).unwrap()["spec"]["volumeName"].clone();
    let volume = there.cluster().get(&format!("{VOLUMES}/{}", volume.as_str().unwrap())).unwrap();
    volume["spec"]["csi"]["volumeHandle"].as_str().unwrap().to_owned()
}

fn delete_claim(there: &Clustered, namespace: &str) {
    let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/graph");
    there.cluster().delete(&path).unwrap();
    there.await_that("the claim is gone", || there.cluster().find(&path).unwrap().is_none());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn claims_that_share_an_access_point_by_their_name_are_explained_and_refused_where_one_deletes_it()
{
    let there = Clustered::quick();
    let driver = ["--helm-chart-version=2.5.7", "--reuse-access-point=true"];
    let ran = there.run("deploy-efs", &[&driver[..], &["--reclaim-policy=Delete"]].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("set `reclaim_policy = \"Retain\"`"), "{}", ran.stderr);
    assert!(ran.calls.is_empty(), "nothing is called for a mistake");

    let kept = ["--reuse-access-point=true", "--reclaim-policy=Retain"];
    let ran = with_driver(&there, "deploy-efs", "2.5.7", &kept).exits(0);
    assert!(ran.stderr.contains("claims of one name get one access point"), "{}", ran.stderr);
    let efs = Efs::new(&there.aws.url);
    let _provisioner =
        Provisioner::start(&there.plane.kubeconfig(User::Admin), Source::AccessPoints(efs.clone()))
            .unwrap();
    let id = file_system(&there);
    let points = || efs.access_points(&id).unwrap().len();
    let namespace = json!({ "metadata": { "name": "other" } });
    there.cluster().create("/api/v1/namespaces", &namespace).unwrap();
    assert_eq!(bound(&there, "default", "efs-sc"), bound(&there, "other", "efs-sc"));
    delete_claim(&there, "default");
    assert_eq!(points(), 1, "what is retained takes nobody's data away");
    delete_claim(&there, "other");

    // Why both together are refused: a class of somebody's that has them.
    let mut class = there.class().unwrap();
    class["metadata"] = json!({ "name": "somebodys" });
    class["reclaimPolicy"] = json!("Delete");
    there.cluster().create(CLASSES, &class).unwrap();
    assert_eq!(bound(&there, "default", "somebodys"), bound(&there, "other", "somebodys"));
    delete_claim(&there, "default");
    there.await_that("the access point of both is gone", || points() == 0);
}

const CSI_DRIVER: &str = "/apis/storage.k8s.io/v1/csidrivers/efs.csi.aws.com";

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_csi_driver_that_helm_could_not_change_is_made_anew_with_consent_and_one_that_is_gone_without()
{
    let there = Clustered::quick();
    there.deploy(&[]);
    // A hook made it, so that no release has it; without a hook Helm would not take it over.
    let values = there.world.path().join("own.yaml");
    std::fs::write(&values, "useHelmHooksForCSIDriver: false\n").unwrap();
    let values = format!("--helm-values={}", values.display());
    let ran = there.run("deploy-efs", &[&values]).exits(1);
    assert!(
        ran.stderr.contains("This deletes or replaces module.efs_csi.csi_driver"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("Helm takes over no object"), "{}", ran.stderr);
    assert_eq!(there.revisions().len(), 1, "nothing was changed");
    there.deploy(&[&values, "--yes"]);
    let owner = "meta.helm.sh/release-name";
    let found = || there.cluster().get(CSI_DRIVER).unwrap();
    assert_eq!(found()["metadata"]["annotations"][owner], "aws-efs-csi-driver");
    there.nothing_to_do(&[&values]);

    // As if another chart had made it, with what Kubernetes never changes.
    let mut other = found();
    let metadata = &other["metadata"];
    other["metadata"] = json!({
        "name": "efs.csi.aws.com",
        "labels": metadata["labels"],
        "annotations": metadata["annotations"],
    });
    other["spec"]["attachRequired"] = json!(true);
    there.cluster().delete(CSI_DRIVER).unwrap();
    there.cluster().create(CSI_DRIVER.rsplit_once('/').unwrap().0, &other).unwrap();
    let more = [values.as_str(), "--driver-log-level=5"];
    let plan = there.run("plan-efs", &more).exits(0).json();
    let steps = plan["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["action"] == "replace").unwrap();
    assert_eq!(step["differences"][0]["attribute"], "attachRequired", "{plan:#}");
    assert!(step["reason"].to_string().contains("Kubernetes never changes these fields"));
    there.deploy(&[&more[..], &["--yes"]].concat());
    assert_eq!(found()["spec"]["attachRequired"], false);

    // One that somebody deleted is missed, and made again; with a hook as without.
    for values in [&more[..], &["--driver-log-level=5"]] {
        there.deploy(values);
        there.cluster().delete(CSI_DRIVER).unwrap();
        let rows = there.run("status", values).exits(0).json()["rows"].to_string();
        assert!(rows.contains("CSIDriver efs.csi.aws.com"), "{rows}");
        let plan = there.run("plan-efs", values).exits(0).json();
        assert_eq!(plan["changes"], 1, "{plan:#}");
        there.deploy(values);
        found();
        there.nothing_to_do(values);
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn an_image_that_cannot_be_pulled_is_named_and_more_time_is_not_the_remedy() {
    let there = Clustered::quick();
    let _nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    let mirror = "--image-registry=mirror.invalid/efs";
    there.run("deploy-efs", &[mirror]).exits(0);
    there.await_that("the kubelets gave up pulling", || {
        let pods = there.cluster().list("/api/v1/namespaces/kube-system/pods").unwrap();
        let waiting = |pod: &Value| {
            let reason = &pod["status"]["containerStatuses"][0]["state"]["waiting"]["reason"];
            reason == "ImagePullBackOff"
        };
        !pods.is_empty() && pods.iter().all(waiting)
    });
    let (url, chart) = (
        format!("--endpoint-url={}", there.aws.url),
        format!("--helm-chart={}", Clustered::chart().display()),
    );
    let deploy = |limit: &str| there.world.xtask(&["deploy-efs", &url, &chart, mirror, limit]);
    let ran = says_at_its_limit(deploy, "an image cannot be pulled");
    for words in
        ["mirror.invalid/efs/aws-efs-csi-driver", "no such host", "more time does not help"]
    {
        assert!(ran.stderr.contains(words), "no {words:?} in\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("allows more time"), "{}", ran.stderr);

    // The pods of a proof, beside a driver that runs.
    there.deploy(&[]);
    let image = "--image=mirror.invalid/tools/busybox:1";
    let verify = |limit: &str| there.world.xtask(&["verify", &url, image, limit]);
    let ran =
        says_at_its_limit(verify, "the image `mirror.invalid/tools/busybox:1` cannot be pulled");
    assert!(ran.stderr.contains("correct `--image`"), "{}", ran.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn nodes_that_the_driver_does_not_run_on_are_named_and_those_of_arm_and_with_gpus_are_not() {
    let there = Clustered::quick();
    let node = |name: &str, labels: Value, taints: Value| {
        let node = json!({
            "metadata": { "name": name, "labels": labels },
            "spec": { "taints": taints },
        });
        there.cluster().create("/api/v1/nodes", &node).unwrap();
    };
    let gpu = json!([{ "key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule" }]);
    node(
        "arm-with-gpus",
        json!({ "kubernetes.io/arch": "arm64", "kubernetes.io/os": "linux" }),
        gpu,
    );
    node("fargate-1", json!({ "eks.amazonaws.com/compute-type": "fargate" }), json!([]));
    node("power", json!({ "kubernetes.io/arch": "ppc64le" }), json!([]));
    let told = |more: &[&str]| {
        let plan = there.run("plan-efs", more).exits(0).json();
        format!("{} {}", plan["notes"], plan["warnings"])
    };
    let warnings = told(&[]);
    assert!(warnings.contains("does not run on fargate-1,"), "{warnings}");
    assert!(warnings.contains("does not run on power,"), "{warnings}");
    assert!(!warnings.contains("arm-with-gpus"), "{warnings}");
    let file = there.world.path().join("tolerations.json");
    std::fs::write(&file, json!({ "node": { "tolerations": [] } }).to_string()).unwrap();
    let warnings = told(&[&format!("--helm-values={}", file.display())]);
    assert!(warnings.contains("does not run on arm-with-gpus,"), "{warnings}");
}
