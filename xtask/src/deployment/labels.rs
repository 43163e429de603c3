//! The labels of the storage modules that a command is about.

use std::path::Path;

use crate::config::{Config, Evaluation, Kind, Values};
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::flags::DeploymentArgs;

/// The module's label where no file gives it one; the seed's own.
const DEFAULT_LABEL: &str = "efs_csi";

/// All that the file has, or the one that `--module` names.
pub(super) fn of_storage(
    args: &DeploymentArgs,
    path: Option<&Path>,
    evaluation: &Evaluation,
    values: &Values,
    diagnostics: &mut Diagnostics,
) -> Vec<String> {
    let found = evaluation.labels().filter(|(_, kind)| *kind == Kind::Efs);
    let found: Vec<&String> = found.map(|(label, _)| label).collect();
    let place = || path.map_or(Place::Nowhere, |path| Place::Named(path.display().to_string()));
    match (&args.module, found.as_slice()) {
        (Some(label), found) if path.is_none() || found.contains(&label) => {
            return vec![label.clone()];
        }
        (Some(label), found) => diagnostics.push(
            Diagnostic::new(
                format!("there is no `module \"{label}\"` of `{}`", Kind::Efs.source()),
                Place::Named(format!("--module {label}")),
            )
            .remedy(match found {
                [] => "leave `--module` out".to_owned(),
                found => format!("the file has {}", listed(found)),
            }),
        ),
        // Where nothing could be read, that is reported already.
        (None, []) if path.is_none() || !diagnostics.is_empty() => {}
        (None, []) => diagnostics.push(
            Diagnostic::new(format!("the file has no module of `{}`", Kind::Efs.source()), place())
                .remedy(format!(
                    "add `module \"{DEFAULT_LABEL}\" {{ source = \"{}\" … }}`",
                    Kind::Efs.source()
                )),
        ),
        (None, [one]) => return vec![(*one).clone()],
        (None, several) => {
            if let Some(input) = by_input(args, evaluation.config, values) {
                diagnostics.push(
                    Diagnostic::new(
                        format!(
                            "`{input}` is given, and several modules could be meant: {}",
                            listed(several)
                        ),
                        place(),
                    )
                    .remedy("name one with `--module`"),
                );
            }
            return several.iter().map(|label| (*label).clone()).collect();
        }
    }
    vec![DEFAULT_LABEL.to_owned()]
}

fn listed(labels: &[&String]) -> String {
    labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ")
}

/// An input that was given by a flag or a value of its name.
fn by_input(args: &DeploymentArgs, config: &Config, values: &Values) -> Option<&'static str> {
    let given = |name: &str| {
        args.inputs.given.contains_key(name)
            || (values.get(name).is_some() && !config.variables.contains_key(name))
    };
    efs::INPUTS.iter().map(|input| input.name).find(|name| given(name))
}
