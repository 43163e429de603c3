//! What becomes of a file-system policy that is there, by whose it is and who relies on it.

use plan::{Plan, Refusal, Scope, Warning};

use super::policy::{OUR_ID, Policy, denies_without_tls, statements};
use super::spec::{FileSystem, KIND, Spec};

/// The flag that lets a policy of somebody else be overwritten.
const REPLACE: &str = "--replace-file-system-policy";

/// What a plan may do about a policy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// Whether clients may have mounted the file system: a mount target is available.
    pub(super) mounted: bool,
    /// Whether a policy of somebody else may be overwritten.
    pub(super) replace: bool,
}

/// What was found, so that only what may be changed differs from what is wanted: a policy that
/// means the same is right; one of somebody else stays, with a warning or a refusal; and where
/// only the defaults would enforce TLS on a file system that is in use without, it stays too.
pub(super) fn judged<C>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (wanted, found): (&Spec, &FileSystem),
    standing: Standing,
) -> Spec {
    let left = || Spec { policy: wanted.policy.clone(), ..found.spec.clone() };
    let id = &found.id;
    match (&wanted.policy, &found.spec.policy) {
        (Some(wanted), Some(has)) if has.means(wanted) => left(),
        (Some(wanted), Some(has)) if is_ours(has, Some(wanted)) || standing.replace => {
            found.spec.clone()
        }
        (Some(wanted), Some(has)) if wanted.by_default => {
            if !statements(&has.document).any(denies_without_tls) {
                plan.warnings.push(Warning::new(
                    format!(
                        "{id} has a policy of somebody else, which stays as it is and does not \
                         enforce TLS"
                    ),
                    format!(
                        "add the statement that denies `aws:SecureTransport` = `false` to it, or \
                         give `{REPLACE}` to put this deployment's in its place"
                    ),
                ));
            }
            left()
        }
        (Some(_), Some(_)) => {
            plan.refusals.push(Refusal::new(
                scope.address(KIND, None),
                format!("{id} has a policy of somebody else, which says something else"),
                format!(
                    "leave the inputs of the policy out to keep it, take its statements over by \
                     `source_policy_documents`, or give `{REPLACE}` to overwrite it"
                ),
            ));
            left()
        }
        (Some(wanted), None) if wanted.by_default && standing.mounted => {
            plan.warnings.push(Warning::new(
                format!(
                    "{id} has no policy, and stays so: one that enforces TLS would cut off clients \
                     that have mounted it without"
                ),
                "set `enforce_tls = true` if every client mounts with TLS, as the EFS driver and \
                 `mount -t efs -o tls` do; `enforce_tls = false` says that it is to have none",
            ));
            left()
        }
        (None, Some(has)) if !is_ours(has, None) => left(),
        _ => found.spec.clone(),
    }
}

/// What was found, so that backups that are on by default only do not begin on a file system that
/// is there: somebody may have turned them off, and they cost what they store.
pub(super) fn backups_left<C>(plan: &mut Plan<C>, wanted: &Spec, id: &str, has: Spec) -> Spec {
    if has.backup.is_some() && has.backup != wanted.backup {
        plan.warnings.push(Warning::new(
            format!("{id} is not backed up, and backups are on by default for a new one only"),
            "set `backup_policy = \"ENABLED\"` to have AWS Backup copy it every day, or \
             `\"DISABLED\"` if it is right as it is",
        ));
    }
    Spec { backup: wanted.backup, ..has }
}

/// Whether a policy that was found is this deployment's: it has our `Id`, or that of the inputs.
fn is_ours(found: &Policy, wanted: Option<&Policy>) -> bool {
    let id = found.id();
    id == Some(OUR_ID) || (id.is_some() && id == wanted.and_then(Policy::id))
}
