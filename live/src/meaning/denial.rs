//! Who denied a call, read from AWS's own message.
//!
//! Sources: IAM User Guide, "Troubleshoot access denied error messages", for the words of each
//! kind of policy; STS API Reference, `DecodeAuthorizationMessage`, for encoded messages.

use efs::permissions::{needed_by, needed_elsewhere};

/// The policies that can deny, by the words of AWS's messages, and what to do about each:
/// where it allows nothing, and where it denies explicitly. The more special words come first.
const POLICIES: &[(&str, Policy)] = &[
    ("service control policy", Policy::ServiceControl),
    ("resource control policy", Policy::ResourceControl),
    ("permissions boundary", Policy::Boundary),
    ("session policy", Policy::Session),
    ("vpc endpoint policy", Policy::Endpoint),
    ("role trust policy", Policy::Trust),
    ("resource-based policy", Policy::Resource),
    ("identity-based policy", Policy::Identity),
];

/// The kinds of policies that can deny.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Policy {
    Identity,
    Resource,
    Boundary,
    Session,
    ServiceControl,
    ResourceControl,
    Endpoint,
    Trust,
}

/// A denied call, as far as AWS's message describes it.
#[derive(Debug, PartialEq, Eq)]
struct Denial<'a> {
    principal: Option<&'a str>,
    action: Option<&'a str>,
    /// `None` where the message does not name a kind, as those of EFS.
    policy: Option<Policy>,
    explicit: bool,
    encoded: bool,
}

impl<'a> Denial<'a> {
    fn read(message: &'a str) -> Denial<'a> {
        let (readable, encoded) = match message.split_once("Encoded authorization failure message:")
        {
            Some((readable, _)) => (readable, true),
            None => (message, false),
        };
        let words = readable.to_lowercase();
        let policy = POLICIES.iter().find(|(name, _)| words.contains(name));
        Denial {
            principal: between(readable, "User: ", " is not authorized"),
            action: between(readable, "not authorized to perform: ", " "),
            policy: policy.map(|(_, policy)| *policy),
            explicit: words.contains("explicit deny"),
            encoded,
        }
    }

    /// Whether an allow in a policy of the identity can help.
    fn lacks_allow(&self) -> bool {
        !self.explicit && matches!(self.policy, None | Some(Policy::Identity))
    }

    /// What to do about it, by the kind of policy that denied it.
    fn remedy(&self, action: &str, principal: &str) -> String {
        match (self.policy, self.explicit) {
            (None, _) => format!(
                "allow `{action}` in an IAM policy of {principal}; if one allows it, a permissions \
                 boundary or a service control policy denies it"
            ),
            (Some(Policy::Identity), false) => {
                format!("allow `{action}` in an IAM policy of {principal}")
            }
            (Some(Policy::Identity), true) => format!(
                "an IAM policy of {principal} denies `{action}`: remove the deny or use another \
                 identity, as no allow overrides it"
            ),
            (Some(Policy::Boundary), explicit) => format!(
                "the permissions boundary of {principal} {} `{action}`: have the boundary changed, or \
                 use another identity, as no other policy overrides it",
                verb(explicit)
            ),
            (Some(Policy::Session), explicit) => format!(
                "the session policy of {principal} {} `{action}`: assume the role without that policy, \
                 or with one that allows it",
                verb(explicit)
            ),
            (Some(Policy::ServiceControl), explicit) => format!(
                "a service control policy of the organization {} `{action}` in this account: ask the \
                 organization's administrators, as no policy of the account overrides it",
                verb(explicit)
            ),
            (Some(Policy::ResourceControl), explicit) => format!(
                "a resource control policy of the organization {} `{action}`: ask the organization's \
                 administrators, as no policy of the account overrides it",
                verb(explicit)
            ),
            (Some(Policy::Resource), explicit) => format!(
                "the policy of the resource itself {} `{action}` for {principal}; of a file system, \
                 `aws efs describe-file-system-policy` shows it: have it changed",
                verb(explicit)
            ),
            (Some(Policy::Endpoint), explicit) => format!(
                "the policy of the VPC endpoint that the call went through {} `{action}`: have it \
                 changed, or use another network",
                verb(explicit)
            ),
            (Some(Policy::Trust), explicit) => format!(
                "the trust policy of the role {} `{action}` for {principal}: have it changed",
                verb(explicit)
            ),
        }
    }
}

/// What stands between two texts, or behind the first where the second does not follow.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    let found = rest.split_once(after).map_or(rest, |(found, _)| found);
    Some(found.trim_end_matches(['.', ','])).filter(|found| !found.is_empty())
}

/// What to do about a denied call of `operation`. Dependent actions are denied under their own
/// name, such as `ec2:CreateNetworkInterface` within `CreateMountTarget`.
pub(super) fn remedy(operation: &str, message: &str) -> String {
    let denial = Denial::read(message);
    let action = denial.action.unwrap_or(operation);
    let principal = denial.principal.map_or_else(
        || "the identity that `aws sts get-caller-identity` shows".to_owned(),
        |principal| format!("`{principal}`"),
    );
    let elsewhere: Vec<String> = match denial.action {
        None => needed_elsewhere(operation).map(|action| format!("`{action}`")).collect(),
        Some(_) => Vec::new(),
    };
    if !elsewhere.is_empty() {
        // EFS names its own actions, and none of other services
        // (<https://github.com/hashicorp/terraform-provider-aws/issues/1727>).
        return format!(
            "allow {} in an IAM policy of {principal}: `{operation}` needs them, and EFS does not say \
             which of them is missing; {POLICY}",
            elsewhere.join(", ")
        );
    }
    let what = denial.remedy(action, &principal);
    let what = match (denial.lacks_allow(), needed_by(action, operation)) {
        (true, Some(call)) if call != action => {
            format!("{what}; `{call}` needs it, and {POLICY}")
        }
        (true, Some(_)) => format!("{what}; {POLICY}"),
        _ => what,
    };
    if denial.encoded {
        format!(
            "{what}; `aws sts decode-authorization-message --encoded-message TEXT` shows the details \
             of the encoded message, and takes `sts:DecodeAuthorizationMessage`"
        )
    } else {
        what
    }
}

/// Where all that a deployment needs is written down.
const POLICY: &str = "`cargo xtask render --iam operator` prints the whole policy";

fn verb(explicit: bool) -> &'static str {
    if explicit { "denies" } else { "does not allow" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "arn:aws:iam::111122223333:user/ann";
    const CREATE: &str = "elasticfilesystem:CreateFileSystem";

    /// A message in the words that AWS documents, with the part that names the policy.
    fn message(policy: &str) -> String {
        format!(
            "User: {USER} is not authorized to perform: {CREATE} on resource: \
             arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/* {policy}"
        )
    }

    /// AWS's clause for each kind of denial, and how the remedy begins.
    const KINDS: &[(&str, &str)] = &[
        (
            "because no identity-based policy allows the ACTION action",
            "allow `ACTION` in an IAM policy of `USER`",
        ),
        (
            "with an explicit deny in an identity-based policy",
            "an IAM policy of `USER` denies `ACTION`",
        ),
        (
            "because no permissions boundary allows the ACTION action",
            "the permissions boundary of `USER` does not allow `ACTION`",
        ),
        (
            "with an explicit deny in a permissions boundary",
            "the permissions boundary of `USER` denies `ACTION`",
        ),
        (
            "because no session policy allows the ACTION action",
            "the session policy of `USER` does not allow `ACTION`",
        ),
        (
            "with an explicit deny in a session policy",
            "the session policy of `USER` denies `ACTION`",
        ),
        (
            "because no service control policy allows the ACTION action",
            "a service control policy of the organization does not allow `ACTION`",
        ),
        // The policy's ARN follows within an organization.
        (
            "with an explicit deny in a service control policy: arn:aws:organizations::444455556666:policy/o-1/service_control_policy/p-1",
            "a service control policy of the organization denies `ACTION`",
        ),
        (
            "due to an explicit deny in a Service Control Policy",
            "a service control policy of the organization denies `ACTION`",
        ),
        (
            "with an explicit deny in a resource control policy",
            "a resource control policy of the organization denies `ACTION`",
        ),
        (
            "because no resource-based policy allows the ACTION action",
            "the policy of the resource itself does not allow `ACTION` for `USER`",
        ),
        (
            "with an explicit deny in a resource-based policy",
            "the policy of the resource itself denies `ACTION` for `USER`",
        ),
        (
            "because no VPC endpoint policy allows the ACTION action",
            "the policy of the VPC endpoint that the call went through does not allow `ACTION`",
        ),
        (
            "with an explicit deny in a VPC endpoint policy",
            "the policy of the VPC endpoint that the call went through denies `ACTION`",
        ),
        (
            "because no role trust policy allows the ACTION action",
            "the trust policy of the role does not allow `ACTION` for `USER`",
        ),
    ];

    #[test]
    fn each_kind_of_denial_has_its_own_remedy() {
        let mut kinds = std::collections::BTreeSet::new();
        for (clause, expected) in KINDS {
            let message = message(&clause.replace("ACTION", CREATE));
            kinds.insert(format!("{:?}", Denial::read(&message).policy));
            let remedy = remedy("elasticfilesystem:Other", &message);
            let expected = expected.replace("ACTION", CREATE).replace("USER", USER);
            assert!(remedy.starts_with(&expected), "{clause}:\n{remedy}\nexpected {expected}");
            assert!(!remedy.contains("again"), "{remedy}");
        }
        assert_eq!(kinds.len(), POLICIES.len(), "{kinds:?}");
    }

    #[test]
    fn a_denial_of_efs_names_an_action_and_no_policy() {
        // As recorded: <https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues> and others.
        let dependent = format!(
            "User: {USER} is not authorized to perform: elasticfilesystem:TagResource on the \
             specified resource"
        );
        assert_eq!(
            remedy(CREATE, &dependent),
            format!(
                "allow `elasticfilesystem:TagResource` in an IAM policy of `{USER}`; if one allows \
                 it, a permissions boundary or a service control policy denies it; \
                 `{CREATE}` needs it, and `cargo xtask render --iam operator` prints the whole policy"
            )
        );
        // <https://github.com/hashicorp/terraform-provider-aws/issues/1727>
        let silent = "User is not authorized to perform that action on the specified resource";
        let call = "elasticfilesystem:CreateMountTarget";
        let remedy = remedy(call, silent);
        let expected = format!(
            "allow `ec2:DescribeSubnets`, `ec2:DescribeNetworkInterfaces`, `ec2:CreateNetworkInterface`, \
             `iam:CreateServiceLinkedRole` in an IAM policy of the identity that `aws sts \
             get-caller-identity` shows: `{call}` needs them, and EFS does not say which of them is \
             missing; `cargo xtask render --iam operator` prints the whole policy"
        );
        assert_eq!(remedy, expected);
    }

    #[test]
    fn an_encoded_denial_says_how_to_decode_it() {
        let call = "ec2:AuthorizeSecurityGroupIngress";
        let encoded = "Encoded authorization failure message: eyJhIjoiYiJ9.service control policy";
        let older = format!("You are not authorized to perform this operation. {encoded}");
        let newer = format!(
            "You are not authorized to perform this operation. User: {USER} is not authorized to \
             perform: {call} on resource: arn:aws:ec2:eu-west-1:111122223333:security-group/sg-1 \
             because no identity-based policy allows the {call} action. {encoded}"
        );
        for message in [older, newer] {
            let remedy = remedy(call, &message);
            assert!(remedy.starts_with(&format!("allow `{call}` in an IAM policy of")), "{remedy}");
            assert!(
                remedy.contains("`aws sts decode-authorization-message --encoded-message TEXT`"),
                "{remedy}"
            );
        }
    }
}
