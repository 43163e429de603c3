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
    /// A folder of its module that is copied beside the programs: its path in the module, and
    /// its name in [`shared`].
    share: Option<(&'static str, &'static str)>,
    /// Whether only our own build of it will do, whatever else is in `PATH`: the programs of a
    /// node work together, and a distribution's containerd is of another version and reads
    /// other configuration files.
    of_node: bool,
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
        share: None,
        of_node: false,
        what: "installs charts",
    },
    Tool {
        name: "registry",
        folder: "registry",
        package: "github.com/distribution/distribution/v3/cmd/registry",
        version_variable: Some("github.com/distribution/distribution/v3/version.version"),
        version: &["--version"],
        share: None,
        of_node: false,
        what: "is a registry of charts that wants a login",
    },
    Tool {
        name: "kind",
        folder: "kind",
        package: "sigs.k8s.io/kind",
        version_variable: None,
        version: &["version"],
        share: None,
        of_node: false,
        what: "makes a cluster of containers",
    },
    Tool {
        name: "etcd",
        folder: "etcd",
        package: "go.etcd.io/etcd/server/v3",
        version_variable: None,
        version: &["--version"],
        share: None,
        of_node: false,
        what: "holds the state of a bare control plane",
    },
    Tool {
        name: "kube-apiserver",
        folder: "kubernetes",
        package: "k8s.io/kubernetes/cmd/kube-apiserver",
        version_variable: Some("k8s.io/component-base/version.gitVersion"),
        version: &["--version"],
        share: None,
        of_node: false,
        what: "serves the API of a bare control plane",
    },
    Tool {
        name: "kube-controller-manager",
        folder: "kubernetes",
        package: "k8s.io/kubernetes/cmd/kube-controller-manager",
        version_variable: Some("k8s.io/component-base/version.gitVersion"),
        version: &["--version"],
        share: None,
        of_node: false,
        what: "runs the controllers of a bare control plane",
    },
    Tool {
        name: "efs-csi-driver",
        folder: "efs-csi-driver",
        package: "github.com/kubernetes-sigs/aws-efs-csi-driver/cmd",
        version_variable: Some(
            "github.com/kubernetes-sigs/aws-efs-csi-driver/pkg/driver.driverVersion",
        ),
        version: &["--version"],
        share: Some(("charts/aws-efs-csi-driver", DRIVER_CHART)),
        of_node: false,
        what: "is the EFS CSI driver, with its chart",
    },
    Tool {
        name: "csi-provisioner",
        folder: "csi-provisioner",
        package: "github.com/kubernetes-csi/external-provisioner/v6/cmd/csi-provisioner",
        version_variable: Some("main.version"),
        version: &["--version"],
        share: None,
        of_node: false,
        what: "makes the volumes of claims with that driver",
    },
    Tool {
        name: "kube-scheduler",
        folder: "kubernetes",
        package: "k8s.io/kubernetes/cmd/kube-scheduler",
        version_variable: Some("k8s.io/component-base/version.gitVersion"),
        version: &["--version"],
        share: None,
        of_node: true,
        what: "chooses the nodes of pods",
    },
    Tool {
        name: "kubelet",
        folder: "kubernetes",
        package: "k8s.io/kubernetes/cmd/kubelet",
        version_variable: Some("k8s.io/component-base/version.gitVersion"),
        version: &["--version"],
        share: None,
        of_node: true,
        what: "runs the pods of a node",
    },
    Tool {
        name: "containerd",
        folder: "containerd",
        package: "github.com/containerd/containerd/v2/cmd/containerd",
        version_variable: Some("github.com/containerd/containerd/v2/version.Version"),
        version: &["--version"],
        share: None,
        of_node: true,
        what: "runs the containers of a node",
    },
    Tool {
        name: "containerd-shim-runc-v2",
        folder: "containerd",
        package: "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
        version_variable: Some("github.com/containerd/containerd/v2/version.Version"),
        version: &["-v"],
        share: None,
        of_node: true,
        what: "keeps the containers of a pod",
    },
    Tool {
        name: "ctr",
        folder: "containerd",
        package: "github.com/containerd/containerd/v2/cmd/ctr",
        version_variable: Some("github.com/containerd/containerd/v2/version.Version"),
        version: &["--version"],
        share: None,
        of_node: true,
        what: "imports images into containerd",
    },
];

/// The name of the folder of the driver's chart.
const DRIVER_CHART: &str = "aws-efs-csi-driver";

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

/// The folder of what programs bring along, such as charts.
fn shared() -> anyhow::Result<PathBuf> {
    Ok(live::target()?.join("tools/share"))
}

/// The chart that the pinned driver brings along, and its version.
///
/// # Errors
/// Where it was not built yet.
pub(crate) fn driver_chart() -> anyhow::Result<(PathBuf, String)> {
    let folder = shared()?.join(DRIVER_CHART);
    let remedy = "run `cargo xtask tools install efs-csi-driver csi-provisioner`";
    let text = std::fs::read_to_string(folder.join("Chart.yaml"))
        .help("the real driver's chart is not here", remedy)?;
    let version = text.lines().find_map(|line| line.strip_prefix("version:"));
    let version = version.context("the driver's chart names no version")?.trim();
    Ok((folder, version.to_owned()))
}

impl Tool {
    /// The version that is pinned, such as `v4.3.1`.
    pub(crate) fn pinned(&self) -> anyhow::Result<String> {
        self.required().map(|(_, version)| version)
    }

    /// The module of its package, and the version that is pinned.
    fn required(&self) -> anyhow::Result<(String, String)> {
        let path = self.module().join("go.mod");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("reading `{}`", path.display()))?;
        let required = text.lines().filter(|line| !line.contains("=>")).find_map(|line| {
            let mut words = line.trim().trim_start_matches("require ").split_whitespace();
            let module = words.next()?;
            let version = words.next().filter(|version| version.starts_with('v'))?;
            let here = self.package.starts_with(module);
            here.then(|| (module.to_owned(), version.to_owned()))
        });
        required
            .with_context(|| format!("`{}` does not require `{}`", path.display(), self.package))
    }

    fn module(&self) -> PathBuf {
        live::workspace().join("tools").join(self.folder)
    }

    /// Where it is: in `KUBEBUILDER_ASSETS`, in `PATH`, or in our own folder, which is the only
    /// place for the programs of a node.
    pub(crate) fn find(&self) -> anyhow::Result<Option<Found>> {
        let assets = std::env::var_os("KUBEBUILDER_ASSETS").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let places = assets
            .into_iter()
            .map(|place| (place, "KUBEBUILDER_ASSETS"))
            .chain(std::env::split_paths(&path).map(|place| (place, "PATH")))
            .filter(|_| !self.of_node)
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
        let said = said.unwrap_or_default();
        // Some say it in a document of several lines; the first with a number tells it.
        let numbered = |line: &&str| line.contains(|c: char| c.is_ascii_digit());
        let line = said.lines().find(numbered).or_else(|| said.lines().next()).unwrap_or_default();
        line.trim().chars().filter(|c| !c.is_control()).collect()
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
        // The module says which Go it needs, and Go fetches it; a workspace or flags of the
        // machine's are for other modules.
        shell.set_var("GOTOOLCHAIN", "auto");
        shell.set_var("GOWORK", "off");
        shell.set_var("GOFLAGS", "");
        cmd!(shell, "go build -trimpath -mod=readonly -buildvcs=false {flags} -o {new} {package}")
            .quiet()
            .run()
            .help(format!("building {} {pinned}", self.name), "see Go's message above")?;
        let path = folder.join(self.name);
        std::fs::rename(&new, &path)
            .with_context(|| format!("putting `{}` in its place", path.display()))?;
        self.copy_shared(&shell)?;
        Ok(path)
    }

    /// Whether nothing of it has to be built.
    pub(crate) fn is_complete(&self) -> anyhow::Result<bool> {
        let shared = match self.share {
            Some((_, name)) => shared()?.join(name).exists(),
            None => true,
        };
        Ok(shared && self.find()?.is_some())
    }

    /// Copies what it brings along out of its module, which Go has verified and keeps read-only.
    fn copy_shared(&self, shell: &Shell) -> anyhow::Result<()> {
        let Some((inside, name)) = self.share else { return Ok(()) };
        let (module, _) = self.required()?;
        let format = "{{.Dir}}";
        let dir = cmd!(shell, "go list -mod=readonly -m -f {format} {module}").quiet().read()?;
        let (from, to) = (Path::new(dir.trim()).join(inside), shared()?.join(name));
        let _ = std::fs::remove_dir_all(&to);
        std::fs::create_dir_all(shared()?)?;
        cmd!(shell, "cp -r --no-preserve=mode {from} {to}").quiet().run()?;
        Ok(())
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
