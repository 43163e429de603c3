//! What several listings of EC2 answer, as one.

use std::collections::BTreeSet;

use network::{SecurityGroup, SecurityGroupId};

use crate::aws::{Aws, filter};

/// Everything of several answers, each thing once.
pub(crate) fn once<T, Id: Ord + Clone, const N: usize>(
    answers: [Vec<T>; N],
    id: impl Fn(&T) -> &Id,
) -> Vec<T> {
    let mut known = BTreeSet::new();
    answers.into_iter().flatten().filter(|thing| known.insert(id(thing).clone())).collect()
}

/// The security groups of these ids; none is no call.
pub(crate) async fn groups_by_id(
    aws: &Aws,
    ids: &[SecurityGroupId],
) -> anyhow::Result<Vec<SecurityGroup>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    aws.security_groups(filter("group-id", ids)).await
}
