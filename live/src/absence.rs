//! How long something that should be there may be missing.

use std::time::Instant;

use anyhow::anyhow;

use crate::raced::Raced;
use crate::wait::{LATE_LISTING, STALE_LISTING};

/// How long something that should be there is not. What was just made may not be
/// listed yet, and a look may be answered from the past; what stays away was deleted.
#[derive(Debug, Default)]
pub(crate) struct Absence {
    seen: bool,
    since: Option<Instant>,
}

impl Absence {
    /// It is there.
    pub(crate) fn ended(&mut self) {
        *self = Absence { seen: true, since: None };
    }

    /// What it belongs to is not there either: it need not be seen to be missed.
    pub(crate) fn with_all_else(&mut self) {
        self.seen = true;
    }

    /// It is not there; an error once that is no longer the list being late. A run
    /// that gives up too early only plans again.
    pub(crate) fn noticed(&mut self, what: &str) -> Option<anyhow::Error> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let patience = if self.seen { STALE_LISTING } else { LATE_LISTING };
        (since.elapsed() >= patience).then(|| {
            anyhow!(Raced(format!("{what} is not there any more: another run deleted it")))
        })
    }
}
