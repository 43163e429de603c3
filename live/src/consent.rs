//! Consent to what deletes or replaces.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, IsTerminal, Write};

use efs::Plan;
use job::Job;
use tokio::sync::oneshot;

/// Whether the plan may be carried out: it deletes and replaces nothing, or
/// `--yes` was given, or a person at the terminal says so.
pub(crate) async fn given(job: &Job, plan: &Plan) -> anyhow::Result<bool> {
    let asked: Vec<&str> = plan.needing_consent().map(|step| step.address.as_str()).collect();
    if asked.is_empty() || job.yes {
        return Ok(true);
    }
    eprintln!("This deletes or replaces {}.", asked.join(", "));
    // Standard input carried the job, so the terminal is asked itself.
    let terminal = std::io::stderr()
        .is_terminal()
        .then(|| OpenOptions::new().read(true).write(true).open("/dev/tty").ok())
        .flatten();
    let Some(terminal) = terminal else {
        eprintln!(
            "Nothing was changed. What now: look at the plan, and give `--yes` if it is what you want"
        );
        return Ok(false);
    };
    // A thread of its own: Ctrl-C is heard while a person thinks, and the
    // runtime does not wait for an answer that never comes.
    let (tell, answer) = oneshot::channel();
    std::thread::spawn(move || tell.send(ask(terminal)));
    let yes = answer.await??;
    if !yes {
        eprintln!("Nothing was changed.");
    }
    Ok(yes)
}

fn ask(mut terminal: File) -> std::io::Result<bool> {
    write!(terminal, "Go on? Only `yes` is taken for consent: ")?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}
