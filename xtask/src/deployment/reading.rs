//! The storage modules of a file, each read from its block, flags and values.

use std::path::Path;

use inputs::Given;

use super::gathered::Gathered;
use super::workloads;
use crate::config::{Config, Evaluated, Values};
use crate::diagnostic::Diagnostics;
use crate::flags::{InputFlags, Storage};

/// What the modules of a file are read from.
pub(super) struct Reading<'a> {
    pub(super) evaluated: &'a Evaluated,
    pub(super) values: &'a Values,
    pub(super) config: &'a Config,
    pub(super) folder: Option<&'a Path>,
    pub(super) path: Option<&'a Path>,
    pub(super) diagnostics: Diagnostics,
}

impl Reading<'_> {
    /// One storage module. Flags and values by the names of inputs are for the only one.
    pub(super) fn storage(
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
    pub(super) fn left_out(&mut self, label: &str) -> workloads::Storage {
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
