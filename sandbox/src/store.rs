//! The state's file: locked while in use, and written whole or not at all.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::calls::Call;
use crate::world::World;

/// Where the state is kept, if anywhere.
#[derive(Debug)]
pub(crate) struct Store {
    /// The state as it was found.
    pub(crate) world: World,
    /// The calls that were listed before.
    pub(crate) calls: Vec<Call>,
    /// What the world was, and until when (in milliseconds since 1970).
    past: VecDeque<(u64, World)>,
    files: Option<Files>,
}

/// How many former worlds are remembered for reads from the past.
const MEMORY: usize = 256;

#[derive(Debug)]
struct Files {
    state: PathBuf,
    calls: File,
    /// Held for as long as the store is.
    _lock: File,
}

impl Store {
    /// Opens the file, or starts with an empty world.
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Store> {
        let Some(path) = path else {
            return Ok(Store {
                world: World::default(),
                calls: Vec::new(),
                past: VecDeque::new(),
                files: None,
            });
        };
        let place = || format!("opening the sandbox's state `{}`", path.display());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            std::fs::create_dir_all(folder).with_context(place)?;
        }
        let lock = lock(&path.with_extension("lock"), path)?;
        let world = match std::fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!("reading `{}`; remove it to start anew", path.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => World::default(),
            Err(error) => return Err(error).with_context(place),
        };
        let listed = path.with_extension("calls.jsonl");
        // A line that a kill cut short is no call.
        let calls = std::fs::read_to_string(&listed).unwrap_or_default();
        let calls = calls.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let append =
            OpenOptions::new().create(true).append(true).open(&listed).with_context(place)?;
        let files = Files { state: path.to_owned(), calls: append, _lock: lock };
        Ok(Store { world, calls, past: VecDeque::new(), files: Some(files) })
    }

    /// Keeps what the world was until now.
    pub(crate) fn remember(&mut self, now: u64, before: World) {
        if self.past.len() == MEMORY {
            self.past.pop_front();
        }
        self.past.push_back((now, before));
    }

    /// The world as it was at a moment.
    pub(crate) fn world_at(&self, then: u64) -> World {
        let former = self.past.iter().find(|(until, _)| *until > then);
        former.map_or_else(|| self.world.clone(), |(_, world)| world.clone())
    }

    /// Writes the state beside its file, and puts it in its place in one move.
    pub(crate) fn save(&self) -> anyhow::Result<()> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        let folder = files.state.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut new = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        serde_json::to_writer(&mut new, &self.world)?;
        new.flush()?;
        new.persist(&files.state)?;
        Ok(())
    }

    /// Lists one more call.
    pub(crate) fn list(&mut self, call: Call) -> anyhow::Result<()> {
        if let Some(files) = &mut self.files {
            let mut line = serde_json::to_vec(&call)?;
            line.push(b'\n');
            files.calls.write_all(&line)?;
        }
        self.calls.push(call);
        Ok(())
    }
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
