//! The directory with a deployment's documents: files are read, and written atomically.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context;
use failure::{Help, failure};

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

/// The most YAML files that are looked through, and how large one may be: what is larger is no
/// document that a person wrote.
const MOST: usize = 20_000;
const LARGEST: u64 = 1 << 20;

/// All YAML files of a directory and its folders, by their paths within; hidden folders, such as
/// that of Git, and links are left out.
pub fn yaml_files(directory: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            entries => entries.with_context(|| format!("reading `{}`", folder.display()))?,
        };
        for entry in entries {
            let entry = entry.with_context(|| format!("reading `{}`", folder.display()))?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let yaml = path.extension().is_some_and(|it| it == "yaml" || it == "yml");
            if kind.is_dir() && !hidden {
                folders.push(path);
            } else if kind.is_file() && yaml && entry.metadata()?.len() <= LARGEST {
                if found.len() == MOST {
                    return Err(failure(
                        format!("`{}` has over {MOST} YAML files", directory.display()),
                        "give a directory for the documents of deployments alone with `--manifests`",
                    ));
                }
                let name = path.strip_prefix(directory).unwrap_or(&path).display().to_string();
                found.extend(read_file(&path)?.map(|text| (name, text)));
            }
        }
    }
    Ok(found)
}

/// Writes a file, and the folders that it is in: the whole of it or nothing.
pub fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    write(path, text, 0o644)
}

/// The same with a file that only its owner may read.
pub fn write_private(path: &Path, text: &str) -> anyhow::Result<()> {
    write(path, text, 0o600)
}

fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let place = || format!("writing `{}`", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(place)?;
    let mut new = tempfile::Builder::new()
        .prefix(".clockwork-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))
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
