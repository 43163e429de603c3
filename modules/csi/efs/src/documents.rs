//! The documents of a deployment, for Argo CD, Flux and kustomize.

use kubernetes::{RenderError, archive_for_kustomize};
use plan::files::{self, Files};
use plan::{Action, ChangeId, Known, Plan, Scope, Text, compare};
use serde::Serialize;

use crate::actual::Actual;
use crate::chart;
use crate::documents_beside::{
    CLASSES_BESIDE, VOLUMES, classes_beside, ids_later, replaced_beside, volumes,
};
use crate::identity::Given;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::resources::access_point::Points;
use crate::resources::driver::{Driver, DriverMode};
use crate::resources::mount_target::Ready;
use crate::resources::storage_class;
use crate::templates;

/// The values of the driver's chart.
const VALUES: &str = "values.yaml";

/// The StorageClass.
pub(crate) const STORAGE_CLASS: &str = "storageclass.yaml";

/// What names the others.
const KUSTOMIZATION: &str = "kustomization.yaml";

/// Stands in a document for people in the place of what is known after apply.
const LATER: &str = "(known after apply)";

/// The names of the documents, in the order in which they are written.
pub const DOCUMENTS: &[&str] = &[VALUES, STORAGE_CLASS, CLASSES_BESIDE, VOLUMES, KUSTOMIZATION];

/// The names of a module's documents: without the driver, it has no values for it.
pub(crate) fn names(inputs: &Inputs) -> impl Iterator<Item = &'static str> {
    let skips = !inputs.driver.mode.has_chart();
    let lacks = [
        (VALUES, skips),
        (CLASSES_BESIDE, inputs.storage_classes.is_empty()),
        (VOLUMES, !inputs.has_static_volumes()),
    ];
    DOCUMENTS.iter().copied().filter(move |name| !lacks.contains(&(*name, true)))
}

/// The documents by name, in the order in which they are written.
pub fn documents(
    inputs: &Inputs,
    file_system: &Known<FileSystemId>,
) -> Result<Vec<(&'static str, Text)>, RenderError> {
    of_driver(inputs, &inputs.driver(&inputs.owner()), (file_system, &Points::new()))
}

/// The same with the driver as a plan has it.
fn of_driver(
    inputs: &Inputs,
    driver: &Driver,
    (file_system, points): (&Known<FileSystemId>, &Points),
) -> Result<Vec<(&'static str, Text)>, RenderError> {
    let owner = inputs.owner();
    let mut documents = vec![
        (VALUES, driver.values()?),
        (STORAGE_CLASS, inputs.storage_class(&owner, file_system).document()?),
        (CLASSES_BESIDE, classes_beside(inputs, file_system)?),
        (VOLUMES, volumes(inputs, file_system, points)?),
        (KUSTOMIZATION, Text::literal(kustomization(inputs, true)?)),
    ];
    documents.retain(|(name, _)| *name == VALUES || names(inputs).any(|of| of == *name));
    Ok(documents)
}

/// Whether the class among the documents finds its file system by a reference.
pub(crate) fn refers(found: &Files) -> bool {
    let class = found.get(STORAGE_CLASS).and_then(|text| storage_class::parse(text));
    class.is_some_and(|class| {
        let known = ["fileSystemIdConfigRef", "fileSystemIdSecretRef"];
        known.iter().any(|name| class.parameters.contains_key(*name))
    })
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
        (CLASSES_BESIDE, shown(&classes_beside(inputs, &later)?, file_system)),
        (VOLUMES, shown(&volumes(inputs, &later, &ids_later(inputs))?, file_system)),
        (KUSTOMIZATION, kustomization(inputs, true)?),
    ];
    documents.retain(|(name, _)| names(inputs).any(|of| of == *name));
    Ok(documents)
}

/// A text with `file_system` in place of its id, and the rest as people read what is not known.
fn shown(text: &Text, file_system: &str) -> String {
    let result = |change: &ChangeId| {
        let known = if *change == *"file_system" { file_system } else { LATER };
        Ok::<_, std::convert::Infallible>(known.to_owned())
    };
    text.resolve(result).unwrap_or_else(|never| match never {})
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
    let resources = names(inputs).filter(|name| class && ![VALUES, KUSTOMIZATION].contains(name));
    let context = Kustomization {
        mark: inputs.owner().document_mark(),
        resources: resources.collect(),
        driver: driver.mode.has_chart(),
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
    /// The other documents that are part of it.
    resources: Vec<&'a str>,
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
    ((inputs, driver_in, identity), points): ((&Inputs, Option<&str>, &Given), &Points),
    (file_system, ready): (&Known<FileSystemId>, &Ready),
    found: &Files,
) -> Result<(), RenderError> {
    let relying = driver_in.map(|_| inputs.without_driver());
    let inputs = relying.as_ref().unwrap_or(inputs);
    let owner = inputs.owner();
    let skips = !inputs.driver.mode.has_chart();
    if !skips {
        plan.refusals.extend(archive_for_kustomize(scope, KUSTOMIZATION, &inputs.driver.chart));
    }
    let driver = identity.driver(inputs.driver(&owner));
    for (name, wanted) in of_driver(inputs, &driver, (file_system, points))? {
        let there = found.get(name).map(String::as_str);
        if there.is_some_and(|text| !owner.wrote(text)) {
            plan.refusals.push(files::foreign(scope, name));
            continue;
        }
        if name == VALUES && skips {
            if there.is_some() {
                let reason = driver_in.map_or_else(
                    || without_chart(inputs.driver.mode).to_owned(),
                    |other| format!("the driver is among the documents of `module.{other}`"),
                );
                plan.changes.push(files::remove(scope, name, &reason));
            }
            continue;
        }
        let Some(mut change) = files::write(scope, name, there, &wanted) else { continue };
        match name {
            VALUES => change.needs.clone_from(&identity.before_driver),
            // It names the others, and so comes after them.
            KUSTOMIZATION => {
                let ids = [VALUES, STORAGE_CLASS, CLASSES_BESIDE, VOLUMES];
                let ids = ids.map(|name| files::id(scope, name));
                let planned = |id: &ChangeId| plan.changes.iter().any(|change| change.id == *id);
                change.needs = ids.into_iter().filter(planned).collect();
            }
            // Whoever applies these can mount from then on.
            _ => {
                change.needs.clone_from(&ready.needs);
                change.needs_any = ready.targets.clone();
            }
        }
        match name {
            STORAGE_CLASS => replacement(&mut change, inputs, file_system, there),
            CLASSES_BESIDE => replaced_beside(&mut change, inputs, file_system, there),
            VOLUMES => change.needs.extend(points.values().filter_map(Known::later).cloned()),
            _ => {}
        }
        plan.changes.push(change);
    }
    no_more(plan, scope, inputs, found);
    Ok(())
}

/// Why a directory has no values of the driver's chart.
fn without_chart(mode: DriverMode) -> &'static str {
    if mode == DriverMode::Addon {
        "the driver is an add-on of EKS"
    } else {
        "the driver is left alone"
    }
}

/// Plans the removal of documents that the inputs ask nothing of any more, once the kustomization
/// does not name them.
fn no_more<C: From<files::Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    inputs: &Inputs,
    found: &Files,
) {
    let owner = inputs.owner();
    let ours = |name: &&str| found.get(*name).is_some_and(|text| owner.wrote(text));
    let unwanted = |name: &&str| !names(inputs).any(|wanted| wanted == *name);
    for name in [CLASSES_BESIDE, VOLUMES].into_iter().filter(ours).filter(unwanted) {
        let change = files::remove(scope, name, "the inputs ask for nothing of it any more");
        let planned = |id: &ChangeId| plan.changes.iter().any(|change| change.id == *id);
        let change = change.needing(Some(files::id(scope, KUSTOMIZATION)).filter(planned));
        plan.changes.push(change);
    }
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

/// The id of the change that writes the classes beside the deployment's own.
pub(crate) fn classes_id(scope: &Scope) -> ChangeId {
    files::id(scope, CLASSES_BESIDE)
}

/// The id of the change that writes the class.
pub(crate) fn class_id(scope: &Scope) -> ChangeId {
    files::id(scope, STORAGE_CLASS)
}

/// Whether a document of somebody else needs the driver: it has a class or a volume of it. Of a
/// text that is no YAML, such as a template, the driver's name says so.
pub fn needs_driver(text: &str) -> bool {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        match documents.last_mut() {
            Some(document) if line.trim_end() != "---" => document.push_str(&format!("{line}\n")),
            _ => documents.push(String::new()),
        }
    }
    let all = documents.iter().map(|document| kubernetes::parsed("document", document));
    match all.collect::<Result<Vec<_>, _>>() {
        Ok(all) => all.iter().any(is_of_driver),
        Err(_) => text.contains(chart::PROVISIONER),
    }
}

fn is_of_driver(object: &serde_json::Value) -> bool {
    let names = |value: &serde_json::Value| value == chart::PROVISIONER;
    let mut items = object["items"].as_array().into_iter().flatten();
    names(&object["provisioner"])
        || names(&object["spec"]["csi"]["driver"])
        || items.any(is_of_driver)
}

/// Whether a plan leaves the driver among the documents of a directory.
pub(crate) fn keep_driver<C>(plan: &Plan<C>, actual: &Actual) -> bool {
    let goes = plan.changes.iter().any(|change| {
        change.action == Action::Delete && change.address.key.as_deref() == Some(VALUES)
    });
    actual.cluster.is_none() && actual.documents.contains_key(VALUES) && !goes
}

/// Plans the removal of what this deployment wrote. The driver stays while anything else needs
/// it: whoever applies the directory would uninstall it under its pods. `mounted` says what of a
/// file system that stays.
pub(crate) fn remove_all<C: From<files::Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    inputs: &Inputs,
    actual: &Actual,
    mounted: Option<String>,
) -> Vec<ChangeId> {
    let owner = inputs.owner();
    let found = &actual.documents;
    let why = "the deployment is destroyed";
    let carries = found.contains_key(VALUES) && found.contains_key(KUSTOMIZATION);
    let stays = why_driver_stays(scope, actual, mounted);
    let alone = kustomization(inputs, false).ok().filter(|_| !stays.is_empty() && carries);
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
    plan.notes.extend(stays);
    let there = found.get(KUSTOMIZATION).map(String::as_str).filter(|text| owner.wrote(text));
    let kept = there
        .and_then(|there| files::write(scope, KUSTOMIZATION, Some(there), &Text::literal(alone)));
    let kept: Vec<plan::Change<C>> = kept.into_iter().collect();
    let before: Vec<ChangeId> = kept.iter().map(|change| change.id.clone()).collect();
    plan.changes.extend(kept);
    let first = plan.changes.len();
    let class = (&[STORAGE_CLASS, CLASSES_BESIDE, VOLUMES][..], why);
    let removed = files::remove_all(plan, scope, class, found, |text| owner.wrote(text), |_| None);
    for change in plan.changes.iter_mut().skip(first) {
        change.needs.extend(before.clone());
    }
    [before, removed].concat()
}

/// Why the driver stays among the documents, and how it goes.
fn why_driver_stays(scope: &Scope, actual: &Actual, mounted: Option<String>) -> Vec<String> {
    let mut notes = Vec::new();
    let modules = &actual.driver_users;
    if !modules.is_empty() {
        let modules: Vec<String> = modules.iter().map(|it| format!("`module.{it}`")).collect();
        notes.push(format!(
            "the driver stays among the documents of `module.{0}`: {1} needs it; deployed with \
             `driver = \"skip\"` in `module.{0}`, another one gets it",
            scope.module,
            modules.join(", ")
        ));
    }
    let documents = actual.driver_documents.iter().map(|path| format!("`{path}`"));
    let others: Vec<String> = documents.chain(mounted).collect();
    if !others.is_empty() {
        let path = |name: &str| scope.path(name);
        notes.push(format!(
            "the driver stays among the documents, as these may need it: {}; once nothing does, \
             delete `{}` and `{}`",
            others.join(", "),
            path(VALUES),
            path(KUSTOMIZATION)
        ));
    }
    notes
}
