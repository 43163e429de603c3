//! An identity of this project that goes: with the deployment, or as another one takes its place.

use plan::{ChangeId, Plan, Refusal, Scope, Warning};

use super::found::IdentityFound;
use super::given::{Calls, Given, Part};
use crate::inputs::Inputs;
use crate::owner::Owner;
use crate::resources::iam_role::Stays;
use crate::resources::{iam_role, oidc_provider, pod_identity_association};

/// Whether the inputs want none of the identities of this project, for a driver of the deployment's
/// own.
pub(super) fn gives_up(inputs: &Inputs, part: Part<'_>) -> bool {
    matches!(part, Part::Whole) && inputs.driver.may_leave_identity()
}

/// Plans that associations of before go, which would win over what the inputs want instead: EKS's
/// webhook looks at them before it looks at an annotation. Those of others stay, and so do ours while
/// another deployment of the cluster has its policy in the role that they give.
pub(super) fn given_up<C: Calls>(
    plan: &mut Plan<C>,
    scope: &Scope,
    inputs: &Inputs,
    found: &IdentityFound,
) -> Given {
    if let (true, Some(role)) = (found.given_role_is_missing, inputs.driver.identity.role()) {
        plan.refusals.push(Refusal::new(
            scope.address(iam_role::KIND, None),
            format!("IAM has no role `{role}`, which the driver is to assume"),
            "correct `driver_identity` or `driver_role_arn`, or have the role made first: `cargo xtask \
             render --iam driver` prints its policies",
        ));
    }
    let owner = inputs.owner();
    let ours: Vec<_> = found.associations.iter().filter(|one| one.ours).collect();
    let Some(first) = ours.first() else { return Given::default() };
    if let Some(why) = &found.unknown {
        plan.warnings.push(not_known_whose(first, why));
        return Given::default();
    }
    let of_others = found.role.iter().flat_map(|role| &role.others);
    // What is attached by ARN is a policy of nobody's deployment.
    let of_others: Vec<&str> =
        of_others.map(String::as_str).filter(|name| !name.starts_with("arn:")).collect();
    if !of_others.is_empty() {
        plan.warnings.push(Warning::new(
            format!(
                "the Pod Identity association {} stays, and pods of the driver get the role `{}` by \
                 it: that role has policies of other deployments too ({})",
                first.id,
                first.role_arn,
                of_others.join(", ")
            ),
            "change `driver_identity` of those too, or take the association away: `aws eks \
             delete-pod-identity-association --cluster-name … --association-id …`",
        ));
        return Given::default();
    }
    let why = "the driver gets its identity in another way";
    let gone = (found.associations.as_slice(), why);
    let before_driver = pod_identity_association::remove_all(plan, scope, &owner, gone, &[]);
    if inputs.driver.identity.role().is_none() {
        plan.warnings.push(Warning::new(
            "pods of the driver that run were told to get their credentials by the association, and \
             have none once it is gone",
            format!(
                "have them made anew: `kubectl rollout restart deployment/efs-csi-controller \
                 --namespace {}`",
                inputs.driver.namespace
            ),
        ));
    }
    Given { before_driver, ..Given::default() }
}

/// That an association stays, as others may need its role.
fn not_known_whose(association: &pod_identity_association::Association, why: &str) -> Warning {
    Warning::new(
        format!(
            "the Pod Identity association {} stays, and pods of the driver get the role `{}` by it: \
             whether other deployments need that role could not be looked at: {why}",
            association.id, association.role_arn
        ),
        "allow `iam:ListRolePolicies`, `iam:ListAttachedRolePolicies` and `iam:GetRolePolicy` on that \
         role, and deploy again",
    )
}

/// Plans the removal of the identity as far as it is this deployment's, after `needs`.
pub(crate) fn remove<C: Calls>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (owner, found): (&Owner, &IdentityFound),
    stays: Stays,
    needs: &[ChangeId],
) {
    if let Some(why) = &found.unknown {
        let role = owner.role_name();
        plan.notes.push(format!("a role `{role}` would stay: it could not be looked at: {why}"));
    }
    let mut needs = needs.to_vec();
    let goes = matches!(stays, Stays::No);
    // Somebody may have deleted the role of an association.
    if goes && found.role.as_ref().is_none_or(|role| role.ours) {
        let why = "the deployment is destroyed";
        let associations = (found.associations.as_slice(), why);
        needs.extend(pod_identity_association::remove_all(
            plan,
            scope,
            owner,
            associations,
            &needs,
        ));
    }
    let Some(role) = &found.role else { return };
    let removed = iam_role::remove(plan, scope, owner, (role, stays), needs);
    // A role that stays trusts the provider.
    let removed = plan.changes.iter().find(|change| {
        Some(&change.id) == removed.as_ref() && change.address.kind == iam_role::KIND
    });
    if let (Some(removed), Some(provider)) = (removed, &found.provider) {
        let after = [removed.id.clone()];
        oidc_provider::remove(plan, scope, owner, provider, &after);
    }
}
