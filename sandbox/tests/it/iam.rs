//! The IAM API: resources, their rules, and AWS's errors for those who break them.

use crate::support::{Aws, Response, root};

pub(crate) const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}"#;
pub(crate) const DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"elasticfilesystem:*","Resource":"*"}]}"#;
const POLICY: &str = "arn:aws:iam::111122223333:policy/files";
pub(crate) const DRIVER: &str = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy";

pub(crate) fn call(aws: &Aws, action: &str, form: &[(&str, &str)]) -> Response {
    let whole: Vec<(&str, &str)> = [("Action", action)].iter().chain(form).copied().collect();
    aws.iam(&root(), &whole)
}

pub(crate) fn with_role(name: &str) -> Aws {
    let aws = Aws::with(&[]);
    let form = [("RoleName", name), ("AssumeRolePolicyDocument", TRUST)];
    call(&aws, "CreateRole", &form).is(200);
    aws
}

fn count(response: &Response, element: &str) -> usize {
    response.body.matches(&format!("<{element}>")).count()
}

#[test]
fn a_role_is_made_read_changed_and_deleted() {
    let aws = Aws::with(&[]);
    let form = [
        ("RoleName", "driver"),
        ("Path", "/csi/"),
        ("AssumeRolePolicyDocument", TRUST),
        ("Description", "for EFS"),
        ("MaxSessionDuration", "7200"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "graphs"),
    ];
    let made = call(&aws, "CreateRole", &form).is(200);
    assert_eq!(made.xml("Arn"), "arn:aws:iam::111122223333:role/csi/driver");
    assert!(made.xml("RoleId").starts_with("AROA"));
    assert!(
        made.xml("AssumeRolePolicyDocument").starts_with("%7B%22Version%22%3A%222012-10-17%22")
    );
    call(&aws, "CreateRole", &form).fails(
        409,
        "EntityAlreadyExists",
        "Role with name driver already exists.",
    );

    let named = [("RoleName", "driver")];
    let found = call(&aws, "GetRole", &named).is(200);
    assert_eq!(
        (found.xml("MaxSessionDuration"), found.xml("Value")),
        ("7200".to_owned(), "graphs".to_owned())
    );
    call(&aws, "UpdateRole", &[named[0], ("Description", "changed")]).is(200);
    assert_eq!(call(&aws, "GetRole", &named).xml("Description"), "changed");
    assert_eq!(call(&aws, "GetRole", &named).xml("MaxSessionDuration"), "3600", "its default");
    call(&aws, "UntagRole", &[named[0], ("TagKeys.member.1", "team")]).is(200);
    assert_eq!(count(&call(&aws, "ListRoleTags", &named), "member"), 0);
    let listed = call(&aws, "ListRoles", &[("PathPrefix", "/csi/")]);
    assert_eq!(count(&listed, "RoleName"), 1);
    assert_eq!(count(&call(&aws, "ListRoles", &[("PathPrefix", "/other/")]), "RoleName"), 0);
    call(&aws, "DeleteRole", &named).is(200);
    call(&aws, "GetRole", &named).fails(
        404,
        "NoSuchEntity",
        "The role with name driver cannot be found.",
    );
}

#[test]
fn a_trust_policy_names_principals_and_no_resource() {
    let aws = with_role("driver");
    let update = |document: &str| {
        call(
            &aws,
            "UpdateAssumeRolePolicy",
            &[("RoleName", "driver"), ("PolicyDocument", document)],
        )
    };
    update(TRUST).is(200);
    let malformed = "MalformedPolicyDocument";
    update(DOCUMENT).fails(400, malformed, "Has prohibited field Resource");
    update("{").fails(400, malformed, "Syntax errors in policy.");
    let nobody =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}"#;
    update(nobody).fails(400, malformed, "Missing required field Principal");
    let long = TRUST.replace("pods", &"p".repeat(2048));
    update(&long).fails(409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048");
}

/// AWS's message: hashicorp/terraform-provider-aws issue 8905.
#[test]
fn a_trust_policy_names_nobody_who_does_not_exist() {
    let aws = with_role("driver");
    aws.admin("PUT", "iam/principals/ci", &serde_json::json!({})).is(204);
    let trusting = |arn: &str| {
        let document = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{arn}"}},"Action":"sts:AssumeRole"}}]}}"#
        );
        let form = [("RoleName", "driver"), ("PolicyDocument", &*document)];
        call(&aws, "UpdateAssumeRolePolicy", &form)
    };
    for arn in [
        "*",
        "111122223333",
        "444455556666",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:user/ci",
        "arn:aws:iam::111122223333:role/driver",
        "arn:aws:sts::111122223333:assumed-role/driver/s1",
        "arn:aws:iam::444455556666:role/theirs",
    ] {
        trusting(arn).is(200);
    }
    for arn in [
        "nobody",
        "arn:aws:iam::111122223333:user/none",
        "arn:aws:iam::111122223333:role/none",
        "arn:aws:sts::111122223333:assumed-role/none/s1",
        "arn:aws-cn:iam::111122223333:role/driver",
        "arn:aws:s3:::bucket",
    ] {
        let message = format!("Invalid principal in policy: \"AWS\":\"{arn}\"");
        trusting(arn).fails(400, "MalformedPolicyDocument", &message);
    }
}

#[test]
fn policies_are_attached_listed_and_detached() {
    let aws = with_role("driver");
    let both = [("RoleName", "driver"), ("PolicyArn", DRIVER)];
    call(&aws, "AttachRolePolicy", &both).is(200);
    call(&aws, "AttachRolePolicy", &both).is(200);
    let listed = call(&aws, "ListAttachedRolePolicies", &both[..1]);
    assert_eq!(
        (count(&listed, "PolicyArn"), listed.xml("PolicyName").as_str()),
        (1, "AmazonEFSCSIDriverPolicy")
    );
    let entities = call(&aws, "ListEntitiesForPolicy", &both[1..]);
    assert_eq!(entities.xml("RoleName"), "driver");
    assert_eq!(call(&aws, "GetPolicy", &both[1..]).xml("AttachmentCount"), "1");

    let unknown = [both[0], ("PolicyArn", "arn:aws:iam::aws:policy/AmazonEFSCSIDriverPolicy")];
    call(&aws, "AttachRolePolicy", &unknown).fails(
        404,
        "NoSuchEntity",
        "Policy arn:aws:iam::aws:policy/AmazonEFSCSIDriverPolicy does not exist or is not attachable.",
    );
    call(&aws, "DeleteRole", &both[..1]).fails(
        409,
        "DeleteConflict",
        "Cannot delete entity, must detach all policies first.",
    );
    call(&aws, "DetachRolePolicy", &both).is(200);
    call(&aws, "DetachRolePolicy", &both).fails(
        404,
        "NoSuchEntity",
        &format!("Policy {DRIVER} was not found."),
    );

    let inline = [both[0], ("PolicyName", "own"), ("PolicyDocument", DOCUMENT)];
    call(&aws, "PutRolePolicy", &inline).is(200);
    assert_eq!(call(&aws, "ListRolePolicies", &both[..1]).xml("member"), "own");
    assert!(
        call(&aws, "GetRolePolicy", &inline[..2])
            .xml("PolicyDocument")
            .contains("elasticfilesystem%3A%2A")
    );
    call(&aws, "DeleteRole", &both[..1]).fails(
        409,
        "DeleteConflict",
        "Cannot delete entity, must delete policies first.",
    );
    call(&aws, "DeleteRolePolicy", &inline[..2]).is(200);
    call(&aws, "DeleteRolePolicy", &inline[..2]).fails(
        404,
        "NoSuchEntity",
        "The role policy with name own cannot be found.",
    );
    call(&aws, "DeleteRole", &both[..1]).is(200);
}

#[test]
fn a_managed_policy_has_up_to_five_versions() {
    let aws = with_role("driver");
    let form = [("PolicyName", "files"), ("PolicyDocument", DOCUMENT)];
    assert_eq!(call(&aws, "CreatePolicy", &form).is(200).xml("Arn"), POLICY);
    call(&aws, "CreatePolicy", &form).fails(
        409,
        "EntityAlreadyExists",
        "A policy called files already exists. Duplicate names are not allowed.",
    );
    let new = [("PolicyArn", POLICY), ("PolicyDocument", DOCUMENT), ("SetAsDefault", "true")];
    for version in 2..=5 {
        let made = call(&aws, "CreatePolicyVersion", &new).is(200);
        assert_eq!(made.xml("VersionId"), format!("v{version}"));
    }
    call(&aws, "CreatePolicyVersion", &new).fails(
        409,
        "LimitExceeded",
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
    );
    let version = |id: &'static str| [("PolicyArn", POLICY), ("VersionId", id)];
    let default = "Cannot delete the default version of a policy.";
    call(&aws, "DeletePolicyVersion", &version("v5")).fails(409, "DeleteConflict", default);
    call(&aws, "DeletePolicyVersion", &version("v1")).is(200);
    // A number is never used again.
    assert_eq!(call(&aws, "CreatePolicyVersion", &new[..2]).is(200).xml("VersionId"), "v6");
    call(&aws, "SetDefaultPolicyVersion", &version("v2")).is(200);
    assert_eq!(call(&aws, "GetPolicy", &new[..1]).xml("DefaultVersionId"), "v2");
    call(&aws, "GetPolicyVersion", &version("v1")).fails(
        404,
        "NoSuchEntity",
        &format!("Policy {POLICY} version v1 does not exist or is not attachable."),
    );

    let attached = [("RoleName", "driver"), new[0]];
    call(&aws, "AttachRolePolicy", &attached).is(200);
    call(&aws, "DeletePolicy", &new[..1]).fails(
        409,
        "DeleteConflict",
        "Cannot delete a policy attached to entities.",
    );
    call(&aws, "DetachRolePolicy", &attached).is(200);
    assert_eq!(call(&aws, "DeletePolicy", &new[..1]).is(409).xml("Code"), "DeleteConflict");
    for id in ["v3", "v4", "v5", "v6"] {
        call(&aws, "DeletePolicyVersion", &version(id)).is(200);
    }
    call(&aws, "DeletePolicy", &new[..1]).is(200);
    call(&aws, "GetPolicy", &new[..1]).fails(
        404,
        "NoSuchEntity",
        &format!("Policy {POLICY} was not found."),
    );
}

#[test]
fn aws_own_policies_are_read_and_not_changed() {
    let aws = Aws::with(&[]);
    let found = call(&aws, "GetPolicy", &[("PolicyArn", DRIVER)]).is(200);
    assert_eq!(
        (found.xml("Path"), found.xml("DefaultVersionId")),
        ("/service-role/".to_owned(), "v1".to_owned())
    );
    let version =
        call(&aws, "GetPolicyVersion", &[("PolicyArn", DRIVER), ("VersionId", "v1")]).is(200);
    assert!(version.xml("Document").contains("ForAllValues%3AStringEquals"));
    assert_eq!(
        call(&aws, "DeletePolicy", &[("PolicyArn", DRIVER)]).is(403).xml("Code"),
        "AccessDenied"
    );
    let local = call(&aws, "ListPolicies", &[("Scope", "Local")]);
    assert_eq!(count(&local, "PolicyName"), 0);
    let page = call(&aws, "ListPolicies", &[("MaxItems", "3")]);
    assert_eq!((count(&page, "PolicyName"), page.xml("IsTruncated").as_str()), (3, "true"));
    let marker = page.xml("Marker");
    let next = call(&aws, "ListPolicies", &[("MaxItems", "3"), ("Marker", &marker)]);
    assert!(next.body.contains("PolicyName") && next.xml("PolicyName") != page.xml("PolicyName"));
    for (action, made_up) in
        [("ListPolicies", "nonsense"), ("ListPolicies", "3"), ("ListRoles", &marker)]
    {
        let refused = call(&aws, action, &[("Marker", made_up)]).is(400);
        assert_eq!(refused.xml("Code"), "ValidationError", "{action} {made_up}");
    }
}

#[test]
fn an_openid_connect_provider_has_client_ids_and_thumbprints() {
    let aws = Aws::with(&[]);
    let thumbprint = "9e99a48a9960b14926bb7f3b02e22da2b0ab7280";
    let url = "https://oidc.eks.eu-west-1.amazonaws.com/id/0C0DEC";
    let form = [
        ("Url", url),
        ("ClientIDList.member.1", "sts.amazonaws.com"),
        ("ThumbprintList.member.1", thumbprint),
    ];
    let arn =
        call(&aws, "CreateOpenIDConnectProvider", &form).is(200).xml("OpenIDConnectProviderArn");
    assert_eq!(
        arn,
        "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0C0DEC"
    );
    call(&aws, "CreateOpenIDConnectProvider", &form).fails(
        409,
        "EntityAlreadyExists",
        &format!("Provider with url {url} already exists."),
    );
    let named = [("OpenIDConnectProviderArn", arn.as_str())];
    let found = call(&aws, "GetOpenIDConnectProvider", &named).is(200);
    assert_eq!(found.xml("Url"), &url["https://".len()..]);
    call(&aws, "AddClientIDToOpenIDConnectProvider", &[named[0], ("ClientID", "other")]).is(200);
    call(
        &aws,
        "RemoveClientIDFromOpenIDConnectProvider",
        &[named[0], ("ClientID", "sts.amazonaws.com")],
    )
    .is(200);
    let other = "0".repeat(40);
    call(
        &aws,
        "UpdateOpenIDConnectProviderThumbprint",
        &[named[0], ("ThumbprintList.member.1", &other)],
    )
    .is(200);
    let found = call(&aws, "GetOpenIDConnectProvider", &named).is(200);
    assert!(
        found.xml("ClientIDList").contains("other") && found.xml("ThumbprintList").contains(&other)
    );
    let short = [("Url", "https://other"), ("ThumbprintList.member.1", "abc")];
    assert_eq!(
        call(&aws, "CreateOpenIDConnectProvider", &short).is(400).xml("Code"),
        "ValidationError"
    );
    assert_eq!(
        call(&aws, "CreateOpenIDConnectProvider", &[("Url", "http://plain")]).is(400).xml("Code"),
        "ValidationError"
    );
    call(&aws, "DeleteOpenIDConnectProvider", &named).is(200);
    assert_eq!(call(&aws, "GetOpenIDConnectProvider", &named).is(404).xml("Code"), "NoSuchEntity");
}

#[test]
fn an_instance_profile_carries_one_role() {
    let aws = with_role("nodes");
    let profile = [("InstanceProfileName", "nodes"), ("RoleName", "nodes")];
    call(&aws, "CreateInstanceProfile", &profile[..1]).is(200);
    call(&aws, "AddRoleToInstanceProfile", &profile).is(200);
    call(&aws, "AddRoleToInstanceProfile", &profile).fails(
        409,
        "LimitExceeded",
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    );
    assert_eq!(call(&aws, "GetInstanceProfile", &profile[..1]).xml("RoleName"), "nodes");
    assert_eq!(
        count(&call(&aws, "ListInstanceProfilesForRole", &profile[1..]), "InstanceProfileName"),
        1
    );
    let conflict = "Cannot delete entity, must remove roles from instance profile first.";
    call(&aws, "DeleteRole", &profile[1..]).fails(409, "DeleteConflict", conflict);
    call(&aws, "RemoveRoleFromInstanceProfile", &profile).is(200);
    call(&aws, "DeleteInstanceProfile", &profile[..1]).is(200);
    call(&aws, "DeleteRole", &profile[1..]).is(200);
}

#[test]
fn what_the_api_lacks_or_asks_for_is_said_by_name() {
    let aws = Aws::with(&[]);
    call(&aws, "CreateGroup", &[])
        .not_served("the sandbox does not serve the IAM operation CreateGroup");
    call(&aws, "GetRole", &[]).fails(
        400,
        "ValidationError",
        "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null",
    );
    let name = [("RoleName", "a b"), ("AssumeRolePolicyDocument", TRUST)];
    assert_eq!(call(&aws, "CreateRole", &name).is(400).xml("Code"), "ValidationError");
}

#[test]
fn the_state_file_keeps_roles_and_policies() {
    let folder = tempfile::tempdir().unwrap();
    let flag = format!("--state={}", folder.path().join("state.json").display());
    let aws = Aws::with(&[&flag]);
    let form = [("RoleName", "kept"), ("AssumeRolePolicyDocument", TRUST)];
    call(&aws, "CreateRole", &form).is(200);
    let form = [("PolicyName", "files"), ("PolicyDocument", DOCUMENT)];
    call(&aws, "CreatePolicy", &form).is(200);
    drop(aws);
    let aws = Aws::with(&[&flag]);
    call(&aws, "GetRole", &[("RoleName", "kept")]).is(200);
    call(&aws, "GetPolicy", &[("PolicyArn", POLICY)]).is(200);
}
