//! From a file's blocks to the modules of a job, every mistake reported at once.

use std::path::Path;

use failure::failure;
use job::{DriverDocuments, Module, ModuleInputs};

use super::checked::Deployment;
use super::explain::{self, Explained};
use super::reading::Reading;
use super::workloads::Storage;
use super::{labels, networks, shared, workloads};
use crate::config::{Config, Evaluated, Evaluation, Kind, Values};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::flags::{DeploymentArgs, InputFlags, Workload};

/// The deployment, and notes: what was taken from where people may not expect it, and what
/// means nothing here.
pub(super) fn of_config(
    args: &DeploymentArgs,
    workload: &InputFlags<Workload>,
    path: Option<&Path>,
    config: &Config,
    mut diagnostics: Diagnostics,
) -> anyhow::Result<(Deployment, Vec<String>)> {
    let folder = path.and_then(Path::parent);
    let mut values = values(args, folder, &mut diagnostics);
    let taken = values.settle(config).into_iter().map(|taken| format!("note: taken: {taken}"));
    let mut notes: Vec<String> = taken.collect();
    notes.extend(config.notes.iter().map(|note| format!("note: {note}")));
    unknown_values(config, &values, &mut diagnostics);
    let evaluation = Evaluation::new(config, &values, &mut diagnostics);
    let labels = labels::of_storage(args, path, &evaluation, &values, &mut diagnostics);
    let of_storage = evaluation.labels().filter(|(_, kind)| *kind == Kind::Efs);
    let all: Vec<String> = of_storage.map(|(label, _)| label.clone()).collect();
    let evaluated = evaluated(evaluation, args, &labels, &values, &mut diagnostics);
    notes.extend(evaluated.notes.iter().map(|note| format!("note: {note}")));
    let mut reading =
        Reading { evaluated: &evaluated, values: &values, config, folder, path, diagnostics };
    let storage: Vec<Storage> =
        labels.iter().map(|label| reading.storage(label, &labels, &args.inputs)).collect();
    let others = all.iter().filter(|label| !labels.contains(label));
    let left_out: Vec<Storage> = others.map(|label| reading.left_out(label)).collect();
    let mut diagnostics = reading.diagnostics;
    let mut modules = networks::read(&storage, &evaluated, &mut diagnostics);
    let beside = (storage.as_slice(), left_out.as_slice());
    let workloads = workloads::read(beside, &evaluated, workload, folder, &mut diagnostics);
    shared::check(&storage, &workloads, &mut diagnostics);
    if args.explain {
        notes.extend(explained(&storage, &evaluated, config, &values));
    }
    diagnostics.into_result()?;
    let drivers = drivers(beside);
    for (one, driver) in storage.into_iter().zip(drivers) {
        modules.push(module(one, all.len() > 1, driver)?);
    }
    modules.extend(workloads);
    Ok((Deployment { modules, outputs: evaluated.outputs }, notes))
}

/// All values that were set, by flags of inputs too.
fn values(args: &DeploymentArgs, folder: Option<&Path>, diagnostics: &mut Diagnostics) -> Values {
    let mut values = Values::read(&args.vars, &args.var_files, folder, diagnostics);
    for (name, given) in &args.inputs.given {
        if let [text] = given.as_slice() {
            values.flag(name, text);
        }
    }
    if let Some(module) = &args.module {
        values.only_for(module);
    }
    values
}

/// The blocks, evaluated. What a flag or a value by the name of an input gives to the only
/// module is not evaluated in its block.
fn evaluated(
    evaluation: Evaluation,
    args: &DeploymentArgs,
    labels: &[String],
    values: &Values,
    diagnostics: &mut Diagnostics,
) -> Evaluated {
    let config = evaluation.config;
    let by_value = |name: &str| values.get(name).is_some() && !config.variables.contains_key(name);
    let overridden = |module: &str, name: &str| {
        labels == [module] && (args.inputs.given.contains_key(name) || by_value(name))
    };
    evaluation.modules(overridden, diagnostics)
}

/// Whose documents have the driver, for each storage module that the command is about: those
/// of the first by label that wants it, as several may define its objects once only.
fn drivers((storage, left_out): (&[Storage], &[Storage])) -> Vec<DriverDocuments> {
    let driver = |one: &Storage| {
        let of_cluster = storage.iter().chain(left_out).filter(|other| other.shares_cluster(one));
        let mut wanting: Vec<String> =
            of_cluster.filter(|other| other.wants_driver()).map(|it| it.label.clone()).collect();
        wanting.sort_unstable();
        match wanting.split_first() {
            Some((first, others)) if *first == one.label && !others.is_empty() => {
                DriverDocuments::Shared(others.to_vec())
            }
            Some((first, _)) if *first != one.label && one.wants_driver() => {
                DriverDocuments::Of(first.clone())
            }
            _ => DriverDocuments::Own,
        }
    };
    storage.iter().map(driver).collect()
}

/// A storage module that has no mistakes.
fn module(storage: Storage, among_others: bool, driver: DriverDocuments) -> anyhow::Result<Module> {
    let Storage { label, inputs, .. } = storage;
    let Some(inputs) = inputs else {
        return Err(failure(
            "the inputs were refused without a reason",
            "this is a bug: please report it",
        ));
    };
    // The only instance of a block has names of its own too: another may join it.
    let shared = among_others || label.contains('[');
    Ok(Module { label, shared, inputs: ModuleInputs::Efs(Box::new(inputs)), driver })
}

/// Where the values of all modules came from.
fn explained(
    storage: &[Storage],
    evaluated: &Evaluated,
    config: &Config,
    values: &Values,
) -> Vec<String> {
    let of_storage = storage.iter().map(|one| Explained {
        label: &one.label,
        schema: efs::INPUTS,
        inputs: &one.given.inputs,
        places: &one.given.places,
        uses: evaluated.modules.get(&one.label).map(|module| &module.uses),
    });
    let others = evaluated.modules.iter().filter(|(_, module)| module.kind != Kind::Efs);
    let others = others.map(|(label, module)| Explained {
        label,
        schema: module.kind.inputs(),
        inputs: &module.given,
        places: &module.places,
        uses: Some(&module.uses),
    });
    let all = others.chain(of_storage);
    all.flat_map(|module| explain::explain(&module, config, values)).collect()
}

/// Values for what is neither a variable nor an input.
fn unknown_values(config: &Config, values: &Values, diagnostics: &mut Diagnostics) {
    let referenced = config.referenced();
    for (name, supplied) in values.iter() {
        let input = efs::INPUTS.iter().any(|input| input.name == name.as_str());
        if input || config.variables.contains_key(name) || referenced.contains(name) {
            continue;
        }
        if let Place::Named(place) = supplied.place(false)
            && place.starts_with("CLOCKWORK_VAR_")
        {
            eprintln!(
                "warning: {place} is set, and this deployment has no variable or input `{name}`"
            );
            continue;
        }
        let known = config.variables.keys().map(String::as_str);
        let known = known.chain(efs::INPUTS.iter().map(|input| input.name));
        let message = format!("there is no variable or input `{name}`");
        let near = inputs::nearest(name, known);
        let remedy = near.map_or_else(
            || format!("declare `variable \"{name}\" {{}}`, or leave the value out"),
            |near| format!("did you mean `{near}`?"),
        );
        diagnostics.push(Diagnostic::new(message, supplied.place(false)).remedy(remedy));
    }
}
