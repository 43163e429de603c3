//! Values of variables, from the environment, files and the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::constant::constant;
use super::constraints::{Constraint, mismatch};
use super::file::Config;
use super::given::literal as literal_for;
use super::language::{Value, decode_unique};
use super::source::{NotHcl, parse, place, without_line, without_mark, written};
use super::variable::Variable;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};

/// The start of the variables of the environment that set variables of the file.
const ENVIRONMENT: &str = "CLOCKWORK_VAR_";

/// The start of those that Terraform reads.
const TERRAFORM: &str = "TF_VAR_";

/// A value that somebody set.
#[derive(Debug, Clone)]
pub(crate) struct Supplied {
    place: Place,
    raw: Raw,
    /// Whether it counts only where the file has such a variable.
    lenient: bool,
}

#[derive(Debug, Clone)]
enum Raw {
    /// As it stands on the command line or in the environment.
    Text(String),
    /// Evaluated, from a file.
    Value(Value),
}

/// All values that were set, the strongest of each name.
#[derive(Debug, Default)]
pub(crate) struct Values {
    by_name: BTreeMap<String, Supplied>,
    /// Names whose values are mistakes that are reported already.
    broken: BTreeSet<String>,
    /// Whether a file of values could not be read at all.
    unreadable: bool,
    mistakes: Vec<Mistake>,
    /// The one module that values by the name of an input are for, where it was named.
    module: Option<String>,
}

/// A mistake in a file of values. What may be shown of it is known once the variables are.
#[derive(Debug)]
struct Mistake {
    /// The variable that it concerns; `None` where nobody knows which.
    name: Option<String>,
    shown: Diagnostic,
    /// The same without the text in the file.
    hidden: Diagnostic,
}

impl Mistake {
    fn new(
        name: Option<&str>,
        (message, place): (String, Place),
        short: &str,
        remedy: &str,
    ) -> Self {
        let hidden = Diagnostic::new(
            format!("{short}; it may be sensitive and is not shown"),
            without_line(&place),
        );
        Mistake {
            name: name.map(str::to_owned),
            shown: Diagnostic::new(message, place).remedy(remedy),
            hidden: hidden.remedy(remedy),
        }
    }
}

impl Values {
    /// Reads them all: `--var` over `--var-file` over `*.auto.tfvars` and
    /// `terraform.tfvars` beside the file over the environment.
    pub(crate) fn read(
        vars: &[String],
        files: &[PathBuf],
        folder: Option<&Path>,
        diagnostics: &mut Diagnostics,
    ) -> Values {
        let mut values = Values::default();
        for (prefix, lenient) in [(TERRAFORM, true), (ENVIRONMENT, false)] {
            values.environment(prefix, lenient);
        }
        for path in folder.map(automatic).unwrap_or_default() {
            values.file(&path, true, diagnostics);
        }
        for path in files {
            values.file(path, false, diagnostics);
        }
        for var in vars {
            match var.split_once('=') {
                Some((name, value)) => {
                    let place = Place::Named(format!("--var {}", name.trim()));
                    values.text(name.trim(), place, value, false);
                }
                None => diagnostics.push(
                    Diagnostic::new(
                        format!("`{var}` sets no variable"),
                        Place::Named(format!("--var {var}")),
                    )
                    .remedy("write `--var NAME=VALUE`"),
                ),
            }
        }
        values
    }

    /// What a text of `NAME = VALUE` lines sets, and nothing else.
    pub(crate) fn of_text(source: &Arc<Source>) -> Values {
        let mut values = Values::default();
        values.hcl(source, false);
        values
    }

    fn environment(&mut self, prefix: &str, lenient: bool) {
        for (key, value) in std::env::vars_os() {
            let (Some(key), Some(value)) = (key.to_str(), value.to_str()) else { continue };
            if let Some(name) = key.strip_prefix(prefix) {
                self.text(name, Place::Named(key.to_owned()), value, lenient);
            }
        }
    }

    /// A flag that stands for a variable of the same name.
    pub(crate) fn flag(&mut self, name: &str, text: &str) {
        let place = Place::Named(format!("--{}", name.replace('_', "-")));
        self.text(name, place, text, false);
    }

    /// Values by the name of an input are for this module.
    pub(crate) fn only_for(&mut self, module: &str) {
        self.module = Some(module.to_owned());
    }

    /// Whether values by the name of an input are for this module.
    pub(super) fn are_for(&self, module: &str) -> bool {
        self.module.as_deref().is_none_or(|named| named == module)
    }

    /// Leaves out what was set for Terraform or by its files, and is not a variable here;
    /// says where the rest comes from.
    pub(crate) fn settle(&mut self, config: &Config) -> Vec<String> {
        let referenced = config.referenced();
        let known =
            |name: &String| config.variables.contains_key(name) || referenced.contains(name);
        self.by_name.retain(|name, supplied| !supplied.lenient || known(name));
        let mut by_place: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, supplied) in self.by_name.iter().filter(|(_, supplied)| supplied.lenient) {
            let place = match &supplied.place {
                Place::Text(source, _) => source.name.clone(),
                Place::Named(place) => place.clone(),
                Place::Nowhere => continue,
            };
            by_place.entry(place).or_default().push(name);
        }
        let note = |(place, names): (String, Vec<&str>)| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("{} from {place}", names.join(", "))
        };
        by_place.into_iter().map(note).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Supplied> {
        self.by_name.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Supplied)> {
        self.by_name.iter()
    }

    /// Whether the value of a name is a mistake that is reported already.
    pub(crate) fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }

    /// The names whose values are mistakes that are reported already.
    pub(crate) fn broken(&self) -> impl Iterator<Item = &String> {
        self.broken.iter()
    }

    /// Whether values may be missing because a file of them could not be read.
    pub(crate) fn are_unreadable(&self) -> bool {
        self.unreadable
    }

    /// Reports the mistakes in files of values. Where a text concerns no known variable, it
    /// is shown only if the file declares variables and none of them is sensitive.
    pub(crate) fn report(&self, config: &Config, diagnostics: &mut Diagnostics) {
        let variables = &config.variables;
        let none_public =
            variables.is_empty() || variables.values().any(|variable| variable.sensitive);
        for mistake in &self.mistakes {
            let variable = mistake.name.as_ref().map(|name| variables.get(name));
            let hide = match variable {
                Some(Some(variable)) => variable.sensitive,
                Some(None) => false,
                None => none_public,
            };
            let diagnostic = if hide { &mistake.hidden } else { &mistake.shown };
            diagnostics.push(diagnostic.clone());
        }
    }

    fn text(&mut self, name: &str, place: Place, text: &str, lenient: bool) {
        self.set(name, Supplied { place, raw: Raw::Text(text.to_owned()), lenient });
    }

    fn set(&mut self, name: &str, supplied: Supplied) {
        self.broken.remove(name);
        self.by_name.insert(name.to_owned(), supplied);
    }

    fn file(&mut self, path: &Path, lenient: bool, diagnostics: &mut Diagnostics) {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => without_mark(text),
            Err(error) => {
                self.unreadable = true;
                let place = Place::Named(format!("--var-file {}", path.display()));
                diagnostics.push(
                    Diagnostic::new(format!("the file cannot be read: {error}"), place)
                        .remedy("check its path"),
                );
                return;
            }
        };
        let source = Arc::new(Source { name: path.display().to_string(), text });
        if path.extension().is_some_and(|extension| extension == "json") {
            self.json(&source, lenient);
        } else {
            self.hcl(&source, lenient);
        }
    }

    /// `.tfvars.json`: an object with a member for each variable.
    fn json(&mut self, source: &Arc<Source>, lenient: bool) {
        let place = Place::Named(source.name.clone());
        let decoded = decode_unique(&source.text).map(|value| value.entries().cloned());
        if let Ok(Some(entries)) = decoded {
            for (name, value) in entries {
                let (place, raw) = (place.clone(), Raw::Value(value));
                self.set(&name, Supplied { place, raw, lenient });
            }
            return;
        }
        self.unreadable = true;
        let why = decoded.err().map_or_else(String::new, |why| format!(": {why}"));
        self.mistakes.push(Mistake::new(
            None,
            (format!("this is not a JSON object{why}"), place),
            "this is not a JSON object",
            "write `{ \"NAME\": VALUE }`, each name once",
        ));
    }

    fn hcl(&mut self, source: &Arc<Source>, lenient: bool) {
        let body = match parse(source) {
            Ok(body) => body,
            Err(NotHcl { message, place, remedy }) => {
                self.unreadable = true;
                let usual = "write `NAME = VALUE`, a text in quotes";
                let mut mistake = Mistake::new(None, (message, place), "this is not HCL", usual);
                // The remedy shows what is written there, too.
                if let Some(remedy) = remedy {
                    mistake.shown = mistake.shown.remedy(remedy);
                }
                self.mistakes.push(mistake);
                return;
            }
        };
        for block in body.blocks() {
            let message = "a file of variables has no blocks";
            self.mistakes.push(Mistake::new(
                Some(block.ident.as_str()),
                (message.to_owned(), place(source, &block.ident)),
                message,
                "write `NAME = VALUE` lines; blocks belong into the file given with `--config`",
            ));
        }
        for attribute in body.attributes() {
            let value = written(source, attribute);
            let name = attribute.key.as_str();
            match constant(&value.expression, &source.text) {
                Ok(found) => {
                    let raw = Raw::Value(found);
                    self.set(name, Supplied { place: value.place, raw, lenient });
                }
                Err(fault) => {
                    self.broken.insert(name.to_owned());
                    self.by_name.remove(name);
                    self.mistakes.push(Mistake::new(
                        Some(name),
                        (format!("this is not a literal value: {}", fault.message), value.place),
                        "this is not a literal value",
                        "write a literal; references work in the file given with `--config` only",
                    ));
                }
            }
        }
    }
}

/// The files that Terraform reads by themselves, in its order.
fn automatic(folder: &Path) -> Vec<PathBuf> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let named = ["terraform.tfvars", "terraform.tfvars.json"].map(|name| folder.join(name));
    let mut all: Vec<PathBuf> = named.into_iter().filter(|path| path.is_file()).collect();
    let mut auto: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json")
        })
        .collect();
    auto.sort();
    all.extend(auto);
    all
}

impl Supplied {
    /// Where it was set; of a secret, without the line that shows it.
    pub(crate) fn place(&self, sensitive: bool) -> Place {
        if sensitive { without_line(&self.place) } else { self.place.clone() }
    }

    /// The value as a variable has it, or, without one, as it was set.
    pub(crate) fn value(&self, variable: Option<&Variable>) -> Result<Value, Diagnostic> {
        let none = Constraint::none();
        let constraint = variable.map_or(&none, |variable| &variable.constraint);
        let secret = variable.is_some_and(|variable| variable.sensitive);
        let mistake = |message: String| {
            let of = constraint.to_string();
            let message = if secret { format!("the value is not {of}") } else { message };
            Diagnostic::new(message, self.place(secret)).remedy(format!("give {of}"))
        };
        let value = match &self.raw {
            Raw::Value(value) => value.clone(),
            Raw::Text(text) if constraint.is_text => Value::string(text),
            Raw::Text(text) => {
                let of = constraint.to_string();
                literal(text).ok_or_else(|| mistake(format!("`{text}` is not {of}")))?
            }
        };
        constraint.apply(value).map_err(|why| match &self.raw {
            Raw::Text(text) => {
                mistake(mismatch(&format!("`{text}`"), &constraint.to_string(), &why))
            }
            Raw::Value(_) => mistake(mismatch("this", &constraint.to_string(), &why)),
        })
    }

    /// The value as an input has it: lists may be written with commas.
    pub(crate) fn for_input(&self, kind: inputs::Kind) -> serde_json::Value {
        let value = match (&self.raw, kind) {
            (Raw::Value(value), _) => value.clone(),
            (Raw::Text(text), inputs::Kind::Strings) => {
                literal(text).unwrap_or_else(|| Value::strings(text.split(',').map(str::trim)))
            }
            (Raw::Text(text), inputs::Kind::Map | inputs::Kind::Values) => {
                literal(text).unwrap_or_else(|| Value::string(text))
            }
            (Raw::Text(text), _) => Value::string(text),
        };
        literal_for(kind, value).unwrap_or_default()
    }
}

/// A text as an HCL literal.
fn literal(text: &str) -> Option<Value> {
    let expression = hcl::edit::parser::parse_expr(text).ok()?;
    constant(&expression, text).ok()
}
