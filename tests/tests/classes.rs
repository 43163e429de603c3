//! What StorageClasses say to the driver, by a real API server: made, proved, found, changed and taken
//! down, and held against the driver that runs.
//!
//! The API server, its controllers and Helm are real; the nodes and the driver are stand-ins.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use control_plane::{Driver, Efs, Nodes, Source, User};
use serde_json::{Value, json};
use tests::{Clustered, Ran};

const CLASSES: &str = "/apis/storage.k8s.io/v1/storageclasses";
const SECRETS: &str = "/api/v1/namespaces/kube-system/secrets";
const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// What nobody is to read anywhere.
const ROLE: &str = "arn:aws:iam::444455556666:role/theirs";

/// Nodes whose driver makes access points as its classes say.
fn nodes(there: &Clustered) -> Nodes {
    let driver = Driver::StandIn(Source::AccessPoints(Efs::new(&there.aws.url)));
    Nodes::start_with(&there.plane.kubeconfig(User::Admin), 2, driver).unwrap()
}

/// Runs a command that waits for the driver, with the chart of this version.
fn run(there: &Clustered, command: &str, version: &str, more: &[&str]) -> Ran {
    let chart = format!("--helm-chart={}", there.chart_of(version));
    let (url, version) =
        (format!("--endpoint-url={}", there.aws.url), format!("--helm-chart-version={version}"));
    let mut args = vec![command, &url, &chart, &version];
    args.extend(more);
    there.world.xtask(&args)
}

/// The volume of a claim that is bound.
fn volume(there: &Clustered, claim: &str) -> Value {
    let claim = there.cluster().get(&Clustered::claim_path(claim)).unwrap();
    let name = claim["spec"]["volumeName"].as_str().unwrap();
    there.cluster().get(&format!("/api/v1/persistentvolumes/{name}")).unwrap()
}

/// A class that says all that classes may say together.
const EVERY: &[&str] = &[
    "--provisioner-secret=kube-system/x-account",
    "--az=eu-west-1b",
    "--sub-path-pattern=${.PVC.namespace}/${.PVC.name}",
    "--ensure-unique-directory=false",
    "--base-path=/volumes",
    "--gid-range-start=1000",
    "--gid-range-end=1010",
    "--enforce-zone-affinity=true",
    "--enable-tagging=false",
];

/// Changes the class as somebody would who prefers another zone.
fn change_by_hand(there: &Clustered) {
    let mut class = there.class().unwrap();
    class["parameters"]["az"] = json!("eu-west-1c");
    let (labels, annotations) =
        (class["metadata"]["labels"].clone(), class["metadata"]["annotations"].clone());
    class["metadata"] = json!({ "name": "efs-sc", "labels": labels, "annotations": annotations });
    there.cluster().delete(&format!("{CLASSES}/efs-sc")).unwrap();
    there.cluster().create(CLASSES, &class).unwrap();
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn every_parameter_of_a_class_is_made_proved_drifted_and_taken_down() {
    let there = Clustered::quick();
    let _nodes = nodes(&there);
    let flags = EVERY;
    let deploy = |more: &[&str]| run(&there, "deploy-efs", "4.4.1", &[flags, more].concat());
    let refused = deploy(&[]).exits(1);
    assert!(
        refused.stderr.contains("`kube-system/x-account` does not exist"),
        "{}",
        refused.stderr
    );
    assert!(there.class().is_none() && there.aws.file_systems().is_empty(), "nothing was made");

    let secret =
        json!({ "metadata": { "name": "x-account" }, "stringData": { "awsRoleArn": ROLE } });
    there.cluster().create(SECRETS, &secret).unwrap();
    let audit = there.world.path().join("audit.jsonl");
    let recorded = format!("--audit={}", audit.display());
    let made = deploy(&["--log-format=json", "--output=json", &recorded]).exits(0);
    assert!(made.stderr.contains("bound as fsap-"), "{}", made.stderr);
    let told = [made.stdout, made.stderr, std::fs::read_to_string(&audit).unwrap()].concat();
    assert!(!told.contains("444455556666"), "what the Secret holds goes nowhere");
    let parameters = there.class().unwrap()["parameters"].clone();
    for (name, value) in [
        ("csi.storage.k8s.io/provisioner-secret-name", "x-account"),
        ("csi.storage.k8s.io/provisioner-secret-namespace", "kube-system"),
        ("az", "eu-west-1b"),
        ("subPathPattern", "${.PVC.namespace}/${.PVC.name}"),
        ("ensureUniqueDirectory", "false"),
        ("enforceZoneAffinity", "true"),
        ("enableTagging", "false"),
    ] {
        assert_eq!(parameters[name], value, "{name}");
    }
    what_the_driver_makes_of_it(&there);

    change_by_hand(&there);
    let drift = run(&there, "plan-efs", "4.4.1", &[flags, &["--drift"]].concat()).exits(2);
    assert!(drift.stderr.contains("parameters.az") || drift.stdout.contains("parameters.az"));
    deploy(&["--yes"]).exits(0);
    assert_eq!(there.class().unwrap()["parameters"], parameters);
    let verified = run(&there, "verify", "4.4.1", flags).exits(0);
    assert!(verified.stdout.contains("the files outlived the writer"), "{}", verified.stdout);

    there.cluster().delete(&Clustered::claim_path("datasets")).unwrap();
    there.await_that("the access points are gone", || {
        let id = there.aws.file_systems()[0]["FileSystemId"].as_str().unwrap().to_owned();
        Efs::new(&there.aws.url).access_points(&id).unwrap().is_empty()
    });
    run(&there, "destroy-efs", "4.4.1", &[flags, &["--yes"]].concat()).exits(0);
    assert!(there.class().is_none() && there.aws.file_systems().is_empty());
    there.cluster().get(&format!("{SECRETS}/x-account")).unwrap();
}

/// A claim of the class gets the directory, the group and the mount target that it says, and no tag.
fn what_the_driver_makes_of_it(there: &Clustered) {
    there.claim("datasets", "1Gi");
    let volume = volume(there, "datasets");
    let id = there.aws.file_systems()[0]["FileSystemId"].as_str().unwrap().to_owned();
    let points = Efs::new(&there.aws.url).access_points(&id).unwrap();
    let [point] = points.as_slice() else { panic!("{points:?}") };
    assert_eq!(point.path, "/volumes/default/datasets");
    assert!((1000..=1010).contains(&point.gid) && !point.is_the_drivers, "{point:?}");
    let target = there.aws.mount_targets_of(&id).into_iter();
    let target = target.into_iter().find(|it| it["AvailabilityZoneName"] == "eu-west-1b").unwrap();
    let attributes = &volume["spec"]["csi"]["volumeAttributes"];
    assert_eq!(attributes["mounttargetip"], target["IpAddress"], "{volume:#}");
    assert!(volume["spec"]["nodeAffinity"].is_null(), "it is in all zones of the region");
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_class_that_refers_to_its_file_system_is_proved_once_that_leads_there() {
    let there = Clustered::quick();
    let _nodes = nodes(&there);
    let flags = ["--file-system-id-config-ref=default/efs-sc-outputs/file_system_id"];
    let first = run(&there, "deploy-efs", "4.4.1", &flags).exits(0);
    let left_out = "left out: the key `file_system_id` of the ConfigMap `default/efs-sc-outputs` is \
                    not there";
    assert!(first.stderr.contains(left_out), "{}", first.stderr);
    assert!(first.stderr.contains("this deployment's is the new one"), "{}", first.stderr);
    assert!(there.class().unwrap()["parameters"]["fileSystemId"].is_null());

    // What `outputs` prints is what the class refers to.
    let map = run(&there, "outputs", "4.4.1", &[&flags[..], &["--format=config-map"]].concat());
    let map: Value = serde_norway::from_str(&map.exits(0).stdout).unwrap();
    there.cluster().create(CONFIG_MAPS, &map).unwrap();
    let second = run(&there, "deploy-efs", "4.4.1", &flags).exits(0);
    assert!(second.stderr.contains("bound as fsap-"), "it was owed: {}", second.stderr);
    let third = run(&there, "deploy-efs", "4.4.1", &flags).exits(0);
    assert!(!third.stderr.contains("canary"), "{}", third.stderr);

    // A One Zone file system keeps its pods where it is, by another module of the same cluster.
    let one_zone = [
        "--storage-class-name=one-zone",
        "--driver=skip",
        "--availability-zone-name=eu-west-1b",
        "--enforce-zone-affinity=true",
        "--no-canary",
    ];
    run(&there, "deploy-efs", "4.4.1", &one_zone).exits(0);
    let claim = json!({
        "metadata": { "name": "near" },
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "storageClassName": "one-zone",
            "resources": { "requests": { "storage": "1Gi" } },
        },
    });
    let path = Clustered::claim_path("near");
    there.cluster().create(path.rsplit_once('/').unwrap().0, &claim).unwrap();
    there.await_that("the claim is bound", || {
        there.cluster().get(&path).unwrap()["status"]["phase"] == "Bound"
    });
    let terms = &volume(&there, "near")["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"];
    assert_eq!(terms[0]["matchExpressions"][0]["values"], json!(["eu-west-1b"]), "{terms:#}");
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_class_is_held_against_the_driver_that_somebody_else_installed() {
    let there = Clustered::quick();
    let chart = Clustered::chart().display().to_string();
    let of = |tag: &str| format!("--set=image.tag={tag}");
    let old = of("v1.5.9");
    there.helm(&["install", "storage", &chart, "--namespace", "kube-system", &old]);
    let flags = ["--driver=skip", "--sub-path-pattern=${.PVC.name}"];
    let refused = there.run("deploy-efs", &flags).exits(1);
    let told = "would ignore `subPathPattern` without a word";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    assert!(refused.stderr.contains("chart 2.5.0 or later"), "{}", refused.stderr);
    assert!(there.class().is_none() && there.aws.file_systems().is_empty());

    // As EKS names the images of its add-ons.
    let new = of("v2.1.4-eksbuild.1");
    there.helm(&["upgrade", "storage", &chart, "--namespace", "kube-system", &new]);
    let made = there.run("deploy-efs", &flags).exits(0);
    assert!(!made.stderr.contains("subPathPattern` from"), "{}", made.stderr);
    there.nothing_to_do(&flags);
    // Where nothing tells, it says what it assumes.
    let latest = of("latest");
    there.helm(&["upgrade", "storage", &chart, "--namespace", "kube-system", &latest]);
    let plan = there.run("plan-efs", &flags).exits(0);
    let assumed = "drivers know `subPathPattern` from chart 2.5.0 on";
    assert!(plan.stdout.contains(assumed), "{}", plan.stdout);
}
