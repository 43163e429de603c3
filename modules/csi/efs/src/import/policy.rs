//! A file-system policy as the switches write it, where these say the same.

use serde_json::{Value, json};

use super::found::Found;
use crate::inputs::switched;

/// The switches that make the policy that was found, or none where it takes the whole document.
struct Switches {
    enforce_tls: bool,
    root_squash: bool,
}

/// How the policy is written. Without anonymous access a class needs mount options that nobody
/// here knows, and the whole document is written.
fn switches(found: &Found) -> Option<Switches> {
    let Some(policy) = &found.file_system.spec.policy else {
        return Some(Switches { enforce_tls: false, root_squash: false });
    };
    [(true, false), (true, true), (false, true)].into_iter().find_map(
        |(enforce_tls, root_squash)| {
            let same = policy.means(&switched(enforce_tls, root_squash, true));
            same.then_some(Switches { enforce_tls, root_squash })
        },
    )
}

pub(super) fn enforce_tls(found: &Found) -> Option<Value> {
    switches(found).map(|it| it.enforce_tls.into())
}

pub(super) fn root_squash(found: &Found) -> Option<Value> {
    switches(found).filter(|it| it.root_squash).map(|_| json!(true))
}

pub(super) fn whole(found: &Found) -> Option<Value> {
    let document = &found.file_system.spec.policy.as_ref()?.document;
    switches(found).is_none().then(|| document.clone())
}
