//! `failover`: the copy of a file system takes over, with everything that names the source, and pods
//! prove it.

use failure::failure;
use job::{Destination, TakeOver, Verify};

use super::connection::Connection;
use super::{deployment, verify};
use crate::outcome::{Ending, Failed, Made, Outcome};

/// Plans, carries out, and proves what was made where anything was.
pub(super) async fn run(connection: &Connection<'_>, wanted: &TakeOver) -> anyhow::Result<Outcome> {
    let Outcome { changed, ending } = deployment::carry_out(connection).await?;
    let in_cluster = matches!(connection.job.target, Destination::Cluster(_));
    let proof = wanted.verify.as_ref().filter(|_| in_cluster && changed > 0);
    if changed == 0 && in_cluster && matches!(ending, Ending::Done(_)) {
        let unproved = "Nothing was changed, and so nothing was proved: `cargo xtask verify` proves the class.";
        connection.progress.say(unproved);
    }
    match (ending, proof) {
        (Ending::Done(made), Some(proof)) => proved(connection, proof, (changed, made)).await,
        (ending, _) => Ok(Outcome { changed, ending }),
    }
}

/// Proves what was made, which is there whatever the proof shows.
async fn proved(
    connection: &Connection<'_>,
    proof: &Verify,
    (changed, made): (usize, Made),
) -> anyhow::Result<Outcome> {
    connection.progress.say("Proving that pods share a volume of the class.");
    let proof = verify::run(connection, proof).await;
    let error = match proof.map(|outcome| outcome.ending) {
        Ok(Ending::Shown(shown)) => {
            connection.progress.say(&shown.text);
            match shown.problem {
                None => return Ok(Outcome { changed, ending: Ending::Done(made) }),
                Some(problem) => unproved(problem),
            }
        }
        Ok(Ending::Stopped { reason, left }) => {
            return Ok(Outcome { changed, ending: Ending::Stopped { reason, left } });
        }
        Ok(_) => unproved("the proof ended without a result"),
        Err(error) => error,
    };
    let failed = Failed { errors: vec![error], held_back: vec!["the proof".to_owned()], made };
    Ok(Outcome { changed, ending: Ending::Failed(failed) })
}

/// The error for what is not proved: the failover itself is complete.
fn unproved(what: impl Into<String>) -> anyhow::Error {
    failure(what.into(), "fix the cause, and run `cargo xtask verify`: everything is on the copy")
}
