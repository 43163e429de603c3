//! The order of help: commands by what they are for, and the many inputs behind everything else.

use std::fmt::Write as _;

use clap::builder::Styles;
use clap::{Arg, Command};

use crate::flags::INPUTS;

/// The commands under headings, which clap itself has for flags only.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    (
        "Storage",
        &["plan-efs", "deploy-efs", "status", "outputs", "verify", "expand-volumes", "destroy-efs"],
    ),
    ("GraphScope", &["plan-graphscope", "deploy-graphscope", "destroy-graphscope"]),
    ("Data", &["failover", "import", "access-points"]),
    ("Documents, policies and roles", &["render"]),
    ("This machine", &["doctor", "completions"]),
    ("Development", &["sandbox", "e2e", "clients", "bench", "fuzz", "tools", "matrix"]),
];

/// A command line whose help has its commands under these headings, and inputs behind other flags.
pub(crate) fn arranged(mut command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|it| it.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, inputs_last);
    }
    let groups = groups(&command);
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}\
         {}\n{{options}}{{after-help}}",
        heading("Options")
    ))
}

/// Help shows headings in the order of their first flags, and an argument that is changed goes behind
/// all others: the inputs, which are many, do not stand before the flags that everyone needs.
fn inputs_last(command: Command) -> Command {
    let is_input = |arg: &&Arg| arg.get_help_heading().is_some_and(|it| it.starts_with(INPUTS));
    let inputs = command.get_arguments().filter(is_input).map(|arg| arg.get_id().clone());
    let inputs: Vec<clap::Id> = inputs.collect();
    inputs.into_iter().fold(command, |command, id| command.mut_arg(id, |arg| arg))
}

fn groups(command: &Command) -> String {
    let mut text = String::new();
    for (title, names) in GROUPS {
        _ = writeln!(text, "{}", heading(title));
        for name in *names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            _ = writeln!(text, "  {}{about}", literal(&format!("{name:<20}")));
        }
        text.push('\n');
    }
    text
}

fn heading(text: &str) -> String {
    let styles = Styles::default();
    let style = styles.get_header();
    format!("{style}{text}:{style:#}")
}

fn literal(text: &str) -> String {
    let styles = Styles::default();
    let style = styles.get_literal();
    format!("{style}{text}{style:#}")
}
