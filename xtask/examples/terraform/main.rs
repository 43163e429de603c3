//! Compares the language of deployment files with Terraform, where that is installed.
//!
//! `cargo run --package xtask --example terraform -- answers` asks Terraform for its
//! answers to all expressions of `xtask/tests/terraform/`, and writes them to
//! `answers.json` there, which a test compares with the answers of this program.
//! `-- fuzz SECONDS [SEED]` makes up expressions, and compares both.

mod console;
mod fuzz;
mod grammar;
mod yaml;

use std::process::ExitCode;

use console::Console;

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let console = Console::new()?;
    match arguments.as_slice() {
        ["answers"] => console.answers(),
        ["ask", expressions @ ..] if !expressions.is_empty() => {
            for expression in expressions {
                println!("{expression}");
                println!("  terraform: {:?}", console.ask(expression)?);
                println!("  here:      {:?}", xtask::answer("", "", expression));
            }
            Ok(ExitCode::SUCCESS)
        }
        ["fuzz", seconds] => fuzz::fuzz(&console, seconds.parse()?, 1),
        ["fuzz", seconds, seed] => fuzz::fuzz(&console, seconds.parse()?, seed.parse()?),
        _ => anyhow::bail!("write `answers`, `ask EXPRESSION…`, or `fuzz SECONDS [SEED]`"),
    }
}
