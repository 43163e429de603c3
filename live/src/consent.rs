//! Consent to what deletes or replaces.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Write};

use plan::Plan;
use tokio::sync::oneshot;

/// Whether the plan may be carried out: it deletes and replaces nothing, or a
/// person at the terminal consents.
pub(crate) async fn given<C>(plan: &Plan<C>) -> anyhow::Result<bool> {
    if plan.needing_consent().next().is_none() {
        return Ok(true);
    }
    eprintln!("{}", question(plan));
    // Standard input carried the job, so that the terminal itself is used.
    let terminal = std::io::stderr()
        .is_terminal()
        .then(|| OpenOptions::new().read(true).write(true).open("/dev/tty").ok())
        .flatten();
    let Some(terminal) = terminal else {
        eprintln!(
            "Nothing was changed.\nhelp: look at the plan, and give `--yes` if it is what you want"
        );
        return Ok(false);
    };
    // A thread of its own: Ctrl-C is heard while a person thinks, and the
    // runtime does not wait for an answer that never comes.
    let (sender, answer) = oneshot::channel();
    std::thread::spawn(move || sender.send(ask(terminal)));
    let yes = answer.await??;
    if !yes {
        eprintln!("Nothing was changed.");
    }
    Ok(yes)
}

/// What a plan deletes or replaces, and where.
pub(crate) fn question<C>(plan: &Plan<C>) -> String {
    let all: Vec<String> =
        plan.needing_consent().map(|change| change.address.to_string()).collect();
    let places = plan.details.get("places").into_iter().flatten();
    let mut places: Vec<&str> = places.filter_map(|place| place.line.as_deref()).collect();
    places.dedup();
    let place = if places.is_empty() { String::new() } else { format!(" ({})", places.join("; ")) };
    format!("This deletes or replaces {}{place}.", all.join(", "))
}

fn ask(mut terminal: File) -> std::io::Result<bool> {
    write!(terminal, "Continue? Only `yes` is taken for consent: ")?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
