//! Why AWS STS does not let the driver assume the role of its service account.
//!
//! The words are those of STS (`AssumeRoleWithWebIdentity`): aws-efs-csi-driver issue 359 (not
//! authorized), aws-load-balancer-controller issue 1226 (no provider), terraform-aws-eks issue 2700
//! (the audience). It says the same of a role that is not there as of one that does not trust.

use super::facts::{Event, Facts, Rule, account, role, service_account};

/// `WebIdentityErr` is how the SDK for Go says that it could not assume the role; STS's own words
/// follow.
const NOT_ASSUMED: &[&str] =
    &["AssumeRoleWithWebIdentity", "WebIdentityErr", "InvalidIdentityToken"];

/// Whether the driver says that it could not assume its role, and AWS does not say whether there is
/// any.
pub fn is_not_assumed(events: &[Event]) -> bool {
    let says = |words: &[&str]| {
        events.iter().any(|event| words.iter().any(|word| event.message.contains(word)))
    };
    says(NOT_ASSUMED) && !says(&[NO_PROVIDER, WRONG_AUDIENCE])
}

const NO_PROVIDER: &str = "No OpenIDConnect provider found";
const WRONG_AUDIENCE: &str = "Incorrect token audience";

/// The known causes; the more special words come first.
pub(super) const RULES: &[Rule] = &[
    Rule {
        words: &[NO_PROVIDER],
        what: |facts| {
            format!(
                "IAM has no OpenID Connect provider for the tokens of this cluster, by which {} \
                 could assume the role {}",
                account(facts),
                role(facts)
            )
        },
        remedy: |_| {
            "have it made in the account of the role: `driver_identity = \"irsa\"` with \
             `oidc_provider = \"create\"` does, and so does `eksctl utils \
             associate-iam-oidc-provider --cluster NAME --approve`"
                .to_owned()
        },
        is_final: false,
    },
    Rule {
        words: &[WRONG_AUDIENCE],
        what: |facts| {
            format!(
                "IAM's OpenID Connect provider of this cluster takes no tokens for the audience \
                 `sts.amazonaws.com`, which those of {} are for",
                account(facts)
            )
        },
        remedy: |_| {
            "add the audience: `aws iam add-client-id-to-open-id-connect-provider --client-id \
             sts.amazonaws.com --open-id-connect-provider-arn ARN`"
                .to_owned()
        },
        is_final: false,
    },
    Rule { words: NOT_ASSUMED, what: refused, remedy: as_refused, is_final: false },
];

fn refused(facts: &Facts) -> String {
    let (account, role) = (account(facts), role(facts));
    match facts.role_exists {
        Some(false) => format!("the role {role}, which {account} names, does not exist"),
        Some(true) => {
            format!("the trust policy of the role {role} does not let {account} assume it")
        }
        None => format!("the driver may not assume the role {role} as {account}"),
    }
}

fn as_refused(facts: &Facts) -> String {
    if facts.role_exists == Some(false) {
        return "correct `driver_identity` or `driver_role_arn`, or, where something else wrote it, \
                the annotation `eks.amazonaws.com/role-arn` of the service account"
            .to_owned();
    }
    let unknown = match facts.role_exists {
        None => "; AWS says the same of a role that does not exist",
        Some(_) => "",
    };
    format!(
        "have that policy allow `sts:AssumeRoleWithWebIdentity` to the cluster's OpenID Connect \
         provider, for the subject `system:serviceaccount:{}:{}` and the audience \
         `sts.amazonaws.com`{unknown}",
        facts.namespace,
        service_account(facts)
    )
}
