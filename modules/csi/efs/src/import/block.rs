//! The module block: the inputs by which a deployment takes a file system over, as people write
//! them.

use ::inputs::{Given, GivenInputs, Mistake, plain};
use plan::Warning;
use serde_json::Value;

use super::found::Found;
use super::hcl::attributes;
use super::managers::managers;
use super::names::Names;
use super::origins::{ORIGINS, Origin};
use super::source::Source;
use crate::inputs::{INPUTS, Inputs};

/// A module block, and what it cannot say.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    label: String,
    /// What is said of where it comes from, a line each.
    whence: Vec<String>,
    /// The inputs, in the order of the schema.
    values: Vec<(&'static str, Given)>,
    /// What the block cannot say, and who else manages the file system.
    pub warnings: Vec<Warning>,
}

impl Block {
    /// The block for a file system; what is `given` holds, whatever was found.
    pub fn new(
        found: &Found,
        names: &Names,
        given: &GivenInputs,
        source: Option<&Source>,
    ) -> Block {
        let mut warnings = managers(found, source);
        let value = |name: &&'static str, warnings: &mut Vec<Warning>| {
            if let Some(value) = given.get(*name) {
                return Some(value.clone());
            }
            let (_, origin) = ORIGINS.iter().find(|(known, _)| known == name)?;
            match origin {
                Origin::Written(value) => value(found, names, warnings).map(Given::Literal),
                Origin::LeftOut(_) => None,
            }
        };
        let inputs = INPUTS.iter().map(|input| input.name);
        let values = inputs.filter_map(|name| Some((name, value(&name, &mut warnings)?)));
        let values = values.collect();
        let id = &found.file_system.id;
        let mut whence = vec![format!("{id} in {}, as it was found", found.region)];
        whence.extend(source.map(|source| plain(&source.shown())));
        Block { label: names.label.clone(), whence, values, warnings }
    }

    /// The inputs of the block, checked as those of any file. What a rule does not take of what
    /// was found is left out of the block, and told.
    ///
    /// # Errors
    /// The mistakes that are left, such as a required input that nothing says.
    pub fn checked(&mut self, given: &GivenInputs) -> Result<Inputs, Vec<Mistake>> {
        let mistakes = match Inputs::parse(&self.given()) {
            Ok(inputs) => return Ok(inputs),
            Err(mistakes) => mistakes,
        };
        let required = |name: &str| INPUTS.iter().any(|input| input.name == name && input.required);
        for mistake in mistakes {
            let found = self.values.iter().any(|(name, _)| *name == mistake.input);
            if found && !given.contains_key(mistake.input) && !required(mistake.input) {
                self.values.retain(|(name, _)| *name != mistake.input);
                self.warnings.push(Warning::new(
                    format!(
                        "`{}` is left out, as no input takes what there is: {}",
                        mistake.input, mistake.message
                    ),
                    mistake.remedy,
                ));
            }
        }
        Inputs::parse(&self.given())
    }

    /// The inputs, as a file gives them.
    pub fn given(&self) -> GivenInputs {
        self.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    /// The inputs for programs.
    pub fn json(&self) -> Value {
        let literal = |value: &Given| match value {
            Given::Literal(value) => Some(value.clone()),
            Given::Output { .. } | Given::List(_) => None,
        };
        let all = self.values.iter();
        all.filter_map(|(name, value)| Some(((*name).to_owned(), literal(value)?))).collect()
    }

    /// The label of the block.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The block as it stands in a deployment file.
    pub fn hcl(&self) -> String {
        let comments =
            self.whence.iter().fold(String::new(), |text, line| text + "# " + line + "\n");
        let all = self.json();
        let source = ("source", Value::from("./modules/csi/efs"));
        let values =
            self.values.iter().filter_map(|(name, _)| Some((*name, all.get(*name)?.clone())));
        let lines = attributes(std::iter::once(source).chain(values), 1);
        format!("{comments}module \"{}\" {{\n{lines}}}\n", self.label)
    }
}
