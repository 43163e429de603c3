//! Terraform with the AWS provider: apply, plan to nothing, change in place, import, destroy.

mod taken_over;

use serde_json::json;
use tests::Aws;
use tests::clients::seen::Seen;
use tests::clients::{Terraform, serve};

const REVISED: &[&str] = &["-var=revised=true"];

/// Attributes that AWS does not keep, so that an import cannot know them; source: the
/// provider's documentation of `aws_security_group`, `aws_efs_file_system_policy`,
/// `aws_default_vpc`, `aws_default_subnet`, `aws_network_interface` and `aws_eks_addon`.
const NOT_IN_AWS: &[&str] = &[
    "bypass_policy_lockout_safety_check",
    "existing_default_subnet",
    "existing_default_vpc",
    "force_destroy",
    "ipv6_address_list_enabled",
    "private_ip_list_enabled",
    "resolve_conflicts_on_create",
    "resolve_conflicts_on_update",
    "revoke_rules_on_delete",
];

/// The whole life of a configuration; `check` sees it after the first apply.
fn life(name: &str, aws: &Aws, replaced: &[&str], check: impl Fn(&Terraform)) {
    let terraform = Terraform::of(name, aws);
    terraform.apply(&[]);
    terraform.has_nothing_to_do(&[]);
    check(&terraform);

    let changes = terraform.plan(REVISED);
    assert!(changes.iter().any(|change| change.actions == ["update"]), "{changes:#?}");
    for change in &changes {
        let in_place = ["no-op", "update", "create"].contains(&change.actions[0].as_str());
        let may_be_replaced = replaced.contains(&change.address.as_str());
        assert!(in_place && change.actions.len() == 1 || may_be_replaced, "{change:#?}");
    }
    terraform.apply(REVISED);
    terraform.has_nothing_to_do(REVISED);

    let state = terraform.state();
    let imports: Vec<(String, String)> = state
        .iter()
        .map(|(address, values)| (address.clone(), import_id(address, values)))
        .collect();
    assert!(imports.len() > 5, "{imports:?}");
    terraform.forgets(&imports);
    let changes = terraform.plan(REVISED);
    for change in &changes {
        assert!(change.imported, "{change:#?}");
        let differs: Vec<&String> =
            change.attributes.iter().filter(|name| !NOT_IN_AWS.contains(&name.as_str())).collect();
        let is_there = change.actions == ["no-op"] || change.actions == ["update"];
        assert!(is_there && differs.is_empty(), "imported, and not as it was made: {change:#?}");
    }
    assert_eq!(changes.len(), imports.len());
    terraform.apply(REVISED);
    terraform.has_nothing_to_do(REVISED);
    terraform.does(&["destroy", "-auto-approve", "-input=false", "-no-color", REVISED[0]]);
    assert_eq!(terraform.state().len(), 0);
}

/// What `terraform import` wants for a resource; the provider's documentation of each says it.
fn import_id(address: &str, values: &serde_json::Value) -> String {
    let text = |name: &str| values[name].as_str().unwrap_or_default().to_owned();
    let joined = |names: &[&str], by: &str| {
        let plain = |name: &&str| match &values[*name] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        names.iter().map(plain).collect::<Vec<_>>().join(by)
    };
    match address.split('.').next().unwrap() {
        "aws_security_group_rule" => {}
        "aws_default_route_table" | "aws_vpc_dhcp_options_association" => return text("vpc_id"),
        "aws_network_acl_rule" => {
            return joined(&["network_acl_id", "rule_number", "protocol", "egress"], ":");
        }
        "aws_route" => return joined(&["route_table_id", "destination_cidr_block"], "_"),
        "aws_route_table_association" => return joined(&["subnet_id", "route_table_id"], "/"),
        "aws_iam_role_policy_attachment" => {
            return format!("{}/{}", text("role"), text("policy_arn"));
        }
        "aws_eks_pod_identity_association" => {
            return format!("{},{}", text("cluster_name"), text("association_id"));
        }
        _ => return text("id"),
    }
    // GROUP_TYPE_PROTOCOL_FROM_TO_SOURCE…
    let protocol = if text("protocol") == "-1" { "all".to_owned() } else { text("protocol") };
    let mut parts = vec![text("security_group_id"), text("type"), protocol];
    parts.extend(["from_port", "to_port"].map(|name| values[name].to_string()));
    if values["self"] == true {
        parts.push("self".to_owned());
    }
    for name in ["cidr_blocks", "ipv6_cidr_blocks"] {
        let sources = values[name].as_array().into_iter().flatten();
        parts.extend(sources.map(|source| source.as_str().unwrap().to_owned()));
    }
    parts.join("_")
}

fn nothing_is_left(aws: &Aws) {
    let left = aws.efs("GET", "file-systems", None).json();
    assert_eq!(left["FileSystems"], json!([]), "{left:#}");
}

fn storage(terraform: &Terraform) {
    let found = terraform.output("found");
    let address = found["address"].as_str().unwrap();
    assert!(address.ends_with(".200"), "{found:#}");
    for name in ["by_token", "by_tags", "mount_target"] {
        assert_eq!(found[name], true, "{name}: {found:#}");
    }
    assert_eq!(found["access_points"], 2, "{found:#}");
    assert_eq!(found["access_point"], "/graphs", "{found:#}");
    assert_eq!(terraform.output("zone_ids")[0], "euw1-az1");
    let system = terraform.output("file_system");
    let host = format!("{}.efs.eu-west-1.amazonaws.com", system["id"].as_str().unwrap());
    assert_eq!(system["dns_name"], json!(host));
    assert_eq!(system["protection"][0]["replication_overwrite"], "ENABLED", "{system:#}");
    assert_eq!(system["lifecycle"][0]["transition_to_ia"], "AFTER_30_DAYS", "{system:#}");
    let replica = terraform.output("replica");
    assert_eq!(replica["region"], "eu-central-1", "{replica:#}");
    assert_eq!(replica["status"], "ENABLED", "{replica:#}");
}

fn network(terraform: &Terraform) {
    let found = terraform.output("found");
    let wanted = [
        ("partition", json!("aws")),
        ("region", json!("eu-west-1")),
        ("regions", json!(true)),
        ("zone", json!("euw1-az1")),
        ("vpc", json!("10.20.0.0/16")),
        ("hostnames", json!(true)),
        ("vpcs", json!(2)),
        ("subnets", json!(2)),
        ("groups", json!(4)),
        ("rule", json!("10.20.0.0/16")),
        ("main", json!(true)),
    ];
    for (name, value) in wanted {
        assert_eq!(found[name], value, "{name}: {found:#}");
    }
}

fn interfaces(terraform: &Terraform) {
    let found = terraform.output("found");
    let wanted = json!({
        "acls": 3,
        "attached": true,
        "domain": "graphs.internal",
        "interface": "10.40.1.10",
        "interfaces": 4,
        "nat": "available",
        "public": true,
    });
    assert_eq!(found, wanted);
}

/// The default VPC is made where there is none, and adopted where there is one.
fn defaults(terraform: &Terraform, existed: bool) {
    let found = terraform.output("found");
    let wanted = json!({
        "existed": existed,
        "internet": 1,
        "subnets": 3,
        "vpc": "172.31.0.0/16",
    });
    assert_eq!(found, wanted);
}

fn identity(terraform: &Terraform) {
    let found = terraform.output("found");
    let wanted = [
        ("cluster", json!("ACTIVE")),
        ("clusters", json!(true)),
        ("addon", json!(true)),
        ("role", json!(true)),
        ("provider", json!(true)),
        ("profile", json!("efs-csi-nodes")),
        ("driver", json!("/service-role/")),
        ("by_name", json!("arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy")),
        ("allowed", json!(true)),
        ("key", json!("AWS")),
        ("alias", json!(true)),
    ];
    for (name, value) in wanted {
        assert_eq!(found[name], value, "{name}: {found:#}");
    }
}

/// `cargo xtask clients` skips the rest where this fails.
#[test]
#[ignore = "needs terraform and its AWS provider"]
fn the_provider_can_be_had() {
    let provider = Terraform::of("network", &serve(300)).does(&["providers"]);
    assert!(provider.contains("hashicorp/aws"), "{provider}");
}

#[test]
#[ignore = "needs terraform and its AWS provider"]
fn terraform_lives_with_all_of_efs_its_network_and_identities() {
    let aws = [serve(300), serve(300), serve(300)];
    std::thread::scope(|scope| {
        scope.spawn(|| life("storage", &aws[0], &[], storage));
        scope.spawn(|| life("network", &aws[0], &[], network));
        scope.spawn(|| life("identity", &aws[0], &[], identity));
        scope.spawn(|| life("interfaces", &aws[1], &[], interfaces));
        scope.spawn(|| life("defaults", &aws[2], &[], |terraform| defaults(terraform, false)));
    });
    nothing_is_left(&aws[0]);
    Seen::of_all(&aws).settle("terraform", "Terraform");
}

#[test]
#[ignore = "needs terraform and its AWS provider"]
fn terraform_adopts_the_default_vpc() {
    let world = ("CLOCKWORK_SANDBOX_WORLDS".to_owned(), "default-vpc".to_owned());
    let aws = Aws::serve(None, &[world]);
    life("defaults", &aws, &[], |terraform| defaults(terraform, true));
}
