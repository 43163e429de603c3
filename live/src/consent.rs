//! Consent to what deletes or replaces, and to what else a plan asks.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Write};

use inputs::printable;
use plan::Plan;
use tokio::sync::oneshot;

use crate::outcome::Ending;

/// What of a plan must be agreed to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// What it deletes and replaces.
    pub(crate) deletions: bool,
    /// What else it asks.
    pub(crate) questions: bool,
}

/// What must be agreed to before a plan is carried out, as people read it, and how to agree
/// without a terminal; `None` where there is nothing.
pub(crate) fn question<C>(plan: &Plan<C>, asked: Asked) -> Option<(String, String)> {
    let (mut lines, mut remedies) = (Vec::new(), Vec::new());
    let addresses = addresses(plan);
    if asked.deletions && !addresses.is_empty() {
        lines.push(format!("This deletes or replaces {addresses}."));
        let lost = plan.needing_consent().flat_map(|change| &change.loses);
        lines.extend(lost.map(|data| format!("Data is lost: {data}.")));
        remedies.push("give `--yes` if it is what you want");
    }
    if asked.questions {
        for question in &plan.questions {
            lines.push(format!("{}: {}.", question.address, question.asks));
            remedies.push(&question.remedy);
        }
    }
    let shown = |parts: Vec<String>| printable(&parts.join("\n"));
    (!lines.is_empty()).then(|| (shown(lines), remedies.join("; ")))
}

/// Asks for consent to a plan, where it needs any; how the run ends where it is not given.
pub(crate) async fn given<C>(plan: &Plan<C>, asked: Asked) -> anyhow::Result<Option<Ending>> {
    let Some((question, remedy)) = question(plan, asked) else { return Ok(None) };
    eprintln!("{question}");
    // Standard input carried the job, so that the terminal itself is used.
    let terminal = std::io::stderr()
        .is_terminal()
        .then(|| OpenOptions::new().read(true).write(true).open("/dev/tty").ok())
        .flatten();
    let Some(terminal) = terminal else {
        return Ok(Some(refused(Some(format!("review the plan; {remedy}")))));
    };
    // A thread of its own: Ctrl-C is heard while a person thinks, and the
    // runtime does not wait for an answer that never comes.
    let (sender, answer) = oneshot::channel();
    std::thread::spawn(move || sender.send(ask(terminal)));
    let yes = answer.await??;
    Ok((!yes).then(|| refused(None)))
}

fn refused(remedy: Option<String>) -> Ending {
    Ending::Refused { why: "Nothing was changed.".to_owned(), remedy }
}

/// What a plan deletes or replaces, and where; empty where it does neither.
fn addresses<C>(plan: &Plan<C>) -> String {
    let all: Vec<String> =
        plan.needing_consent().map(|change| change.address.to_string()).collect();
    if all.is_empty() {
        return String::new();
    }
    let places = plan.details.get("places").into_iter().flatten();
    let mut places: Vec<&str> = places.filter_map(|place| place.line.as_deref()).collect();
    places.dedup();
    let place = if places.is_empty() { String::new() } else { format!(" ({})", places.join("; ")) };
    format!("{}{place}", all.join(", "))
}

fn ask(mut terminal: File) -> std::io::Result<bool> {
    write!(terminal, "Only `yes` will be accepted. Continue? ")?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
