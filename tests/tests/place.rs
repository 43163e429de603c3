//! Account, region and cluster belong together, or nothing is changed: whole runs against the
//! sandbox with kubeconfigs as people have them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::{Aws, Call, Clustered, EmptyCluster, Ran, World};

/// The account of the sandbox, and the cluster of `clockwork.hcl` in its region.
const ARN: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/graphscope-dev";

/// Prints a token, as a credential program does.
const TOKEN: &str = r#"echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"planted-token"}}'"#;

/// A world, its AWS, and a cluster that a context leads to.
struct There {
    world: World,
    aws: Aws,
    cluster: EmptyCluster,
}

impl There {
    fn new(context: &str, entry: &str, user: &Value) -> There {
        let mut world = World::new();
        world.set("AWS_ACCESS_KEY_ID", "a");
        world.set("AWS_SECRET_ACCESS_KEY", "b");
        There::with(world, context, entry, user)
    }

    fn with(mut world: World, context: &str, entry: &str, user: &Value) -> There {
        let cluster = EmptyCluster::new();
        let path = cluster.kubeconfig(&world, context, entry, user);
        world.set("KUBECONFIG", path.display());
        let aws = world.aws();
        There { world, aws, cluster }
    }

    /// Has EKS show the endpoint of the cluster that the context leads to.
    fn known_to_eks(self) -> There {
        let seed =
            json!({ "Clusters": [{ "name": "graphscope-dev", "endpoint": self.cluster.url }] });
        let answer = self.aws.admin("POST", "seed/eu-west-1", &seed.to_string());
        assert_eq!(answer.status, 204, "{}", answer.body);
        self
    }

    fn run(&self, command: &str, more: &[&str]) -> Ran {
        let args = [command, "--endpoint-url", &self.aws.url, "--driver=skip", "--output=json"];
        self.world.xtask(&[&args[..], more].concat())
    }

    /// Expects that a run is refused with both sides named, before anything was changed.
    #[track_caller]
    fn refused(&self, ran: &Ran, named: &[&str]) {
        assert_eq!(ran.code, Some(1), "{}\n{}", ran.stdout, ran.stderr);
        for part in named {
            assert!(ran.stderr.contains(part), "no {part:?} in\n{}", ran.stderr);
        }
        assert!(ran.calls.iter().all(Call::reads), "{:?}", ran.calls);
        assert_eq!(self.cluster.changes(), [""; 0]);
    }
}

fn token() -> Value {
    json!({ "token": "planted-token" })
}

#[test]
fn a_context_of_another_account_region_or_cluster_is_refused_before_anything_changes() {
    for (arn, both) in [
        (
            ARN.replace("111122223333", "444455556666"),
            ["`444455556666`", "of the account `111122223333`"],
        ),
        (ARN.replace("eu-west-1", "eu-west-2"), ["`eu-west-2`", "`aws_region` is `eu-west-1`"]),
        (ARN.replace("graphscope-dev", "prod"), ["`prod`", "`cluster_name` is `graphscope-dev`"]),
        (ARN.replace("arn:aws:", "arn:aws-cn:"), ["`aws-cn`", "`aws`"]),
    ] {
        // By the context's own name, and under an alias, whatever `--context` says.
        let by_name = There::new(&arn, &arn, &token());
        let deployed = by_name.run("deploy-efs", &["--yes"]);
        by_name.refused(&deployed, &both);
        let aliased = There::new("mine", &arn, &token());
        let named = aliased.run("deploy-efs", &["--yes", "--context", "mine"]);
        aliased.refused(&named, &both);
    }
}

#[test]
fn a_token_program_for_another_cluster_is_refused_with_both_sides() {
    let user = |args: &[&str]| {
        let all = [&["-c", TOKEN, "aws", "eks", "get-token"], args].concat();
        json!({ "exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": "sh",
            "args": all, "interactiveMode": "IfAvailable",
        } })
    };
    let there =
        There::new("alias", "alias", &user(&["--cluster-name", "prod", "--region", "eu-west-1"]));
    there.refused(&there.run("deploy-efs", &[]), &["`prod`", "`graphscope-dev`"]);
    let there = There::new(
        "alias",
        "alias",
        &user(&["--cluster-name=graphscope-dev", "--region=us-east-1"]),
    );
    there.refused(&there.run("deploy-efs", &[]), &["`us-east-1`", "`eu-west-1`"]);
    let role = "--role-arn=arn:aws:iam::444455556666:role/admin";
    let there = There::new("alias", "alias", &user(&["--cluster-name=graphscope-dev", role]));
    there.refused(&there.run("deploy-efs", &[]), &["`444455556666`", "`111122223333`"]);
    let right =
        There::new("alias", "alias", &user(&["--cluster-name=graphscope-dev"])).known_to_eks();
    assert_eq!(right.run("plan-efs", &[]).exits(0).json()["refusals"], json!([]));
}

#[test]
fn the_profile_of_a_token_program_is_looked_up_where_it_is_another() {
    let user = json!({ "exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "sh",
        "args": ["-c", TOKEN, "aws", "eks", "get-token", "--profile", "admin"],
    } });
    let mut there = There::new("mine", "mine", &user);
    let config = there.world.path().join("config");
    let profile = "[profile admin]\naws_access_key_id = c\naws_secret_access_key = d\n";
    std::fs::write(&config, profile).unwrap();
    let callers =
        |ran: &Ran| ran.calls.iter().filter(|call| call.operation == "GetCallerIdentity").count();
    there.world.set("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    there.world.set("AWS_CONFIG_FILE", config.display());
    let ran = there.run("plan-efs", &[]).exits(0);
    assert_eq!(callers(&ran), 2, "{:?}", ran.calls);
    assert!(!ran.stdout.contains("whose account is not known"), "{}", ran.stdout);
    there.world.set("AWS_CONFIG_FILE", "/dev/null");
    let ran = there.run("plan-efs", &[]).exits(0);
    assert!(
        ran.stdout.contains("uses the profile `admin`, whose account is not known"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_plan_for_a_cluster_stays_within_twelve_calls_in_three_rounds() {
    let mut world = World::new();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("CLOCKWORK_SANDBOX_ZONES", "6"),
        // Enough for calls that are sent together to be answered together, on a busy machine too.
        ("CLOCKWORK_SANDBOX_LATENCY_MS", "600"),
    ] {
        world.set(name, value);
    }
    let there = There::with(world, "mine", "mine", &token()).known_to_eks();
    // A release that is not there yet gets an identity, which takes calls of its own.
    let nfs = [
        "--nfs-client-cidr=10.0.0.0/16",
        "--lifecycle-policy=transition_to_ia=AFTER_30_DAYS",
        "--driver-identity=node",
    ];
    there.run("deploy-efs", &[&nfs[..], &["--no-canary"]].concat()).exits(0);
    let mut calls = there.run("plan-efs", &nfs).exits(0).calls;
    // This stand-in of a cluster keeps no class. So the file system, which no class names, is looked
    // at for data of an earlier deployment, and the plan to create the class for whether the nodes
    // reach the mount targets.
    let for_changes = [
        "DescribeAccessPoints",
        "DescribeInstances",
        "DescribeNetworkAcls",
        "DescribeVpcAttribute",
        "DescribeVpcs",
        "DescribeDhcpOptions",
    ];
    calls.retain(|call| !for_changes.contains(&call.operation.as_str()));
    assert!(calls.len() <= 12, "{calls:#?}");
    assert!(Call::rounds(&calls) <= 3, "{calls:#?}");
}

#[test]
fn what_eks_proves_is_taken_down_without_another_word() {
    let there = There::new("mine", "mine", &token()).known_to_eks();
    let made = there.run("deploy-efs", &["--no-canary"]).exits(0);
    assert!(!made.stderr.contains("Warning: nothing proves"), "{}", made.stderr);
    let place = &made.json()["places"][0];
    assert_eq!(place["cluster"]["proved_by"], "its endpoint is that of EKS", "{place:#}");
    assert_eq!(
        there.cluster.changes(),
        [
            "PATCH /apis/storage.k8s.io/v1/storageclasses/efs-sc?&force=true&fieldManager=clockwork-codex"
        ]
    );
    there.run("destroy-efs", &["--yes"]).exits(0);
    assert!(there.aws.file_systems().is_empty());
}

#[test]
fn what_nothing_proves_is_created_with_a_warning_and_deleted_by_name_only() {
    let there = There::new("mine", "mine", &token());
    let made = there.run("deploy-efs", &["--no-canary"]).exits(0);
    for part in
        ["Warning: nothing proves that the context `mine`", &there.cluster.url, "eks.amazonaws.com"]
    {
        assert!(made.stderr.contains(part), "{part}: {}", made.stderr);
    }
    let ran = there.run("destroy-efs", &["--yes"]).exits(1);
    assert!(ran.stderr.contains("give `--context mine` if it is the right one"), "{}", ran.stderr);
    assert!(ran.calls.iter().all(Call::reads), "{:?}", ran.calls);
    assert_eq!(there.aws.file_systems().len(), 1);
    there.run("destroy-efs", &["--yes", "--context", "mine"]).exits(0);
    assert!(there.aws.file_systems().is_empty());
}

#[test]
fn without_the_permission_to_describe_a_cluster_its_arn_counts_and_an_alias_does_not() {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "ci");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": ["elasticfilesystem:*", "ec2:*"], "Resource": "*",
    }] });
    let file = world.path().join("policy.json");
    std::fs::write(&file, policy.to_string()).unwrap();
    world.set("CLOCKWORK_SANDBOX_ENFORCE_IAM", "true");
    world.set("CLOCKWORK_SANDBOX_PRINCIPALS", format!("ci={}", file.display()));
    let alias = There::with(world, "mine", "mine", &token());
    let plan = alias.run("plan-efs", &[]).exits(0).json();
    assert!(plan["warnings"].to_string().contains("eks:DescribeCluster"), "{plan:#}");
    assert!(plan["warnings"].to_string().contains("AccessDenied"), "{plan:#}");
    let identity = plan["places"][0]["identity"].as_str().unwrap().to_owned();
    assert!(identity.contains("111122223333") && identity.contains("ci"), "{identity}");

    let path = alias.cluster.kubeconfig(&alias.world, "mine", ARN, &token());
    let There { mut world, aws, cluster } = alias;
    world.set("KUBECONFIG", path.display());
    let by_entry = There { world, aws, cluster };
    let plan = by_entry.run("plan-efs", &[]).exits(0).json();
    assert_eq!(plan["places"][0]["cluster"]["proved_by"], "the kubeconfig has its ARN", "{plan:#}");
    assert!(!plan["warnings"].to_string().contains("nothing proves"), "{plan:#}");
}

#[test]
fn a_contradiction_is_named_also_where_the_wrong_cluster_does_not_answer() {
    let there = There::new("mine", &ARN.replace("dev", "prod"), &token());
    let path = there.world.path().join("mine.kubeconfig");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace(&there.cluster.url, "http://127.0.0.1:1")).unwrap();
    there.refused(
        &there.run("status", &[]),
        &["`graphscope-prod`", "`graphscope-dev`", "Connection refused"],
    );
}

#[test]
fn credentials_of_another_account_than_the_inputs_name_are_refused() {
    let mut world = World::new();
    let ran = world.run("deploy-efs", &["--aws-account-id=444455556666"]).exits(1);
    for part in ["`444455556666`", "`111122223333`", "AWS_PROFILE"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert!(ran.calls.iter().all(Call::reads) && !world.manifests().exists());
    world.deploy(&["--aws-account-id=111122223333"]);
    // Where AWS does not say who calls, nothing can be known of it.
    world.set("CLOCKWORK_SANDBOX_FAULTS", "GetCallerIdentity:*:error");
    let ran = world.run("plan-efs", &["--aws-account-id=111122223333"]).exits(1);
    let plan = ran.json();
    assert!(plan["refusals"][0]["reason"].as_str().unwrap().contains("is not known"), "{plan:#}");
    world.nothing_to_do(&[]);
}

#[test]
fn account_and_identity_stand_in_plans_questions_status_and_outputs() {
    let world = World::new();
    let identity = "arn:aws:iam::111122223333:root";
    let expected = json!([{
        "account": "111122223333", "identity": identity, "region": "eu-west-1", "cluster": null,
    }]);
    let line = format!("AWS: account 111122223333 as {identity} in eu-west-1");
    let made = world.run("deploy-efs", &[]).exits(0);
    assert_eq!(made.json()["places"], expected);
    assert!(made.stderr.contains(&line), "{}", made.stderr);
    assert_eq!(world.plan(&[])["places"], expected);
    assert_eq!(world.run("status", &[]).exits(0).json()["places"], expected);
    for command in ["plan-efs", "deploy-efs", "status"] {
        let manifests = world.manifests();
        let text = world.xtask(&[command, "--sandbox", "--manifests", manifests.to_str().unwrap()]);
        let text = text.exits(0).stdout;
        assert!(text.contains(&line), "{command}: {text}");
    }
    let asked = world.run("deploy-efs", &["--directory-perms=750"]).exits(1).stderr;
    assert!(
        asked.contains(&format!(
            "deletes or replaces module.efs_csi.document[\"storageclass.yaml\"] ({line})"
        )),
        "{asked}"
    );
}

#[test]
fn each_file_of_a_fleet_is_judged_by_itself() {
    let mut world = World::new();
    world.set("AWS_ACCESS_KEY_ID", "a");
    world.set("AWS_SECRET_ACCESS_KEY", "b");
    let cluster = EmptyCluster::new();
    let right = cluster.kubeconfig(&world, ARN, ARN, &token());
    let wrong = ARN.replace("111122223333", "444455556666").replace("-dev", "-prod");
    let wrong = cluster.kubeconfig(&world, &wrong, &wrong, &token());
    // One more of the same name: the region of its file tells which one is meant.
    let elsewhere = ARN.replace("eu-west-1", "eu-west-2");
    let elsewhere = cluster.kubeconfig(&world, &elsewhere, &elsewhere, &token());
    let all = [elsewhere, right, wrong].map(|path| path.display().to_string());
    world.set("KUBECONFIG", all.join(":"));
    let aws = world.aws();
    let folder = world.path().join("files");
    std::fs::create_dir(&folder).unwrap();
    for (name, cluster) in [("dev", "graphscope-dev"), ("prod", "graphscope-prod")] {
        let text = format!(
            "module \"network\" {{\n  source = \"./modules/network\"\n  cluster_name = \"graphscope-dev\"\n}}\n\
             module \"efs_csi\" {{\n  source = \"./modules/csi/efs\"\n  aws_region = \"eu-west-1\"\n  \
             cluster_name = \"{cluster}\"\n  subnet_ids = module.network.private_subnets\n  \
             security_group_id = module.network.security_group_id\n  driver = \"skip\"\n}}\n"
        );
        std::fs::write(folder.join(format!("{name}.hcl")), text).unwrap();
    }
    let fleet = format!("--fleet={}", folder.display());
    let url = format!("--endpoint-url={}", aws.url);
    let run = |command: &str, more: &[&str]| {
        world.xtask(&[&[command, &fleet, &url, "--output=json"], more].concat())
    };
    let ran = run("deploy-efs", &["--no-canary"]).exits(1);
    let result = ran.json();
    assert_eq!(
        (&result["failed"], &result["deployments"][0]["changed"]),
        (&json!(1), &json!(5)),
        "{result:#}"
    );
    assert_eq!(result["deployments"][0]["places"][0]["account"], "111122223333");
    assert!(
        ran.stderr.contains("prod: Refused:") && ran.stderr.contains("`444455556666`"),
        "{}",
        ran.stderr
    );
    assert_eq!(aws.file_systems().len(), 1);
    // EKS knows another endpoint of it, so that the ARN alone deletes nothing.
    let ran = run("destroy-efs", &["--yes"]).exits(1);
    assert!(
        ran.stderr.contains("dev: ") && ran.stderr.contains("that file alone with `--context"),
        "{}",
        ran.stderr
    );
    assert_eq!(aws.file_systems().len(), 1);
}

#[test]
#[ignore = "needs the programs of `cargo xtask tools install`"]
fn a_real_api_server_is_proved_by_its_certificate_authority() {
    let there = Clustered::new();
    // Through a tunnel: only the authority is that of EKS.
    there.is_known_to_eks(&json!({ "name": "graphscope-dev", "endpoint": "https://10.0.0.1" }));
    let made = there.deploy(&["--driver=skip"]);
    let proof = made["places"][0]["cluster"]["proved_by"].as_str().unwrap();
    assert_eq!(proof, "its certificate authority is that of EKS");
    there.run("destroy-efs", &["--yes", "--driver=skip"]).exits(0);

    // Another cluster of that name: creating warns, deleting takes the name.
    let other = Clustered::new();
    other.is_known_to_eks(&json!({
        "name": "graphscope-dev", "endpoint": "https://10.0.0.1", "certificateAuthority": "",
    }));
    assert!(other.deploy(&["--driver=skip"])["places"][0]["cluster"]["proved_by"].is_null());
    let ran = other.run("destroy-efs", &["--yes", "--driver=skip"]).exits(1);
    assert!(ran.stderr.contains("give `--context control-plane`"), "{}", ran.stderr);
    assert!(other.class().is_some());
    other.run("destroy-efs", &["--yes", "--driver=skip", "--context=control-plane"]).exits(0);
    assert!(other.class().is_none());
}

#[test]
fn a_command_that_goes_neither_to_aws_nor_to_a_cluster_works_offline() {
    let world = World::new();
    let file = world.path().join("clockwork.hcl");
    let text = std::fs::read_to_string(&file).unwrap();
    let account =
        "cluster_name        = var.cluster_name\n  aws_account_id      = \"111122223333\"";
    std::fs::write(&file, text.replace("cluster_name        = var.cluster_name", account)).unwrap();
    let manifests = format!("--manifests={}", world.manifests().display());
    let args = [
        "destroy-graphscope",
        "--endpoint-url=http://127.0.0.1:1",
        &manifests,
        "--workload-kind=engine",
        "--yes",
        "--output=json",
    ];
    assert_eq!(world.xtask(&args).exits(0).json()["changed"], 0);
}
