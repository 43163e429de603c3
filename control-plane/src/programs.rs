//! Finding the programs of a control plane.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The paths of the programs of a control plane.
#[derive(Debug, Clone)]
pub struct Programs {
    pub etcd: PathBuf,
    pub kube_apiserver: PathBuf,
    pub kube_controller_manager: PathBuf,
}

impl Programs {
    /// Looks in `KUBEBUILDER_ASSETS`, in `PATH`, and in the folder `tools`, in this order.
    ///
    /// # Errors
    /// The names of all programs that are missing.
    pub fn find(tools: &Path) -> Result<Programs, Vec<&'static str>> {
        let mut missing = Vec::new();
        let mut find_or_note = |name: &'static str| {
            find(name, tools).unwrap_or_else(|| {
                missing.push(name);
                PathBuf::new()
            })
        };
        let programs = Programs {
            etcd: find_or_note("etcd"),
            kube_apiserver: find_or_note("kube-apiserver"),
            kube_controller_manager: find_or_note("kube-controller-manager"),
        };
        if missing.is_empty() { Ok(programs) } else { Err(missing) }
    }
}

/// A program by its name: in `KUBEBUILDER_ASSETS`, in `PATH`, or in the folder `tools`.
pub fn find(name: &str, tools: &Path) -> Option<PathBuf> {
    let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    assets
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain([tools.to_owned()])
        .map(|folder| folder.join(name))
        .find(|path| {
            path.metadata()
                .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
        })
}
