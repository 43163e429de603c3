//! What IAM's policies decide: for a call, and by simulation without one.

use serde_json::{Value, json};

use crate::iam::{DOCUMENT, DRIVER, TRUST, call, with_role};
use crate::support::{Aws, caller};

#[test]
fn simulation_decides_without_a_call() {
    let aws = with_role("driver");
    call(&aws, "AttachRolePolicy", &[("RoleName", "driver"), ("PolicyArn", DRIVER)]).is(200);
    let create = "elasticfilesystem:CreateAccessPoint";
    let simulate = |action: &str, keys: &[&str]| {
        let mut form = vec![
            ("PolicySourceArn".to_owned(), "arn:aws:iam::111122223333:role/driver".to_owned()),
            ("ActionNames.member.1".to_owned(), action.to_owned()),
        ];
        for (n, key) in keys.iter().enumerate() {
            let tag = format!("ContextEntries.member.{}", n + 2);
            form.push((format!("{tag}.ContextKeyName"), format!("aws:RequestTag/{key}")));
            form.push((format!("{tag}.ContextKeyValues.member.1"), "true".to_owned()));
            form.push((
                format!("ContextEntries.member.1.ContextKeyValues.member.{}", n + 1),
                (*key).to_owned(),
            ));
        }
        form.push(("ContextEntries.member.1.ContextKeyName".to_owned(), "aws:TagKeys".to_owned()));
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        call(&aws, "SimulatePrincipalPolicy", &form).is(200)
    };
    let allowed = simulate(create, &["efs.csi.aws.com/cluster"]);
    assert_eq!(allowed.xml("EvalDecision"), "allowed");
    assert_eq!(allowed.xml("SourcePolicyId"), DRIVER);
    let refused = simulate(create, &["efs.csi.aws.com/cluster", "team"]);
    assert_eq!(refused.xml("EvalDecision"), "implicitDeny");
    let missing = simulate("elasticfilesystem:DeleteAccessPoint", &[]);
    assert_eq!(missing.xml("EvalDecision"), "implicitDeny");
    assert!(
        missing.xml("MissingContextValues").contains("aws:ResourceTag/efs.csi.aws.com/cluster")
    );
    let unknown = [
        ("PolicySourceArn", "arn:aws:iam::111122223333:role/none"),
        ("ActionNames.member.1", create),
    ];
    assert_eq!(call(&aws, "SimulatePrincipalPolicy", &unknown).is(404).xml("Code"), "NoSuchEntity");

    let deny = DOCUMENT.replace("Allow", "Deny");
    let custom = [("PolicyInputList.member.1", deny.as_str()), ("ActionNames.member.1", create)];
    let denied = call(&aws, "SimulateCustomPolicy", &custom).is(200);
    assert_eq!(
        (denied.xml("EvalDecision"), denied.xml("SourcePolicyId")),
        ("explicitDeny".to_owned(), "PolicyInputList.1".to_owned())
    );
}

#[test]
fn what_a_role_may_is_decided_by_what_is_attached_to_it() {
    let aws = Aws::enforcing();
    call(&aws, "CreateRole", &[("RoleName", "driver"), ("AssumeRolePolicyDocument", TRUST)])
        .is(200);
    let arn = "arn:aws:iam::111122223333:role/driver";
    aws.admin("PUT", "iam/principals/DRIVER", &json!({ "arn": arn })).is(204);
    let driver = caller("DRIVER");
    let list = || aws.efs(&driver, "GET", "file-systems", &Value::Null).status;
    assert_eq!(list(), 403);
    let both = [("RoleName", "driver"), ("PolicyArn", DRIVER)];
    call(&aws, "AttachRolePolicy", &both).is(200);
    assert_eq!(list(), 200);
    let boundary =
        [both[0], ("PermissionsBoundary", "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy")];
    call(&aws, "PutRolePermissionsBoundary", &boundary).is(200);
    assert_eq!(list(), 403);
    call(&aws, "DeleteRolePermissionsBoundary", &both[..1]).is(200);
    assert_eq!(list(), 200);
}
