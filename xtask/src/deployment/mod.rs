//! The deployment that a command is about: flags over variables over the file over
//! defaults.

mod explain;
mod gathered;
mod labels;
mod networks;
mod shared;
mod workloads;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use failure::failure;
use inputs::Given;
use job::{Module, ModuleInputs};

use crate::config::{Config, Evaluated, Evaluation, Kind, Values};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};
use crate::flags::{DeploymentArgs, InputFlags, Storage, Workload};
use explain::Explained;
use gathered::Gathered;

/// The file that is read where none is named.
const DEFAULT_FILE: &str = "clockwork.hcl";

/// A deployment that passed every check: the modules of a file.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) modules: Vec<Module>,
}

impl Deployment {
    /// The storage, by label.
    pub(crate) fn storage(&self) -> impl Iterator<Item = (&str, &efs::Inputs)> {
        self.modules.iter().filter_map(|module| match &module.inputs {
            ModuleInputs::Efs(inputs) => Some((module.label.as_str(), inputs.as_ref())),
            ModuleInputs::Network(_) | ModuleInputs::GraphScope(_) => None,
        })
    }

    /// The workloads, by label.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = (&str, &graphscope::Inputs)> {
        self.modules.iter().filter_map(|module| match &module.inputs {
            ModuleInputs::GraphScope(inputs) => Some((module.label.as_str(), inputs)),
            ModuleInputs::Network(_) | ModuleInputs::Efs(_) => None,
        })
    }

    /// The modules without the workloads.
    pub(crate) fn without_workloads(mut self) -> Vec<Module> {
        self.modules.retain(|module| !matches!(module.inputs, ModuleInputs::GraphScope(_)));
        self.modules
    }

    /// The workloads alone.
    pub(crate) fn only_workloads(mut self) -> Vec<Module> {
        self.modules.retain(|module| matches!(module.inputs, ModuleInputs::GraphScope(_)));
        self.modules
    }

    /// The cluster that it is about.
    pub(crate) fn cluster(&self) -> &str {
        self.storage().next().map_or("", |(_, inputs)| &inputs.cluster_name)
    }

    /// The folder that is its own among those of other deployments.
    pub(crate) fn folder(&self) -> PathBuf {
        let mut storage = self.storage();
        let cluster = PathBuf::from(self.cluster());
        match (storage.next(), storage.next()) {
            (Some((_, only)), None) => cluster.join(&only.storage_class.name),
            _ => cluster,
        }
    }
}

/// Reads the deployment, or reports every mistake in it.
pub(crate) fn read(args: &DeploymentArgs) -> anyhow::Result<Deployment> {
    read_with(args, &InputFlags::default())
}

/// The same, with flags for its workload.
pub(crate) fn read_with(
    args: &DeploymentArgs,
    workload: &InputFlags<Workload>,
) -> anyhow::Result<Deployment> {
    let mut diagnostics = Diagnostics::default();
    let path = args.config.clone().or_else(default_file);
    let config = match &path {
        Some(path) => Config::read(path, &mut diagnostics),
        None => Config::default(),
    };
    let (deployment, notes) = of_config(args, workload, path.as_deref(), &config, diagnostics)?;
    for note in notes {
        eprintln!("{note}");
    }
    Ok(deployment)
}

/// The deployment of a file with this text, without anything from the command line.
pub(crate) fn of_text(text: &str) -> anyhow::Result<Deployment> {
    let mut diagnostics = Diagnostics::default();
    let source = Source { name: DEFAULT_FILE.to_owned(), text: text.to_owned() };
    let config = Config::parse(&Arc::new(source), &mut diagnostics);
    let path = Some(Path::new(DEFAULT_FILE));
    of_config(&DeploymentArgs::default(), &InputFlags::default(), path, &config, diagnostics)
        .map(|(deployment, _)| deployment)
}

/// The deployment, and notes: what was taken from where people may not expect it, and what
/// means nothing here.
fn of_config(
    args: &DeploymentArgs,
    workload: &InputFlags<Workload>,
    path: Option<&Path>,
    config: &Config,
    mut diagnostics: Diagnostics,
) -> anyhow::Result<(Deployment, Vec<String>)> {
    let folder = path.and_then(Path::parent);
    let mut values = Values::read(&args.vars, &args.var_files, folder, &mut diagnostics);
    for (name, given) in &args.inputs.given {
        if let [text] = given.as_slice() {
            values.flag(name, text);
        }
    }
    let mut notes: Vec<String> =
        values.settle(config).into_iter().map(|taken| format!("note: taken: {taken}")).collect();
    notes.extend(config.notes.iter().map(|note| format!("note: {note}")));
    unknown_values(config, &values, &mut diagnostics);
    let evaluation = Evaluation::new(config, &values, &mut diagnostics);
    let labels = labels::of_storage(args, path, &evaluation, &values, &mut diagnostics);
    let by_value = |name: &str| values.get(name).is_some() && !config.variables.contains_key(name);
    let overridden = |module: &str, name: &str| {
        labels == [module] && (args.inputs.given.contains_key(name) || by_value(name))
    };
    let all: Vec<String> = evaluation
        .labels()
        .filter(|(_, kind)| *kind == Kind::Efs)
        .map(|(label, _)| label.clone())
        .collect();
    let evaluated = evaluation.modules(overridden, &mut diagnostics);
    let mut reading =
        Reading { evaluated: &evaluated, values: &values, config, folder, path, diagnostics };
    let storage: Vec<workloads::Storage> =
        labels.iter().map(|label| reading.storage(label, &labels, &args.inputs)).collect();
    let left_out: Vec<workloads::Storage> = all
        .iter()
        .filter(|label| !labels.contains(label))
        .map(|label| reading.left_out(label))
        .collect();
    let mut modules = networks::read(&storage, &evaluated, &mut reading.diagnostics);
    let workloads = workloads::read(
        (&storage, &left_out),
        &evaluated,
        workload,
        folder,
        &mut reading.diagnostics,
    );
    shared::check(&storage, &workloads, &mut reading.diagnostics);
    if args.explain {
        notes.extend(explained(&storage, &evaluated, config, &values));
    }
    reading.diagnostics.into_result()?;
    for one in storage {
        modules.push(module(one, all.len() > 1)?);
    }
    modules.extend(workloads);
    Ok((Deployment { modules }, notes))
}

/// A storage module that has no mistakes.
fn module(storage: workloads::Storage, among_others: bool) -> anyhow::Result<Module> {
    let workloads::Storage { label, inputs, .. } = storage;
    let Some(inputs) = inputs else {
        return Err(failure(
            "the inputs were refused without a reason",
            "this is a bug: please report it",
        ));
    };
    // The only instance of a block has names of its own too: another may join it.
    let shared = among_others || label.contains('[');
    Ok(Module { label, shared, inputs: ModuleInputs::Efs(Box::new(inputs)) })
}

/// Where the values of all modules came from.
fn explained(
    storage: &[workloads::Storage],
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

/// `clockwork.hcl` here, or else at the top of the workspace.
fn default_file() -> Option<PathBuf> {
    let here = PathBuf::from(DEFAULT_FILE);
    let top = crate::live::workspace().join(DEFAULT_FILE);
    [here, top].into_iter().find(|path| path.is_file())
}

/// What the modules of a file are read from.
struct Reading<'a> {
    evaluated: &'a Evaluated,
    values: &'a Values,
    config: &'a Config,
    folder: Option<&'a Path>,
    path: Option<&'a Path>,
    diagnostics: Diagnostics,
}

impl Reading<'_> {
    /// One storage module. Flags and values by the names of inputs are for the only one.
    fn storage(
        &mut self,
        label: &str,
        labels: &[String],
        flags: &InputFlags<Storage>,
    ) -> workloads::Storage {
        let known = self.evaluated.modules.get(label);
        let mut given = known.map_or_else(Gathered::nothing, Gathered::of);
        given.resolve_paths(efs::INPUTS, self.folder);
        if labels.len() == 1 {
            self.values_by_input(&mut given);
            given.take_flags(flags, &mut self.diagnostics);
        }
        given.read_files(efs::INPUTS, &mut self.diagnostics);
        let unread = self.path.is_some() && known.is_none();
        if unread && !self.diagnostics.is_empty() || self.values.are_unreadable() {
            // What a file would have said that could not be read is not missing.
            let unread = efs::INPUTS.iter().filter(|input| !given.inputs.contains_key(input.name));
            given.broken.extend(unread.map(|input| input.name.to_owned()));
        }
        let inputs = efs::Inputs::parse(&given.inputs)
            .map_err(|mistakes| given.report(mistakes, &mut self.diagnostics))
            .ok();
        workloads::Storage { label: label.to_owned(), inputs, given }
    }

    /// A storage module that the command is not about: others may refer to it, and its
    /// mistakes are those of another run.
    fn left_out(&mut self, label: &str) -> workloads::Storage {
        let mistakes = std::mem::take(&mut self.diagnostics);
        let read = self.storage(label, &[], &InputFlags::default());
        self.diagnostics = mistakes;
        read
    }

    /// Values that are given by the name of an input.
    fn values_by_input(&self, given: &mut Gathered) {
        for input in efs::INPUTS {
            let Some(supplied) = self.values.get(input.name) else { continue };
            if self.config.variables.contains_key(input.name) {
                continue;
            }
            let literal = supplied.for_input(input.kind);
            given.inputs.insert(input.name.to_owned(), Given::Literal(literal));
            given.places.insert(input.name.to_owned(), supplied.place(false));
        }
    }
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
