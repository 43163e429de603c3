//! From a text to its blocks: which there are, and what is not one of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use hcl::edit::expr::Expression;
use hcl::edit::structure::{Attribute, Block, Body, Structure};

use super::place;
use super::references::names;
use super::types::Type;
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Source};

/// The modules that a `source` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Network,
    Efs,
    GraphScope,
}

/// The sources that people write.
const SOURCES: [(&str, Kind); 3] = [
    ("./modules/network", Kind::Network),
    ("./modules/csi/efs", Kind::Efs),
    ("./modules/graphscope", Kind::GraphScope),
];

impl Kind {
    /// The `source` that names it.
    pub(crate) fn source(self) -> &'static str {
        match self {
            Kind::Network => SOURCES[0].0,
            Kind::Efs => SOURCES[1].0,
            Kind::GraphScope => SOURCES[2].0,
        }
    }

    /// The inputs that it takes.
    pub(crate) fn inputs(self) -> &'static [inputs::Input] {
        match self {
            Kind::Network => network::INPUTS,
            Kind::Efs => efs::INPUTS,
            Kind::GraphScope => graphscope::INPUTS,
        }
    }

    /// The outputs that others may refer to.
    pub(crate) fn outputs(self) -> Vec<&'static str> {
        match self {
            Kind::Network => network::OUTPUTS.to_vec(),
            Kind::Efs => efs::OUTPUTS.iter().map(|output| output.name).collect(),
            Kind::GraphScope => Vec::new(),
        }
    }
}

/// An expression and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) expression: Expression,
    pub(crate) place: Place,
}

/// A `variable` block.
#[derive(Debug)]
pub(crate) struct Variable {
    pub(crate) place: Place,
    pub(crate) kind: Type,
    pub(crate) default: Option<Written>,
    pub(crate) nullable: bool,
    pub(crate) validations: Vec<(Written, String)>,
}

/// A `module` block.
#[derive(Debug)]
pub(crate) struct ModuleBlock {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
    pub(crate) attributes: BTreeMap<String, Written>,
}

/// A file's blocks.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) variables: BTreeMap<String, Variable>,
    pub(crate) locals: BTreeMap<String, Written>,
    pub(crate) modules: BTreeMap<String, ModuleBlock>,
    /// Names that were declared in a way that is a mistake already.
    pub(crate) broken: Vec<String>,
}

const BLOCKS: [&str; 3] = ["variable", "locals", "module"];

impl Config {
    /// Reads a file. Mistakes go to `diagnostics`, and what is right stays.
    pub(crate) fn read(path: &Path, diagnostics: &mut Diagnostics) -> Config {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Config::parse(&Arc::new(Source { name, text }), diagnostics),
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
        if let Some(body) = parse(source, diagnostics) {
            for structure in &body {
                config.structure(source, structure, diagnostics);
            }
        }
        config
    }

    /// The variables that any expression refers to.
    pub(crate) fn referenced(&self) -> BTreeSet<String> {
        let attributes = self.modules.values().flat_map(|module| module.attributes.values());
        let all = self.locals.values().chain(attributes);
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
            ("variable" | "module", [name]) if !is_name(name) => diagnostics.push(
                Diagnostic::new(format!("`{}` is not a name", name.escape_debug()), header)
                    .remedy("write letters, digits, `_` and `-`, a letter first"),
            ),
            ("variable", [name]) => self.variable(source, name, block, diagnostics),
            ("module", [name]) => self.module(source, name, block, diagnostics),
            ("locals", []) => self.locals(source, block, diagnostics),
            (known @ ("variable" | "module"), _) => {
                let form = format!("write `{known} \"NAME\" {{ … }}`");
                diagnostics.push(
                    Diagnostic::new(format!("a `{known}` block has one label, its name"), header)
                        .remedy(form),
                );
            }
            ("locals", _) => {
                let message = "a `locals` block has no label";
                diagnostics.push(Diagnostic::new(message, header).remedy("write `locals { … }`"));
            }
            (unknown, _) => {
                let message = format!("`{unknown}` is not a block of this file");
                diagnostics.push(Diagnostic::new(message, header).nearest(unknown, BLOCKS));
            }
        }
    }

    fn variable(
        &mut self,
        source: &Arc<Source>,
        name: &str,
        block: &Block,
        diagnostics: &mut Diagnostics,
    ) {
        let header = place(source, &block.ident);
        let mut variable = Variable {
            place: header.clone(),
            kind: Type::Any,
            default: None,
            nullable: true,
            validations: Vec::new(),
        };
        for structure in &block.body {
            match structure {
                Structure::Attribute(attribute) => {
                    variable_attribute(&mut variable, source, attribute, diagnostics);
                }
                Structure::Block(inner) if inner.ident.as_str() == "validation" => {
                    variable.validations.extend(validation(source, inner, diagnostics));
                }
                Structure::Block(inner) => diagnostics.push(
                    Diagnostic::new(
                        format!("`{}` is not a block of a variable", inner.ident.as_str()),
                        place(source, &inner.ident),
                    )
                    .nearest(inner.ident.as_str(), ["validation"]),
                ),
            }
        }
        if self.variables.insert(name.to_owned(), variable).is_some() {
            diagnostics.push(twice("variable", name, header));
        }
    }

    fn module(
        &mut self,
        source: &Arc<Source>,
        name: &str,
        block: &Block,
        diagnostics: &mut Diagnostics,
    ) {
        let header = place(source, &block.ident);
        let mut attributes = BTreeMap::new();
        let mut kind = None;
        for structure in &block.body {
            match structure {
                Structure::Attribute(attribute) if attribute.key.as_str() == "source" => {
                    kind = Some(module_source(source, attribute, diagnostics));
                }
                Structure::Attribute(attribute) => {
                    attributes.insert(
                        attribute.key.to_string(),
                        (place(source, &attribute.key), written(source, attribute)),
                    );
                }
                Structure::Block(inner) => diagnostics.push(
                    Diagnostic::new(
                        format!("a module takes no block `{}`", inner.ident.as_str()),
                        place(source, &inner.ident),
                    )
                    .remedy(format!("write an attribute: `{} = {{ … }}`", inner.ident.as_str())),
                ),
            }
        }
        let Some(kind) = kind else {
            diagnostics.push(
                Diagnostic::new(format!("the module `{name}` has no `source`"), header).remedy(
                    format!("add `source = \"{}\"` or another module's", Kind::Efs.source()),
                ),
            );
            self.broken.push(name.to_owned());
            return;
        };
        let Some(kind) = kind else {
            self.broken.push(name.to_owned());
            return;
        };
        let known = || kind.inputs().iter().map(|input| input.name);
        let mut inputs = BTreeMap::new();
        for (key, (key_place, value)) in attributes {
            if known().any(|input| input == key) {
                inputs.insert(key, value);
                continue;
            }
            let message = format!("`{key}` is not an input of `{}`", kind.source());
            let diagnostic = Diagnostic::new(message, key_place);
            diagnostics.push(match key.as_str() {
                "count" | "for_each" | "depends_on" | "providers" | "version" => diagnostic.remedy(
                    "one block is one deployment, and its order follows from its references",
                ),
                _ => diagnostic.nearest(&key, known()),
            });
        }
        let module = ModuleBlock { place: header.clone(), kind, attributes: inputs };
        if self.modules.insert(name.to_owned(), module).is_some() {
            diagnostics.push(twice("module", name, header));
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

/// Parses a text, with the parser's own mistake where there is one.
pub(super) fn parse(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> Option<Body> {
    match hcl::edit::parser::parse_body(&source.text) {
        Ok(body) => Some(body),
        Err(error) => {
            // The parser counts bytes, and may stop within a letter.
            let at = source.text.floor_char_boundary(error.location().offset());
            let end = source.text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
            let place = Place::Text(Arc::clone(source), at..end);
            let message = format!("this is not HCL: {}", error.message());
            diagnostics.push(
                Diagnostic::new(message, place)
                    .remedy("write `NAME = VALUE`, or `NAME \"LABEL\" { … }`"),
            );
            None
        }
    }
}

pub(super) fn written(source: &Arc<Source>, attribute: &Attribute) -> Written {
    Written { expression: attribute.value.clone(), place: place(source, &attribute.value) }
}

fn twice(what: &str, name: &str, place: Place) -> Diagnostic {
    Diagnostic::new(format!("the {what} `{name}` is declared twice"), place)
        .remedy("keep one of them")
}

fn variable_attribute(
    variable: &mut Variable,
    source: &Arc<Source>,
    attribute: &Attribute,
    diagnostics: &mut Diagnostics,
) {
    let value = written(source, attribute);
    match attribute.key.as_str() {
        "type" => match Type::parse(&attribute.value) {
            Ok(kind) => variable.kind = kind,
            Err(name) => diagnostics.push(
                Diagnostic::new(format!("`{name}` is not a type"), value.place)
                    .nearest(&name, Type::NAMES),
            ),
        },
        "default" => variable.default = Some(value),
        "nullable" => variable.nullable = value.expression.as_bool().unwrap_or(true),
        "description" | "sensitive" => {}
        unknown => diagnostics.push(
            Diagnostic::new(
                format!("`{unknown}` is not an attribute of a variable"),
                place(source, &attribute.key),
            )
            .nearest(unknown, ["type", "default", "description", "nullable", "sensitive"]),
        ),
    }
}

fn validation(
    source: &Arc<Source>,
    block: &Block,
    diagnostics: &mut Diagnostics,
) -> Option<(Written, String)> {
    let attribute = |name: &str| block.body.get_attribute(name);
    let (Some(condition), Some(message)) = (attribute("condition"), attribute("error_message"))
    else {
        diagnostics.push(
            Diagnostic::new(
                "a `validation` needs `condition` and `error_message`",
                place(source, &block.ident),
            )
            .remedy("add what is missing"),
        );
        return None;
    };
    let message = message.value.as_str().unwrap_or("the value is not valid").to_owned();
    Some((written(source, condition), message))
}

/// The module that a `source` names; `None` is a mistake that is reported already.
fn module_source(
    source: &Arc<Source>,
    attribute: &Attribute,
    diagnostics: &mut Diagnostics,
) -> Option<Kind> {
    let place = place(source, &attribute.value);
    let Some(text) = attribute.value.as_str() else {
        diagnostics.push(
            Diagnostic::new("`source` takes a plain string", place)
                .remedy(format!("write \"{}\" or another module's", Kind::Efs.source())),
        );
        return None;
    };
    let found = SOURCES.iter().find(|(known, _)| *known == text.trim_end_matches('/'));
    if found.is_none() {
        diagnostics.push(
            Diagnostic::new(format!("there is no module at `{text}`"), place)
                .nearest(text, SOURCES.iter().map(|(known, _)| *known)),
        );
    }
    found.map(|(_, kind)| *kind)
}

/// Whether a label is a name, as HCL's own identifiers are.
fn is_name(label: &str) -> bool {
    let mut letters = label.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::{Values, evaluate};

    /// Reads, evaluates and tells; what matters is that it ends.
    fn digest(text: &str) {
        let mut diagnostics = Diagnostics::default();
        let source = Arc::new(Source { name: "any.hcl".to_owned(), text: text.to_owned() });
        let config = Config::parse(&source, &mut diagnostics);
        evaluate(&config, &Values::default(), |_, _| false, &mut diagnostics);
        for told in diagnostics.rendered(false) {
            assert!(told.chars().all(|c| c == '\n' || !c.is_control()), "{told:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in any::<String>()) {
            digest(&text);
        }

        #[test]
        fn what_looks_like_hcl_is_read_without_a_panic(
            text in r#"((module|variable|locals|x) ?("[a-z]{0,3}" )?\{\n?|\}|[a-z]{1,4} ?= ?|\$\{|%\{|"|\[|\]|\(|\)|var\.|local\.|module\.|for|if|<<A\n|A\n|-|!|&&|\?|:|,|\.|1|é|\n|#|/\*){0,40}"#
        ) {
            digest(&text);
        }

        #[test]
        fn any_expression_of_a_local_is_evaluated_without_a_panic(
            text in r#"([a-z]{1,6}\(|\)|"[^"\\\n]{0,4}"|\$\{|\}|\[|\]|\{|[a-z]=|0|7|-1|1e9|\+|-|\*|/|%|==|,|\.|\*|null|true| ){0,24}"#
        ) {
            digest(&format!("locals {{\n  a = {text}\n}}\n"));
        }
    }
}
