//! Changes as the state file has them.
//!
//! The first line of the file names the format. A change is one line per row, `place TAB
//! table TAB id TAB row`, the row in JSON and empty where it is removed, and an empty line at
//! the end. A change without its empty line was cut short by a kill, and never acknowledged.

use std::fmt::Write as _;

use anyhow::Context;

/// The first line of every state file.
pub(crate) const HEADER: &str = "clockwork-sandbox state 2\n";

/// The rows of one change.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    text: String,
    rows: usize,
}

impl Batch {
    /// Adds rows of one table.
    pub(crate) fn extend(&mut self, place: &str, table: &str, rows: Vec<(&str, Option<String>)>) {
        for (id, row) in rows {
            // Writing to memory does not fail. JSON has no tab or line break of its own.
            let _ = writeln!(self.text, "{place}\t{table}\t{id}\t{}", row.unwrap_or_default());
            self.rows += 1;
        }
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The text of the change, with its end.
    pub(crate) fn complete(mut self) -> String {
        self.text.push('\n');
        self.text
    }
}

/// The changes of a file that are complete.
pub(crate) fn complete(changes: &[u8]) -> &[u8] {
    let end = changes.windows(2).rposition(|two| two == b"\n\n").map_or(0, |at| at + 2);
    &changes[..end]
}

/// The rows of complete changes: place, table, id, and the row.
pub(crate) fn rows(changes: &str) -> impl Iterator<Item = anyhow::Result<[&str; 4]>> {
    // Of the standard library's ways these are compiled for speed in every profile.
    changes.split('\n').filter(|line| !line.is_empty()).map(|line| {
        let mut fields = line.splitn(4, '\t');
        let mut next = || fields.next().with_context(|| format!("`{line}` is not a row"));
        Ok([next()?, next()?, next()?, next()?])
    })
}
