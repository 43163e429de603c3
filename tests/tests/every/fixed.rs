//! The properties that no call changes: they are shown when their resource is made, and another wish is refused.

use std::collections::BTreeSet;

use tests::Ran;

use crate::deployments::{Deployment, FIXED, Fixed};

fn of(deployment: &Deployment) -> impl Iterator<Item = (&str, &str, &Fixed)> {
    let is = move |it: &&(&str, &str, &Deployment, Fixed)| it.2.name == deployment.name;
    FIXED.iter().filter(is).map(|(kind, name, _, fixed)| (*kind, *name, fixed))
}

/// The first plan of a deployment shows them.
#[track_caller]
pub(crate) fn are_shown(deployment: &Deployment, first: &BTreeSet<(String, String)>) {
    for (kind, name, _) in of(deployment) {
        assert!(first.contains(&(kind.to_owned(), name.to_owned())), "{kind} {name}: {first:#?}");
    }
}

/// Another wish for each, given by its flag, is refused by name before anything is changed.
#[track_caller]
pub(crate) fn are_refused(deployment: &Deployment, plan: impl Fn(&str) -> Ran) {
    for (kind, name, fixed) in of(deployment) {
        let Fixed::Refused(flag) = fixed else { continue };
        let ran = plan(flag).exits(1);
        let refusals = ran.json()["refusals"].to_string();
        let named = refusals.contains(kind) && refusals.contains(name);
        assert!(named && refusals.contains("never"), "{flag}: {refusals}");
    }
}
