//! One call: what it works on, and what it asks for.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::api::MODEL;
use super::names::{Kind, named};
use crate::error::{AwsError, Result};
use crate::life::State;
use crate::service::Context;
use crate::world::efs::{AccessPoint, FileSystem, MountTarget};

/// One call of an operation, its input checked against the model.
pub(super) struct Call<'a, 'b> {
    pub(super) context: &'a mut Context<'b>,
    pub(super) operation: &'a str,
    pub(super) input: Map<String, Value>,
}

impl Call<'_, '_> {
    /// The whole input as a type of ours.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(Value::Object(self.input.clone()))
            .map_err(|error| AwsError::bad_request(error.to_string()))
    }

    /// One parameter that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.input.get(name).and_then(Value::as_str)
    }

    /// The id that a parameter gives, be it written as an id or as an ARN.
    pub(super) fn id(&self, parameter: &str, kind: Kind) -> Result<Option<String>> {
        self.text(parameter).map(|text| named(text, kind, &*self.context.region)).transpose()
    }

    /// The file system that a parameter gives.
    pub(super) fn file_system(&self, parameter: &str) -> Result<&FileSystem> {
        let id = self.id(parameter, Kind::FileSystem)?.unwrap_or_default();
        let found = self.context.region.efs.file_systems.get(&id);
        found.ok_or_else(|| no_file_system(&id))
    }

    /// The same, where the operation needs it to be available.
    pub(super) fn available(&self, parameter: &str) -> Result<&FileSystem> {
        let found = self.file_system(parameter)?;
        if found.life.state == State::Available {
            return Ok(found);
        }
        let message = format!(
            "The file system '{}' is {}: it must be available for this operation",
            found.id,
            found.life.state.as_str()
        );
        Err(refused("IncorrectFileSystemLifeCycleState", message))
    }

    /// The access point that a parameter gives.
    pub(super) fn access_point(&self, parameter: &str) -> Result<&AccessPoint> {
        let id = self.id(parameter, Kind::AccessPoint)?.unwrap_or_default();
        let found = self.context.region.efs.access_points.get(&id);
        found.ok_or_else(|| {
            refused("AccessPointNotFound", format!("Access point '{id}' does not exist."))
        })
    }

    /// The mount target that a parameter gives.
    pub(super) fn mount_target(&self, parameter: &str) -> Result<&MountTarget> {
        let id = self.text(parameter).unwrap_or_default();
        let found = self.context.region.efs.mount_targets.get(id);
        found.ok_or_else(|| {
            refused("MountTargetNotFound", format!("Mount target '{id}' does not exist."))
        })
    }
}

/// An error that EFS's model has, with the status that the model gives it.
pub(super) fn refused(code: &'static str, message: impl Into<String>) -> AwsError {
    AwsError::new(MODEL.status(code).unwrap_or(500), code, message)
}

pub(super) fn no_file_system(id: &str) -> AwsError {
    refused("FileSystemNotFound", format!("File system '{id}' does not exist."))
}
