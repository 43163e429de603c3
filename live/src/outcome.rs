//! How a run ended: one type from the executor to the exit code.

use std::collections::BTreeMap;
use std::process::ExitCode;

use efs::Outputs;
use failure::{advice, report};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::stop::{INTERRUPTED, Reason};

/// The exit code of `plan-efs --detailed-exitcode` where there are changes.
const CHANGES: u8 = 2;

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
    /// A plan, a status or a proof.
    Shown(Shown),
    /// The plan has refusals, or nobody consented: nothing was changed.
    Refused { why: String, remedy: Option<String> },
    /// It failed before there was anything to carry out.
    Unplanned(anyhow::Error),
    /// Something failed; what did not need it was carried out.
    Failed(Failed),
    /// It was stopped, and this is left.
    Stopped { reason: Reason, left: Vec<String> },
    /// A fleet was carried out; so many of its deployments failed or were not begun.
    Fleet {
        failed: usize,
        stopped: Option<Reason>,
        /// The strongest of what its results say.
        shown: Conclusion,
        /// Whether running it again continues; not where it only shows something.
        resumable: bool,
    },
}

/// What of a run failed.
#[derive(Debug, Default)]
pub(crate) struct Failed {
    pub(crate) errors: Vec<anyhow::Error>,
    /// The addresses of what was not carried out for that.
    pub(crate) held_back: Vec<String>,
    /// What can be used all the same.
    pub(crate) made: Made,
}

/// What a result that is shown says about its subject, where the exit code is to say it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Conclusion {
    Fine,
    /// There is something to change (`--detailed-exitcode`).
    Changes,
    /// A plan with refusals, or a proof that failed.
    Wrong,
}

impl Conclusion {
    fn code(self) -> ExitCode {
        match self {
            Conclusion::Fine => ExitCode::SUCCESS,
            Conclusion::Changes => ExitCode::from(CHANGES),
            Conclusion::Wrong => ExitCode::FAILURE,
        }
    }
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
    pub(crate) conclusion: Conclusion,
    /// What is wrong, in a line, where the result says that something is.
    pub(crate) problem: Option<String>,
}

impl Shown {
    /// A result that says that all is well.
    pub(crate) fn new(text: String, document: &impl Serialize) -> anyhow::Result<Shown> {
        let document = RawValue::from_string(serde_json::to_string_pretty(document)?)?;
        Ok(Shown { text, document, conclusion: Conclusion::Fine, problem: None })
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
            Ending::Shown(Shown { conclusion, .. })
            | Ending::Fleet { failed: 0, shown: conclusion, .. } => conclusion.code(),
            Ending::Stopped { reason: Reason::Interrupted, .. }
            | Ending::Fleet { stopped: Some(Reason::Interrupted), .. } => {
                ExitCode::from(INTERRUPTED)
            }
            Ending::Refused { .. }
            | Ending::Unplanned(_)
            | Ending::Failed(_)
            | Ending::Stopped { reason: Reason::TimedOut, .. }
            | Ending::Fleet { .. } => ExitCode::FAILURE,
        }
    }

    /// How it ended, in a word for programs.
    pub(crate) fn word(&self) -> &'static str {
        match &self.ending {
            Ending::Shown(_) => "shown",
            Ending::Refused { .. } => "refused",
            Ending::Unplanned(_) | Ending::Failed(_) | Ending::Fleet { failed: 1.., .. } => {
                "failed"
            }
            Ending::Stopped { .. } | Ending::Fleet { stopped: Some(_), .. } => "stopped",
            Ending::Done(_) | Ending::Fleet { .. } => "done",
        }
    }

    /// What happened and how to continue, where there is something to say; `again`
    /// is the command line that continues.
    pub(crate) fn message(&self, again: &str) -> Option<String> {
        match &self.ending {
            Ending::Done(_) | Ending::Shown(_) => None,
            Ending::Refused { why, remedy } => Some(advice(why, remedy.as_deref())),
            Ending::Unplanned(error) => Some(report(std::slice::from_ref(error))),
            Ending::Failed(Failed { errors, held_back, made: _ }) => {
                let left = if held_back.is_empty() {
                    String::new()
                } else {
                    format!(" Not carried out for that: {}.", held_back.join(", "))
                };
                Some(advice(
                    &format!("{}\nCompleted steps are kept.{left}", report(errors)),
                    Some(&format!("fix the cause, then `{again}` resumes")),
                ))
            }
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
                let remedy = format!("`{again}` resumes{longer}");
                Some(advice(&format!("{reason}\n{left}"), Some(&remedy)))
            }
            Ending::Fleet { failed, stopped, resumable, shown: _ } => {
                let remedy = format!("fix the causes, then `{again}` resumes");
                let remedy = (*failed > 0 && *resumable).then_some(remedy.as_str());
                match stopped {
                    Some(reason) => Some(advice(&reason.to_string(), remedy)),
                    None => remedy.map(|remedy| advice("", Some(remedy))),
                }
            }
        }
    }
}

impl From<anyhow::Error> for Ending {
    /// A command that could not carry anything out: it was stopped, or it failed.
    fn from(error: anyhow::Error) -> Ending {
        match error.downcast::<Reason>() {
            Ok(reason) => Ending::Stopped { reason, left: Vec::new() },
            Err(error) => Ending::Unplanned(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use failure::failure;

    use super::*;

    /// The exit code of an ending; `ExitCode` can be compared by its debug output only.
    fn code(ending: Ending) -> String {
        format!("{:?}", Outcome::unchanged(ending).code())
    }

    #[test]
    fn the_exit_code_says_how_a_run_ended() {
        let [fine, failed, changes, interrupted] =
            [0, 1, 2, 130].map(|code| format!("{:?}", ExitCode::from(code)));
        let stopped = |reason| Ending::Stopped { reason, left: Vec::new() };
        let refused = Ending::Refused { why: String::new(), remedy: None };
        let shown = |conclusion| {
            let shown = Shown::new(String::new(), &()).unwrap();
            Ending::Shown(Shown { conclusion, ..shown })
        };
        let fleet =
            |failed, stopped, shown| Ending::Fleet { failed, stopped, shown, resumable: true };
        assert_eq!(code(Ending::Done(Made::default())), fine);
        assert_eq!(code(shown(Conclusion::Fine)), fine);
        assert_eq!(code(shown(Conclusion::Changes)), changes);
        assert_eq!(code(shown(Conclusion::Wrong)), failed);
        assert_eq!(code(refused), failed);
        assert_eq!(code(Ending::Failed(Failed::default())), failed);
        assert_eq!(code(stopped(Reason::TimedOut)), failed);
        assert_eq!(code(stopped(Reason::Interrupted)), interrupted);
        assert_eq!(code(fleet(0, None, Conclusion::Fine)), fine);
        assert_eq!(code(fleet(0, None, Conclusion::Changes)), changes);
        assert_eq!(code(fleet(1, None, Conclusion::Changes)), failed);
        assert_eq!(code(fleet(1, Some(Reason::Interrupted), Conclusion::Fine)), interrupted);
    }

    #[test]
    fn an_error_before_a_plan_is_reported_and_a_stop_is_no_error() {
        let message = |error| Outcome::unchanged(Ending::from(error)).message("cargo xtask status");
        assert_eq!(
            message(failure("no cluster", "name one")).unwrap(),
            "error: no cluster\nhelp: name one"
        );
        assert_eq!(
            message(Reason::TimedOut.into()).unwrap(),
            "Timed out (`--timeout`): not starting anything new.\nNothing was changed.\n\
             help: `cargo xtask status` resumes; `--timeout` allows more time"
        );
    }
}
