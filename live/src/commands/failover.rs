//! `failover`: the copy of a file system takes over, with everything that names the source, and pods
//! prove it.

use anyhow::Context as _;
use efs::FileSystemId;
use efs::resources::replica::{Side, Stage, tag};
use failure::failure;
use futures_util::future::try_join_all;
use job::{Destination, TakeOver, Verify};

use super::connection::Connection;
use super::{deployment, verify};
use crate::aws::Aws;
use crate::outcome::{Ending, Failed, Made, Outcome};
use crate::resources::file_system::{self, Lookup};
use crate::resources::replica;

/// Plans, carries out, and proves what was made where anything was.
pub(super) async fn run(connection: &Connection<'_>, wanted: &TakeOver) -> anyhow::Result<Outcome> {
    let Outcome { changed, ending } = deployment::carry_out(connection).await?;
    let in_cluster = matches!(connection.job.target, Destination::Cluster(_));
    let done = matches!(ending, Ending::Done(_));
    // A run that was stopped at its proof has left that to this one.
    let proves = wanted.verify.is_some() && in_cluster && done;
    let unproved = if proves { unproved_ones(connection).await? } else { Vec::new() };
    let proof = wanted.verify.as_ref().filter(|_| proves && (changed > 0 || !unproved.is_empty()));
    if changed == 0 && in_cluster && done && proof.is_none() {
        let unproved = "Nothing was changed, and so nothing was proved: `cargo xtask verify` proves the class.";
        connection.progress.say(unproved);
    }
    match (ending, proof) {
        (Ending::Done(made), Some(proof)) => {
            let outcome = proved(connection, proof, (changed, made)).await?;
            if matches!(outcome.ending, Ending::Done(_)) {
                for (aws, id, source) in unproved {
                    replica::mark(&aws, &id, &Stage::Complete(source).tag()).await?;
                }
            }
            Ok(outcome)
        }
        (ending, _) => Ok(Outcome { changed, ending }),
    }
}

/// The file systems that took over, and of which no pods have proved it; with what they took over
/// from.
async fn unproved_ones(
    connection: &Connection<'_>,
) -> anyhow::Result<Vec<(Aws, FileSystemId, Side)>> {
    let all = connection.job.storage().map(|(_, inputs)| async move {
        let aws = connection.clients.get(&inputs.aws_region).context("a region has no client")?;
        let found = file_system::observe(aws, &Lookup::of(inputs)).await?;
        let tagged = found.and_then(|found| {
            let stage = Stage::parse(found.tags.get(&tag())?)?;
            Some((found.id, stage))
        });
        anyhow::Ok(match tagged {
            Some((id, Stage::ToProve(source))) => Some((aws.clone(), id, source)),
            _ => None,
        })
    });
    Ok(try_join_all(all).await?.into_iter().flatten().collect())
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
