//! `import` and `render --terraform`, as a person uses them on file systems that others made.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::{Aws, Call, Clustered, Ran, World, until};

const SUBNETS: [&str; 2] = ["subnet-0c0dec0000000010a", "subnet-0c0dec0000000010b"];
const GROUPS: [&str; 2] = ["sg-0c0dec00000000001", "sg-0c0dec00000000002"];

/// A world where everything is made at once.
fn quick() -> World {
    let mut world = World::new();
    for time in ["FILE_SYSTEM_CREATING", "MOUNT_TARGET_CREATING", "FILE_SYSTEM_UPDATING"] {
        world.set(&format!("CLOCKWORK_SANDBOX_{time}_MS"), 0);
    }
    world
}

/// Makes a file system by raw requests, as boto3 sends them; returns its id.
fn make(aws: &Aws, token: &str, tags: &Value) -> String {
    let asked = json!({
        "CreationToken": token, "Encrypted": true, "ThroughputMode": "bursting", "Tags": tags,
    });
    let made = aws.efs("POST", "file-systems", Some(&asked)).json();
    let id = made["FileSystemId"].as_str().unwrap().to_owned();
    until("the file system is available", || {
        let all = aws.file_systems();
        all.iter().any(|it| it["FileSystemId"] == *id && it["LifeCycleState"] == "available")
    });
    id
}

/// The same with mount targets of different groups, policies and access points.
fn by_hand(world: &World) -> String {
    let aws = world.aws();
    let id = make(
        &aws,
        "console-1",
        &json!([
            { "Key": "Name", "Value": "shared" }, { "Key": "team", "Value": "graphs" },
        ]),
    );
    let ok = |answer: tests::Answer| assert!(answer.status < 300, "{}", answer.body);
    for (subnet, groups) in SUBNETS.iter().zip([&GROUPS[..1], &GROUPS[..]]) {
        let target = json!({ "FileSystemId": id, "SubnetId": subnet, "SecurityGroups": groups });
        ok(aws.efs("POST", "mount-targets", Some(&target)));
    }
    let put = |path: &str, body: &Value| {
        ok(aws.efs("PUT", &format!("file-systems/{id}/{path}"), Some(body)));
    };
    put(
        "lifecycle-configuration",
        &json!({ "LifecyclePolicies": [
        { "TransitionToIA": "AFTER_30_DAYS" },
        { "TransitionToPrimaryStorageClass": "AFTER_1_ACCESS" },
    ] }),
    );
    put("backup-policy", &json!({ "BackupPolicy": { "Status": "ENABLED" } }));
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "elasticfilesystem:Client*",
    }] });
    put("policy", &json!({ "Policy": policy.to_string() }));
    let point = json!({
        "ClientToken": "data", "FileSystemId": id, "PosixUser": { "Uid": 7, "Gid": 7 },
        "RootDirectory": { "Path": "/data", "CreationInfo": {
            "OwnerUid": 7, "OwnerGid": 7, "Permissions": "0750",
        } },
        "Tags": [{ "Key": "Name", "Value": "Data" }],
    });
    ok(aws.efs("POST", "access-points", Some(&point)));
    aws.access_point(&id, "pvc-1");
    id
}

fn import(world: &World, more: &[&str]) -> Ran {
    let args = ["import", "--sandbox", "--aws-region=eu-west-1", "--cluster-name=graphscope-dev"];
    world.xtask(&[&args[..], more].concat())
}

/// The world's file becomes the block that is printed for a file system.
fn taken(world: &World, more: &[&str]) -> Ran {
    let ran = import(world, more).exits(0);
    std::fs::write(world.path().join("clockwork.hcl"), &ran.stdout).unwrap();
    ran
}

#[test]
fn a_file_system_made_by_hand_is_taken_over_changed_and_kept() {
    let world = quick();
    let id = by_hand(&world);
    let ran = taken(&world, &["--tag", "team=graphs", "--driver=skip"]);
    assert!(ran.calls.iter().all(Call::reads), "{:?}", ran.calls);
    for line in [
        "throughput_mode",
        "file_system_policy = {",
        "lifecycle_policy = {",
        "driver",
        "manage_file_system",
        "    data = {",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("pvc-1"), "those of the driver are its own: {}", ran.stdout);
    assert!(ran.stderr.contains(&format!("{id} would be tagged:")), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("sg-0c0dec00000000002"),
        "it is that of one target: {}",
        ran.stdout
    );

    let plan = world.plan(&[]);
    let steps = plan["steps"].as_array().unwrap().iter();
    let ids: Vec<&str> = steps.map(|step| step["id"].as_str().unwrap()).collect();
    let in_aws: Vec<&&str> = ids.iter().filter(|id| !id.starts_with("document")).collect();
    assert_eq!(in_aws, [&"file_system", &"access_point.data"], "{plan:#}");
    world.deploy(&[]);
    world.nothing_to_do(&[]);
    assert_eq!(world.deploy(&["--backup-policy=DISABLED"])["changed"], 1);

    let gone = world.run("destroy-efs", &["--yes"]).exits(0);
    assert!(gone.stderr.contains("stays with its data"), "{}", gone.stderr);
    let aws = world.aws();
    assert_eq!(aws.file_system()["FileSystemId"], *id);
    assert_eq!(aws.mount_targets().len(), 2);
    let data = format!("--delete-data={id}");
    drop(aws);
    // Nobody looks at a cluster here; its access points are data, and go by the id alone.
    world.run("destroy-efs", &["--yes", "--deletion-policy=delete", &data]).exits(0);
    assert_eq!(world.aws().file_systems(), Vec::<Value>::new());
}

#[test]
fn a_deployment_whose_file_was_lost_gets_one_that_finds_nothing() {
    let world = World::new();
    let flags = ["--nfs-client-cidr=10.0.0.0/16", "--security-group=own", "--tags=team=graphs"];
    let made = world.deploy(&flags);
    let id = made["outputs"]["file_system_id"].as_str().unwrap();
    let by_id = format!("--file-system-id={id}");
    // Its own tags say whose it is.
    let args = ["import", "--sandbox", "--aws-region=eu-west-1", &by_id];
    let ran = world.xtask(&args).exits(0);
    assert!(ran.stderr.contains("changes nothing of it"), "{}", ran.stderr);
    std::fs::write(world.path().join("clockwork.hcl"), &ran.stdout).unwrap();
    world.nothing_to_do(&[]);
}

#[test]
fn several_file_systems_of_one_tag_get_a_block_each() {
    let world = quick();
    let tag = json!([{ "Key": "team", "Value": "graphs" }]);
    let ids: Vec<String> = {
        let aws = world.aws();
        make(&aws, "not-this-one", &json!([]));
        ["one", "two"].map(|token| make(&aws, token, &tag)).into()
    };
    let args = ["--tag=team=graphs", "--subnet-ids=subnet-0c0dec0000000010a", "--output=json"];
    let args = [&args[..], &["--security-group-id=sg-0c0dec00000000001"]].concat();
    let found = import(&world, &args).exits(0).json();
    let all = found["file_systems"].as_array().unwrap();
    let mut named: Vec<&str> =
        all.iter().map(|it| it["file_system_id"].as_str().unwrap()).collect();
    named.sort_unstable();
    let mut ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    ids.sort_unstable();
    assert_eq!(named, ids);
    let classes: Vec<&Value> = all.iter().map(|it| &it["inputs"]["storage_class_name"]).collect();
    assert_eq!(classes, [&json!("efs-sc"), &json!("efs-sc-2")]);
    let hcl = found["hcl"].as_str().unwrap();
    assert!(
        hcl.contains("module \"efs_csi\" {") && hcl.contains("module \"efs_csi_2\" {"),
        "{hcl}"
    );
}

#[test]
fn what_cannot_be_taken_over_is_told_with_what_to_give() {
    let world = quick();
    let id = make(&world.aws(), "bare", &json!([{ "Key": "a", "Value": "b" }]));
    let by_id = format!("--file-system-id={id}");
    let told = |args: &[&str], code: i32, text: &str, help: &str| {
        let ran = import(&world, args).exits(code);
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
        assert!(ran.stderr.contains(help), "{help}: {}", ran.stderr);
    };
    told(&[], 2, "nothing says which file system is meant", "--tag KEY=VALUE");
    told(&["--file-system-id=fs-x"], 2, "fs-x", "fs-0123456789abcdef0");
    told(
        &["--file-system-id=fs-00000000000000009"],
        1,
        "does not exist in eu-west-1",
        "correct the id",
    );
    told(&["--tag=a=c"], 1, "none of the 1 file systems in eu-west-1 has", "correct `--tag`");
    told(&[&by_id, "--tag=a=b"], 2, "named by its id already", "leave out one");
    told(&[&by_id, "--manifests=x"], 2, "an import looks at AWS", "plan-efs");
    // Without mount targets, nobody knows where they are to go.
    told(&[&by_id], 1, "`subnet_ids`", "subnet");
    let there = world.path().join("clockwork.hcl");
    let out = format!("--out={}", there.display());
    told(&[&by_id, &out], 2, "is there already", "nothing is overwritten");
    let state = world.path().join("state.json.txt");
    let from = format!("--from={}", state.display());
    told(&[&from], 2, "No such file", "can be read");
    std::fs::write(&state, r#"{"version": 4, "terraform_version": "1.11.4", "resources": []}"#)
        .unwrap();
    told(&[&from], 2, "names no EFS file system", "--file-system-id");
    let args = ["import", "--sandbox", "--aws-region=eu-west-1", &by_id];
    let ran = world.xtask(&args).exits(1);
    assert!(ran.stderr.contains("help: give `--cluster-name`"), "{}", ran.stderr);
    let ran = world.xtask(&["import", "--sandbox", &by_id]);
    assert!(ran.stderr.contains("AWS_REGION"), "{}", ran.stderr);
}

#[test]
fn files_of_other_tools_lead_to_the_file_systems_that_they_name() {
    let world = quick();
    let id = by_hand(&world);
    let stack = json!({ "StackResources": [{
        "StackName": "storage", "LogicalResourceId": "Shared",
        "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/storage/1",
        "PhysicalResourceId": id, "ResourceType": "AWS::EFS::FileSystem",
    }] });
    let manifest = json!({
        "apiVersion": "efs.services.k8s.aws/v1alpha1", "kind": "FileSystem",
        "metadata": { "name": "shared", "namespace": "storage" },
        "status": { "fileSystemID": id, "ackResourceMetadata": { "region": "eu-west-1" } },
    });
    for (file, comment, help) in [
        (stack, "# made by CloudFormation as storage/Shared", "DeletionPolicy: Retain"),
        (manifest, "# made by ACK as the FileSystem storage/shared", "deletion-policy: retain"),
    ] {
        let path = world.path().join("from.json");
        std::fs::write(&path, file.to_string()).unwrap();
        let from = format!("--from={}", path.display());
        // The file says the region.
        let args = ["import", "--sandbox", "--cluster-name=graphscope-dev", &from];
        let ran = world.xtask(&args).exits(0);
        assert!(ran.stdout.contains(comment), "{}", ran.stdout);
        assert!(ran.stderr.contains(help), "{}", ran.stderr);
    }
}

#[test]
fn who_may_not_look_is_told_what_is_missing() {
    let mut world = quick();
    let id = by_hand(&world);
    world.set("CLOCKWORK_SANDBOX_ENFORCE_IAM", "true");
    let aws = world.aws();
    let all = ["elasticfilesystem:DescribeFileSystems", "elasticfilesystem:DescribeMountTargets"];
    let allowed = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": all, "Resource": "*" },
    ] });
    let reader = json!({ "policies": [allowed] }).to_string();
    assert_eq!(aws.admin("PUT", "iam/principals/reader", &reader).status, 204);
    let by_id = format!("--file-system-id={id}");
    let endpoint = format!("--endpoint-url={}", aws.url);
    let args = ["import", &endpoint, "--aws-region=eu-west-1", "--cluster-name=dev", &by_id];
    let env = [("AWS_ACCESS_KEY_ID", "reader"), ("AWS_SECRET_ACCESS_KEY", "b")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let ran = world.xtask_with(&env, &args).exits(1);
    assert!(ran.stderr.contains("elasticfilesystem:Describe"), "{}", ran.stderr);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn the_class_of_a_cluster_comes_along_and_is_marked_where_it_stands() {
    let there = Clustered::quick();
    let id = make(&there.aws, "console-1", &json!([{ "Key": "team", "Value": "graphs" }]));
    let target = json!({
        "FileSystemId": id, "SubnetId": SUBNETS[0], "SecurityGroups": &GROUPS[..1],
    });
    assert_eq!(there.aws.efs("POST", "mount-targets", Some(&target)).status, 200);
    let class = json!({
        "metadata": { "name": "shared", "labels": { "team": "graphs" } },
        "provisioner": "efs.csi.aws.com",
        "parameters": {
            "provisioningMode": "efs-ap", "fileSystemId": id, "directoryPerms": "750", "uid": "7",
            "gid": "7",
        },
        "reclaimPolicy": "Retain", "mountOptions": ["tls"],
    });
    let classes = "/apis/storage.k8s.io/v1/storageclasses";
    let made = there.cluster().create(classes, &class).unwrap();
    let args = [
        "import",
        "--aws-region=eu-west-1",
        "--cluster-name=graphscope-dev",
        "--driver=skip",
        &format!("--file-system-id={id}"),
        "--context=control-plane",
        &format!("--endpoint-url={}", there.aws.url),
    ];
    let ran = there.world.xtask(&args).exits(0);
    for line in ["\"750\"", "reclaim_policy", "mount_options", "storage_class_name = \"shared\""] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    assert!(ran.stderr.contains("The StorageClass shared would be labelled"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("Refused"), "{}", ran.stderr);
    std::fs::write(there.world.path().join("clockwork.hcl"), &ran.stdout).unwrap();

    there.run("deploy-efs", &["--no-canary"]).exits(0);
    assert_eq!(there.run("plan-efs", &[]).exits(0).json()["changes"], 0);
    let now = there.cluster().get(&format!("{classes}/shared")).unwrap();
    assert_eq!(now["metadata"]["uid"], made["metadata"]["uid"], "it is the same object");
    assert_eq!(now["metadata"]["labels"]["team"], "graphs");
    assert_eq!(now["metadata"]["annotations"]["clockwork-codex/cluster"], "graphscope-dev");
}
