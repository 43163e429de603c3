//! What the real driver is run with.

use std::path::{Path, PathBuf};

use crate::programs::find;

/// The programs of the driver's controller, by the last part of the names of their images.
#[derive(Debug, Clone)]
pub struct DriverPrograms {
    /// Of the image `aws-efs-csi-driver`.
    pub driver: PathBuf,
    /// Of the image `external-provisioner`.
    pub provisioner: PathBuf,
}

impl DriverPrograms {
    /// Looks where [`Programs::find`](crate::Programs::find) looks.
    ///
    /// # Errors
    /// The names of all programs that are missing.
    pub fn find(tools: &Path) -> Result<DriverPrograms, Vec<&'static str>> {
        let names = ["efs-csi-driver", "csi-provisioner"];
        match names.map(|name| find(name, tools)) {
            [Some(driver), Some(provisioner)] => Ok(DriverPrograms { driver, provisioner }),
            found => Err(std::iter::zip(names, found)
                .filter_map(|(name, found)| found.is_none().then_some(name))
                .collect()),
        }
    }

    /// The program of an image; `None` where it is not here.
    pub(super) fn of_image(&self, image: &str) -> Option<(&'static str, &Path)> {
        let name = image.rsplit('/').next().unwrap_or_default();
        match name.split([':', '@']).next().unwrap_or_default() {
            "aws-efs-csi-driver" => Some(("efs-plugin", &self.driver)),
            "external-provisioner" => Some(("csi-provisioner", &self.provisioner)),
            _ => None,
        }
    }
}

/// What the real driver works with.
#[derive(Debug, Clone)]
pub struct RealDriver {
    /// The programs of its controller.
    pub programs: DriverPrograms,
    /// The URL of the emulated AWS that it calls, over plain HTTP.
    pub aws: String,
    /// The URL of the API server.
    pub api_server: String,
    /// The file with the certificate authority of the API server.
    pub authority: PathBuf,
    /// The credentials of the nodes, as an access key id and a secret, which the driver falls
    /// back to where its service account names no role.
    pub node_credentials: Option<(String, String)>,
}
