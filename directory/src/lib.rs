//! The directory with a deployment's documents: files are read, and written atomically.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context;
use failure::Help;

/// Those of these files that are there, by name; a directory that is not there holds none.
pub fn read(directory: &Path, names: &[&str]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for name in names {
        if let Some(text) = read_file(&directory.join(name))? {
            found.insert((*name).to_owned(), text);
        }
    }
    Ok(found)
}

/// Reads a file; `None` if it does not exist.
pub fn read_file(path: &Path) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).help(
            format!("reading `{}`", path.display()),
            "move it away, or use another `--manifests`",
        ),
    }
}

/// Writes a file, and the folders that it is in: the whole of it or nothing.
pub fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    let place = || format!("writing `{}`", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(place)?;
    let mut new = tempfile::Builder::new()
        .prefix(".clockwork-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)
        .with_context(place)?;
    new.write_all(text.as_bytes()).with_context(place)?;
    new.as_file().sync_all().with_context(place)?;
    new.persist(path).with_context(place)?;
    Ok(())
}

/// Removes a file, and the folder that it is in if nothing else is in it.
pub fn remove_file(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("removing `{}`", path.display()));
        }
        _ => {}
    }
    // Removing a folder fails while anything is in it, which is wanted.
    if let Some(folder) = path.parent() {
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}
