//! The driver's role in an AWS that enforces policies: who may assume it, and what it may do.

use anyhow::Context;
use serde_json::json;

/// The issuer of the control plane's tokens, without `https://`.
const ISSUER: &str = "kubernetes.default.svc";

/// Who asks AWS in the driver's name.
const SUBJECT: &str = "system:serviceaccount:kube-system:efs-csi-controller-sa";

/// AWS's own policy for the driver.
const POLICY: &str = "arn:aws:iam::aws:policy/service-role/AmazonEFSCSIDriverPolicy";

/// Creates what `eksctl create iamserviceaccount` does: a provider for the tokens of the cluster,
/// and a role that trusts the driver's service account alone. Returns the role's ARN.
pub(crate) fn create_role(url: &str) -> anyhow::Result<String> {
    let call = |action: &str, parameters: &[(&str, &str)]| emulators::iam(url, action, parameters);
    let provider = call(
        "CreateOpenIDConnectProvider",
        &[("Url", &format!("https://{ISSUER}")), ("ClientIDList.member.1", "sts.amazonaws.com")],
    )?;
    let provider = emulators::text(&provider, "OpenIDConnectProviderArn")
        .context("the provider of tokens has no ARN")?;
    let conditions = json!({
        format!("{ISSUER}:sub"): SUBJECT,
        format!("{ISSUER}:aud"): "sts.amazonaws.com",
    });
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": conditions},
        }],
    });
    let name = ("RoleName", "clockwork-e2e-driver");
    let role = call("CreateRole", &[name, ("AssumeRolePolicyDocument", &trust.to_string())])?;
    call("AttachRolePolicy", &[name, ("PolicyArn", POLICY)])?;
    emulators::text(&role, "Arn").context("the role has no ARN")
}
