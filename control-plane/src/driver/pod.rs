//! A running pod of the driver's controller.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use supervised::Program;

/// What a provisioner prints once it has read the driver's name.
const PROVISIONER_IS_UP: &str = "Detected CSI driver";

/// The programs of a pod; dropping this value stops them.
pub(super) struct ControllerPod {
    programs: Vec<Program>,
    volumes: PathBuf,
}

impl ControllerPod {
    pub(super) fn new(programs: Vec<Program>, folder: &Path) -> ControllerPod {
        ControllerPod { programs, volumes: folder.join("volumes") }
    }

    /// Whether all programs still run.
    pub(super) fn is_alive(&self) -> bool {
        self.programs.iter().all(|program| program.is_alive().is_ok())
    }

    /// Whether the driver takes connections, and the provisioner has spoken to it.
    pub(super) fn is_ready(&self) -> bool {
        let volumes = std::fs::read_dir(&self.volumes).into_iter().flatten().flatten();
        let mut sockets = volumes.map(|volume| volume.path().join("csi.sock"));
        sockets.any(|socket| UnixStream::connect(socket).is_ok())
            && self.programs.iter().all(|program| {
                program.name() != "csi-provisioner" || program.log().contains(PROVISIONER_IS_UP)
            })
    }
}
