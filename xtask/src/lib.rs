//! `cargo xtask`: the front door of Clockwork Codex.
//!
//! Everything that a person can get wrong is found here, all of it at once,
//! before anything heavy is compiled or anything is called.

mod adopt;
mod command_line;
mod commands;
mod config;
mod deployment;
mod diagnostic;
mod flags;
mod helm;
mod help;
mod iam;
mod live;
mod prices;
mod print;
mod request;
mod sandbox;
mod tools;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::commands::Cli;
use crate::diagnostic::Diagnostics;

/// What is wrong with a deployment file, as it is printed; for tests that try any text.
pub fn mistakes(text: &str) -> Vec<String> {
    match deployment::of_text(text) {
        Ok(_) => Vec::new(),
        Err(error) => match error.downcast::<Diagnostics>() {
            Ok(diagnostics) => diagnostics.rendered(false),
            Err(error) => vec![format!("{error:#}")],
        },
    }
}

/// What an expression of a deployment file yields, as Terraform's console would print it;
/// for comparisons with Terraform. `file` is the text that declares variables and locals,
/// and `values` what is set for them, as in a `.tfvars` file.
pub fn answer(file: &str, values: &str, expression: &str) -> Result<String, String> {
    config::answer(file, values, expression)
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let mut command = commands::command();
    let mut matches = command.get_matches_mut();
    let cli = Cli::from_arg_matches_mut(&mut matches)
        .unwrap_or_else(|error| error.format(&mut command).exit());
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => match error.downcast::<Diagnostics>() {
            Ok(diagnostics) => {
                diagnostics.print();
                ExitCode::from(2)
            }
            Err(error) => {
                eprintln!("{}", failure::report(&[error]));
                ExitCode::FAILURE
            }
        },
    }
}
