//! What Terraform made is taken over, and what a deployment made Terraform takes over.

use std::collections::BTreeMap;

use tests::clients::{Terraform, serve};
use tests::{Aws, Ran, World};

/// Runs a command against an AWS that others use too.
fn xtask(world: &World, aws: &Aws, args: &[&str]) -> Ran {
    let env = [("AWS_ACCESS_KEY_ID", "sandbox"), ("AWS_SECRET_ACCESS_KEY", "sandbox")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let endpoint = format!("--endpoint-url={}", aws.url);
    world.xtask_with(&env, &[args, &[endpoint.as_str()]].concat())
}

/// The same for a deployment, with its result for programs.
fn run(world: &World, aws: &Aws, command: &str, more: &[&str]) -> Ran {
    let manifests = format!("--manifests={}", world.manifests().display());
    xtask(world, aws, &[&[command, "--output=json", &manifests], more].concat())
}

/// What a plan of Terraform would change, by address: actions, and attributes at the top.
fn changes(terraform: &Terraform) -> BTreeMap<String, (String, Vec<String>)> {
    let all = terraform.plan(&[]).into_iter().filter(|change| change.actions != ["no-op"]);
    all.map(|change| (change.address, (change.actions.join(","), change.attributes))).collect()
}

#[test]
#[ignore = "needs terraform and its AWS provider"]
fn terraform_finds_what_was_imported_and_changed_as_it_is() {
    let (aws, world) = (serve(300), World::new());
    let terraform = Terraform::of("taken", &aws);
    terraform.apply(&[]);
    let shown = world.path().join("show.json");
    std::fs::write(&shown, terraform.does(&["show", "-json"])).unwrap();
    let state = terraform.path().join("terraform.tfstate");
    let blocks = [&shown, &state].map(|file| {
        let from = format!("--from={}", file.display());
        let args = ["import", "--cluster-name=graphscope-dev", "--driver=skip", &from];
        let ran = xtask(&world, &aws, &args).exits(0);
        for told in [
            "terraform state rm 'aws_efs_file_system.shared[0]'",
            "'aws_efs_mount_target.zone[\"subnet-0c0dec0000000010a\"]'",
            "removed { from = aws_efs_file_system.shared … lifecycle { destroy = false } }",
            "would be tagged:",
        ] {
            assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("It would be changed"), "{}", ran.stderr);
        ran.stdout
    });
    assert_eq!(blocks[0], blocks[1]);
    assert!(
        blocks[0].contains("# made by Terraform as aws_efs_file_system.shared[0]"),
        "{}",
        blocks[0]
    );
    std::fs::write(world.path().join("clockwork.hcl"), &blocks[0]).unwrap();

    run(&world, &aws, "deploy-efs", &[]).exits(0);
    let changed = ["--lifecycle-policy=transition_to_ia=AFTER_60_DAYS"];
    assert_eq!(run(&world, &aws, "deploy-efs", &changed).exits(0).json()["changed"], 1);
    assert_eq!(run(&world, &aws, "plan-efs", &changed).exits(0).json()["changes"], 0);

    // Terraform reads all of it, and would take back what was changed, and nothing else.
    let tags = ["tags", "tags_all"].map(str::to_owned);
    let both = ["lifecycle_policy", "tags", "tags_all"].map(str::to_owned);
    let found = changes(&terraform);
    assert_eq!(
        found,
        BTreeMap::from([
            ("aws_efs_access_point.data".to_owned(), ("update".to_owned(), tags.to_vec())),
            ("aws_efs_file_system.shared[0]".to_owned(), ("update".to_owned(), both.to_vec())),
        ])
    );
    terraform.does(&["apply", "-refresh-only", "-auto-approve", "-input=false", "-no-color"]);
    let state: BTreeMap<_, _> = terraform.state().into_iter().collect();
    let read = &state["aws_efs_file_system.shared[0]"];
    assert_eq!(read["lifecycle_policy"][0]["transition_to_ia"], "AFTER_60_DAYS", "{read:#}");
    assert_eq!(read["tags"]["clockwork-codex/cluster"], "graphscope-dev", "{read:#}");
    assert_eq!(read["tags"]["team"], "graphs", "{read:#}");

    // It lets go of it as it was told, and nothing is destroyed.
    let addresses: Vec<&str> = state.keys().map(String::as_str).collect();
    terraform.does(&[&["state", "rm"], &addresses[..]].concat());
    assert_eq!(terraform.state().len(), 0);
    assert_eq!(run(&world, &aws, "plan-efs", &changed).exits(0).json()["changes"], 0);
}

#[test]
#[ignore = "needs terraform and its AWS provider"]
fn terraform_takes_a_deployment_over_and_has_nothing_to_change() {
    let (aws, world) = (serve(300), World::new());
    let points = world.path().join("points.json");
    let point = serde_json::json!({ "logs": {
        "posix_user": { "uid": 7, "gid": 7, "secondary_gids": [5] },
        "root_directory": { "path": "/logs", "creation_info": {
            "owner_uid": 7, "owner_gid": 7, "permissions": "0750",
        } },
        "tags": { "kind": "logs" },
    }, "all": {} });
    std::fs::write(&points, point.to_string()).unwrap();
    let points = format!("--access-points={}", points.display());
    let flags = [
        "--security-group=own",
        "--nfs-client-cidr=10.0.0.0/16",
        "--nfs-client-security-group-id=sg-0c0dec00000000002",
        "--tags=team=graphs",
        "--lifecycle-policy=transition_to_ia=AFTER_30_DAYS,transition_to_archive=AFTER_90_DAYS",
        "--replication=region=eu-central-1",
        "--replication-overwrite-protection=DISABLED",
        "--driver-identity=irsa",
        "--oidc-provider=create",
        &points,
    ];
    run(&world, &aws, "deploy-efs", &flags).exits(0);
    assert_eq!(run(&world, &aws, "plan-efs", &flags).exits(0).json()["changes"], 0);
    let rendered = xtask(&world, &aws, &[&["render", "--terraform"], &flags[..]].concat()).exits(0);
    let terraform = Terraform::of("taking", &aws);
    std::fs::write(terraform.path().join("efs.tf"), &rendered.stdout).unwrap();
    let planned = terraform.plan(&[]);
    for change in &planned {
        assert!(change.imported && change.actions == ["no-op"], "{change:#?}\n{}", rendered.stdout);
    }
    let count = planned.len();
    assert!(rendered.stderr.contains(&format!("has {count} to import")), "{}", rendered.stderr);
    let kinds: std::collections::BTreeSet<&str> =
        planned.iter().filter_map(|change| change.address.split('.').next()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        [
            "aws_efs_access_point",
            "aws_efs_backup_policy",
            "aws_efs_file_system",
            "aws_efs_file_system_policy",
            "aws_efs_mount_target",
            "aws_efs_replication_configuration",
            "aws_iam_openid_connect_provider",
            "aws_iam_role",
            "aws_iam_role_policy",
            "aws_security_group",
            "aws_vpc_security_group_ingress_rule",
        ]
    );
    terraform.apply(&[]);
    terraform.has_nothing_to_do(&[]);
    assert_eq!(run(&world, &aws, "plan-efs", &flags).exits(0).json()["changes"], 0);
    // The lines are as its own formatter writes them.
    terraform.does(&["fmt", "-check", "efs.tf"]);
}

#[test]
#[ignore = "needs terraform and its AWS provider"]
fn terraform_reads_the_policies_that_are_rendered_for_it() {
    let (aws, world) = (serve(300), World::new());
    for whose in ["operator", "driver"] {
        let args = ["render", "--iam", whose, "--iam-format=terraform"];
        let text = world.xtask(&args).exits(0).stdout;
        let terraform = Terraform::of("taking", &aws);
        std::fs::write(terraform.path().join("iam.tf"), text).unwrap();
        terraform.does(&["validate", "-no-color"]);
        let id =
            if whose == "driver" { &["-var=file_system_id=fs-0123456789abcdef0"][..] } else { &[] };
        let planned = terraform.plan(id);
        assert!(!planned.is_empty());
        assert!(planned.iter().all(|change| change.actions == ["create"]), "{planned:#?}");
        terraform.apply(id);
        terraform.has_nothing_to_do(id);
    }
}
