//! Kubeconfigs, read as kubectl reads them.
//!
//! Source: Kubernetes documentation, "Organizing Cluster Access Using kubeconfig Files": of the
//! files that `KUBECONFIG` lists, empty names and missing files are passed over, and the first
//! one to set a value wins.

use std::path::PathBuf;

use anyhow::anyhow;
use failure::{Failure, failure};
use inputs::printable;
use kube::config::{Kubeconfig, KubeconfigError};

/// What writes a kubeconfig, and how to do without one.
pub(super) const NONE: &str = "`aws eks update-kubeconfig --name CLUSTER` writes a kubeconfig, \
                               KUBECONFIG names one, and `--manifests DIR` needs none";

/// What was found at the places where kubeconfigs are.
pub(super) struct Found {
    pub(super) kubeconfig: Kubeconfig,
    /// The files that do not exist.
    pub(super) missing: Vec<PathBuf>,
}

/// Reads all files that there are.
pub(super) fn read() -> anyhow::Result<Found> {
    let (mut kubeconfig, mut missing) = (Kubeconfig::default(), Vec::new());
    for path in paths()? {
        let mut one = match Kubeconfig::read_from(&path) {
            Ok(one) => one,
            Err(KubeconfigError::ReadConfig(error, path))
                if error.kind() == std::io::ErrorKind::NotFound =>
            {
                missing.push(path);
                continue;
            }
            Err(error) => return Err(unreadable(path, &error)),
        };
        // kubectl writes an empty name where none is chosen: that chooses nothing.
        one.current_context = one.current_context.filter(|name| !name.is_empty());
        // What a file says of its own format is its own: it was read as what it must be.
        (one.kind, one.api_version) = (None, None);
        kubeconfig = kubeconfig.merge(one).map_err(|error| unreadable(path, &error))?;
    }
    Ok(Found { kubeconfig, missing })
}

/// The files of `KUBECONFIG`, or the one in the home directory.
fn paths() -> anyhow::Result<Vec<PathBuf>> {
    let listed = std::env::var_os("KUBECONFIG").unwrap_or_default();
    let listed: Vec<PathBuf> =
        std::env::split_paths(&listed).filter(|path| !path.as_os_str().is_empty()).collect();
    if !listed.is_empty() {
        return Ok(listed);
    }
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let home =
        home.ok_or_else(|| failure("there is no home directory, and so no kubeconfig", NONE))?;
    Ok(vec![home.join(".kube/config")])
}

/// A file that is no kubeconfig. What it holds is not shown: it may be a secret.
fn unreadable(path: PathBuf, error: &KubeconfigError) -> anyhow::Error {
    let file = path.display();
    let (why, remedy) = match error {
        KubeconfigError::ReadConfig(error, _) => (
            error.to_string(),
            "make the file readable, or name another one with KUBECONFIG".to_owned(),
        ),
        KubeconfigError::Parse(error) => {
            let place = error.location().map_or_else(String::new, |at| {
                format!(", line {}, column {}", at.line(), at.column())
            });
            let message = without_values(&error.without_snippet().to_string());
            (
                format!("it is not the YAML of a kubeconfig{place}: {message}"),
                format!(
                    "correct it there, or take it out of KUBECONFIG; `kubectl config view \
                     --kubeconfig {file}` reads it too"
                ),
            )
        }
        other => (other.to_string(), "correct the file, or take it out of KUBECONFIG".to_owned()),
    };
    anyhow!("{}", printable(&why))
        .context(Failure::new(format!("reading the kubeconfig `{file}`"), remedy))
}

/// The first line of a message, without what it quotes.
fn without_values(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let parts = line.split('"').enumerate();
    parts.map(|(at, part)| if at % 2 == 0 { part } else { "\"…\"" }).collect()
}
