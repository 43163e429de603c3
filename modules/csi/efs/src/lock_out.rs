//! A file-system policy that nobody could change again, which EFS does not put.
//!
//! "The lockout safety check determines whether the policy in the request will lock out, or prevent,
//! the IAM principal that is making the request from making future `PutFileSystemPolicy` requests"
//! (EFS API Reference, `PutFileSystemPolicy`). Whom a condition or a principal means, EFS alone knows:
//! what it refuses is explained then.

use plan::{Refusal, Scope};

use crate::calls::Plan;
use crate::inputs::Inputs;
use crate::policy::denies_everybody;
use crate::resources::file_system::{FileSystem, FileSystemSource, KIND, Policy};

/// The call by which a policy is changed.
const PUT: &str = "elasticfilesystem:PutFileSystemPolicy";

/// Refuses a policy that denies everybody to change it, where the check is not to be bypassed.
pub(crate) fn judge(plan: &mut Plan, scope: &Scope, inputs: &Inputs, found: Option<&FileSystem>) {
    let FileSystemSource::Own(spec) = &inputs.file_system else { return };
    let wanted = spec.policy.as_ref().filter(|policy| !policy.bypass_lockout_check);
    let Some(wanted) = wanted.filter(|policy| denies_everybody(&policy.document, PUT)) else {
        return;
    };
    let there = found.and_then(|found| found.spec.policy.as_ref());
    if there.is_some_and(|there: &Policy| there.means(wanted)) {
        return;
    }
    plan.refusals.push(Refusal::new(
        scope.address(KIND, None),
        format!(
            "the file-system policy denies `{PUT}` to everybody: EFS does not put it, as nobody could \
             change it any more (its lock-out safety check)"
        ),
        "leave that action out of what is denied, such as by `elasticfilesystem:Client*` in the place \
         of `*`; or set `bypass_policy_lockout_safety_check = true`",
    ));
}
