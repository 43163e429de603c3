//! Clusters with opinions: roles that allow no more than is needed, policies and quotas that refuse, and
//! nodes that do not take any pod.
//!
//! These tests need the programs of `cargo xtask tools install`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{Read, Write};

use control_plane::{Nodes, User};
use serde_json::json;
use tests::Clustered;

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// Gives the reader the roles that `render --rbac` prints, without what is named, and nothing else.
fn operated(there: &mut Clustered, without: &str) {
    operated_of(there, &[], without);
}

/// The same for a deployment with these inputs.
fn operated_of(there: &mut Clustered, inputs: &[&str], without: &str) {
    let args = [&["render", "--rbac", "--output", "json"], inputs].concat();
    let rendered = there.world.xtask(&args).exits(0).json();
    let reader = json!([{"kind": "User", "name": User::Reader.name()}]);
    there.cluster().delete(&format!("{RBAC}/clusterrolebindings/reader")).unwrap();
    for role in rendered.as_array().unwrap() {
        let mut role = role.clone();
        for rule in role["rules"].as_array_mut().unwrap() {
            for list in ["resources", "verbs"] {
                rule[list].as_array_mut().unwrap().retain(|it| it != without);
            }
        }
        let (kind, name) = (role["kind"].as_str().unwrap(), role["metadata"]["name"].clone());
        let reference =
            json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name});
        let binding = json!({"metadata": {"name": name}, "roleRef": reference, "subjects": reader});
        let (roles, bindings) = match role["metadata"]["namespace"].as_str() {
            None => (format!("{RBAC}/clusterroles"), format!("{RBAC}/clusterrolebindings")),
            Some(namespace) => {
                let within = format!("{RBAC}/namespaces/{namespace}");
                (format!("{within}/roles"), format!("{within}/rolebindings"))
            }
        };
        there.cluster().create(&roles, &role).unwrap();
        there.cluster().create(&bindings, &binding).unwrap();
    }
    there.world.set("KUBECONFIG", there.plane.kubeconfig(User::Reader).display());
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_roles_that_are_rendered_are_enough_from_the_first_deploy_to_the_destroy() {
    let mut there = Clustered::new();
    let _nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    operated(&mut there, "nothing");
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let url = format!("--endpoint-url={}", there.aws.url);
    let run = |command: &str, more: &[&str]| {
        let args = [&[command, &chart, &url, "--output", "json"][..], more].concat();
        there.world.xtask(&args).exits(0).json()
    };
    // Waits for the driver, and ends with a canary.
    assert!(run("deploy-efs", &[])["changed"].as_u64().unwrap() > 4);
    assert_eq!(run("plan-efs", &[])["changes"], 0);
    assert_eq!(run("status", &[])["healthy"], true);
    assert_eq!(run("verify", &[])["proved"], true);
    assert_eq!(run("expand-volumes", &[])["changed"], 0);
    // A change in place of the class, which is replaced, and of the release.
    let changed = run("deploy-efs", &["--directory-perms=750", "--yes"]);
    assert!(changed["changed"].as_u64().unwrap() > 0);
    run("destroy-efs", &["--directory-perms=750", "--yes"]);
    assert_eq!(there.class(), None);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn what_a_plan_does_with_volumes_and_claims_is_asked_for_and_no_more() {
    let shared = json!({ "shared": { "claim": {
        "namespace": "default", "name": "shared", "size": "1Gi",
    } } });
    let with_points = |points: &serde_json::Value| {
        let there = Clustered::quick();
        std::fs::write(there.world.path().join("points.json"), points.to_string()).unwrap();
        there
    };
    let flags = ["--access-points=points.json", "--driver=skip"];
    let mut there = with_points(&shared);
    operated_of(&mut there, &flags, "create");
    let said = there.run("deploy-efs", &flags).exits(1).json()["refusals"].to_string();
    for lacks in ["create persistentvolumes", "create persistentvolumeclaims in `default`"] {
        assert!(said.contains(lacks) && !said.contains("patch persistent"), "{said}");
    }

    let mut there = with_points(&shared);
    there.deploy(&flags);
    operated_of(&mut there, &flags, "delete");
    there.nothing_to_do(&flags);
    // The claim is in a namespace that the inputs do not name any more.
    std::fs::write(there.world.path().join("points.json"), "{}").unwrap();
    let said = there.run("deploy-efs", &[&flags[..], &["--yes"]].concat()).exits(1);
    let said = said.json()["refusals"].to_string();
    for lacks in ["delete persistentvolumes", "delete persistentvolumeclaims in `default`"] {
        assert!(said.contains(lacks) && !said.contains("create persistent"), "{said}");
    }
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_role_that_lacks_something_is_told_what_before_anything_changes_or_in_the_words_of_the_cluster()
{
    let mut there = Clustered::new();
    operated(&mut there, "clusterrolebindings");
    let refused = there.run("deploy-efs", &[]).exits(1);
    let lacks = "create clusterrolebindings.rbac.authorization.k8s.io";
    assert!(refused.stderr.contains(lacks), "{}", refused.stderr);
    assert!(there.world.calls().iter().all(tests::Call::reads), "nothing was changed");

    // A role of the chart that its maker may not make, or not give to anybody.
    for verb in ["escalate", "bind"] {
        let mut there = Clustered::quick();
        operated(&mut there, verb);
        let refused = there.run("deploy-efs", &[]).exits(1);
        let said = refused.json()["refusals"].to_string();
        assert!(said.contains("`efs-csi-external-provisioner-role` of the chart"), "{said}");
        assert!(said.contains("create persistentvolumes"), "{said}");
        assert!(said.contains("`cargo xtask render --rbac`"), "{said}");
        assert!(there.world.calls().iter().all(tests::Call::reads), "nothing was changed");
        assert_eq!(there.revisions(), []);
        // What is there already, and stays as it is, nobody makes.
        let reader = there.world.env.last().unwrap().1.clone();
        there.world.set("KUBECONFIG", there.plane.kubeconfig(User::Admin).display());
        there.deploy(&[]);
        there.world.set("KUBECONFIG", reader);
        there.deploy(&["--driver-log-level=5"]);
        assert_eq!(there.revisions().len(), 2);
    }
}

/// Adds an object to a small chart.
fn with_object(there: &Clustered, name: &str, object: &serde_json::Value) -> String {
    let folder = there.own_chart(name);
    std::fs::write(folder.join("templates/more.yaml"), object.to_string()).unwrap();
    format!("--helm-chart={}", folder.display())
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn what_nobody_may_change_is_told_from_what_this_user_may_not() {
    let mut there = Clustered::quick();
    let set = |service: &str| {
        let labels = json!({"app": "more"});
        let pod = json!({"metadata": {"labels": labels}, "spec": {"containers":
            [{"name": "more", "image": "more"}]}});
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "more"},
            "spec": {"serviceName": service, "selector": {"matchLabels": labels}, "template": pod}})
    };
    there.run("deploy-efs", &[&with_object(&there, "one", &set("a"))]).exits(0);
    // The chart is no input: a value changes with it.
    let other = [with_object(&there, "other", &set("b")), "--driver-log-level=4".to_owned()];
    let refused = there.run("deploy-efs", &other.each_ref().map(String::as_str)).exits(1);
    let said = "Forbidden: updates to statefulset spec";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    assert!(refused.stderr.contains("no right is missing"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("allow what the message names"), "{}", refused.stderr);

    // What no check asks for before, as charts of others have it.
    operated(&mut there, "services");
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "more"},
        "spec": {"ports": [{"port": 80}]}});
    let more = [with_object(&there, "service", &service), "--driver-log-level=5".to_owned()];
    let refused = there.run("deploy-efs", &more.each_ref().map(String::as_str)).exits(1);
    assert!(refused.stderr.contains("cannot get resource \"services\""), "{}", refused.stderr);
    assert!(refused.stderr.contains("allow what the message names"), "{}", refused.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn what_the_canary_needs_is_asked_for_before_anything_changes_and_not_where_none_is_sent() {
    let mut there = Clustered::new();
    operated(&mut there, "events");
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let url = format!("--endpoint-url={}", there.aws.url);
    let refused = there.world.xtask(&["deploy-efs", &chart, &url]).exits(1);
    assert!(refused.stderr.contains("list events in `kube-system`"), "{}", refused.stderr);
    assert!(refused.stderr.contains("`--no-canary`"), "{}", refused.stderr);
    assert!(there.world.calls().iter().all(tests::Call::reads), "nothing was changed");
    there.deploy(&[]);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn who_this_is_and_whether_it_fits_is_said_without_any_change() {
    let there = Clustered::new();
    let config = there.world.path().join("clockwork.hcl").display().to_string();
    let url = format!("--endpoint-url={}", there.aws.url);
    let args = ["doctor", "--config", &config, &url, "--output", "json"];
    let told = there.world.xtask(&args).exits(0).json();
    assert_eq!(told["healthy"], true, "{told:#}");
    assert_eq!(told["places"][0]["account"], "111122223333");
    assert_eq!(told["places"][0]["region"], "eu-west-1");
    assert_eq!(told["kubernetes"]["name"], User::Admin.name());
    assert!(told["kubernetes"]["version"].as_str().unwrap().starts_with("v1."), "{told:#}");

    let people = ["doctor", "--config", &config, &url];
    let told = there.world.xtask(&people).exits(0);
    assert!(told.stdout.contains("found    cargo"), "{}", told.stdout);
    assert!(told.stdout.contains("AWS: account 111122223333"), "{}", told.stdout);
    assert!(told.stdout.contains(&format!("Kubernetes: `{}`", User::Admin.name())));

    // Another account than the inputs name, and a cluster that does not answer.
    let other = [&args[..], &["--aws-account-id=999988887777"]].concat();
    let told = there.world.xtask(&other).exits(1).json();
    assert_eq!(told["healthy"], false, "{told:#}");
    assert!(told["errors"][0].as_str().unwrap().contains("999988887777"), "{told:#}");
    let away = [&args[..], &["--context=nowhere"]].concat();
    let told = there.world.xtask(&away).exits(1).json();
    assert_eq!(told["places"][0]["account"], "111122223333", "AWS answers all the same");
    assert!(told["errors"][0].as_str().unwrap().contains("no context `nowhere`"), "{told:#}");
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_repository_that_wants_a_login_is_named_as_the_one_that_does() {
    let there = Clustered::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let refused = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Basic realm=\"charts\"\r\n\
                           content-length: 0\r\nconnection: close\r\n\r\n";
            let _ = stream.write_all(refused.as_bytes());
        }
    });
    let repository = format!("--helm-repository={url}");
    let of_it = ["--helm-chart=aws-efs-csi-driver", &repository];
    let refused = there.run("deploy-efs", &of_it).exits(1);
    assert!(refused.stderr.contains("401"), "{}", refused.stderr);
    assert!(refused.stderr.contains("`helm registry login HOST`"), "{}", refused.stderr);
    assert!(!refused.stderr.contains("the cluster does not accept"), "{}", refused.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_policy_of_the_cluster_refuses_in_its_own_words() {
    let there = Clustered::new();
    let api = "/apis/admissionregistration.k8s.io/v1";
    let rule = json!({"apiGroups": ["storage.k8s.io"], "apiVersions": ["v1"],
        "operations": ["CREATE"], "resources": ["storageclasses"]});
    let policy = json!({"metadata": {"name": "costs"}, "spec": {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "has(object.metadata.labels) && 'team' in \
            object.metadata.labels", "message": "every class names the team that pays for it"}],
    }});
    there.cluster().create(&format!("{api}/validatingadmissionpolicies"), &policy).unwrap();
    let binding = json!({"metadata": {"name": "costs"},
        "spec": {"policyName": "costs", "validationActions": ["Deny"]}});
    there.cluster().create(&format!("{api}/validatingadmissionpolicybindings"), &binding).unwrap();
    // A policy takes effect a moment later.
    let class = json!({"metadata": {"name": "probe"}, "provisioner": "example.com/none"});
    let classes = "/apis/storage.k8s.io/v1/storageclasses";
    there.await_that("the policy is enforced", || {
        let made = there.cluster().create(classes, &class);
        if made.is_ok() {
            there.cluster().delete(&format!("{classes}/probe")).unwrap();
        }
        made.is_err()
    });
    let ran = there.run("deploy-efs", &[]).exits(1);
    assert!(ran.stderr.contains("every class names the team that pays for it"), "{}", ran.stderr);
    assert!(ran.stderr.contains("help: a rule of the cluster refuses"), "{}", ran.stderr);
    there.deploy(&["--storage-class-labels=team=graphs"]);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_proof_runs_in_a_namespace_with_a_quota_a_limit_range_and_the_restricted_level() {
    let there = Clustered::new();
    let _nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let url = format!("--endpoint-url={}", there.aws.url);
    there.world.xtask(&["deploy-efs", &chart, &url]).exits(0);
    let namespace = json!({"metadata": {"name": "guarded", "labels":
        {"pod-security.kubernetes.io/enforce": "restricted"}}});
    there.cluster().create("/api/v1/namespaces", &namespace).unwrap();
    let within = "/api/v1/namespaces/guarded";
    let quota = json!({"metadata": {"name": "all"},
        "spec": {"hard": {"limits.cpu": "2", "requests.memory": "1Gi", "limits.memory": "1Gi"}}});
    there.cluster().create(&format!("{within}/resourcequotas"), &quota).unwrap();
    let claim = json!({"metadata": {"name": "shared"}, "spec": {"storageClassName": "efs-sc",
        "accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}});
    there.cluster().create(&format!("{within}/persistentvolumeclaims"), &claim).unwrap();
    there.await_that("the quota is counted", || {
        let found = there.cluster().get(&format!("{within}/resourcequotas/all")).unwrap();
        found["status"]["hard"].is_object()
    });
    let verify = ["verify", &url, "--claim", "guarded/shared", "--output", "json"];
    let refused = there.world.xtask(&verify).exits(1);
    assert!(refused.stderr.contains("failed quota: all: must specify"), "{}", refused.stderr);
    let bounded = [&verify[..], &["--pod-resources", "cpu=100m,memory=64Mi"]].concat();
    assert_eq!(there.world.xtask(&bounded).exits(0).json()["proved"], true);
    let least = json!({"type": "Container", "min": {"cpu": "200m"}});
    let range = json!({"metadata": {"name": "least"}, "spec": {"limits": [least]}});
    there.cluster().create(&format!("{within}/limitranges"), &range).unwrap();
    let refused = there.world.xtask(&bounded).exits(1);
    let said = "minimum cpu usage per Container is 200m, but";
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    let enough = [&verify[..], &["--pod-resources", "cpu=200m,memory=64Mi"]].concat();
    assert_eq!(there.world.xtask(&enough).exits(0).json()["proved"], true);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_pods_of_a_proof_go_where_they_are_told_and_pull_with_the_secret_that_is_named() {
    let there = Clustered::new();
    let _nodes = Nodes::start(&there.plane.kubeconfig(User::Admin), 2).unwrap();
    let chart = format!("--helm-chart={}", Clustered::chart().display());
    let url = format!("--endpoint-url={}", there.aws.url);
    there.world.xtask(&["deploy-efs", &chart, &url]).exits(0);
    let secret = json!({"metadata": {"name": "registry"}, "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": "{\"auths\": {}}"}});
    there.cluster().create("/api/v1/namespaces/default/secrets", &secret).unwrap();
    let placed = [
        "verify",
        &url,
        "--keep",
        "--output=json",
        "--toleration=nvidia.com/gpu:NoSchedule",
        "--node-selector=kubernetes.io/os=linux",
        "--image-pull-secret=default/registry",
    ];
    let ran = there.world.xtask(&placed);
    let ours = "labelSelector=clockwork-codex%2Fverify";
    let pods = there.cluster().list(&format!("/api/v1/pods?{ours}")).unwrap();
    assert!(!pods.is_empty(), "{}", ran.stderr);
    for pod in &pods {
        let spec = &pod["spec"];
        let toleration =
            json!({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"});
        assert!(spec["tolerations"].as_array().unwrap().contains(&toleration), "{spec:#}");
        assert_eq!(spec["nodeSelector"], json!({"kubernetes.io/os": "linux"}));
        assert_eq!(spec["imagePullSecrets"], json!([{"name": "registry"}]));
        let namespace = pod["metadata"]["namespace"].as_str().unwrap();
        let copy = format!("/api/v1/namespaces/{namespace}/secrets/registry");
        let copied = there.cluster().get(&copy).unwrap();
        assert_eq!(copied["type"], "kubernetes.io/dockerconfigjson");
    }
    let missing = ["verify", &url, "--image-pull-secret=default/nobody"];
    let ran = there.world.xtask(&missing).exits(1);
    assert!(ran.stderr.contains("there is no Secret `default/nobody`"), "{}", ran.stderr);
}
