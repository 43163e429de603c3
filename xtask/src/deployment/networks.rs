//! The network modules of a file.

use inputs::Given;
use job::{DriverDocuments, Module, ModuleInputs};

use super::gathered::Gathered;
use super::workloads::Storage;
use crate::config::{Evaluated, Kind};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};

/// The networks that the storage refers to; all of the file are checked.
pub(super) fn read(
    storage: &[Storage],
    evaluated: &Evaluated,
    diagnostics: &mut Diagnostics,
) -> Vec<Module> {
    let networks = evaluated.modules.iter().filter(|(_, module)| module.kind == Kind::Network);
    let mut referred = Vec::new();
    for one in storage {
        let labels = labels(one);
        if labels.len() > 1 {
            let names: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            let message = format!("the inputs refer to several modules: {}", names.join(", "));
            diagnostics.push(
                Diagnostic::new(message, Place::Nowhere)
                    .remedy("take subnets and security group from one network module"),
            );
        }
        referred.push((one, labels));
    }
    let mut modules = Vec::new();
    for (label, module) in networks {
        let parsed = match network::Inputs::parse(&module.given) {
            Ok(parsed) => parsed,
            Err(mistakes) => {
                Gathered::of(module).report(mistakes, diagnostics);
                continue;
            }
        };
        let users = referred.iter().filter(|(_, labels)| labels.contains(&label.as_str()));
        for (one, _) in users.clone() {
            let there = one.inputs.as_ref().map(|inputs| &inputs.aws_region);
            if let (Some(here), Some(there)) = (&parsed.aws_region, there)
                && here != there
            {
                let place = module.places.get("aws_region").unwrap_or(&module.place).clone();
                diagnostics.push(
                    Diagnostic::new(
                        format!("the network is in `{here}`, and the file system in `{there}`"),
                        place,
                    )
                    .remedy("give both the same region, or leave it out here"),
                );
            }
        }
        if users.count() > 0 {
            let inputs = ModuleInputs::Network(parsed);
            let (label, driver) = (label.clone(), DriverDocuments::Own);
            modules.push(Module { label, shared: false, inputs, driver });
        }
    }
    modules
}

/// The modules that a storage module refers to.
fn labels(storage: &Storage) -> Vec<&str> {
    let mut labels: Vec<&str> = storage.given.inputs.values().flat_map(modules_in).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

/// The modules whose outputs stand in a value.
fn modules_in(given: &Given) -> Vec<&str> {
    match given {
        Given::Output { module, .. } => vec![module],
        Given::List(elements) => elements.iter().flat_map(modules_in).collect(),
        Given::Literal(_) => Vec::new(),
    }
}
