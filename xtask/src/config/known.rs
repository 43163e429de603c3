//! Outputs that are known before anything runs: those that are inputs too.
//!
//! The name of a StorageClass, or the id of an adopted file system, is what the block or a
//! flag gives. Other blocks can compute with it, where all other outputs are passed on whole.

use std::collections::BTreeMap;

use super::evaluation::Evaluation;
use super::language::{Data, Type, Value, convert};
use super::module::{Kind, Written};
use super::module_block::{ModuleBlock, Repeat};
use super::references::{self, uses};
use super::variables::Values;

/// The expressions of a block that give outputs as well.
pub(super) fn attributes(block: &ModuleBlock) -> impl Iterator<Item = &Written> {
    names(block.kind).into_iter().filter_map(|name| block.attributes.get(name))
}

/// The outputs that are inputs too.
fn names(kind: Kind) -> Vec<&'static str> {
    let is_input = |name: &&str| kind.inputs().iter().any(|input| input.name == *name);
    kind.outputs().into_iter().filter(is_input).collect()
}

impl Evaluation<'_> {
    /// The outputs of a module that are known by now. `repetition` is what `count` or `each`
    /// stands for.
    pub(super) fn known_outputs(
        &mut self,
        (label, block_label): (&str, &str),
        block: &ModuleBlock,
        repetition: Option<&Value>,
        values: &Values,
    ) -> BTreeMap<&'static str, Value> {
        self.scope.own = Some(block_label.to_owned());
        self.scope.repetition = block.repeat.as_ref().map(Repeat::root);
        if let (Some(root), Some(value)) = (self.scope.repetition, repetition) {
            self.roots.insert(root.to_owned(), value.clone());
        }
        let mut known = BTreeMap::new();
        for name in names(block.kind) {
            let supplied = self.supplied(label, block.kind, name, values);
            if let Some(value) = supplied.or_else(|| self.given(block, name)) {
                known.insert(name, value);
            }
        }
        self.scope.own = None;
        self.scope.repetition = None;
        known
    }

    /// The value of a flag, or one that is set by the input's name.
    fn supplied(&self, label: &str, kind: Kind, name: &str, values: &Values) -> Option<Value> {
        if kind != Kind::Efs || self.config.variables.contains_key(name) {
            return None;
        }
        let supplied = values.get(name).filter(|_| values.are_for(label))?;
        supplied.for_input(inputs::Kind::String).as_str().map(Value::string)
    }

    /// What the block gives, or the input's default. A mistake is reported where the block's
    /// inputs are read.
    fn given(&self, block: &ModuleBlock, name: &str) -> Option<Value> {
        let input = block.kind.inputs().iter().find(|input| input.name == name)?;
        let default = || input.default.map(Value::string);
        let Some(written) = block.attributes.get(name) else { return default() };
        let named = uses(&written.expression);
        if !references::check(written, &self.scope).is_empty()
            || named.iter().any(|name| self.broken.contains(name))
        {
            return None;
        }
        let value = self.evaluate(written).ok()?;
        if value.is_null() {
            return default();
        }
        let value = convert(value, &Type::String).ok().filter(|value| !value.sensitive)?;
        matches!(value.data, Data::String(_)).then_some(value)
    }
}
