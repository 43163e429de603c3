//! What a replication is at a moment, and which file systems are part of one.

use super::call::Call;
use super::state::{Metered, Replication};

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
    pub(super) fn is_gone(&self, now: u64) -> bool {
        self.deleted.is_some_and(|(_, gone)| gone <= now)
    }

    /// Whether it exists, and has a side in a region that knows of it.
    pub(super) fn is_seen(&self, region: &str, now: u64) -> bool {
        let sides = [&self.source, &self.destination];
        !self.is_gone(now) && sides.iter().any(|side| side.configured && side.region == region)
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
