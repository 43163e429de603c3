//! The workloads of a deployment: the blocks of the file, or flags where it has none.

use std::path::Path;

use inputs::Given;

use super::gathered::Gathered;
use crate::config::{Evaluated, Kind};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::flags::{InputFlags, Workload};

/// The workload's label where no file gives it one.
const DEFAULT_LABEL: &str = "graphscope";

/// The storage that the workloads use.
pub(super) struct Storage<'a> {
    /// The label of its block.
    pub(super) label: &'a str,
    /// Its inputs, where they have no mistakes.
    pub(super) inputs: Option<&'a efs::Inputs>,
}

/// The workloads, checked with their storage.
pub(super) fn read(
    storage: &Storage,
    evaluated: &Evaluated,
    flags: &InputFlags<Workload>,
    folder: Option<&Path>,
    diagnostics: &mut Diagnostics,
) -> Vec<(String, graphscope::Inputs)> {
    let blocks = evaluated.modules.iter().filter(|(_, module)| module.kind == Kind::GraphScope);
    let mut all: Vec<(String, Gathered)> =
        blocks.map(|(label, module)| (label.clone(), Gathered::of(module))).collect();
    for (_, gathered) in &mut all {
        gathered.resolve_paths(graphscope::INPUTS, folder);
    }
    if !flags.given.is_empty() {
        if all.is_empty() {
            all.push((DEFAULT_LABEL.to_owned(), of_storage(storage)));
        }
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
    }
    let mut workloads = Vec::new();
    for (label, mut gathered) in all {
        gathered.read_files(graphscope::INPUTS, diagnostics);
        if let Some(parsed) = parse(storage, &mut gathered, diagnostics) {
            workloads.push((label, parsed));
        }
    }
    workloads
}

/// A workload that no block tells uses the class of the storage.
fn of_storage(storage: &Storage) -> Gathered {
    let mut gathered = Gathered::nothing();
    let class =
        Given::Output { module: storage.label.to_owned(), output: "storage_class_name".to_owned() };
    gathered.inputs.insert("storage_class_name".to_owned(), class);
    gathered
}

fn parse(
    storage: &Storage,
    gathered: &mut Gathered,
    diagnostics: &mut Diagnostics,
) -> Option<graphscope::Inputs> {
    let mut of_this_class = false;
    for value in gathered.inputs.values_mut() {
        if let (Given::Output { module, output }, Some(inputs)) = (&*value, storage.inputs)
            && module == storage.label
            && output == "storage_class_name"
        {
            of_this_class = true;
            *value = Given::Literal(inputs.storage_class.name.clone().into());
        }
    }
    match graphscope::Inputs::parse(&gathered.inputs) {
        Ok(parsed) => {
            let class = storage.inputs.map(|inputs| &inputs.storage_class);
            let class = class.filter(|_| of_this_class);
            if let Some(problem) =
                class.and_then(|class| parsed.unsuitable_user(class.uid, class.gid))
            {
                let place = gathered.places.get("storage_class_name");
                let place = place.unwrap_or(&gathered.block).clone();
                diagnostics.push(Diagnostic::new(problem.message, place).remedy(problem.remedy));
            }
            Some(parsed)
        }
        Err(mistakes) => {
            // Without its storage, what refers to it is not wrong by itself.
            if storage.inputs.is_some() {
                gathered.tell(mistakes, diagnostics);
            }
            None
        }
    }
}
