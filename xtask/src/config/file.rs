//! From a text to its blocks: which there are, and what is not one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use hcl::edit::structure::{Block, Structure};

use super::language::Folder;
use super::module::{Kind, Written};
use super::module_block::{ModuleBlock, Repeat};
use super::output_block::OutputBlock;
use super::provider::{self, Provider};
use super::references::names;
use super::source::{NotHcl, parse, place, without_line, without_mark, written};
use super::variable::Variable;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};

/// A file's blocks.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) locals: BTreeMap<String, Written>,
    pub(crate) modules: BTreeMap<String, ModuleBlock>,
    pub(crate) outputs: BTreeMap<String, OutputBlock>,
    pub(crate) provider: Provider,
    /// Names that were declared in a way that is a mistake already.
    pub(crate) broken: Vec<String>,
    /// What is accepted, and means nothing or less than in Terraform.
    pub(crate) notes: Vec<String>,
    /// Where `file` and its kin may read.
    pub(crate) folder: Folder,
}

/// The blocks that people write, and how.
const BLOCKS: [(&str, &str); 7] = [
    ("variable", "variable \"NAME\" { … }"),
    ("locals", "locals { … }"),
    ("module", "module \"NAME\" { … }"),
    ("output", "output \"NAME\" { … }"),
    ("provider", "provider \"aws\" { … }"),
    ("terraform", "terraform { … }"),
    ("moved", "moved { … }"),
];

/// Blocks of Terraform that cannot mean anything here, and what to write instead.
const REFUSED: [(&str, &str); 6] = [
    (
        "resource",
        "describe the file system by a block `module \"NAME\"` with `source = \"./modules/csi/efs\"`; nothing else is created",
    ),
    (
        "data",
        "give the ids themselves, or take them from a block `module \"network\"` with `source = \"./modules/network\"`",
    ),
    ("import", "adopt a file system with `file_system_id = \"fs-…\"` in its `module` block"),
    ("removed", "take the block away; what a deployment made stays until `destroy-efs`"),
    ("check", "write a `validation` in the `variable` block that it is about"),
    ("ephemeral", "pass secrets with `--var` or in the environment"),
];

impl Config {
    /// Reads a file. Mistakes go to `diagnostics`, and what is right stays.
    pub(crate) fn read(path: &Path, diagnostics: &mut Diagnostics) -> Config {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let source = Arc::new(Source { name, text: without_mark(text) });
                let mut config = Config::parse(&source, diagnostics);
                config.folder = Folder::of(path);
                config
            }
            Err(error) => {
                let message = format!("the file cannot be read: {error}");
                let diagnostic = Diagnostic::new(message, Place::Named(name));
                diagnostics.push(diagnostic.remedy("give another with `--config`"));
                Config::default()
            }
        }
    }

    pub(crate) fn parse(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> Config {
        let mut config = Config::default();
        match parse(source) {
            Ok(body) => {
                for structure in &body {
                    config.structure(source, structure, diagnostics);
                }
            }
            Err(NotHcl { message, place, remedy }) => {
                let usual = "write `NAME = VALUE`, or `NAME \"LABEL\" { … }`";
                let shown = shown(&place);
                // Message and remedy show what is written there, too.
                let (message, remedy) = match remedy {
                    _ if shown != place => ("this is not HCL".to_owned(), usual.to_owned()),
                    Some(remedy) => (message, remedy),
                    None => (message, usual.to_owned()),
                };
                diagnostics.push(Diagnostic::new(message, shown).remedy(remedy));
            }
        }
        config
    }

    /// The variables that any expression refers to.
    pub(crate) fn referenced(&self) -> BTreeSet<String> {
        let attributes = self.modules.values().flat_map(|module| {
            let repeat = module.repeat.as_ref().map(Repeat::written);
            module.attributes.values().chain(repeat)
        });
        let outputs = self.outputs.values().map(|output| &output.value);
        let all = self.locals.values().chain(attributes).chain(outputs).chain(self.provider.all());
        all.flat_map(|written| names(&written.expression, "var")).collect()
    }

    fn structure(
        &mut self,
        source: &Arc<Source>,
        structure: &Structure,
        diagnostics: &mut Diagnostics,
    ) {
        let block = match structure {
            Structure::Block(block) => block,
            Structure::Attribute(attribute) => {
                let message = format!("`{}` stands outside of any block", attribute.key.as_str());
                diagnostics.push(
                    Diagnostic::new(message, place(source, &attribute.key))
                        .remedy("put it into a `module`, `locals` or `variable` block"),
                );
                return;
            }
        };
        let labels: Vec<&str> =
            block.labels.iter().map(hcl::edit::structure::BlockLabel::as_str).collect();
        let header = place(source, &block.ident);
        match (block.ident.as_str(), labels.as_slice()) {
            // Names stand in addresses, and those of workloads in paths.
            ("variable" | "module" | "output", [name]) if !is_name(name) => diagnostics.push(
                Diagnostic::new(format!("`{}` is not a name", name.escape_debug()), header)
                    .remedy("write letters, digits, `_` and `-`, a letter first"),
            ),
            ("variable", [name]) => {
                let variable = Variable::read(name, source, block, diagnostics);
                if self.variables.insert((*name).to_owned(), variable).is_some() {
                    diagnostics.push(twice("variable", name, header));
                }
            }
            ("module", [name]) => self.module(source, name, block, diagnostics),
            ("output", [name]) => {
                let Some(output) = OutputBlock::read(source, block, diagnostics) else { return };
                if self.outputs.insert((*name).to_owned(), output).is_some() {
                    diagnostics.push(twice("output", name, header));
                }
            }
            ("locals", []) => self.locals(source, block, diagnostics),
            ("provider", [name]) => {
                self.provider.read(name, source, block, &mut self.notes, diagnostics);
            }
            ("terraform", []) => provider::terraform(block, &mut self.notes),
            ("moved", []) => self.notes.push(
                "the `moved` block means nothing here: there is no state, and what a deployment made is found by its tags".to_owned(),
            ),
            (name, _) => diagnostics.push(not_a_block(name, header)),
        }
    }

    fn module(
        &mut self,
        source: &Arc<Source>,
        name: &str,
        block: &Block,
        diagnostics: &mut Diagnostics,
    ) {
        match ModuleBlock::read(source, name, block, &mut self.notes, diagnostics) {
            None => self.broken.push(name.to_owned()),
            Some(module) => {
                let header = module.place.clone();
                if self.modules.insert(name.to_owned(), module).is_some() {
                    diagnostics.push(twice("module", name, header));
                }
            }
        }
    }

    fn locals(&mut self, source: &Arc<Source>, block: &Block, diagnostics: &mut Diagnostics) {
        for structure in &block.body {
            match structure {
                Structure::Attribute(attribute) => {
                    let name = attribute.key.to_string();
                    let value = written(source, attribute);
                    if self.locals.insert(name.clone(), value).is_some() {
                        diagnostics.push(twice("local", &name, place(source, &attribute.key)));
                    }
                }
                Structure::Block(inner) => diagnostics.push(
                    Diagnostic::new("`locals` holds no blocks", place(source, &inner.ident))
                        .remedy(format!(
                            "write an attribute: `{} = {{ … }}`",
                            inner.ident.as_str()
                        )),
                ),
            }
        }
    }
}

/// What is wrong with a block of this name.
fn not_a_block(name: &str, header: Place) -> Diagnostic {
    if let Some((_, form)) = BLOCKS.iter().find(|(known, _)| *known == name) {
        let labels = match name {
            "locals" | "terraform" | "moved" => format!("a `{name}` block has no label"),
            _ => format!("a `{name}` block has one label, its name"),
        };
        return Diagnostic::new(labels, header).remedy(format!("write `{form}`"));
    }
    let diagnostic = Diagnostic::new(format!("`{name}` is not a block of this file"), header);
    if let Some((_, instead)) = REFUSED.iter().find(|(known, _)| *known == name) {
        return diagnostic.remedy(*instead);
    }
    let known = BLOCKS.map(|(known, _)| known);
    let near = inputs::nearest(name, known);
    if let Some((_, form)) = BLOCKS.iter().find(|(known, _)| near == Some(*known)) {
        return diagnostic.remedy(format!("did you mean `{form}`?"));
    }
    let required = Kind::Efs.inputs().iter().filter(|input| input.required);
    let required: Vec<String> = required.map(|input| format!("`{}`", input.name)).collect();
    diagnostic.remedy(format!(
        "known here: {}; a deployment is a block `module \"NAME\"` with `source = \"{}\"`, {}",
        known.join(", "),
        Kind::Efs.source(),
        required.join(", ")
    ))
}

/// The place of a mistake that leaves the file unparsed, without the line where that may
/// be the default of a sensitive variable: in a `variable` block that says `sensitive`.
fn shown(place: &Place) -> Place {
    let Place::Text(source, range) = place else { return place.clone() };
    let starts_block = |line: &str| line.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut block = String::new();
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        if starts_block(line) {
            if at > range.start {
                break;
            }
            block.clear();
        }
        block.push_str(line);
        at += line.len();
    }
    let sensitive = block.starts_with("variable") && block.contains("sensitive");
    if sensitive { without_line(place) } else { place.clone() }
}

fn twice(what: &str, name: &str, place: Place) -> Diagnostic {
    Diagnostic::new(format!("the {what} `{name}` is declared twice"), place)
        .remedy("keep one of them")
}

/// Whether a label is a name, as HCL's own identifiers are.
fn is_name(label: &str) -> bool {
    let mut letters = label.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}
