//! Where the programs are.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The programs of a control plane.
#[derive(Debug, Clone)]
pub struct Programs {
    /// `etcd`.
    pub etcd: PathBuf,
    /// `kube-apiserver`.
    pub kube_apiserver: PathBuf,
    /// `kube-controller-manager`.
    pub kube_controller_manager: PathBuf,
}

impl Programs {
    /// Looks in `KUBEBUILDER_ASSETS`, in `PATH`, and in the given folder.
    ///
    /// # Errors
    /// The names of all that are missing.
    pub fn find(tools: &Path) -> Result<Programs, Vec<&'static str>> {
        let mut missing = Vec::new();
        let mut one = |name: &'static str| {
            find(name, tools).unwrap_or_else(|| {
                missing.push(name);
                PathBuf::new()
            })
        };
        let programs = Programs {
            etcd: one("etcd"),
            kube_apiserver: one("kube-apiserver"),
            kube_controller_manager: one("kube-controller-manager"),
        };
        if missing.is_empty() { Ok(programs) } else { Err(missing) }
    }
}

fn find(name: &str, tools: &Path) -> Option<PathBuf> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    assets
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain([tools.to_owned()])
        .map(|place| place.join(name))
        .find(|path| {
            path.metadata()
                .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}
