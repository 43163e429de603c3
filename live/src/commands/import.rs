//! `import`: a file system that is there becomes the module block by which a deployment takes it
//! over. Nothing is changed.

use std::sync::Arc;

use efs::import::{Block, Effects, Found, Names, Source, effects};
use efs::resources::file_system::FileSystem;
use efs::resources::storage_class::StorageClass;
use efs::{Actual, Canary, Cluster, Desired, FileSystemId, Inputs, Networks, Owner};
use failure::{advice, failure};
use futures_util::future::try_join_all;
use inputs::{Given, GivenInputs, counted};
use job::{Find, Import, Output, Session};
use plan::{Refusal, Scope, Warning};
use serde_json::{Value, json};
use tokio::try_join;

use crate::aws::{Account, Aws, Calls, filter};
use crate::cluster::Kube;
use crate::log;
use crate::outcome::{Conclusion, Ending, Outcome, Shown};
use crate::report::{json as print_json, text as print_text};
use crate::resources::file_system::{self, Lookup, everything};
use crate::resources::{driver, ingress, mount_target, security_group, storage_class};
use crate::stop::Stop;
use crate::trace::Trace;
use crate::users;

/// Looks, and prints the blocks.
pub(super) async fn run(
    import: &Import,
    session: &Session,
    endpoint: Option<&str>,
    stop: &Stop,
) -> anyhow::Result<Outcome> {
    let calls = Arc::new(Calls::new(session.verbosity, &Arc::new(Trace::new())));
    let account = Account::new(None)?;
    let written = stop.or(all(import, (&account, endpoint), &calls)).await??;
    let hcl = written.iter().map(|one| one.block.hcl()).collect::<Vec<_>>().join("\n");
    let wrong = written.iter().find_map(Written::problem);
    // What was refused is not in the way of the next run, which gives what was missing.
    let out = import.out.as_ref().filter(|_| wrong.is_none());
    if let Some(path) = out {
        directory::write_file(path, &hcl)?;
    }
    let document = json!({
        "file_systems": written.iter().map(Written::json).collect::<Vec<_>>(),
        "hcl": hcl,
        "out": out,
        "aws_calls": calls.count(),
    });
    for one in &written {
        one.tell();
    }
    if let Some(path) = out {
        log::say(&format!("The block is in `{}`. Nothing else was changed.", path.display()));
    }
    match session.output {
        Output::Json => print_json(&document),
        Output::Text if out.is_none() => print_text(&hcl.trim_end()),
        Output::Text => {}
    }
    let shown = Shown::new(hcl, &document)?;
    Ok(Outcome::unchanged(Ending::Shown(match wrong {
        Some(problem) => Shown { conclusion: Conclusion::Wrong, problem: Some(problem), ..shown },
        None => shown,
    })))
}

/// What is written of a file system, and what a deployment of it would do.
struct Written {
    id: FileSystemId,
    region: String,
    block: Block,
    /// What stands against the block as a whole.
    refusals: Vec<Refusal>,
    /// What a deployment asks before it begins.
    questions: Vec<String>,
    notes: Vec<String>,
    effects: Effects,
}

impl Written {
    /// Why the block cannot be deployed as it is, where it cannot.
    fn problem(&self) -> Option<String> {
        let first = self.refusals.first()?;
        Some(format!("{}: {}", first.address, first.reason))
    }

    fn json(&self) -> Value {
        let Written { id, region, block, refusals, questions, notes, effects } = self;
        json!({
            "file_system_id": id.as_str(),
            "region": region,
            "label": block.label(),
            "inputs": block.json(),
            "hcl": block.hcl(),
            "tagged": effects.tagged,
            "labelled": effects.labelled,
            "differences": effects.differences,
            "warnings": block.warnings,
            "questions": questions,
            "notes": notes,
            "refusals": refusals,
        })
    }

    /// Tells on standard error what a deployment would do, and who else manages it.
    fn tell(&self) {
        let Written { id, region, block, refusals, questions, notes, effects } = self;
        let mut lines = vec![format!("{id} in {region} as module.{}:", block.label())];
        if *effects == Effects::default() {
            lines.push("  A deployment of the block changes nothing of it.".to_owned());
        }
        for tagged in &effects.tagged {
            lines.push(format!("  {} would be tagged:", tagged.id));
            let tags = tagged.tags.iter().map(|(key, value)| format!("    {key} = {value:?}"));
            lines.extend(tags);
        }
        let labelled = effects.labelled.iter();
        lines.extend(labelled.map(|it| {
            format!("  The StorageClass {it} would be labelled and annotated as this deployment's")
        }));
        let differences = effects.differences.iter();
        lines.extend(differences.map(|it| format!("  It would be changed: {it}")));
        lines.extend(questions.iter().map(|it| format!("  A deployment asks first: it {it}")));
        lines.extend(notes.iter().map(|it| format!("  note: {it}")));
        let warning =
            |Warning { text, remedy }: &Warning| advice(&format!("Warning: {text}"), Some(remedy));
        lines.extend(block.warnings.iter().map(warning));
        let refused = |it: &Refusal| {
            advice(&format!("Refused: {}: {}", it.address, it.reason), Some(&it.remedy))
        };
        lines.extend(refusals.iter().map(refused));
        log::say(&inputs::printable(&lines.join("\n")));
    }
}

/// All file systems that are meant, each with its block.
async fn all(
    import: &Import,
    (account, endpoint): (&Account, Option<&str>),
    calls: &Arc<Calls>,
) -> anyhow::Result<Vec<Written>> {
    let given: GivenInputs =
        import.given.iter().map(|(name, it)| (name.clone(), Given::Literal(it.clone()))).collect();
    let region = |of: Option<&String>| {
        let region = import.region.as_ref().or(of).cloned();
        region.ok_or_else(|| failure("no region is known", "give `--aws-region`"))
    };
    let first = match &import.find {
        Find::Sources(all) => region(all.first().and_then(|it| it.region.as_ref()))?,
        Find::Id(_) | Find::Tags(_) => region(None)?,
    };
    account.sign_in(&first, endpoint).await?;
    let kube = match &import.context {
        Some(context) => Some(Kube::connect(context, &[]).await?),
        None => None,
    };
    let connect = |region: String| async move { account.connect(&region, endpoint, calls).await };
    let mut meant: Vec<(Aws, FileSystem, Option<&Source>)> = Vec::new();
    match &import.find {
        Find::Id(id) => {
            let aws = connect(first).await;
            let found = by_id(&aws, id).await?;
            meant.push((aws, found, None));
        }
        Find::Tags(tags) => {
            let aws = connect(first).await;
            let found = file_system::tagged(&aws, tags).await?;
            meant.extend(found.into_iter().map(|found| (aws.clone(), found, None)));
        }
        Find::Sources(sources) => {
            for source in sources {
                let aws = connect(region(source.region.as_ref())?).await;
                let found = by_id(&aws, &source.id).await?;
                meant.push((aws, found, Some(source)));
            }
        }
    }
    let several = meant.len() > 1;
    let blocks = meant.into_iter().enumerate().map(|(at, (aws, found, source))| {
        let (given, label, kube) = (&given, import.label.as_str(), kube.as_ref());
        async move {
            let place = (label, several.then_some(at + 1));
            let names = Names::of(&aws.region, &found.tags, given, place).ok_or_else(|| {
                failure(
                    format!("which cluster {} is for is not known: no tag names one", found.id),
                    "give `--cluster-name`",
                )
            })?;
            Box::pin(one((&aws, kube), found, (names, given), source)).await
        }
    });
    try_join_all(blocks).await
}

async fn by_id(aws: &Aws, id: &FileSystemId) -> anyhow::Result<FileSystem> {
    let found = file_system::observe(aws, &Lookup::Id(id.clone())).await?;
    let found = found.filter(|found| !found.life_cycle.is_leaving());
    found.ok_or_else(|| {
        failure(
            format!("{id} does not exist in {}, or is being deleted", aws.region),
            "correct the id, `--aws-region`, or the account of the credentials",
        )
    })
}

/// A file system with all that belongs to it, as its block takes it over.
pub(super) async fn look(aws: &Aws, found: FileSystem, owner: &Owner) -> anyhow::Result<Found> {
    let id = &found.id;
    let (settings, mount_targets, access_points, own_groups, own_rules) = try_join!(
        everything(aws, &found),
        mount_target::observe_with_groups(aws, id),
        users::access_points(aws, id),
        security_group::observe(aws, owner),
        ingress::observe_own(aws, owner),
    )?;
    let (spec, replications) = settings;
    Ok(Found {
        region: aws.region.clone(),
        file_system: FileSystem { spec, ..found },
        mount_targets,
        access_points,
        replications,
        own_groups,
        own_rules,
        class: None,
        has_driver: false,
    })
}

/// What a cluster has on a file system.
#[derive(Default)]
struct InCluster {
    name: String,
    /// The class that the deployment is named by.
    class: Option<StorageClass>,
    /// The names of other ones.
    others: Vec<String>,
    has_driver: bool,
}

/// The classes on a file system, of which the one of the deployment's name, or else the first, is
/// its own; and whether others installed the driver.
async fn in_cluster(
    kube: &Kube,
    found: &FileSystem,
    (names, given): (&mut Names, &GivenInputs),
) -> anyhow::Result<InCluster> {
    let namespace = match given.get("namespace") {
        Some(Given::Literal(Value::String(namespace))) => namespace.as_str(),
        _ => "kube-system",
    };
    let (mut classes, driver) =
        try_join!(storage_class::on(kube, &found.id), driver::observe(kube, namespace))?;
    let own = &mut names.owner.storage_class;
    if !classes.contains_key(own)
        && !given.contains_key("storage_class_name")
        && let Some(first) = classes.keys().next()
    {
        own.clone_from(first);
    }
    let class = classes.remove(own);
    let ours = names.owner.owns(&found.tags);
    Ok(InCluster {
        name: kube.name.clone(),
        class,
        others: classes.into_keys().collect(),
        has_driver: !driver.foreign.is_empty() || (!ours && !driver.rollouts.is_empty()),
    })
}

/// The block of a file system, and what its plan finds.
async fn one(
    (aws, kube): (&Aws, Option<&Kube>),
    found: FileSystem,
    (mut names, given): (Names, &GivenInputs),
    source: Option<&Source>,
) -> anyhow::Result<Written> {
    let cluster = match kube {
        Some(kube) => Some(Box::pin(in_cluster(kube, &found, (&mut names, given))).await?),
        None => None,
    };
    let mut found = Box::pin(look(aws, found, &names.owner)).await?;
    if let Some(cluster) = &cluster {
        found.class = cluster.class.as_ref().map(|class| class.spec.clone());
        found.has_driver = cluster.has_driver;
    }
    let mut block = Block::new(&found, &names, given, source);
    block.warnings.extend(cluster.iter().filter(|it| !it.others.is_empty()).map(|it| {
        Warning::new(
            format!(
                "the StorageClasses {} are on it too, and stay as they are",
                it.others.join(", ")
            ),
            "describe them in `storage_classes`, if the deployment is to have them",
        )
    }));
    let checked = block.checked(given);
    let mut written = Written {
        id: found.file_system.id.clone(),
        region: aws.region.clone(),
        block,
        refusals: Vec::new(),
        questions: Vec::new(),
        notes: Vec::new(),
        effects: Effects::default(),
    };
    match checked {
        Ok(inputs) => planned(aws, (found, cluster), &inputs, &mut written).await?,
        Err(mistakes) => {
            let told = mistakes.into_iter().map(|mistake| {
                Refusal::new(format!("`{}`", mistake.input), mistake.message, mistake.remedy)
            });
            written.refusals.extend(told);
        }
    }
    Ok(written)
}

/// Plans the block by what was found, as `plan-efs` would: the driver, the class and the documents
/// are made around the file system, and stand in no import.
async fn planned(
    aws: &Aws,
    (found, cluster): (Found, Option<InCluster>),
    inputs: &Inputs,
    written: &mut Written,
) -> anyhow::Result<()> {
    let scope = Scope::alone(written.block.label());
    let inputs = inputs.without_driver();
    let Some(desired) = Desired::new(scope, &inputs, &Networks::new()) else { return Ok(()) };
    let desired = Desired { canary: Canary::LeftOut, ..desired };
    let actual = around(aws, (found, cluster), &desired).await?;
    let plan = efs::plan(&desired, &actual)?;
    written.effects = effects(&plan);
    written.refusals.extend(plan.refusals);
    written.questions.extend(
        plan.questions
            .into_iter()
            .map(|question| format!("{} ({})", question.asks, question.remedy)),
    );
    written.notes.extend(plan.notes);
    if !written.effects.differences.is_empty() {
        let count = counted(written.effects.differences.len(), "difference");
        written.block.warnings.push(Warning::new(
            format!("the block does not say all that there is: {count}"),
            "change what there is, or expect the deployment to change it as told",
        ));
    }
    Ok(())
}

/// What was found, with the network around it.
async fn around(
    aws: &Aws,
    (found, cluster): (Found, Option<InCluster>),
    desired: &Desired,
) -> anyhow::Result<Actual> {
    let groups = desired.inputs.listed_groups();
    let (subnets, security_groups, mut rules) = try_join!(
        aws.subnets(filter("subnet-id", &desired.subnets)),
        async {
            if groups.is_empty() {
                return Ok(Vec::new());
            }
            aws.security_groups(filter("group-id", &groups)).await
        },
        ingress::observe(aws, &groups),
    )?;
    let new = found.own_rules.iter().filter(|own| !rules.iter().any(|rule| rule.id == own.id));
    let new: Vec<_> = new.cloned().collect();
    rules.extend(new);
    let network = network::Observed {
        subnets,
        security_groups,
        ingress_rules: rules,
        ..network::Observed::default()
    };
    let Found { file_system, mount_targets, access_points, own_groups, .. } = found;
    Ok(Actual {
        network,
        file_system: Some(file_system),
        mount_targets,
        access_points,
        own_groups,
        cluster: cluster.map(|it| Cluster {
            name: it.name,
            storage_class: it.class,
            ..Cluster::default()
        }),
        ..Actual::default()
    })
}
