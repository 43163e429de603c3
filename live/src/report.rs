//! Results on standard output, and failures on standard error.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use efs::{Outputs, printable};
use job::{Command, Job, Output};
use serde_json::json;

/// What a run that is through tells.
pub(crate) struct Told {
    /// How many steps were carried out.
    pub(crate) changed: usize,
    pub(crate) calls: usize,
    pub(crate) rounds: usize,
    pub(crate) elapsed: Duration,
}

/// A result for people.
pub(crate) fn text(result: &impl Display) {
    // A reader that went away has seen enough.
    let _ = writeln!(std::io::stdout(), "{result}");
}

/// A result for programs: one document.
pub(crate) fn json(result: &impl serde::Serialize) {
    let mut out = std::io::stdout().lock();
    let _ = serde_json::to_writer_pretty(&mut out, result);
    let _ = writeln!(out);
}

/// Whether standard output takes colour.
pub(crate) fn stdout_colour() -> bool {
    std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Failures, each with everything that led to it.
pub(crate) fn failures(errors: &[anyhow::Error]) -> String {
    let lines = errors.iter().flat_map(|error| {
        let causes = error.chain().skip(1).map(|cause| format!("  caused by: {cause}"));
        std::iter::once(format!("error: {error}")).chain(causes)
    });
    // Whatever a library put into its error: it is text.
    printable(&lines.collect::<Vec<_>>().join("\n"))
}

/// A failure with everything that led to it: on standard error.
pub(crate) fn failure(error: anyhow::Error) {
    eprintln!("{}", failures(&[error]));
}

/// The result of a deploy or destroy that is through.
pub(crate) fn done(job: &Job, told: &Told, outputs: Option<&Outputs>) -> anyhow::Result<()> {
    match job.output {
        Output::Json => {
            let mut document = json!({
                "changed": told.changed,
                "aws_calls": told.calls,
                "aws_rounds": told.rounds,
                "elapsed_ms": u64::try_from(told.elapsed.as_millis()).unwrap_or(u64::MAX),
            });
            if let Some(outputs) = outputs {
                document["outputs"] = serde_json::to_value(outputs)?;
            }
            json(&document);
        }
        Output::Text => text(&summary(job, told, outputs)),
    }
    match outputs {
        Some(outputs) => step_outputs(outputs),
        None => Ok(()),
    }
}

fn summary(job: &Job, told: &Told, outputs: Option<&Outputs>) -> String {
    let verb = match (&job.command, told.changed) {
        (_, 0) => "Nothing to do".to_owned(),
        (Command::Destroy | Command::DestroyWorkloads { .. }, count) => {
            format!("Destroyed: {count} changes")
        }
        (Command::Expand, count) => format!("Expanded: {count} claims"),
        (_, count) => format!("Deployed: {count} changes"),
    };
    let seconds = told.elapsed.as_secs_f64();
    let mut text = format!("{verb}, {} AWS calls, {seconds:.1} s.", told.calls);
    if let Some(outputs) = outputs {
        text.push_str("\n\nOutputs:\n");
        let mut row = |name: &str, value: &str| {
            text.push_str(&format!("\n{name:20} = {value}"));
        };
        row("storage_class_name", &outputs.storage_class_name);
        row("file_system_id", outputs.file_system_id.as_str());
        row("file_system_dns_name", &outputs.file_system_dns_name);
        if let Some(cluster) = &outputs.cluster {
            row("cluster", cluster);
        }
        if let Some(manifests) = &outputs.manifests {
            row("manifests", from_here(manifests));
        }
        for (at, target) in outputs.mount_targets.iter().enumerate() {
            let address = target.ip_address.as_deref().unwrap_or("no address yet");
            let name = if at == 0 { "mount_targets" } else { "" };
            row(
                name,
                &format!(
                    "{} {} {} {address}",
                    target.availability_zone, target.mount_target_id, target.subnet_id
                ),
            );
        }
    }
    text
}

/// A path as it is typed from here, where it lies below.
fn from_here(path: &str) -> &str {
    let here = std::env::current_dir().unwrap_or_default();
    let below = Path::new(path).strip_prefix(here).ok().and_then(Path::to_str);
    below.filter(|below| !below.is_empty()).unwrap_or(path)
}

/// Outputs for the later steps of a GitHub workflow.
fn step_outputs(outputs: &Outputs) -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("GITHUB_OUTPUT").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let lines = format!(
        "storage_class_name={}\nfile_system_id={}\nfile_system_dns_name={}\n",
        outputs.storage_class_name, outputs.file_system_id, outputs.file_system_dns_name
    );
    let append = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    append
        .and_then(|mut file| file.write_all(lines.as_bytes()))
        .with_context(|| format!("writing step outputs to `{}`", path.display()))
}
