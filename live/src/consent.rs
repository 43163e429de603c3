//! Consent to what deletes or replaces.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Write};

use plan::Plan;
use tokio::sync::oneshot;

use crate::outcome::Ending;

/// Asks for consent to a plan; how the run ends where it is not given. A plan that deletes
/// and replaces nothing needs none.
pub(crate) async fn given<C>(plan: &Plan<C>) -> anyhow::Result<Option<Ending>> {
    let addresses = addresses(plan);
    if addresses.is_empty() {
        return Ok(None);
    }
    eprintln!("This deletes or replaces {addresses}.");
    // Standard input carried the job, so that the terminal itself is used.
    let terminal = std::io::stderr()
        .is_terminal()
        .then(|| OpenOptions::new().read(true).write(true).open("/dev/tty").ok())
        .flatten();
    let Some(terminal) = terminal else {
        let remedy = "review the plan, and give `--yes` if it is what you want".to_owned();
        return Ok(Some(refused(Some(remedy))));
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

/// What a plan deletes or replaces; empty where it does neither.
pub(crate) fn addresses<C>(plan: &Plan<C>) -> String {
    let all: Vec<String> =
        plan.needing_consent().map(|change| change.address.to_string()).collect();
    all.join(", ")
}

fn ask(mut terminal: File) -> std::io::Result<bool> {
    write!(terminal, "Only `yes` will be accepted. Continue? ")?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
