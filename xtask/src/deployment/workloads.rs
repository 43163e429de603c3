//! The workloads of a deployment: the blocks of the file, or flags where it has none.

use std::path::Path;

use efs::resources::driver::DriverMode;
use inputs::{Given, Written};
use job::{DriverDocuments, Module, ModuleInputs};

use super::gathered::Gathered;
use crate::config::{Evaluated, Kind};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::flags::{InputFlags, Workload};

/// A storage module, as it was read.
pub(super) struct Storage {
    /// The label of its block.
    pub(super) label: String,
    /// Its inputs, where they have no mistakes.
    pub(super) inputs: Option<efs::Inputs>,
    /// What was given for them.
    pub(super) given: Gathered,
}

impl Storage {
    /// Whether both are of one cluster, as far as that can be read.
    pub(super) fn shares_cluster(&self, other: &Storage) -> bool {
        match (&self.inputs, &other.inputs) {
            (Some(one), Some(other)) => one.cluster_name == other.cluster_name,
            _ => true,
        }
    }

    /// Whether the driver is part of it; where its inputs have mistakes, by what was given.
    pub(super) fn wants_driver(&self) -> bool {
        if let Some(inputs) = &self.inputs {
            return inputs.driver.mode != DriverMode::Skip;
        }
        let given = self.given.inputs.get("driver");
        given != Some(&Given::Literal(DriverMode::Skip.as_str().into()))
    }

    /// Whether it makes this class.
    fn has(&self, class: &str) -> bool {
        self.inputs.as_ref().is_some_and(|inputs| inputs.has_class(class))
    }
}

/// The workloads, checked with their storage.
///
/// `left_out` is the storage that the command is not about; workloads on it are not, either.
pub(super) fn read(
    (storage, left_out): (&[Storage], &[Storage]),
    evaluated: &Evaluated,
    flags: &InputFlags<Workload>,
    folder: Option<&Path>,
    diagnostics: &mut Diagnostics,
) -> Vec<Module> {
    let blocks = evaluated.modules.iter().filter(|(_, module)| module.kind == Kind::GraphScope);
    let mut all: Vec<(String, Gathered)> =
        blocks.map(|(label, module)| (label.clone(), Gathered::of(module))).collect();
    for (_, gathered) in &mut all {
        gathered.resolve_paths(graphscope::INPUTS, folder);
    }
    let written = take_flags(&mut all, storage, evaluated, flags, diagnostics);
    let mut workloads = Vec::new();
    for (label, mut gathered) in all {
        gathered.read_files(graphscope::INPUTS, diagnostics);
        if let Some(mut parsed) = parse((storage, left_out), &mut gathered, diagnostics) {
            parsed.written = Written::with_flags(graphscope::FLAGS, written.iter().copied());
            let of = |all: &[Storage]| all.iter().any(|one| one.has(&parsed.storage_class_name));
            if of(left_out) && !of(storage) {
                continue;
            }
            workloads.push(Module {
                label,
                shared: true,
                inputs: ModuleInputs::GraphScope(parsed),
                driver: DriverDocuments::Own,
            });
        }
    }
    workloads
}

/// Gives the flags to the one workload that there is, or makes one of them; the inputs that are
/// flags then.
fn take_flags(
    all: &mut Vec<(String, Gathered)>,
    storage: &[Storage],
    evaluated: &Evaluated,
    flags: &InputFlags<Workload>,
    diagnostics: &mut Diagnostics,
) -> Vec<&'static str> {
    if flags.given.is_empty() {
        return Vec::new();
    }
    let written = if all.is_empty() {
        let label = label(flags);
        if evaluated.modules.contains_key(&label) {
            diagnostics.push(
                Diagnostic::new(
                    format!("the workload and `module \"{label}\"` of the file have one name"),
                    Place::Named("--workload-name".to_owned()),
                )
                .remedy("give the workload another name"),
            );
        }
        all.push((label, on(storage.first())));
        graphscope::INPUTS.iter().map(|input| input.name).collect()
    } else {
        flags.given.keys().copied().collect()
    };
    match all.as_mut_slice() {
        [(_, one)] => one.take_flags(flags, diagnostics),
        several => {
            let labels: Vec<String> =
                several.iter().map(|(label, _)| format!("`{label}`")).collect();
            diagnostics.push(
                Diagnostic::new(
                    format!("several workloads could be meant: {}", labels.join(", ")),
                    Place::Named(format!("--{}…", graphscope::FLAGS)),
                )
                .remedy("flags serve for one workload; change the blocks of the file"),
            );
        }
    }
    written
}

/// The label of a workload that no block describes: its name, after which its folder of documents
/// is called too.
fn label(flags: &InputFlags<Workload>) -> String {
    let default = graphscope::INPUTS.iter().find(|input| input.name == "name");
    let default = default.and_then(|input| input.default).unwrap_or_default();
    let given = flags.given.get("name").and_then(|values| values.last());
    given.map_or(default, String::as_str).to_owned()
}

/// A workload that no block describes uses the class of the storage.
fn on(storage: Option<&Storage>) -> Gathered {
    let mut gathered = Gathered::nothing();
    let label = storage.map(|storage| storage.label.clone()).unwrap_or_default();
    let class = Given::Output { module: label, output: "storage_class_name".to_owned() };
    gathered.inputs.insert("storage_class_name".to_owned(), class);
    gathered
}

fn parse(
    (storage, left_out): (&[Storage], &[Storage]),
    gathered: &mut Gathered,
    diagnostics: &mut Diagnostics,
) -> Option<graphscope::Inputs> {
    for value in gathered.inputs.values_mut() {
        let Given::Output { module, output } = &*value else { continue };
        let of = storage.iter().chain(left_out).find(|one| one.label == *module);
        if let Some(inputs) = of.and_then(|one| one.inputs.as_ref())
            && output == "storage_class_name"
        {
            *value = Given::Literal(inputs.storage_class.name.clone().into());
        }
    }
    match graphscope::Inputs::parse(&gathered.inputs) {
        Ok(parsed) => {
            let mut all = storage.iter().chain(left_out);
            let of_class = all.find(|one| one.has(&parsed.storage_class_name));
            let class = of_class.and_then(|one| one.inputs.as_ref());
            let mut classes = class.into_iter().flat_map(efs::Inputs::classes);
            let class = classes.find(|class| class.name == parsed.storage_class_name);
            let problem = class.and_then(|class| parsed.incompatible_user(class.uid, class.gid));
            if let Some(problem) = problem {
                let place = gathered.places.get("storage_class_name");
                let place = place.unwrap_or(&gathered.block).clone();
                diagnostics.push(Diagnostic::new(problem.message, place).remedy(problem.remedy));
            }
            Some(parsed)
        }
        Err(mistakes) => {
            // Without its storage, what refers to it is not wrong on its own.
            if storage.iter().chain(left_out).all(|one| one.inputs.is_some()) {
                gathered.report(mistakes, diagnostics);
            }
            None
        }
    }
}
