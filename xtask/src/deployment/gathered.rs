//! A module's inputs as they were given, and where each came from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use inputs::{Given, GivenInputs, Kind as ValueKind, Mistake};
use serde_json::Value;

use crate::config::Module;
use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::flags::{Flagged, InputFlags};

/// The module's inputs, and where each came from.
pub(super) struct Gathered {
    pub(super) inputs: GivenInputs,
    pub(super) places: BTreeMap<String, Place>,
    pub(super) block: Place,
    /// Inputs whose values are mistakes that are reported already.
    pub(super) broken: BTreeSet<String>,
}

impl Gathered {
    /// What a module block gives.
    pub(super) fn of(module: &Module) -> Gathered {
        Gathered {
            inputs: module.given.clone(),
            places: module.places.clone(),
            block: module.place.clone(),
            broken: module.broken.clone(),
        }
    }

    /// What nobody gave.
    pub(super) fn nothing() -> Gathered {
        Gathered {
            inputs: GivenInputs::new(),
            places: BTreeMap::new(),
            block: Place::Nowhere,
            broken: BTreeSet::new(),
        }
    }

    /// Flags win over what is there.
    pub(super) fn take_flags<M: Flagged>(
        &mut self,
        flags: &InputFlags<M>,
        diagnostics: &mut Diagnostics,
    ) {
        for (input, flag) in M::flags() {
            let Some(given) = flags.given.get(input.name) else { continue };
            let place = Place::Named(format!("--{flag}"));
            let literal = flag_value(input, given, &place, diagnostics);
            self.inputs.insert(input.name.to_owned(), Given::Literal(literal));
            self.places.insert(input.name.to_owned(), place);
        }
    }

    /// Puts what YAML files hold in the places of their paths.
    pub(super) fn read_files(&mut self, schema: &[inputs::Input], diagnostics: &mut Diagnostics) {
        for input in schema.iter().filter(|input| input.kind == ValueKind::Values) {
            self.read_file(input.name, diagnostics);
        }
    }

    /// A path in the file is relative to the file, others to the current directory.
    pub(super) fn resolve_paths(&mut self, schema: &[inputs::Input], folder: Option<&Path>) {
        let folder = folder.unwrap_or(Path::new(""));
        for input in schema.iter().filter(|input| input.kind == ValueKind::Values) {
            if let Some(Given::Literal(Value::String(path))) = self.inputs.get_mut(input.name) {
                *path = folder.join(&*path).display().to_string();
            }
        }
    }

    /// Puts what a YAML file holds in the place of its path.
    fn read_file(&mut self, name: &str, diagnostics: &mut Diagnostics) {
        let Some(Given::Literal(given)) = self.inputs.get(name) else { return };
        let paths: Vec<&str> = match given {
            Value::String(path) => vec![path],
            // Several flags, one file each.
            Value::Array(paths) => match paths.iter().map(Value::as_str).collect() {
                Some(paths) => paths,
                None => return,
            },
            _ => return,
        };
        let mut all = Value::Object(serde_json::Map::new());
        let mut mistakes = Vec::new();
        for path in paths {
            match values_of(name, path) {
                // Each over those before it, as Helm puts together what `--values` names.
                Ok(values) => all = kubernetes::merged(all, &values),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() {
            self.inputs.insert(name.to_owned(), Given::Literal(all));
            return;
        }
        let place = self.places.get(name).unwrap_or(&self.block).clone();
        for (message, remedy) in mistakes {
            diagnostics.push(Diagnostic::new(message, place.clone()).remedy(remedy));
        }
        self.inputs.remove(name);
        self.broken.insert(name.to_owned());
    }

    /// Reports mistakes with their places.
    pub(super) fn report(&self, mistakes: Vec<Mistake>, diagnostics: &mut Diagnostics) {
        for mistake in mistakes.into_iter().filter(|mistake| !self.broken.contains(mistake.input)) {
            let place = self.places.get(mistake.input).unwrap_or(&self.block).clone();
            diagnostics.push(Diagnostic::new(mistake.message, place).remedy(mistake.remedy));
        }
    }
}

/// What a YAML file holds, as Helm reads it, or what is wrong with it and what to do.
fn values_of(name: &str, path: &str) -> Result<serde_json::Map<String, Value>, (String, String)> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        (
            format!("`{path}` cannot be read: {error}"),
            format!("give `{name}` a map, or the path of a YAML file"),
        )
    })?;
    kubernetes::yaml::read_map(&text)
        .map_err(|why| (format!("`{path}` cannot be read: {why}"), why.remedy.clone()))
}

fn flag_value(
    input: &inputs::Input,
    given: &[String],
    place: &Place,
    diagnostics: &mut Diagnostics,
) -> Value {
    match input.kind {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => given.last().cloned().into(),
        ValueKind::Values => match given {
            [one] => one.clone().into(),
            several => several.into(),
        },
        ValueKind::Strings => given.iter().map(|text| Value::from(text.trim())).collect(),
        ValueKind::Map => {
            let mut map = serde_json::Map::new();
            if given.iter().all(|text| text.trim() == "{}") {
                return Value::Object(map);
            }
            // Several entries may stand in one flag, as everywhere else.
            for text in given.iter().flat_map(|text| text.split(',')) {
                match text.trim().split_once('=') {
                    Some((key, value)) => drop(map.insert(key.to_owned(), value.into())),
                    None => diagnostics.push(
                        Diagnostic::new(
                            format!("`{text}` is not an entry of a map"),
                            place.clone(),
                        )
                        .remedy(entries(input)),
                    ),
                }
            }
            Value::Object(map)
        }
    }
}

/// How entries of a map are written. A comma separates them, and only an annotation may hold
/// one: AWS takes none in tags, and Kubernetes none in labels
/// (<https://docs.aws.amazon.com/efs/latest/ug/API_Tag.html>,
/// <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/>).
fn entries(input: &inputs::Input) -> String {
    let name = input.name;
    let comma = match name {
        "storage_class_annotations" => {
            format!("for a comma within a value, `--var '{name}={{ KEY = \"a,b\" }}'`")
        }
        "tags" => "AWS takes no comma in the value of a tag: use `/`, `:` or a space".to_owned(),
        "storage_class_labels" => {
            "Kubernetes takes no comma in the value of a label: use `.`, `-` or `_`".to_owned()
        }
        _ => "a value here holds no comma".to_owned(),
    };
    format!("write KEY=VALUE,KEY=VALUE; {comma}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::flags::Workload;

    fn given(files: &[(&str, &str)]) -> (Gathered, Diagnostics) {
        let folder = tempfile::tempdir().unwrap();
        let mut flags = InputFlags::<Workload>::default();
        let paths = files.iter().map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        });
        flags.given.insert("helm_values", paths.collect());
        let (mut gathered, mut diagnostics) = (Gathered::nothing(), Diagnostics::default());
        gathered.take_flags(&flags, &mut diagnostics);
        gathered.read_files(graphscope::INPUTS, &mut diagnostics);
        (gathered, diagnostics)
    }

    #[test]
    fn of_several_files_of_values_the_last_one_wins_key_by_key() {
        let files =
            [("a", "engines: {num_workers: 2, image: a}\n"), ("b", "engines: {image: b}\n")];
        let (gathered, diagnostics) = given(&files);
        let all = json!({ "engines": { "num_workers": 2, "image": "b" } });
        assert_eq!(gathered.inputs["helm_values"], Given::Literal(all));
        assert!(diagnostics.is_empty());
    }

    #[test]
    fn each_file_that_cannot_be_read_is_told() {
        let (gathered, diagnostics) = given(&[("a", "- 1\n"), ("b", "a: 1\n"), ("c", "- 2\n")]);
        assert!(gathered.broken.contains("helm_values"));
        let told = diagnostics.rendered(false).join("\n");
        assert!(
            told.contains("/a` cannot be read") && told.contains("/c` cannot be read"),
            "{told}"
        );
    }
}
