//! The driver's role in an AWS that enforces policies: who may assume it, and what it may do.

use anyhow::Context;
use job::{DriverPolicy, EndToEnd};
use serde_json::json;
use xshell::{Shell, cmd};

use crate::names::{CLASS, IRSA, OPERATOR};

/// The issuer of the control plane's tokens, without `https://`.
const ISSUER: &str = "kubernetes.default.svc";

/// The principal of the driver's calls.
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

/// The cluster of the deployment file, as the sandbox has it from the start.
const EKS_CLUSTER: &str = "graphscope-dev";

/// Gives [`OPERATOR`] the policy that `render --iam operator` prints for the inputs of the run, and
/// nothing else. The sandbox's cluster gets the issuer of the control plane's tokens.
pub(crate) fn restrict(job: &EndToEnd, url: &str) -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let program = job.programs.join("xtask");
    let config = format!("--config={}", job.config.display());
    let version = format!("--helm-chart-version={}", job.helm_chart_version);
    let class = format!("--storage-class-name={CLASS}");
    let identity: &[&str] = match job.enforce_iam {
        Some(DriverPolicy::Rendered) => &IRSA,
        _ => &["--driver-identity=none"],
    };
    let policy =
        cmd!(shell, "{program} render --iam operator {config} {version} {class} {identity...}");
    let policy = policy.quiet().read().context("rendering the policy of the operator")?;
    let policy: serde_json::Value = serde_json::from_str(&policy)?;
    let arn = "arn:aws:iam::111122223333:user/operator";
    let principal = json!({"arn": arn, "policies": [policy]});
    emulators::put(url, &format!("_sandbox/iam/principals/{OPERATOR}"), &principal.to_string())?;
    let cluster = json!({"name": EKS_CLUSTER, "issuer": format!("https://{ISSUER}")});
    let seed = json!({"Clusters": [cluster]});
    emulators::post(url, "_sandbox/seed/eu-west-1", &seed.to_string())
}

/// Gives the role of the node the driver's policy, as nothing here hands a pod a token for AWS.
/// Returns credentials of that role.
pub(crate) fn of_node(url: &str) -> anyhow::Result<(String, String)> {
    let principal = json!({"policies": [POLICY]});
    emulators::put(url, "_sandbox/iam/principals/node", &principal.to_string())?;
    Ok(("node".to_owned(), "node".to_owned()))
}
