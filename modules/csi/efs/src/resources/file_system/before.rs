//! Why a file system of before is not used or destroyed.

use plan::{Refusal, Scope};

use super::spec::{FileSystem, KIND};
use crate::ids::FileSystemId;
use crate::owner::Owner;

/// A file system of before that the inputs name, and that is not there.
pub(super) fn not_there(scope: &Scope, owner: &Owner, id: &FileSystemId) -> Refusal {
    Refusal::new(
        scope.address(KIND, None),
        format!("{id} does not exist in `{}`", owner.region),
        "correct `file_system_id` or `aws_region`, or leave `file_system_id` out to get a file system of your own",
    )
}

/// A file system of before that a deployment would destroy without having taken it over.
pub fn not_taken_over(scope: &Scope, found: &FileSystem) -> Refusal {
    Refusal::new(
        scope.address(KIND, None),
        format!("{} does not carry this deployment's tags: it was never taken over", found.id),
        "leave it to whoever made it; `deploy-efs` takes it over first, if it is to go by this file",
    )
}

/// A file system with our token and without our tags: somebody took them off.
pub fn not_ours(scope: &Scope, found: &FileSystem) -> Refusal {
    Refusal::new(
        scope.address(KIND, None),
        format!("{} has this deployment's creation token, but not its tags", found.id),
        format!(
            "put the `clockwork-codex/` tags back, or set `file_system_id = \"{}\"` to adopt it as it is",
            found.id
        ),
    )
}
