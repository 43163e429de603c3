//! `plan-efs` and `plan-graphscope`: the plan as the result, in the form that was asked for.

use std::io::Write;

use anyhow::Context as _;
use job::{Output, PlanReport};
use plan::{Plan, Styled, markdown};
use serde::Serialize;

use super::connection::Connection;
use super::saved;
use crate::call::Call;
use crate::outcome::{Conclusion, Shown};
use crate::report::takes_colour;

/// A plan as a report of drift.
#[derive(Serialize)]
struct Drift<'a> {
    /// Whether what there is differs from what the file says.
    drift: bool,
    #[serde(flatten)]
    plan: &'a Plan<Call>,
}

/// The plan as the result; kept in a file too, where that was asked for and it can be applied.
pub(super) fn shown(
    connection: &Connection<'_>,
    plan: &Plan<Call>,
    (detailed_exitcode, report): (bool, &PlanReport),
) -> anyhow::Result<Shown> {
    let refused = plan.refusals.len();
    let conclusion = match (refused, !plan.is_empty()) {
        (1.., _) => Conclusion::Wrong,
        (0, true) if detailed_exitcode || report.drift => Conclusion::Changes,
        (0, _) => Conclusion::Fine,
    };
    let problem = (refused > 0).then(|| plan::refused(refused));
    let text = if report.markdown {
        let title = if report.drift { "Drift" } else { "Plan" };
        let text = markdown(plan, title);
        summarize(&text)?;
        text.trim_end().to_owned()
    } else {
        let colour = connection.session.output == Output::Text && takes_colour(&std::io::stdout());
        Styled { plan, colour }.to_string()
    };
    match report.out.as_deref() {
        Some(path) if refused == 0 => saved::write(connection, plan, path)?,
        Some(path) => connection.progress.say(&format!(
            "`{}` is not written: a plan that is refused cannot be carried out.",
            path.display()
        )),
        None => {}
    }
    let shown = if report.drift {
        Shown::new(text, &Drift { drift: !plan.is_empty(), plan })?
    } else {
        Shown::new(text, plan)?
    };
    Ok(Shown { conclusion, problem, ..shown })
}

/// Adds it to the summary of a step in a GitHub workflow, where this runs in one
/// (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions#adding-a-job-summary>).
fn summarize(text: &str) -> anyhow::Result<()> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else {
        return Ok(());
    };
    let place = || format!("writing the step summary to `{}`", path.display());
    let append = std::fs::OpenOptions::new().create(true).append(true).open(&path);
    append.and_then(|mut file| file.write_all(text.as_bytes())).with_context(place)
}
