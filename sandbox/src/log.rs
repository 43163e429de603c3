//! The state file: a log of changes, each written whole before it is acknowledged.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::changes::{Batch, HEADER, complete, rows};
use crate::compaction::{Compacted, Compaction};

/// Fewer rows than this are never worth a compaction.
const FEW: usize = 4096;

/// The rows of a file by place and table: each with its id, in the order of the file, and empty
/// where it is removed.
pub(crate) type Rows<'a> = BTreeMap<(&'a str, &'a str), Vec<(&'a str, &'a str)>>;

/// Takes in all rows of a file.
pub(crate) type Load<'a> = dyn FnMut(Rows<'_>) -> anyhow::Result<()> + 'a;

/// An open state file.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    /// How long the file is, in bytes.
    length: u64,
    /// How many rows are in the file, former versions among them.
    rows: usize,
    /// Whether the file is longer than that, by a change that was cut short.
    torn: bool,
    compaction: Option<Compaction>,
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
        let mut file =
            OpenOptions::new().create(true).append(true).open(path).with_context(place)?;
        let text = std::fs::read(path).with_context(place)?;
        let mut length = HEADER.len();
        let mut rows = 0;
        if HEADER.as_bytes().starts_with(&text) {
            // New, or cut short in its first line.
            file.set_len(0).and_then(|()| file.write_all(HEADER.as_bytes())).with_context(place)?;
        } else if let Some(changes) = text.strip_prefix(HEADER.as_bytes()) {
            let whole = complete(changes);
            rows = read(whole, load).with_context(|| {
                format!(
                    "reading the state file `{}`; remove it to start anew \
                     (`cargo xtask sandbox --reset` does)",
                    path.display()
                )
            })?;
            length += whole.len();
            file.set_len(length as u64).with_context(place)?;
        } else {
            bail!(
                "`{}` is not a state file of this version of the sandbox; remove it to start \
                 anew (`cargo xtask sandbox --reset` does), or name another file",
                path.display()
            );
        }
        let (path, length) = (path.to_owned(), length as u64);
        Ok(Log { path, file, length, rows, torn: false, compaction: None, _lock: lock })
    }

    /// Writes one change, in one call to the system.
    pub(crate) fn append(&mut self, batch: Batch) -> anyhow::Result<()> {
        let rows = batch.rows();
        if rows == 0 {
            return Ok(());
        }
        let text = batch.complete();
        self.remove_torn()?;
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            self.torn = true;
            // Where this fails too, it is done before the next change.
            let _ = self.remove_torn();
            return Err(error).context("writing the state file");
        }
        self.length += text.len() as u64;
        self.rows += rows;
        Ok(())
    }

    /// Removes what a full disk cut short: it must not stand before the next change.
    fn remove_torn(&mut self) -> anyhow::Result<()> {
        if self.torn {
            self.file.set_len(self.length).context("shortening the state file")?;
            self.torn = false;
        }
        Ok(())
    }

    /// Whether most of the file is former versions, with so many rows alive.
    pub(crate) fn is_wasteful(&self, alive: impl FnOnce() -> usize) -> bool {
        self.compaction.is_none() && self.rows > FEW && self.rows > 3 * alive()
    }

    /// Starts to write the file anew without former versions, beside the calls that come.
    pub(crate) fn compact(&mut self) {
        self.compaction = Some(Compaction::start(&self.path, self.length));
    }

    /// Puts a compacted file in the place of this one, where one is ready.
    pub(crate) fn finish_compaction(&mut self) {
        let Some(ready) = self.compaction.take_if(|compaction| compaction.is_ready()) else {
            return;
        };
        match ready.finish(&self.path, self.length) {
            Ok(Compacted { file, length, rows }) => {
                (self.file, self.length, self.rows) = (file, length, rows);
                self.torn = false;
            }
            Err(error) => {
                eprintln!("warning: cannot compact the state file: {error:#}");
                // The file as it is stays good; it is tried again after as many rows as now.
                self.rows = 0;
            }
        }
    }
}

/// Loads every row, and returns how many there are.
fn read(changes: &[u8], load: &mut Load<'_>) -> anyhow::Result<usize> {
    let mut count = 0;
    let mut tables = Rows::new();
    for row in rows(std::str::from_utf8(changes)?) {
        let [place, table, id, row] = row?;
        tables.entry((place, table)).or_default().push((id, row));
        count += 1;
    }
    load(tables)?;
    Ok(count)
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
