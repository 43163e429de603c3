//! `access-points`: those of the file system that no volume names any more, and their removal.

use anyhow::Context as _;
use efs::resources::access_point::{self as room, Deletion, Wanted};
use failure::advice;
use inputs::counted;
use plan::{Plan, Row, Table, Warning};
use serde_json::{Value, json};

use super::connection::Connection;
use super::deployment::execute;
use crate::call::Call;
use crate::consent::Required;
use crate::outcome::{Ending, Outcome, Shown};
use crate::places;
use crate::report;
use crate::resources::access_point;
use crate::resources::file_system::{self, Lookup};
use crate::target::Target;

pub(super) async fn run(
    connection: &Connection<'_>,
    deletion: &Deletion,
) -> anyhow::Result<Outcome> {
    let target = connection.connect().await?;
    let line = connection.progress.line("observing");
    let looks = async {
        let places = connection.look_at_places(&target);
        tokio::join!(observe(connection, &target, deletion), places).0
    };
    let found = connection.stop.or(looks).await.inspect_err(|_| line.failed("stopped"))?;
    let Found { mut plan, rows, points } = found.map_err(|error| connection.misplaced(error))?;
    line.done(&format!("read AWS in {}", counted(connection.calls.count(), "call")));
    places::guard(connection.job, connection.places(), &mut plan);
    if *deletion == Deletion::None {
        let told = |it: &Warning| {
            format!("\n{}", advice(&format!("Warning: {}", it.text), Some(&it.remedy)))
        };
        let warnings = plan.warnings.iter().map(told);
        let text = format!(
            "{}\n\n{}\n\nEFS does not tell when an access point was made.{}",
            place::lines(connection.places()).join("\n"),
            Table(&rows),
            warnings.collect::<String>()
        );
        let document = json!({
            "access_points": points,
            "warnings": plan.warnings,
            "places": report::places(connection.places()),
        });
        return Ok(Outcome::unchanged(Ending::Shown(Shown::new(text, &document)?)));
    }
    let required = Required { deletions: !connection.job.yes, questions: true };
    execute(connection, &target, &plan, None, required).await
}

/// What there is of all modules, and what is to be done about it.
struct Found {
    plan: Plan<Call>,
    rows: Vec<Row>,
    points: Vec<Value>,
}

async fn observe(
    connection: &Connection<'_>,
    target: &Target,
    deletion: &Deletion,
) -> anyhow::Result<Found> {
    let job = connection.job;
    let mut whole = Plan { unchanged: "No changes. Nothing is left over.", ..Plan::default() };
    let (mut rows, mut points) = (Vec::new(), Vec::new());
    for (label, inputs) in job.storage() {
        let aws = connection.clients.get(&inputs.aws_region);
        let aws = aws.context("a region has no client")?;
        let owner = inputs.owner();
        let Some(found) = file_system::observe(aws, &Lookup::of(inputs)).await? else {
            rows.push(Row::missing("file system", format!("module.{label}")));
            continue;
        };
        let kube = target.cluster().map(|cluster| &cluster.kube);
        let seen = access_point::observe(aws, kube, &found.id).await?;
        let points_of_inputs = inputs.access_points.as_ref();
        let wanted =
            Wanted { owner: &owner, points: points_of_inputs, file_system: &found.id, deletion };
        let (more, listed) = room::table(&wanted, &seen);
        rows.extend(more);
        points.extend(listed.as_array().cloned().unwrap_or_default());
        let mut part = Plan::<efs::Call>::default();
        room::plan(&mut part, &job.storage_scope(label), &wanted, &seen);
        whole.append(part.map(|call| Call::of_storage(call, aws)));
    }
    Ok(Found { plan: whole, rows, points })
}
