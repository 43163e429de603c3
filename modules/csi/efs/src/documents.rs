//! The documents of a deployment, for Argo CD, Flux and kustomize.

use kubernetes::{RenderError, archive_for_kustomize};
use plan::files::{self, Files};
use plan::{Action, ChangeId, Known, Plan, Scope, Text, compare};
use serde::Serialize;

use crate::actual::Actual;
use crate::chart;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::resources::driver::DriverMode;
use crate::resources::mount_target::Ready;
use crate::resources::storage_class;
use crate::templates;

/// The values of the driver's chart.
const VALUES: &str = "values.yaml";

/// The StorageClass.
const STORAGE_CLASS: &str = "storageclass.yaml";

/// What names the other two.
const KUSTOMIZATION: &str = "kustomization.yaml";

/// Stands in a document for people in the place of what is known after apply.
const LATER: &str = "(known after apply)";

/// The names of the documents, in the order in which they are written.
pub const DOCUMENTS: &[&str] = &[VALUES, STORAGE_CLASS, KUSTOMIZATION];

/// The names of a module's documents: without the driver, it has no values for it.
pub(crate) fn names(inputs: &Inputs) -> impl Iterator<Item = &'static str> {
    let skips = inputs.driver.mode == DriverMode::Skip;
    DOCUMENTS.iter().copied().filter(move |name| !(skips && *name == VALUES))
}

/// The documents by name, in the order in which they are written.
pub fn documents(
    inputs: &Inputs,
    file_system: &Known<FileSystemId>,
) -> Result<Vec<(&'static str, Text)>, RenderError> {
    let owner = inputs.owner();
    Ok(vec![
        (VALUES, inputs.driver(&owner).values()?),
        (STORAGE_CLASS, inputs.storage_class(&owner, file_system).document()?),
        (KUSTOMIZATION, Text::literal(kustomization(inputs, true)?)),
    ])
}

/// The documents with `file_system` in place of the id, for people to read.
pub fn rendered(
    inputs: &Inputs,
    file_system: &str,
) -> Result<Vec<(&'static str, String)>, RenderError> {
    let owner = inputs.owner();
    let later = Known::After("file_system".into());
    let mut documents = vec![
        (VALUES, inputs.driver(&owner).shown(LATER)?),
        (STORAGE_CLASS, inputs.storage_class(&owner, &later).render(file_system)?),
        (KUSTOMIZATION, kustomization(inputs, true)?),
    ];
    documents.retain(|(name, _)| names(inputs).any(|of| of == *name));
    Ok(documents)
}

/// The file system that a set of documents names.
pub fn file_system_of(found: &Files) -> Option<String> {
    let class = storage_class::parse(found.get(STORAGE_CLASS)?)?;
    class.parameters.get("fileSystemId")?.now().cloned()
}

/// The kustomization, with the class or with the driver alone.
fn kustomization(inputs: &Inputs, class: bool) -> Result<String, RenderError> {
    let driver = &inputs.driver;
    let (chart, repository, home) = driver.chart.for_kustomize();
    let context = Kustomization {
        mark: inputs.owner().document_mark(),
        class,
        driver: driver.mode != DriverMode::Skip,
        release: chart::RELEASE,
        chart,
        repository,
        home,
        version: driver.version.to_string(),
        namespace: &driver.namespace,
    };
    templates::render(KUSTOMIZATION, &context)
}

#[derive(Serialize)]
struct Kustomization<'a> {
    mark: String,
    /// Whether the class is part of it.
    class: bool,
    /// Whether the driver is part of it.
    driver: bool,
    release: &'a str,
    chart: &'a str,
    repository: Option<&'a str>,
    /// The folder of a chart that is in no repository.
    home: Option<&'a str>,
    version: String,
    namespace: &'a str,
}

/// Plans the documents in a directory; `driver_in` is the module whose documents have the
/// driver, where that is another one, and `ready` what must be done before pods can mount.
pub(crate) fn plan<C: From<files::Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    (inputs, driver_in): (&Inputs, Option<&str>),
    (file_system, ready): (&Known<FileSystemId>, &Ready),
    found: &Files,
) -> Result<(), RenderError> {
    let relying = driver_in.map(|_| inputs.without_driver());
    let inputs = relying.as_ref().unwrap_or(inputs);
    let owner = inputs.owner();
    let skips = inputs.driver.mode == DriverMode::Skip;
    if !skips {
        plan.refusals.extend(archive_for_kustomize(scope, KUSTOMIZATION, &inputs.driver.chart));
    }
    for (name, wanted) in documents(inputs, file_system)? {
        let there = found.get(name).map(String::as_str);
        if there.is_some_and(|text| !owner.wrote(text)) {
            plan.refusals.push(files::foreign(scope, name));
            continue;
        }
        if name == VALUES && skips {
            if there.is_some() {
                let reason = driver_in.map_or_else(
                    || "the driver is left alone".to_owned(),
                    |other| format!("the driver is among the documents of `module.{other}`"),
                );
                plan.changes.push(files::remove(scope, name, &reason));
            }
            continue;
        }
        let Some(mut change) = files::write(scope, name, there, &wanted) else { continue };
        match name {
            // Whoever applies the class can mount from then on.
            STORAGE_CLASS => {
                change.needs.clone_from(&ready.needs);
                change.needs_any = ready.targets.clone();
                replacement(&mut change, inputs, file_system, there);
            }
            // It names the other two, and so comes after them.
            KUSTOMIZATION => {
                let ids = [VALUES, STORAGE_CLASS].map(|name| files::id(scope, name));
                let planned = |id: &ChangeId| plan.changes.iter().any(|change| change.id == *id);
                change.needs = ids.into_iter().filter(planned).collect();
            }
            _ => {}
        }
        plan.changes.push(change);
    }
    Ok(())
}

/// A class whose document changes what Kubernetes never changes is replaced by
/// whoever applies it; a new one shows its fields.
fn replacement<C>(
    change: &mut plan::Change<C>,
    inputs: &Inputs,
    file_system: &Known<FileSystemId>,
    there: Option<&str>,
) {
    let had = there.and_then(storage_class::parse);
    let wanted = inputs.storage_class(&inputs.owner(), file_system).spec();
    let compared = compare(storage_class::immutable(), &wanted, had.as_ref());
    if compared.replaces {
        change.action = Action::Replace;
        "Kubernetes never changes these fields: the class must be deleted and created again"
            .clone_into(&mut change.reason);
    }
    if compared.replaces || there.is_none() {
        change.differences = compared.differences;
    }
}

/// The id of the change that writes the class.
pub(crate) fn class_id(scope: &Scope) -> ChangeId {
    files::id(scope, STORAGE_CLASS)
}

/// Whether a plan takes the driver out of a directory.
pub(crate) fn remove_driver<C>(plan: &Plan<C>, scope: &Scope) -> bool {
    let address = scope.address(files::KIND, Some(VALUES));
    let mut gone = plan.changes.iter().filter(|change| change.action == Action::Delete);
    gone.any(|change| change.address == address)
}

/// Plans the removal of what this deployment wrote. The driver stays while other modules
/// rely on it: whoever applies the directory would uninstall it under their pods.
pub(crate) fn remove_all<C: From<files::Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    inputs: &Inputs,
    actual: &Actual,
) -> Vec<ChangeId> {
    let owner = inputs.owner();
    let found = &actual.documents;
    let why = "the deployment is destroyed";
    let users: Vec<String> =
        actual.driver_users.iter().map(|label| format!("`module.{label}`")).collect();
    let carries = found.contains_key(VALUES) && found.contains_key(KUSTOMIZATION);
    let alone = kustomization(inputs, false).ok().filter(|_| !users.is_empty() && carries);
    let Some(alone) = alone else {
        return files::remove_all(
            plan,
            scope,
            (DOCUMENTS, why),
            found,
            |text| owner.wrote(text),
            |_| None,
        );
    };
    let there = found.get(KUSTOMIZATION).map(String::as_str).filter(|text| owner.wrote(text));
    let kept = there
        .and_then(|there| files::write(scope, KUSTOMIZATION, Some(there), &Text::literal(alone)));
    let kept: Vec<plan::Change<C>> = kept.into_iter().collect();
    let before: Vec<ChangeId> = kept.iter().map(|change| change.id.clone()).collect();
    plan.changes.extend(kept);
    plan.notes.push(format!(
        "the driver stays among the documents of `module.{0}`: {1} needs it; deployed with \
         `driver = \"skip\"` in `module.{0}`, another one gets it",
        scope.module,
        users.join(", ")
    ));
    let first = plan.changes.len();
    let class = (&[STORAGE_CLASS][..], why);
    let removed = files::remove_all(plan, scope, class, found, |text| owner.wrote(text), |_| None);
    for change in plan.changes.iter_mut().skip(first) {
        change.needs.extend(before.clone());
    }
    [before, removed].concat()
}
