//! The state file: a log of changes, each written whole before it is acknowledged.
//!
//! The first line names the format. A change is one line per row, `place TAB table TAB id
//! TAB row`, the row in JSON and empty where it is removed, and an empty line at the end. A
//! change whose empty line is missing was cut short by a kill, and never acknowledged.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};

/// The first line of every state file.
const HEADER: &str = "clockwork-sandbox state 2\n";

/// Takes a row in: place, table, id, and the row, without one where it is removed.
pub(crate) type Load<'a> = dyn FnMut(&str, &str, &str, Option<&str>) -> anyhow::Result<()> + 'a;

/// The rows of one change.
#[derive(Debug, Default)]
pub(crate) struct Batch(String);

impl Batch {
    /// Adds rows of one table.
    pub(crate) fn extend(&mut self, place: &str, table: &str, rows: Vec<(&str, Option<String>)>) {
        for (id, row) in rows {
            // Writing to memory does not fail. JSON has no tab or line break of its own.
            let _ = writeln!(self.0, "{place}\t{table}\t{id}\t{}", row.unwrap_or_default());
        }
    }
}

/// An open state file.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    /// How long the file is, in bytes.
    length: u64,
    /// Held for as long as the log is open.
    _lock: File,
}

impl Log {
    /// Opens a state file and loads what it holds, or makes a new one.
    pub(crate) fn open(path: &Path, load: &mut Load<'_>) -> anyhow::Result<Log> {
        let place = || format!("opening the state file `{}`", path.display());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder).with_context(place)?;
        }
        let lock = lock(&path.with_extension("lock"), path)?;
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .open(path)
            .with_context(place)?;
        let text = std::fs::read_to_string(path).with_context(place)?;
        let length;
        if text.is_empty() || HEADER.starts_with(&text) {
            file.set_len(0).and_then(|()| file.write_all(HEADER.as_bytes())).with_context(place)?;
            length = HEADER.len();
        } else if let Some(rows) = text.strip_prefix(HEADER) {
            length = HEADER.len()
                + read(rows, load).with_context(|| {
                    format!("reading `{}`; remove it to start anew", path.display())
                })?;
            file.set_len(length as u64).with_context(place)?;
        } else {
            bail!(
                "`{}` is not a state file of this version of the sandbox; \
                 remove it to start anew, or name another file",
                path.display()
            );
        }
        Ok(Log { file, length: length as u64, _lock: lock })
    }

    /// Writes one change, in one call to the system.
    pub(crate) fn append(&mut self, batch: &Batch) -> anyhow::Result<()> {
        if batch.0.is_empty() {
            return Ok(());
        }
        let text = format!("{}\n", batch.0);
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            // What a full disk cut short must not stand before the next change.
            self.file.set_len(self.length)?;
            return Err(error).context("writing the state file");
        }
        self.length += text.len() as u64;
        Ok(())
    }
}

/// Loads every complete change, and returns how many bytes they are.
fn read(text: &str, load: &mut Load<'_>) -> anyhow::Result<usize> {
    let mut start = 0;
    while let Some(end) = text[start..].find("\n\n") {
        for line in text[start..=start + end].lines() {
            let fields: Vec<&str> = line.splitn(4, '\t').collect();
            let [place, table, id, row] = fields.as_slice() else {
                bail!("`{line}` is not a row");
            };
            load(place, table, id, (!row.is_empty()).then_some(*row))
                .with_context(|| format!("the row `{id}` of `{table}`"))?;
        }
        start += end + 2;
    }
    Ok(start)
}

fn lock(path: &Path, state: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .with_context(|| format!("opening `{}`", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another run uses the sandbox's state `{}`; wait for it, or set CLOCKWORK_SANDBOX_STATE to another file",
            state.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("locking `{}`", path.display()))
        }
    }
}
