//! The documents of several objects: the classes beside a deployment's own, and the volumes of its
//! own access points.

use std::collections::BTreeMap;

use kubernetes::RenderError;
use plan::{Action, Known, Text, compare};

use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::resources::access_point::Points;
use crate::resources::{persistent_volume, storage_class};

/// The StorageClasses beside the deployment's own.
pub(crate) const CLASSES_BESIDE: &str = "storageclasses.yaml";

/// The volumes of the deployment's own access points, and their claims.
pub(crate) const VOLUMES: &str = "volumes.yaml";

/// The classes beside the deployment's own.
pub(crate) fn classes_beside(
    inputs: &Inputs,
    file_system: &Known<FileSystemId>,
) -> Result<Text, RenderError> {
    let owner = inputs.owner();
    let mut whole = Text::literal(format!("# {}\n", owner.document_mark()));
    for class in inputs.classes_beside(&owner, file_system) {
        whole = whole.followed_by(Text::literal("---\n")).followed_by(class.document()?);
    }
    Ok(whole)
}

/// The volumes of the access points with these ids.
pub(crate) fn volumes(
    inputs: &Inputs,
    file_system: &Known<FileSystemId>,
    ids: &Points,
) -> Result<Text, RenderError> {
    let (owner, none) = (inputs.owner(), BTreeMap::new());
    let points = inputs.access_points.as_ref().unwrap_or(&none);
    let zone = inputs.storage_class.mounted_in();
    let wanted = persistent_volume::Wanted { owner: &owner, points, ids, file_system, zone };
    persistent_volume::document(&owner, wanted.volumes())
}

/// The ids of all access points of the inputs, of which none is known.
pub(crate) fn ids_later(inputs: &Inputs) -> Points {
    let names = inputs.access_points.iter().flatten();
    names.map(|(name, _)| (name.clone(), Known::After(name.as_str().into()))).collect()
}

/// The same for the classes beside it: one that changes for good is replaced.
pub(crate) fn replaced_beside<C>(
    change: &mut plan::Change<C>,
    inputs: &Inputs,
    file_system: &Known<FileSystemId>,
    there: Option<&str>,
) {
    let owner = inputs.owner();
    let before: Vec<&str> = there.map(|text| text.split("\n---\n").collect()).unwrap_or_default();
    for class in inputs.classes_beside(&owner, file_system) {
        let named = |text: &&&str| {
            let document = kubernetes::parsed(CLASSES_BESIDE, text).ok();
            document.is_some_and(|it| it["metadata"]["name"] == class.inputs.name.as_str())
        };
        let had = before.iter().find(named).and_then(|text| storage_class::parse(text));
        let compared = compare(storage_class::immutable(), &class.spec(), had.as_ref());
        if had.is_some() && compared.replaces {
            change.action = Action::Replace;
            change.reason = format!(
                "Kubernetes never changes these fields of `{}`: the class must be deleted and created \
                 again",
                class.inputs.name
            );
        }
    }
}
