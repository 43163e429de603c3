//! The refusals for what is not there, or not in the state that an operation needs.

use super::state::FileSystem;
use crate::error::{Answer, AwsError};
use crate::life::State;

pub(super) fn no_file_system(id: &str) -> AwsError {
    AwsError::new(404, "FileSystemNotFound", format!("File system '{id}' does not exist."))
}

pub(super) fn no_mount_target(id: &str) -> AwsError {
    AwsError::new(404, "MountTargetNotFound", format!("Mount target '{id}' does not exist."))
}

pub(super) fn no_access_point(id: &str) -> AwsError {
    AwsError::new(404, "AccessPointNotFound", format!("Access point '{id}' does not exist."))
}

/// Most operations need the file system to be available.
pub(super) fn available(found: &FileSystem) -> Answer<()> {
    if found.life.state == State::Available {
        return Ok(());
    }
    let message = format!("File system '{}' is {}", found.id, found.life.state.as_str());
    Err(AwsError::new(409, "IncorrectFileSystemLifeCycleState", message))
}
