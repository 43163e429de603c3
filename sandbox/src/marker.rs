//! Markers that lead from one page of a listing to the next, for every service.
//!
//! A marker carries the id behind which the next page begins, and a digest of that with the
//! listing it belongs to: one that this very listing never handed out is refused, as AWS does.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Digits of the digest at a marker's beginning.
const DIGITS: usize = 16;

/// The marker of the page behind an id, of a listing: whatever tells it from others.
pub(crate) fn marker(listing: &impl Hash, last: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (listing, last).hash(&mut hasher);
    format!("{:016x}{last}", hasher.finish())
}

/// The id behind which the page begins; `None` for a marker that the listing never handed out.
pub(crate) fn behind(listing: &impl Hash, given: &str) -> Option<String> {
    let (_, last) = given.split_at_checked(DIGITS)?;
    (marker(listing, last) == given).then(|| last.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_leads_on_in_its_own_listing_and_in_no_other() {
        let given = marker(&"ListRoles", "rôle");
        assert_eq!(behind(&"ListRoles", &given).as_deref(), Some("rôle"));
        assert_eq!(behind(&"ListPolicies", &given), None);
        for made_up in ["", "banana", "0", "rôle", &given[1..], &format!("{given}s")] {
            assert_eq!(behind(&"ListRoles", made_up), None, "{made_up}");
        }
    }
}
