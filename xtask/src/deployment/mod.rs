//! Which deployment is meant: flags over variables over the file over defaults.

mod explain;
mod gathered;
mod workloads;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use inputs::{Given, GivenInputs};

use crate::config::{Config, Evaluated, Evaluation, Kind, Values};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};
use crate::flags::{InputFlags, Storage, Which, Workload};
use explain::Explained;
use gathered::Gathered;

/// The file that is read where none is named.
const DEFAULT_FILE: &str = "clockwork.hcl";

/// The module's label where no file gives it one; the seed's own.
const DEFAULT_LABEL: &str = "efs_csi";

/// A deployment that passed every check.
#[derive(Debug)]
pub(crate) struct Deployment {
    /// The label of its module block.
    pub(crate) module: String,
    pub(crate) inputs: efs::Inputs,
    /// The network module, where the inputs refer to it.
    pub(crate) network: Option<network::Inputs>,
    /// The workloads of the file, by the labels of their blocks.
    pub(crate) workloads: Vec<(String, graphscope::Inputs)>,
}

/// Reads the deployment, or tells every mistake in it.
pub(crate) fn read(which: &Which) -> anyhow::Result<Deployment> {
    read_with(which, &InputFlags::default())
}

/// The same, with flags for its workload.
pub(crate) fn read_with(
    which: &Which,
    workload: &InputFlags<Workload>,
) -> anyhow::Result<Deployment> {
    let mut diagnostics = Diagnostics::default();
    let path = which.config.clone().or_else(default_file);
    let config = match &path {
        Some(path) => Config::read(path, &mut diagnostics),
        None => Config::default(),
    };
    let (deployment, notes) = of_config(which, workload, path.as_deref(), &config, diagnostics)?;
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
    of_config(&Which::default(), &InputFlags::default(), path, &config, diagnostics)
        .map(|(deployment, _)| deployment)
}

/// The deployment, and notes: what was taken from where people may not expect it, and what
/// means nothing here.
fn of_config(
    which: &Which,
    workload: &InputFlags<Workload>,
    path: Option<&Path>,
    config: &Config,
    mut diagnostics: Diagnostics,
) -> anyhow::Result<(Deployment, Vec<String>)> {
    let folder = path.and_then(Path::parent);
    let mut values = Values::read(&which.vars, &which.var_files, folder, &mut diagnostics);
    for (name, given) in &which.inputs.given {
        if let [text] = given.as_slice() {
            values.flag(name, text);
        }
    }
    let mut notes: Vec<String> =
        values.settle(config).into_iter().map(|taken| format!("note: taken: {taken}")).collect();
    notes.extend(config.notes.iter().map(|note| format!("note: {note}")));
    unknown_values(config, &values, &mut diagnostics);
    let evaluation = Evaluation::new(config, &values, &mut diagnostics);
    let label = label(which, path, &evaluation, &mut diagnostics);
    let by_value = |name: &str| values.get(name).is_some() && !config.variables.contains_key(name);
    let overridden = |module: &str, name: &str| {
        module == label && (which.inputs.given.contains_key(name) || by_value(name))
    };
    let evaluated = evaluation.modules(overridden, &mut diagnostics);

    let mut given =
        gather(&label, &evaluated, &values, config, &which.inputs, folder, &mut diagnostics);
    let unread = path.is_some() && !evaluated.modules.contains_key(&label);
    if unread && !diagnostics.is_empty() || values.are_unreadable() {
        // What a file would have said that could not be read is not missing.
        let unread = efs::INPUTS.iter().filter(|input| !given.inputs.contains_key(input.name));
        given.broken.extend(unread.map(|input| input.name.to_owned()));
    }
    let inputs = efs::Inputs::parse(&given.inputs)
        .map_err(|mistakes| given.tell(mistakes, &mut diagnostics))
        .ok();
    let network = network_of(&given.inputs, inputs.as_ref(), &evaluated, &mut diagnostics);
    if which.explain {
        notes.extend(explained(&label, &given, &evaluated, config, &values));
    }
    let storage = workloads::Storage { label: &label, inputs: inputs.as_ref() };
    let workloads = workloads::read(&storage, &evaluated, workload, folder, &mut diagnostics);
    diagnostics.into_result()?;
    match inputs {
        Some(inputs) => Ok((Deployment { module: label, inputs, network, workloads }, notes)),
        None => anyhow::bail!("the inputs were refused without a reason; please report it"),
    }
}

/// Where the values of all modules came from.
fn explained(
    label: &str,
    given: &Gathered,
    evaluated: &Evaluated,
    config: &Config,
    values: &Values,
) -> Vec<String> {
    let of_storage = Explained {
        label,
        schema: efs::INPUTS,
        inputs: &given.inputs,
        places: &given.places,
        uses: evaluated.modules.get(label).map(|module| &module.uses),
    };
    let others = evaluated
        .modules
        .iter()
        .filter(|(other, module)| other.as_str() != label && module.kind != Kind::Efs);
    let others = others.map(|(label, module)| Explained {
        label,
        schema: module.kind.inputs(),
        inputs: &module.given,
        places: &module.places,
        uses: Some(&module.uses),
    });
    let all = others.chain([of_storage]);
    all.flat_map(|module| explain::explain(&module, config, values)).collect()
}

/// `clockwork.hcl` here, or else at the top of the workspace.
fn default_file() -> Option<PathBuf> {
    let here = PathBuf::from(DEFAULT_FILE);
    let top = crate::live::workspace().join(DEFAULT_FILE);
    [here, top].into_iter().find(|path| path.is_file())
}

/// The label of the one module block that is meant.
fn label(
    which: &Which,
    path: Option<&Path>,
    evaluation: &Evaluation,
    diagnostics: &mut Diagnostics,
) -> String {
    let found = evaluation.labels().filter(|(_, kind)| *kind == Kind::Efs);
    let found: Vec<&String> = found.map(|(label, _)| label).collect();
    let place = || path.map_or(Place::Nowhere, |path| Place::Named(path.display().to_string()));
    match (&which.module, found.as_slice()) {
        (Some(label), found) if path.is_none() || found.contains(&label) => return label.clone(),
        (Some(label), found) => diagnostics.push(
            Diagnostic::new(
                format!("there is no `module \"{label}\"` of `{}`", Kind::Efs.source()),
                Place::Named(format!("--module {label}")),
            )
            .nearest(label, found.iter().map(|label| label.as_str())),
        ),
        (None, [one]) => return (*one).clone(),
        // Where nothing could be read, that is told already.
        (None, []) if path.is_none() || !diagnostics.is_empty() => {}
        (None, []) => diagnostics.push(
            Diagnostic::new(format!("the file has no module of `{}`", Kind::Efs.source()), place())
                .remedy(format!(
                    "add `module \"{DEFAULT_LABEL}\" {{ source = \"{}\" … }}`",
                    Kind::Efs.source()
                )),
        ),
        (None, several) => {
            let labels: Vec<String> = several.iter().map(|label| format!("`{label}`")).collect();
            diagnostics.push(
                Diagnostic::new(
                    format!("several modules could be meant: {}", labels.join(", ")),
                    place(),
                )
                .remedy("name one with `--module`"),
            );
        }
    }
    DEFAULT_LABEL.to_owned()
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

fn gather(
    label: &str,
    evaluated: &Evaluated,
    values: &Values,
    config: &Config,
    flags: &InputFlags<Storage>,
    folder: Option<&Path>,
    diagnostics: &mut Diagnostics,
) -> Gathered {
    let mut gathered = evaluated.modules.get(label).map_or_else(Gathered::nothing, Gathered::of);
    gathered.resolve_paths(efs::INPUTS, folder);
    for input in efs::INPUTS {
        if let Some(supplied) = values.get(input.name)
            && !config.variables.contains_key(input.name)
        {
            let literal = supplied.for_input(input.kind);
            gathered.inputs.insert(input.name.to_owned(), Given::Literal(literal));
            gathered.places.insert(input.name.to_owned(), supplied.place(false));
        }
    }
    gathered.take_flags(flags, diagnostics);
    gathered.read_files(efs::INPUTS, diagnostics);
    gathered
}

/// The network module that the inputs refer to, if they do.
fn network_of(
    given: &GivenInputs,
    inputs: Option<&efs::Inputs>,
    evaluated: &Evaluated,
    diagnostics: &mut Diagnostics,
) -> Option<network::Inputs> {
    let mut labels: Vec<&String> = given
        .values()
        .filter_map(|given| match given {
            Given::Output { module, .. } => Some(module),
            Given::Literal(_) => None,
        })
        .collect();
    labels.dedup();
    let mut chosen = None;
    for (label, module) in
        evaluated.modules.iter().filter(|(_, module)| module.kind == Kind::Network)
    {
        let gathered = Gathered::of(module);
        match network::Inputs::parse(&module.given) {
            Ok(parsed) => {
                if let (Some(here), Some(there)) =
                    (&parsed.aws_region, inputs.map(|inputs| &inputs.aws_region))
                    && here != there
                    && labels.contains(&label)
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
                if labels.contains(&label) {
                    chosen = Some(parsed);
                }
            }
            Err(mistakes) => gathered.tell(mistakes, diagnostics),
        }
    }
    labels.sort();
    labels.dedup();
    if labels.len() > 1 {
        let names: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        diagnostics.push(
            Diagnostic::new(
                format!("the inputs refer to several modules: {}", names.join(", ")),
                Place::Nowhere,
            )
            .remedy("take subnets and security group from one network module"),
        );
    }
    chosen
}
