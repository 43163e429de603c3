//! The rows that recent changes replaced, for stale reads.

use std::any::Any;
use std::collections::VecDeque;

/// How many changes are remembered in any case: a rule for stale reads that is made while the
/// sandbox runs must see what came before it. That costs the rows that these changes replaced,
/// however large the world is.
const ALWAYS: usize = 256;

/// Rows as they were before a change.
type Rows = Box<dyn Any + Send>;

/// The former rows of recent changes.
#[derive(Debug, Default)]
pub(crate) struct History {
    changes: VecDeque<Change>,
    /// How far back, in milliseconds, changes are remembered beyond the last few.
    pub(crate) reach: u64,
}

#[derive(Debug)]
struct Change {
    /// When, in milliseconds since 1970.
    at: u64,
    /// Place, table, and rows.
    former: Vec<(String, &'static str, Rows)>,
}

impl History {
    /// Adds a change, and drops those that are out of reach.
    pub(crate) fn push(&mut self, at: u64, former: Vec<(String, &'static str, Rows)>) {
        if former.is_empty() {
            return;
        }
        self.changes.push_back(Change { at, former });
        let reach = at.saturating_sub(self.reach);
        while self.changes.len() > ALWAYS
            && self.changes.front().is_some_and(|change| change.at < reach)
        {
            self.changes.pop_front();
        }
    }

    /// The former rows of one table, of all changes after a moment, the newest first.
    pub(crate) fn since(
        &self,
        then: u64,
        place: &str,
        table: &str,
    ) -> impl Iterator<Item = &(dyn Any + Send)> {
        let changes = self.changes.iter().rev().take_while(move |change| change.at > then);
        changes.flat_map(|change| &change.former).filter_map(move |(its_place, its_table, rows)| {
            (its_place == place && *its_table == table).then_some(&**rows)
        })
    }
}
