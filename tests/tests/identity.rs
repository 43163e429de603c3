//! The driver's identity, made by whole runs against the sandbox: roles, policies, providers and
//! associations, and what the driver may do with them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use serde_json::{Value, json};
use tests::{Aws, World};

const IRSA: [&str; 2] = ["--driver-identity=irsa", "--oidc-provider=create"];
const POD_IDENTITY: [&str; 2] = ["--driver-identity=pod-identity", "--helm-chart-version=4.4.1"];

/// What of the driver's identity is in the account: roles, providers and associations.
fn left(aws: &Aws) -> (usize, usize, usize) {
    let roles = aws.iam("ListRoles", &[]).matches("<RoleName>clockwork-").count();
    let providers = aws.iam("ListOpenIDConnectProviders", &[]).matches("<Arn>").count();
    (roles, providers, associations(aws).len())
}

/// A role that EKS Pod Identity may hand out.
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;

fn associations(aws: &Aws) -> Vec<Value> {
    let all = aws.eks("GET", "clusters/graphscope-dev/pod-identity-associations", None).json();
    all["associations"].as_array().unwrap().clone()
}

/// The name of the driver's role.
fn role(aws: &Aws) -> String {
    let roles = aws.iam("ListRoles", &[]);
    let name = roles.split("<RoleName>").find(|rest| rest.starts_with("clockwork-"));
    name.unwrap().split('<').next().unwrap().to_owned()
}

fn steps(plan: &Value) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps.map(|step| format!("{} {}", step["action"], step["address"]).replace('"', "")).collect()
}

#[test]
fn irsa_is_made_found_complete_and_taken_down() {
    let world = World::new();
    let made = world.deploy(&IRSA);
    assert_eq!(made["changed"], 10, "seven of before, and provider, role and policy");
    let values: Value = serde_norway::from_str(&world.document("values.yaml")).unwrap();
    let account = &values["controller"]["serviceAccount"];
    let arn = account["annotations"]["eks.amazonaws.com/role-arn"].as_str().unwrap();
    let aws = world.aws();
    assert_eq!(arn, format!("arn:aws:iam::111122223333:role/{}", role(&aws)));
    assert_eq!(left(&aws), (1, 1, 0));
    drop(aws);

    world.nothing_to_do(&IRSA);
    let again = world.run("deploy-efs", &IRSA).exits(0);
    assert_eq!(again.json()["changed"], 0);
    assert!(again.calls.len() <= 18, "{:?}", again.calls);

    world.run("destroy-efs", &[&IRSA[..], &["--yes"]].concat()).exits(0);
    assert_eq!(left(&world.aws()), (0, 0, 0));
    let again = world.run("destroy-efs", &[&IRSA[..], &["--yes"]].concat()).exits(0);
    assert_eq!(again.json()["changed"], 0);
}

#[test]
fn pod_identity_is_made_found_complete_and_taken_down() {
    let world = World::new();
    world.deploy(&POD_IDENTITY);
    let aws = world.aws();
    assert_eq!(left(&aws), (1, 0, 1));
    assert_eq!(associations(&aws)[0]["serviceAccount"], "efs-csi-controller-sa");
    drop(aws);
    world.nothing_to_do(&POD_IDENTITY);
    let again = world.run("deploy-efs", &POD_IDENTITY).exits(0);
    assert!(again.calls.len() <= 18, "{:?}", again.calls);
    world.run("destroy-efs", &[&POD_IDENTITY[..], &["--yes"]].concat()).exits(0);
    assert_eq!(left(&world.aws()), (0, 0, 0));
}

#[test]
fn what_somebody_changed_by_hand_is_found_and_repaired() {
    let world = World::new();
    let inputs = [POD_IDENTITY[0], POD_IDENTITY[1], "--mount-options=iam"];
    world.deploy(&inputs);
    let aws = world.aws();
    let role = role(&aws);
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    aws.iam("UpdateAssumeRolePolicy", &[("RoleName", &role), ("PolicyDocument", trust)]);
    let policies = aws.iam("ListRolePolicies", &[("RoleName", &role)]);
    let policy = policies.split("<member>").nth(1).unwrap().split('<').next().unwrap();
    aws.iam("DeleteRolePolicy", &[("RoleName", &role), ("PolicyName", policy)]);
    let one = associations(&aws)[0]["associationId"].as_str().unwrap().to_owned();
    aws.eks("DELETE", &format!("clusters/graphscope-dev/pod-identity-associations/{one}"), None);
    drop(aws);
    let plan = world.plan(&inputs);
    let found = steps(&plan);
    assert_eq!(
        found[..2],
        ["update module.efs_csi.iam_role", "create module.efs_csi.iam_role_policy"]
    );
    assert!(found[2].starts_with("create module.efs_csi.pod_identity_association["), "{found:?}");
    world.deploy(&inputs);
    world.nothing_to_do(&inputs);
}

#[test]
fn how_iam_writes_a_policy_makes_no_difference() {
    let world = World::new();
    world.deploy(&IRSA);
    let aws = world.aws();
    let role = role(&aws);
    let found = aws.iam("GetRole", &[("RoleName", &role)]);
    let trust = found.split("<AssumeRolePolicyDocument>").nth(1).unwrap();
    let trust = trust.split('<').next().unwrap();
    let trust = percent_encoding::percent_decode_str(trust).decode_utf8().unwrap();
    // Lists of one as texts, and a statement without its list.
    let mut document: Value = serde_json::from_str(&trust).unwrap();
    let mut statement = document["Statement"][0].take();
    let action = statement["Action"].take();
    statement["Action"] = json!([action]);
    document["Statement"] = statement;
    let text = document.to_string();
    aws.iam("UpdateAssumeRolePolicy", &[("RoleName", &role), ("PolicyDocument", &text)]);
    drop(aws);
    world.nothing_to_do(&IRSA);
}

#[test]
fn what_is_not_ours_is_refused_by_name_and_left() {
    let world = World::new();
    world.deploy(&IRSA);
    let aws = world.aws();
    let role = role(&aws);
    let attached = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy";
    aws.iam("AttachRolePolicy", &[("RoleName", &role), ("PolicyArn", attached)]);
    drop(aws);
    let destroyed = world.run("destroy-efs", &[&IRSA[..], &["--yes"]].concat()).exits(0);
    assert!(destroyed.stderr.contains("AmazonEFSCSIDriverPolicy"), "{}", destroyed.stderr);
    let aws = world.aws();
    assert_eq!(
        left(&aws),
        (1, 1, 0),
        "the role has the policy of somebody, and trusts the provider"
    );
    aws.iam("UntagRole", &[("RoleName", &role), ("TagKeys.member.1", "clockwork-codex/cluster")]);
    drop(aws);
    let refused = world.run("plan-efs", &IRSA).exits(1).json();
    let refusal = refused["refusals"][0]["reason"].as_str().unwrap();
    assert!(refusal.contains("does not carry this project's tags"), "{refusal}");
}

/// Creates an access point with the driver's keys and these tags; the status.
fn access_point(aws: &Aws, file_system: &str, tags: &[&str]) -> u16 {
    let tag = |key: &&str| json!({ "Key": key, "Value": "true" });
    let body = json!({
        "ClientToken": format!("{file_system}-{tags:?}"),
        "FileSystemId": file_system,
        "Tags": tags.iter().map(tag).collect::<Vec<_>>(),
    });
    aws.efs_as("driver", "POST", "access-points", Some(&body)).status
}

/// The world's AWS with its policies enforced, in which the driver is this role.
fn enforced(world: &World, role: &str) -> Aws {
    let mut env = world.env.clone();
    env.push(("CLOCKWORK_SANDBOX_ENFORCE_IAM".to_owned(), "true".to_owned()));
    let aws = Aws::serve(Some(&world.state()), &env);
    let driver = json!({ "arn": role }).to_string();
    assert_eq!(aws.admin("PUT", "iam/principals/driver", &driver).status, 204);
    aws
}

/// The tags that the driver sends where `access_point_tags` has a key.
const TAGGED: &str = "--access-point-tags=team=graphs";
const KEYS: [&str; 2] = ["efs.csi.aws.com/cluster", "team"];

#[test]
fn a_role_of_ours_allows_the_tags_of_access_points_and_no_others() {
    let world = World::new();
    let made = world.deploy(&[&IRSA[..], &[TAGGED]].concat());
    let id = made["outputs"]["file_system_id"].as_str().unwrap();
    let arn = format!("arn:aws:iam::111122223333:role/{}", role(&world.aws()));
    let aws = enforced(&world, &arn);
    assert_eq!(access_point(&aws, id, &KEYS), 200);
    assert_eq!(access_point(&aws, id, &KEYS[..1]), 200, "a class may leave the tags out");
    assert_eq!(access_point(&aws, id, &KEYS[1..]), 403, "not the driver's");
    assert_eq!(access_point(&aws, id, &[KEYS[0], KEYS[1], "owner"]), 403, "not asked for");
}

#[test]
fn a_role_of_others_lacks_the_statement_that_the_plan_warns_of() {
    let world = World::new();
    let aws = world.aws();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    aws.iam("CreateRole", &[("RoleName", "theirs"), ("AssumeRolePolicyDocument", trust)]);
    let managed = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy";
    aws.iam("AttachRolePolicy", &[("RoleName", "theirs"), ("PolicyArn", managed)]);
    drop(aws);
    let role = "arn:aws:iam::111122223333:role/theirs";
    let inputs = [format!("--driver-identity={role}"), TAGGED.to_owned()];
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let manifests = world.manifests().display().to_string();
    let plan = ["plan-efs", "--sandbox", "--manifests", &manifests];
    let plan = world.xtask(&[&plan[..], &inputs].concat()).exits(0).stdout;
    let (_, statement) =
        plan.split_once("add this statement to the policies of the driver's role: ").unwrap();
    let statement: Value = serde_json::from_str(statement.lines().next().unwrap()).unwrap();
    let made = world.deploy(&inputs);
    let id = made["outputs"]["file_system_id"].as_str().unwrap();

    let aws = enforced(&world, role);
    assert_eq!(access_point(&aws, id, &KEYS[..1]), 200, "AWS's own policy allows its own key");
    assert_eq!(access_point(&aws, id, &KEYS), 403);
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let own = [("RoleName", "theirs"), ("PolicyName", "tags"), ("PolicyDocument", &policy)];
    aws.iam_as("sandbox", "PutRolePolicy", &own);
    assert_eq!(access_point(&aws, id, &KEYS), 200, "with the statement of the warning");
    assert_eq!(access_point(&aws, id, &[KEYS[0], KEYS[1], "owner"]), 403);
}

#[test]
fn the_driver_may_make_and_delete_volumes_on_this_file_system_and_nothing_else() {
    let world = World::new();
    let made = world.deploy(&IRSA);
    let id = made["outputs"]["file_system_id"].as_str().unwrap();
    let arn = format!("arn:aws:iam::111122223333:role/{}", role(&world.aws()));
    let aws = enforced(&world, &arn);
    let other =
        aws.efs_as("sandbox", "POST", "file-systems", Some(&json!({ "CreationToken": "other" })));
    let other = other.json();
    let other = other["FileSystemId"].as_str().unwrap();
    let own = "efs.csi.aws.com/cluster";
    assert_eq!(access_point(&aws, id, &[own]), 200);
    assert_eq!(access_point(&aws, other, &[own]), 403, "another file system");
    assert_eq!(access_point(&aws, id, &[]), 403, "not the driver's");
    assert_eq!(access_point(&aws, id, &[own, "team"]), 403, "a tag that was not asked for");
    let point = aws.efs_as("driver", "GET", "access-points", None).json();
    let point = point["AccessPoints"][0]["AccessPointId"].as_str().unwrap().to_owned();
    let delete = |who: &str| aws.efs_as(who, "DELETE", &format!("access-points/{point}"), None);
    assert_eq!(delete("driver").status, 204);
    let body = json!({ "ClientToken": "theirs", "FileSystemId": id });
    let theirs = aws.efs_as("sandbox", "POST", "access-points", Some(&body)).json();
    let path = format!("access-points/{}", theirs["AccessPointId"].as_str().unwrap());
    assert_eq!(aws.efs_as("driver", "DELETE", &path, None).status, 403, "not the driver's");
    assert_eq!(aws.efs_as("driver", "DELETE", &format!("file-systems/{id}"), None).status, 403);
}

/// `enableTagging: "false"` makes access points without any tag, by which nobody knows them.
#[test]
fn the_driver_may_make_and_delete_volumes_without_tags_where_a_class_has_them_so() {
    let world = World::new();
    let untagged = ["--enable-tagging=false", "--helm-chart-version=4.4.1"];
    let made = world.deploy(&[&IRSA[..], &untagged].concat());
    let id = made["outputs"]["file_system_id"].as_str().unwrap();
    let arn = format!("arn:aws:iam::111122223333:role/{}", role(&world.aws()));
    let mut env = world.env.clone();
    env.push(("CLOCKWORK_SANDBOX_ENFORCE_IAM".to_owned(), "true".to_owned()));
    let aws = Aws::serve(Some(&world.state()), &env);
    let driver = json!({ "arn": arn }).to_string();
    assert_eq!(aws.admin("PUT", "iam/principals/driver", &driver).status, 204);
    let other = json!({ "CreationToken": "other" });
    let other = aws.efs_as("sandbox", "POST", "file-systems", Some(&other)).json();
    let other = other["FileSystemId"].as_str().unwrap();
    assert_eq!(access_point(&aws, id, &[]), 200);
    assert_eq!(access_point(&aws, id, &["efs.csi.aws.com/cluster"]), 200, "of another class");
    assert_eq!(access_point(&aws, id, &["team"]), 403, "a tag that was not asked for");
    assert_eq!(access_point(&aws, other, &[]), 403, "another file system");
    let points = aws.efs_as("driver", "GET", "access-points", None).json();
    for point in points["AccessPoints"].as_array().unwrap() {
        let path = format!("access-points/{}", point["AccessPointId"].as_str().unwrap());
        assert_eq!(aws.efs_as("driver", "DELETE", &path, None).status, 204, "{point}");
    }
    let body = json!({
        "ClientToken": "ours",
        "FileSystemId": id,
        "Tags": [{ "Key": "clockwork-codex/managed-by", "Value": "clockwork-codex" }],
    });
    let ours = aws.efs_as("sandbox", "POST", "access-points", Some(&body)).json();
    let path = format!("access-points/{}", ours["AccessPointId"].as_str().unwrap());
    assert_eq!(aws.efs_as("driver", "DELETE", &path, None).status, 403, "not the driver's");
}

#[test]
fn another_identity_takes_the_association_of_ours_away_after_consent_and_none_of_others() {
    for other in
        ["--driver-identity=arn:aws:iam::111122223333:role/theirs", "--driver-identity=none"]
    {
        let world = World::new();
        world.deploy(&POD_IDENTITY);
        let aws = world.aws();
        aws.iam("CreateRole", &[("RoleName", "theirs"), ("AssumeRolePolicyDocument", TRUST)]);
        let theirs = json!({
            "namespace": "kube-system",
            "serviceAccount": "efs-csi-node-sa",
            "roleArn": "arn:aws:iam::111122223333:role/theirs",
        });
        let path = "clusters/graphscope-dev/pod-identity-associations";
        assert_eq!(aws.eks("POST", path, Some(&theirs)).status, 200);
        drop(aws);
        let inputs = [other, POD_IDENTITY[1]];
        let plan = world.plan(&inputs);
        let deleted = steps(&plan).into_iter().filter(|step| step.starts_with("delete "));
        let deleted: Vec<_> = deleted.collect();
        assert_eq!(deleted.len(), 1, "{deleted:?}");
        assert!(
            deleted[0].contains("pod_identity_association")
                && deleted[0].contains("-controller-sa")
        );
        let unasked = world.run("deploy-efs", &inputs).exits(1);
        assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
        assert_eq!(associations(&world.aws()).len(), 2, "nothing goes without consent");
        world.run("deploy-efs", &[&inputs[..], &["--yes"]].concat()).exits(0);
        let aws = world.aws();
        let left = associations(&aws);
        assert_eq!(left.len(), 1);
        assert_eq!(left[0]["serviceAccount"], "efs-csi-node-sa", "somebody else's");
        drop(aws);
        world.nothing_to_do(&inputs);
        world.run("destroy-efs", &[&inputs[..], &["--yes"]].concat()).exits(0);
        let aws = world.aws();
        assert_eq!(associations(&aws).len(), 1);
        let roles = aws.iam("ListRoles", &[]);
        assert!(!roles.contains("<RoleName>clockwork-"), "the role of before goes with the rest");
    }
}

#[test]
fn an_identity_that_is_not_ours_needs_no_permission_to_look_for_one_that_was() {
    let mut world = World::new();
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": ["eks:*PodIdentity*", "iam:GetRole"], "Resource": "*" },
    ] });
    let operator =
        json!({ "arn": "arn:aws:iam::111122223333:user/operator", "policies": [policy] });
    let file = world.path().join("iam.json");
    let principals = json!({ "principals": { "sandbox": operator } });
    std::fs::write(&file, principals.to_string()).unwrap();
    world.set("CLOCKWORK_SANDBOX_ENFORCE_IAM", "true");
    world.set("CLOCKWORK_SANDBOX_IAM_FILE", file.display());
    let inputs = ["--driver-identity=none"];
    let made = world.run("deploy-efs", &inputs).exits(0);
    let looked = made.calls.iter().find(|call| call.operation == "ListPodIdentityAssociations");
    assert_eq!(looked.unwrap().outcome, "AccessDeniedException");
    world.nothing_to_do(&inputs);
    world.run("destroy-efs", &[&inputs[..], &["--yes"]].concat()).exits(0);
}

/// Whom a role may be passed to, and everything else.
fn passes(service: &str) -> Value {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*" },
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": "*",
            "Condition": { "StringEquals": { "iam:PassedToService": service } },
        },
    ] })
}

#[test]
fn the_role_of_an_association_is_passed_to_pods_and_not_to_eks() {
    let role = "arn:aws:iam::111122223333:role/theirs";
    let world = World::new();
    let aws = enforced(&world, role);
    let own = [("RoleName", "theirs"), ("AssumeRolePolicyDocument", TRUST)];
    aws.iam_as("sandbox", "CreateRole", &own);
    let wanted = json!({
        "namespace": "kube-system",
        "serviceAccount": "efs-csi-node-sa",
        "roleArn": role,
    });
    let path = "clusters/graphscope-dev/pod-identity-associations";
    for (key, service, status) in
        [("one", "eks.amazonaws.com", 403), ("two", "pods.eks.amazonaws.com", 200)]
    {
        let arn = format!("arn:aws:iam::111122223333:user/{key}");
        let caller = json!({ "arn": arn, "policies": [passes(service)] }).to_string();
        assert_eq!(aws.admin("PUT", &format!("iam/principals/{key}"), &caller).status, 204);
        let answer = aws.eks_as(key, "POST", path, Some(&wanted));
        assert_eq!(answer.status, status, "{service}: {}", answer.body);
    }
}

#[test]
fn a_misspelt_role_is_told_by_the_plan_and_nothing_is_made() {
    let world = World::new();
    let inputs = ["--driver-identity=arn:aws:iam::111122223333:role/mispelt"];
    let plan = world.run("plan-efs", &inputs).exits(1).json();
    let refusal = plan["refusals"][0]["reason"].as_str().unwrap();
    assert!(
        refusal.contains("IAM has no role `arn:aws:iam::111122223333:role/mispelt`"),
        "{refusal}"
    );
    let refused = world.run("deploy-efs", &inputs).exits(1);
    assert!(refused.calls.iter().all(|call| !call.operation.starts_with("Create")));
    let elsewhere = ["--driver-identity=arn:aws:iam::999999999999:role/theirs"];
    let plan = world.plan(&elsewhere);
    assert_eq!(plan["refusals"], json!([]), "a role of another account cannot be looked at");
}
