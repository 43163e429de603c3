//! A failover within one cluster, by a real API server: the class, the volumes and the claims go to the
//! copy, and pods prove it.
//!
//! These tests need the programs of `cargo xtask tools install`.

use control_plane::{Driver, Efs, Faults, Nodes, Source, User};
use serde_json::{Value, json};
use tests::{Clustered, World};

use crate::{QUICK, copy_of, described, now, tag};

const VOLUMES: &str = "/api/v1/persistentvolumes";

/// A deployment with data in one cluster, and a copy of its file system in the same region.
struct Copied {
    there: Clustered,
    source: String,
    copy: String,
    points: String,
    nodes: Nodes,
}

impl Copied {
    fn new() -> Copied {
        let mut world = World::new();
        for name in QUICK {
            world.set(&format!("CLOCKWORK_SANDBOX_{name}_MS"), 20);
        }
        world.set("CLOCKWORK_SANDBOX_REPLICATION_INTERVAL_MS", 200);
        let file = world.path().join("points.json");
        let points = json!({ "shared": {
            "posix_user": { "uid": 7, "gid": 7 },
            "claim": { "namespace": "default", "name": "shared", "size": "1Gi" },
        } });
        std::fs::write(&file, points.to_string()).unwrap();
        let points = format!("--access-points={}", file.display());
        let there = Clustered::with(world);
        let made = there.deploy(&[&points]);
        let source = made["outputs"]["file_system_id"].as_str().unwrap().to_owned();
        let driver = Driver::StandIn(Source::AccessPoints(Efs::new(&there.aws.url)));
        let kubeconfig = there.plane.kubeconfig(User::Admin);
        let nodes = Nodes::start_with(&kubeconfig, 1, driver).unwrap();
        there.claim("graph", "3Gi");
        let body = json!({ "Destinations": [{ "Region": "eu-west-1" }] });
        let path = format!("file-systems/{source}/replication-configuration");
        assert_eq!(there.aws.efs("POST", &path, Some(&body)).status, 200);
        let copy = copy_of(&there.aws, &source);
        Copied { there, source, copy, points, nodes }
    }

    /// The flags of the deployment on this file system.
    fn on<'a>(&'a self, file_system: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["--file-system-id", file_system, self.points.as_str()], more].concat()
    }

    /// Fails over in AWS, with the documents in a directory and no cluster: everything in that stays on
    /// the source.
    fn without_the_cluster(&self) {
        let manifests = self.there.world.path().join("failover");
        let stopped = format!("--writes-stopped-at={}", now());
        let target = ["--endpoint-url", &self.there.aws.url, "--manifests"];
        let target = [&target[..], &[manifests.to_str().unwrap(), "--output=json"]].concat();
        let flags = ["--yes", stopped.as_str(), "--file-system-id", self.copy.as_str()];
        let run =
            || self.there.world.xtask(&[&["failover"], &target[..], &flags].concat()).exits(0);
        let ran = run();
        assert!(ran.stderr.contains("no cluster is looked at"), "{}", ran.stderr);
        let stage = tag(&described(&self.there.aws, "eu-west-1", &self.copy));
        assert_eq!(stage, Some(format!("complete in AWS: eu-west-1/{}", self.source)));
        assert_eq!(run().json()["changed"], 0);
        assert!(self.bound("graph").0.starts_with(&self.source));
    }

    /// What a claim is bound to: its volume's handle and policy.
    fn bound(&self, claim: &str) -> (String, String) {
        let cluster = self.there.cluster();
        let found = cluster.get(&Clustered::claim_path(claim)).unwrap();
        assert_eq!(found["status"]["phase"], "Bound", "{found:#}");
        let volume = found["spec"]["volumeName"].as_str().unwrap();
        let volume = cluster.get(&format!("{VOLUMES}/{volume}")).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            text(&volume["spec"]["csi"]["volumeHandle"]),
            text(&volume["spec"]["persistentVolumeReclaimPolicy"]),
        )
    }

    /// Asserts that claims, class and volumes are on the copy, each once, in the same directories.
    #[track_caller]
    fn is_on_the_copy(&self) {
        let efs = Efs::new(&self.there.aws.url);
        for claim in ["graph", "shared"] {
            self.there.await_that("the claim is bound", || {
                let found = self.there.cluster().get(&Clustered::claim_path(claim)).unwrap();
                found["status"]["phase"] == "Bound"
            });
            let (handle, policy) = self.bound(claim);
            let point = handle.strip_prefix(&format!("{}::", self.copy));
            let point = point.unwrap_or_else(|| panic!("{claim} is on {handle}"));
            assert_eq!(policy, "Retain");
            let points = efs.access_points(&self.copy).unwrap();
            assert!(points.iter().any(|it| it.id == point), "{point} is not of the copy");
        }
        let class = self.there.class().unwrap();
        assert_eq!(class["parameters"]["fileSystemId"], json!(self.copy));
        assert_eq!(self.there.cluster().list(VOLUMES).unwrap().len(), 2, "the old ones are gone");
        // Nobody deleted anything of the source.
        assert_eq!(efs.access_points(&self.source).unwrap().len(), 2);
        let tag = tag(&described(&self.there.aws, "eu-west-1", &self.copy));
        assert_eq!(tag, Some(format!("complete: {} in eu-west-1", self.source)));
    }
}

/// A pod that uses a claim, and that no node runs.
fn pod(claim: &str) -> Value {
    json!({
        "metadata": { "name": "load" },
        "spec": {
            "nodeSelector": { "nobody": "has-it" },
            "containers": [{ "name": "load", "image": "busybox" }],
            "volumes": [{ "name": "data", "persistentVolumeClaim": { "claimName": claim } }],
        },
    })
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn claims_go_to_the_copy_with_their_names_once_no_pod_uses_them_and_pods_prove_it() {
    let stage = Copied::new();
    let there = &stage.there;
    let pods = "/api/v1/namespaces/default/pods";
    there.cluster().create(pods, &pod("graph")).unwrap();
    let stopped = format!("--writes-stopped-at={}", now());
    let all = stage.on(&stage.copy, &["--yes", &stopped]);
    let ran = there.run("failover", &all).exits(1);
    for word in ["default/graph", "pods use it: default/load", "such as by scaling"] {
        assert!(ran.stderr.contains(word), "no {word:?} in:\n{}", ran.stderr);
    }
    let (handle, _) = stage.bound("graph");
    assert!(handle.starts_with(&stage.source), "{handle}");
    there.cluster().delete(&format!("{pods}/load?gracePeriodSeconds=0")).unwrap();
    let ran = there.run("failover", &all).exits(0);
    stage.is_on_the_copy();
    assert!(ran.stderr.contains("was read by all"), "it is proved: {}", ran.stderr);
    let again = there.run("failover", &all).exits(0);
    assert_eq!(again.json()["changed"], 0);
    assert!(!again.stderr.contains("was read by all"), "it was proved: {}", again.stderr);
    // As of a run that was killed while its pods proved it.
    let unproved = format!("to be proved: eu-west-1/{}", stage.source);
    let tags = json!({ "Tags": [{ "Key": "clockwork-codex/failover-from", "Value": unproved }] });
    let path = format!("resource-tags/{}", stage.copy);
    assert_eq!(there.aws.efs("POST", &path, Some(&tags)).status, 200);
    let proved = there.run("failover", &all).exits(0);
    assert_eq!(proved.json()["changed"], 0);
    assert!(proved.stderr.contains("was read by all"), "{}", proved.stderr);
    stage.is_on_the_copy();
    there.nothing_to_do(&stage.on(&stage.copy, &[]));
    // New claims of the class are on the copy too.
    there.claim("more", "1Gi");
    assert!(stage.bound("more").0.starts_with(&stage.copy));
    drop(stage.nodes);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_failover_without_its_cluster_is_completed_in_it_among_faults_of_the_api_server() {
    let mut stage = Copied::new();
    stage.without_the_cluster();
    let proxy = stage.there.proxied(None);
    let stopped = format!("--writes-stopped-at={}", now());
    let all = stage.on(&stage.copy, &["--yes", &stopped, "--no-verify"]);
    let mut brought = 0;
    for seed in 0..12 {
        proxy.inject(Some(Faults { seed, percent: 25 }));
        let ran = stage.there.run("failover", &all);
        brought += proxy.inject(None).len();
        if ran.code == Some(0) {
            break;
        }
        assert!(ran.stderr.contains("help:"), "no remedy in:\n{}", ran.stderr);
    }
    stage.there.run("failover", &all).exits(0);
    stage.is_on_the_copy();
    assert!(brought > 0, "no fault was brought about");
}
