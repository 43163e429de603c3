//! Writing a state file anew without the former versions of its rows, beside the calls that
//! come meanwhile.
//!
//! A thread reads the file as far as it went at the start and writes the rows that are alive
//! to a file beside it. Then what was appended meanwhile is copied behind, and the new file
//! takes the old one's place in one move: a kill at any moment leaves the one or the other,
//! and both say the same.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use anyhow::Context;

use crate::changes::{HEADER, rows};

/// A compaction under way.
#[derive(Debug)]
pub(crate) struct Compaction {
    thread: JoinHandle<anyhow::Result<Compacted>>,
    /// How much of the old file it covers, in bytes.
    covers: u64,
}

/// A compacted file, open for appending.
#[derive(Debug)]
pub(crate) struct Compacted {
    pub(crate) file: File,
    /// How long it is, in bytes.
    pub(crate) length: u64,
    /// How many rows it has.
    pub(crate) rows: usize,
}

impl Compaction {
    /// Starts to compact the first `covers` bytes of a file.
    pub(crate) fn start(path: &Path, covers: u64) -> Compaction {
        let path = path.to_owned();
        Compaction { thread: std::thread::spawn(move || compact(&path, covers)), covers }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.thread.is_finished()
    }

    /// Copies what the old file was given meanwhile, and takes its place.
    pub(crate) fn finish(self, path: &Path, length: u64) -> anyhow::Result<Compacted> {
        let joined = self.thread.join();
        let mut new = joined.map_err(|_| anyhow::anyhow!("the compaction panicked"))??;
        let mut old = File::open(path)?;
        old.seek(SeekFrom::Start(self.covers))?;
        let mut tail = String::new();
        old.take(length - self.covers).read_to_string(&mut tail)?;
        new.file.write_all(tail.as_bytes())?;
        new.length += tail.len() as u64;
        new.rows += rows(&tail).count();
        std::fs::rename(beside(path), path).context("replacing the state file")?;
        Ok(new)
    }
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("compacting")
}

fn compact(path: &Path, covers: u64) -> anyhow::Result<Compacted> {
    let mut text = String::new();
    File::open(path)?.take(covers).read_to_string(&mut text)?;
    let changes = text.strip_prefix(HEADER).context("the header is missing")?;
    let mut alive = BTreeMap::new();
    for row in rows(changes) {
        let [place, table, id, row] = row?;
        if row.is_empty() {
            alive.remove(&(place, table, id));
        } else {
            alive.insert((place, table, id), row);
        }
    }
    let place = beside(path);
    // One that a kill left behind is of no use.
    let _ = std::fs::remove_file(&place);
    let file = OpenOptions::new().create_new(true).append(true).open(&place)?;
    let mut out = BufWriter::new(file);
    out.write_all(HEADER.as_bytes())?;
    for ((place, table, id), row) in &alive {
        writeln!(out, "{place}\t{table}\t{id}\t{row}")?;
    }
    if !alive.is_empty() {
        out.write_all(b"\n")?;
    }
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    let length = file.metadata()?.len();
    Ok(Compacted { file, length, rows: alive.len() })
}
