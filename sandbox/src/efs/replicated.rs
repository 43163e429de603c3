//! What a replication is at a moment, and which file systems are part of one.

use super::call::Call;
use crate::world::efs::{Metered, Replication};

/// Whether a file system of this region is the source or the destination of a replication.
pub(super) fn part_of_one(call: &Call, id: &str) -> bool {
    let context = &*call.context;
    let all = &context.global.efs.replications;
    all.by("file_system", id).any(|found| found.is_seen(&context.region.name, context.now))
}

/// Whether a file system of this region is the destination of a replication.
pub(super) fn destination_of_one(call: &Call, id: &str) -> bool {
    let context = &*call.context;
    let all = &context.global.efs.replications;
    all.by("file_system", id).any(|found| {
        found.destination.file_system == id && found.is_seen(&context.region.name, context.now)
    })
}

impl Replication {
    /// Whether something that is pending is due by `now`.
    pub(super) fn is_due(&self, now: u64) -> bool {
        let unknown = !(self.source.configured || self.destination.configured);
        self.arrival.is_some() || self.is_gone(now) || unknown || self.replicated(now).is_some()
    }

    /// The source is metered. What it held before matters only if a copy has seen it.
    pub(super) fn meter(&mut self, size: Metered) {
        if self.deleted.is_some() || !self.destination.configured {
            return;
        }
        let copied = self.replicated(size.at_ms);
        self.sizes.clear();
        self.sizes.extend(copied);
        self.sizes.push(size);
    }

    pub(super) fn is_gone(&self, now: u64) -> bool {
        self.deleted.is_some_and(|(_, gone)| gone <= now)
    }

    /// Whether it exists, and has a side in a region that knows of it.
    pub(super) fn is_seen(&self, region: &str, now: u64) -> bool {
        // That of another account is seen in that one.
        let there = Some(&self.destination).filter(|_| self.to_account.is_none());
        let mut sides = std::iter::once(&self.source).chain(there);
        !self.is_gone(now) && sides.any(|side| side.configured && side.region == region)
    }

    pub(super) fn status(&self, now: u64) -> &str {
        if self.deleted.is_some() {
            return "DELETING";
        }
        match &self.forced {
            Some(forced) => &forced.status,
            None if now < self.enabled_ms => "ENABLING",
            None => "ENABLED",
        }
    }

    /// When the last copy was complete; copies follow each other in a fixed interval.
    pub(super) fn last_copy(&self, now: u64) -> Option<u64> {
        let stopped =
            [self.deleted.map(|(at, _)| at), self.forced.as_ref().map(|forced| forced.since_ms)];
        let until = stopped.into_iter().flatten().fold(now, u64::min);
        let since = until.checked_sub(self.enabled_ms)?;
        Some(self.enabled_ms + since / self.interval_ms.max(1) * self.interval_ms)
    }

    /// What the destination holds: what the source held at the last copy.
    pub(super) fn replicated(&self, now: u64) -> Option<Metered> {
        let copied = self.last_copy(now)?;
        self.sizes.iter().rev().find(|size| size.at_ms <= copied).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::efs::{Arrival, Side};

    fn size(bytes: u64, at_ms: u64) -> Metered {
        Metered { standard: bytes, infrequent: 0, archive: 0, at_ms }
    }

    /// Its first copy is complete at 1000, and one follows every 100 ms.
    fn replication() -> Replication {
        let side = |region: &str| Side {
            region: region.to_owned(),
            file_system: format!("fs-{region}"),
            configured: true,
        };
        Replication {
            id: "replication-1".to_owned(),
            source: side("here"),
            destination: side("there"),
            role_arn: None,
            to_account: None,
            created_ms: 0,
            enabled_ms: 1000,
            interval_ms: 100,
            deleted: None,
            forced: None,
            arrival: None,
            sizes: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_pending_of_a_replication_whose_destination_holds_what_was_copied() {
        let mut found = replication();
        assert!(!found.is_pending());
        found.meter(size(1, 500));
        assert!(found.is_pending() && !found.is_due(999) && found.is_due(1000));
        found.sizes.clear();
        assert!(Replication { arrival: Some(Arrival::Existing), ..found.clone() }.is_due(0));
        let deleted = Replication { deleted: Some((2000, 2400)), ..found };
        assert!(deleted.is_pending() && !deleted.is_due(2399) && deleted.is_due(2400));
    }

    #[test]
    fn only_the_sizes_that_a_later_copy_can_bring_are_kept() {
        let mut found = replication();
        for at in 0..10_000 {
            found.meter(size(at, at));
            assert!(found.sizes.len() <= 2, "at {at}");
        }
        assert_eq!(found.replicated(9999), Some(size(9900, 9900)));
        assert_eq!(found.replicated(10_000), Some(size(9999, 9999)));
    }
}
