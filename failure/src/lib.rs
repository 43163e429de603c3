//! Errors that say what to do about them: the remedy is a field, and is shown
//! once, after everything that led to the error.

use std::fmt;

use inputs::printable;

/// An error with its remedy: on its own, or as the context of what caused it.
#[derive(Debug)]
pub struct Failure {
    what: String,
    remedy: String,
}

impl Failure {
    /// What failed, and what to do about it; neither with a full stop.
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Failure {
        Failure { what: what.into(), remedy: remedy.into() }
    }

    /// What to do about it.
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Failure {}

/// An error that nothing caused, with its remedy.
pub fn failure(what: impl Into<String>, remedy: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Failure::new(what, remedy))
}

/// Adds a remedy to whatever caused an error.
pub trait Help<T> {
    /// The same, with what failed and what to do about it.
    fn help(self, what: impl Into<String>, remedy: impl Into<String>) -> anyhow::Result<T>;
}

impl<T, E> Help<T> for Result<T, E>
where
    Self: anyhow::Context<T, E>,
{
    fn help(self, what: impl Into<String>, remedy: impl Into<String>) -> anyhow::Result<T> {
        anyhow::Context::with_context(self, || Failure::new(what, remedy))
    }
}

/// A text for people with what to do about it, where there is something to do.
pub fn advice(text: &str, remedy: Option<&str>) -> String {
    let help = remedy.map(|remedy| format!("help: {remedy}"));
    let text = Some(text.to_owned()).filter(|text| !text.is_empty());
    text.into_iter().chain(help).collect::<Vec<_>>().join("\n")
}

/// Errors for people: each with everything that led to it, and what to do last.
/// Whatever a library put into its error is text, and nothing that a terminal acts on.
pub fn report(errors: &[anyhow::Error]) -> String {
    let mut lines = Vec::new();
    for error in errors {
        lines.push(format!("error: {error}"));
        lines.extend(error.chain().skip(1).map(|cause| format!("  caused by: {cause}")));
    }
    let mut remedies: Vec<&str> = Vec::new();
    for failure in errors.iter().filter_map(|error| error.downcast_ref::<Failure>()) {
        if !remedies.contains(&failure.remedy()) {
            remedies.push(failure.remedy());
        }
    }
    lines.extend(remedies.iter().map(|remedy| advice("", Some(remedy))));
    // What others wrote over several lines stays below the line that it belongs to.
    let lines = lines.iter().map(|line| line.replace('\n', "\n    "));
    printable(&lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn an_error_is_reported_with_its_causes_and_its_remedy_last() {
        let error = Err::<(), _>(anyhow!("AccessDenied: no"))
            .help("calling efs:Create", "allow it")
            .context("carrying out a change")
            .unwrap_err();
        assert_eq!(
            report(&[error]),
            "error: carrying out a change\n  caused by: calling efs:Create\n  caused by: \
             AccessDenied: no\nhelp: allow it"
        );
    }

    #[test]
    fn a_remedy_of_several_errors_is_given_once() {
        let errors = [failure("one", "log in"), failure("two", "log in")];
        assert_eq!(report(&errors), "error: one\nerror: two\nhelp: log in");
    }

    #[test]
    fn what_others_wrote_starts_no_line_of_its_own() {
        let error = anyhow!("no\nDeployed: 7 changes");
        assert_eq!(report(&[error]), "error: no\n    Deployed: 7 changes");
    }

    #[test]
    fn what_a_terminal_would_act_on_is_shown_as_text() {
        assert_eq!(report(&[anyhow!("a\u{1b}[2J")]), "error: a\\u{1b}[2J");
    }
}
