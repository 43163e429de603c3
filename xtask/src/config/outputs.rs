//! The values of `output` blocks, with slots for what is known after apply.

use job::{FileOutput, OutputValue};

use super::diagnose::diagnostic;
use super::evaluation::Evaluation;
use super::language::{Data, Fault, Value, to_serde};
use super::output_block::OutputBlock;
use super::references::{self, uses};
use super::repeat::check_depends_on;
use crate::diagnostic::{Diagnostic, Diagnostics};

impl Evaluation<'_> {
    /// The file's outputs, and notes of those that cannot be printed here.
    pub(super) fn file_outputs(
        &mut self,
        diagnostics: &mut Diagnostics,
    ) -> (Vec<FileOutput>, Vec<String>) {
        let (mut outputs, mut notes) = (Vec::new(), Vec::new());
        self.scope.after = true;
        for (name, block) in &self.config.outputs {
            if let Some(depends_on) = &block.depends_on {
                check_depends_on(depends_on, &self.scope, diagnostics);
            }
            match self.file_output(block, diagnostics) {
                None => {}
                Some(Ok(value)) => outputs.push(FileOutput { name: name.clone(), value }),
                Some(Err(())) => notes.push(format!(
                    "`output.{name}` computes with a value that is known only after apply, and is \
                     not printed; an output that passes the value on is"
                )),
            }
        }
        (outputs, notes)
    }

    /// The value of a block, without it where it is sensitive; an error where it is computed
    /// with what is known after apply, and `None` for a mistake that is reported.
    fn file_output(
        &self,
        block: &OutputBlock,
        diagnostics: &mut Diagnostics,
    ) -> Option<Result<Option<OutputValue>, ()>> {
        let written = &block.value;
        let problems = references::check(written, &self.scope);
        if !problems.is_empty() {
            for problem in problems {
                diagnostics.push(problem);
            }
            return None;
        }
        let used = uses(&written.expression);
        if used.iter().any(|name| self.broken.contains(name)) {
            return None;
        }
        let value = match self.evaluate(written) {
            Ok(value) => value,
            Err(fault) if fault.firm && used.iter().any(|(root, _)| root != "var") => {
                return Some(Err(()));
            }
            Err(fault) => {
                diagnostics.push(diagnostic(fault, &written.place));
                return None;
            }
        };
        if block.sensitive {
            return Some(Ok(None));
        }
        if value.is_sensitive_anywhere() {
            diagnostics.push(
                Diagnostic::new("the output shows a sensitive value", written.place.clone())
                    .remedy("add `sensitive = true`, or write `nonsensitive(VALUE)`"),
            );
            return None;
        }
        match slots(value) {
            Ok(value) => Some(Ok(Some(value))),
            Err(fault) => {
                diagnostics.push(diagnostic(fault, &written.place));
                None
            }
        }
    }
}

/// A value with slots where outputs of modules stand in it.
fn slots(value: Value) -> Result<OutputValue, Fault> {
    if value.output().is_none() {
        return to_serde(&value).map(OutputValue::Literal).map_err(Fault::from);
    }
    match value.data {
        Data::Output { module, output } => Ok(OutputValue::Output { module, output }),
        Data::List(_, all) | Data::Set(_, all) | Data::Tuple(all) => {
            all.into_iter().map(slots).collect::<Result<_, _>>().map(OutputValue::List)
        }
        Data::Map(_, all) | Data::Object(all) => {
            let entries = all.into_iter().map(|(name, value)| Ok((name, slots(value)?)));
            entries.collect::<Result<_, Fault>>().map(OutputValue::Object)
        }
        Data::Null(_) | Data::Unknown(_) | Data::String(_) | Data::Number(_) | Data::Bool(_) => {
            to_serde(&value.data.into()).map(OutputValue::Literal).map_err(Fault::from)
        }
    }
}
