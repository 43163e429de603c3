//! A volume and its claim as documents.

use std::collections::BTreeMap;

use kubernetes::RenderError;
use plan::{Known, Text};
use serde::Serialize;

use super::spec::{Spec, marks, volume_name};
use crate::chart::PROVISIONER;
use crate::ids::{AccessPointId, FileSystemId};
use crate::owner::Owner;
use crate::resources::access_point::VolumeInputs;
use crate::templates;

/// Where a document is read: in a directory, Argo CD and Flux must not delete a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Cluster,
    Directory,
}

/// The volume of an access point as a deployment wants it.
#[derive(Debug, Clone)]
pub struct Volume<'a> {
    pub owner: &'a Owner,
    /// The name of its access point.
    pub point: &'a str,
    pub inputs: &'a VolumeInputs,
    pub file_system: &'a Known<FileSystemId>,
    pub access_point: &'a Known<AccessPointId>,
    /// The zone whose mount target it is mounted by, where that is one.
    pub zone: Option<&'a str>,
}

#[derive(Serialize)]
struct Context<'a> {
    mark: String,
    kept: bool,
    name: String,
    annotations: BTreeMap<String, String>,
    size: &'a str,
    mount_options: Vec<String>,
    driver: &'a str,
    handle: String,
    claim: Option<ClaimContext<'a>>,
}

#[derive(Serialize)]
struct ClaimContext<'a> {
    namespace: &'a str,
    name: &'a str,
}

impl Volume<'_> {
    /// Its properties.
    pub(super) fn spec(&self) -> Spec {
        let VolumeInputs { size, mount_options: _, claim } = self.inputs;
        let handle = match (self.file_system, self.access_point) {
            (Known::Now(of), Known::Now(point)) => Known::Now(handle(of, point)),
            (Known::After(change), _) | (_, Known::After(change)) => Known::After(change.clone()),
        };
        Spec {
            handle: Some(handle),
            size: size.clone(),
            mount_options: self.mount_options(),
            reclaim_policy: "Retain".to_owned(),
            claim: claim.as_ref().map(|(namespace, name)| format!("{namespace}/{name}")),
        }
    }

    /// Those of the inputs, and the zone of a One Zone file system.
    fn mount_options(&self) -> Vec<String> {
        let mut options = self.inputs.mount_options.clone();
        if let Some(zone) = self.zone.filter(|_| !options.iter().any(|it| it.starts_with("az="))) {
            options.push(format!("az={zone}"));
        }
        options
    }

    fn render(
        &self,
        template: &'static str,
        place: Place,
        handle: String,
    ) -> Result<String, RenderError> {
        let claim = self.inputs.claim.as_ref();
        let context = Context {
            mark: self.owner.document_mark(),
            kept: place == Place::Directory,
            name: volume_name(self.owner, self.point),
            annotations: marks(self.owner, self.point),
            size: &self.inputs.size,
            mount_options: self.mount_options(),
            driver: PROVISIONER,
            handle,
            claim: claim.map(|(namespace, name)| ClaimContext { namespace, name }),
        };
        templates::render(template, &context)
    }

    /// The volume, as YAML.
    pub(super) fn volume(&self, place: Place) -> Result<Text, RenderError> {
        // The slots are of different changes: the text is rendered with each in turn.
        let point = Text::rendered(self.access_point, |point| {
            self.render("persistent-volume.yaml", place, format!("{FILE_SYSTEM}::{point}"))
        })?;
        Ok(point.with(FILE_SYSTEM, self.file_system))
    }

    /// The claim, as YAML.
    pub(super) fn claim(&self, place: Place) -> Result<String, RenderError> {
        self.render("persistent-volume-claim.yaml", place, String::new())
    }
}

/// Stands in the place of the file system's id while the rest is rendered.
const FILE_SYSTEM: &str = "FileSystemOfTheVolume";

fn handle(file_system: &FileSystemId, point: &AccessPointId) -> String {
    format!("{file_system}::{point}")
}

/// All volumes and claims as one document of a directory.
pub fn document<'a>(
    owner: &Owner,
    volumes: impl IntoIterator<Item = Volume<'a>>,
) -> Result<Text, RenderError> {
    let mut whole = Text::literal(format!("# {}\n", owner.document_mark()));
    for volume in volumes {
        whole = whole.followed_by(Text::literal("---\n"));
        whole = whole.followed_by(volume.volume(Place::Directory)?);
        if volume.inputs.claim.is_some() {
            let claim = format!("---\n{}", volume.claim(Place::Directory)?);
            whole = whole.followed_by(Text::literal(claim));
        }
    }
    Ok(whole)
}
