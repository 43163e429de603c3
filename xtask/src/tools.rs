//! The external programs: which are pinned, where they are found, in which version.
//!
//! Each is pinned as a Go module under `tools/`, with the checksums of all that
//! it is made of; the version is stated in its `go.mod` and nowhere else.

use std::path::{Path, PathBuf};

use anyhow::Context;
use failure::{Help, failure};
use xshell::{Shell, cmd};

use crate::live;

/// One external program.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    /// The folder of its module under `tools/`.
    folder: &'static str,
    /// The package to build.
    package: &'static str,
    /// The variable of that package's code that tells the version, where the code itself does not.
    version_variable: Option<&'static str>,
    /// The arguments that print the version.
    version: &'static [&'static str],
    pub(crate) what: &'static str,
}

/// All of them.
pub(crate) const TOOLS: &[Tool] = &[
    Tool {
        name: "helm",
        folder: "helm",
        package: "helm.sh/helm/v4/cmd/helm",
        version_variable: Some("helm.sh/helm/v4/internal/version.version"),
        version: &["version", "--short"],
        what: "installs charts",
    },
    Tool {
        name: "kind",
        folder: "kind",
        package: "sigs.k8s.io/kind",
        version_variable: None,
        version: &["version"],
        what: "makes a cluster of containers",
    },
    Tool {
        name: "etcd",
        folder: "etcd",
        package: "go.etcd.io/etcd/server/v3",
        version_variable: None,
        version: &["--version"],
        what: "holds the state of a bare control plane",
    },
    Tool {
        name: "kube-apiserver",
        folder: "kubernetes",
        package: "k8s.io/kubernetes/cmd/kube-apiserver",
        version_variable: Some("k8s.io/component-base/version.gitVersion"),
        version: &["--version"],
        what: "serves the API of a bare control plane",
    },
    Tool {
        name: "kube-controller-manager",
        folder: "kubernetes",
        package: "k8s.io/kubernetes/cmd/kube-controller-manager",
        version_variable: Some("k8s.io/component-base/version.gitVersion"),
        version: &["--version"],
        what: "runs the controllers of a bare control plane",
    },
];

/// A program that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// How it was found.
    pub(crate) by: &'static str,
    /// What it says of its version, in one line.
    pub(crate) version: String,
}

/// The folder that programs are built into.
pub(crate) fn folder() -> anyhow::Result<PathBuf> {
    Ok(live::target()?.join("tools/bin"))
}

impl Tool {
    /// The version that is pinned, such as `v4.3.1`.
    pub(crate) fn pinned(&self) -> anyhow::Result<String> {
        let path = self.module().join("go.mod");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("reading `{}`", path.display()))?;
        let required = text.lines().filter(|line| !line.contains("=>")).find_map(|line| {
            let mut words = line.trim().trim_start_matches("require ").split_whitespace();
            let module = words.next()?;
            let version = words.next().filter(|version| version.starts_with('v'))?;
            self.package.starts_with(module).then(|| version.to_owned())
        });
        required
            .with_context(|| format!("`{}` does not require `{}`", path.display(), self.package))
    }

    fn module(&self) -> PathBuf {
        live::workspace().join("tools").join(self.folder)
    }

    /// Where it is: in `KUBEBUILDER_ASSETS`, in `PATH`, or in our own folder.
    pub(crate) fn find(&self) -> anyhow::Result<Option<Found>> {
        let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = assets
            .into_iter()
            .map(|place| (place, "KUBEBUILDER_ASSETS"))
            .chain(std::env::split_paths(&path).map(|place| (place, "PATH")))
            .chain([(folder()?, "tools folder")]);
        for (place, by) in places {
            let path = place.join(self.name);
            if is_program(&path) {
                let version = self.version_of(&path);
                return Ok(Some(Found { path, by, version }));
            }
        }
        Ok(None)
    }

    /// What a program says of its version; empty where it says nothing.
    fn version_of(&self, program: &Path) -> String {
        let Ok(shell) = Shell::new() else { return String::new() };
        let args = self.version;
        let said =
            cmd!(shell, "{program} {args...}").quiet().ignore_stderr().ignore_status().read();
        let line = said.unwrap_or_default();
        let line = line.lines().next().unwrap_or_default();
        line.chars().filter(|c| !c.is_control()).collect()
    }

    /// Builds it into our folder with the machine's Go; nothing half built is ever in its place.
    pub(crate) fn install(&self) -> anyhow::Result<PathBuf> {
        let shell = Shell::new()?;
        if cmd!(shell, "go version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
            return Err(failure(
                "`go` is not in PATH",
                format!("install Go from https://go.dev/dl, or put `{}` into PATH", self.name),
            ));
        }
        let pinned = self.pinned()?;
        let folder = folder()?;
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("making `{}`", folder.display()))?;
        let new = folder.join(format!(".{}.new", self.name));
        let stamp = self.version_variable.map(|variable| format!(" -X {variable}={pinned}"));
        let flags = format!("-ldflags=-s -w{}", stamp.unwrap_or_default());
        let package = self.package;
        shell.change_dir(self.module());
        cmd!(shell, "go build -trimpath -mod=readonly -buildvcs=false {flags} -o {new} {package}")
            .quiet()
            .run()
            .help(format!("building {} {pinned}", self.name), "see Go's message above")?;
        let path = folder.join(self.name);
        std::fs::rename(&new, &path)
            .with_context(|| format!("putting `{}` in its place", path.display()))?;
        Ok(path)
    }
}

/// Whether there is a file that can be run.
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_pinned_with_checksums() {
        for tool in TOOLS {
            let pinned = tool.pinned().unwrap();
            assert!(
                pinned.starts_with('v') && pinned.split('.').count() == 3,
                "{}: {pinned}",
                tool.name
            );
            let sums = std::fs::read_to_string(tool.module().join("go.sum")).unwrap();
            assert!(sums.contains(&pinned), "{} has no checksum", tool.name);
        }
    }
}
