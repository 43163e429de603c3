//! The files that a deployment may read: those below its own folder.

use std::path::{Component, Path, PathBuf};

/// A deployment's folder. Without one, as for a text that is not a file, nothing is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Folder(Option<PathBuf>);

impl Folder {
    /// The folder of a deployment file.
    pub(crate) fn of(file: &Path) -> Folder {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        Folder(Some(folder.unwrap_or(Path::new(".")).to_owned()))
    }

    /// The whole path of a file that stays below the folder, links followed.
    fn path(&self, written: &str) -> Result<PathBuf, String> {
        let Some(folder) = &self.0 else {
            return Err(format!(
                "files can be read only from a deployment file{}",
                super::fault::REFUSED
            ));
        };
        let path = Path::new(written);
        let mut depth = 0_usize;
        let mut outside = written.starts_with('~');
        for part in path.components() {
            match part {
                Component::Normal(_) => depth += 1,
                Component::ParentDir if depth > 0 => depth -= 1,
                Component::CurDir => {}
                _ => outside = true,
            }
        }
        let whole = folder.join(path);
        if let (Ok(top), Ok(real)) = (folder.canonicalize(), whole.canonicalize()) {
            outside |= !real.starts_with(top);
        }
        if outside {
            return Err(format!(
                "`{written}` is outside of the deployment's folder, and only files below it can be read{}",
                super::fault::REFUSED
            ));
        }
        Ok(whole)
    }

    pub(super) fn bytes(&self, written: &str) -> Result<Vec<u8>, String> {
        let path = self.path(written)?;
        std::fs::read(&path).map_err(|error| format!("`{written}` cannot be read: {error}"))
    }

    pub(super) fn read(&self, written: &str) -> Result<String, String> {
        String::from_utf8(self.bytes(written)?)
            .map_err(|_| format!("`{written}` is not UTF-8 text; `filebase64` reads any file"))
    }

    pub(super) fn exists(&self, written: &str) -> Result<bool, String> {
        let path = self.path(written)?;
        if path.is_dir() {
            return Err(format!("`{written}` is a folder, and no file"));
        }
        Ok(path.is_file())
    }

    /// The whole path, which differs from machine to machine.
    pub(super) fn absolute(&self, written: &str) -> Result<String, String> {
        let path = self.path(written)?;
        let path = std::path::absolute(&path).map_err(|error| error.to_string())?;
        Ok(clean(&path.display().to_string()))
    }

    /// The files below a folder whose paths match a pattern.
    pub(super) fn matching(&self, folder: &str, pattern: &str) -> Result<Vec<String>, String> {
        let top = self.path(folder)?;
        let pattern = glob(pattern)?;
        let mut found = Vec::new();
        let mut open = vec![top.clone()];
        while let Some(folder) = open.pop() {
            let entries = std::fs::read_dir(&folder)
                .map_err(|error| format!("`{}` cannot be read: {error}", folder.display()))?;
            for entry in entries.flatten() {
                let path = entry.path();
                if path.is_dir() {
                    if !path.is_symlink() {
                        open.push(path);
                    }
                } else if let Ok(inner) = path.strip_prefix(&top)
                    && let Some(name) = inner.to_str()
                    && pattern.is_match(name)
                {
                    found.push(name.to_owned());
                }
            }
        }
        Ok(found)
    }
}

/// `*`, `**`, `?`, `[…]` and `{a,b}`.
fn glob(pattern: &str) -> Result<regex_lite::Regex, String> {
    let mut out = String::from("^");
    let mut letters = pattern.chars().peekable();
    let mut depth = 0;
    while let Some(c) = letters.next() {
        match c {
            '*' if letters.next_if_eq(&'*').is_some() => {
                out.push_str(if letters.next_if_eq(&'/').is_some() { "(?:.*/)?" } else { ".*" });
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => {
                out.push('[');
                if letters.next_if(|c| matches!(c, '!' | '^')).is_some() {
                    out.push('^');
                }
                for c in letters.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            '{' => {
                depth += 1;
                out.push_str("(?:");
            }
            '}' if depth > 0 => {
                depth -= 1;
                out.push(')');
            }
            ',' if depth > 0 => out.push('|'),
            c => out.push_str(&regex_lite::escape(&c.to_string())),
        }
    }
    out.push('$');
    regex_lite::Regex::new(&out).map_err(|_| format!("{pattern:?} is not a valid pattern of paths"))
}

/// The last part of a path.
pub(super) fn base(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    match (path.is_empty(), trimmed.is_empty()) {
        (true, _) => ".".to_owned(),
        (false, true) => "/".to_owned(),
        _ => trimmed.rsplit('/').next().unwrap_or(trimmed).to_owned(),
    }
}

/// All but the last part of a path.
pub(super) fn directory(path: &str) -> String {
    clean(path.rfind('/').map_or("", |at| &path[..=at]))
}

/// The shortest path that means the same.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}
