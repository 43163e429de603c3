//! What several listings of EC2 answer, as one.

use std::collections::BTreeSet;

/// Everything of several answers, each thing once.
pub(crate) fn once<T, Id: Ord + Clone, const N: usize>(
    answers: [Vec<T>; N],
    id: impl Fn(&T) -> &Id,
) -> Vec<T> {
    let mut known = BTreeSet::new();
    answers.into_iter().flatten().filter(|thing| known.insert(id(thing).clone())).collect()
}
