//! How a run ended: one type from the executor to the exit code.

use std::collections::BTreeMap;
use std::process::ExitCode;

use efs::Outputs;
use failure::report;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::stop::Reason;

/// The exit code of an interrupted run, as shells have it for Ctrl-C.
const INTERRUPTED: u8 = 130;

/// How a run ended, and what it did before.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How many changes were carried out.
    pub(crate) changed: usize,
    pub(crate) ending: Ending,
}

/// The ways in which a run ends.
#[derive(Debug)]
pub(crate) enum Ending {
    /// What was wanted is there, or gone.
    Done(Made),
    /// The result is something to read.
    Shown(Shown),
    /// The plan has refusals, or a person did not consent: nothing was changed.
    Refused(String),
    /// Something failed; what did not need it was carried out.
    Failed(Vec<anyhow::Error>),
    /// It was stopped, and this is left.
    Stopped { reason: Reason, left: Vec<String> },
}

/// What a run made: the outputs of modules, and of their file.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// Of the storage, by the labels of its modules.
    pub(crate) modules: Vec<(String, Outputs)>,
    /// Of the `output` blocks, by their names. Those of modules that were left out are not
    /// among them.
    pub(crate) file: BTreeMap<String, Value>,
}

/// A result to read: a plan, a status, a proof.
#[derive(Debug)]
pub(crate) struct Shown {
    /// For people.
    pub(crate) text: String,
    /// For programs: one JSON document.
    pub(crate) document: Box<RawValue>,
    /// The exit code of a run that is about nothing else.
    pub(crate) code: u8,
    /// What is wrong, in a line, where the result says that something is.
    pub(crate) problem: Option<String>,
}

impl Shown {
    /// A result that says that all is well.
    pub(crate) fn new(text: String, document: &impl Serialize) -> anyhow::Result<Shown> {
        let document = RawValue::from_string(serde_json::to_string_pretty(document)?)?;
        Ok(Shown { text, document, code: 0, problem: None })
    }
}

impl Outcome {
    /// A run that ended before it changed anything.
    pub(crate) fn unchanged(ending: Ending) -> Outcome {
        Outcome { changed: 0, ending }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> ExitCode {
        match &self.ending {
            Ending::Done(_) => ExitCode::SUCCESS,
            Ending::Shown(shown) => ExitCode::from(shown.code),
            Ending::Stopped { reason: Reason::Interrupted, .. } => ExitCode::from(INTERRUPTED),
            Ending::Refused(_)
            | Ending::Failed(_)
            | Ending::Stopped { reason: Reason::TimedOut, .. } => ExitCode::FAILURE,
        }
    }

    /// What happened and how to continue, where there is something to say; `again`
    /// is the command line that continues.
    pub(crate) fn message(&self, again: &str) -> Option<String> {
        match &self.ending {
            Ending::Done(_) | Ending::Shown(_) => None,
            Ending::Refused(why) => Some(why.clone()).filter(|why| !why.is_empty()),
            Ending::Failed(errors) => Some(format!(
                "{}\nCompleted steps are kept.\nhelp: fix the cause, then `{again}` resumes",
                report(errors)
            )),
            Ending::Stopped { reason, left } => {
                let left = if left.is_empty() {
                    "Nothing was changed.".to_owned()
                } else {
                    format!("Left: {}.", left.join(", "))
                };
                let longer = match reason {
                    Reason::Interrupted => "",
                    Reason::TimedOut => "; `--timeout` allows more time",
                };
                Some(format!("{}\n{left}\nhelp: `{again}` resumes{longer}", reason.as_str()))
            }
        }
    }
}
