//! The canary: sent, watched, deleted, and what it says where it does not come back.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use efs::FileSystemId;
use efs::resources::canary::{
    Call, Cause, Controller, Event, FAILED, Facts, binding, is_not_assumed, removal,
};
use failure::{Failure, Help};
use inputs::printable;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{
    Event as KubeEvent, PersistentVolume, PersistentVolumeClaim, Pod, ServiceAccount,
};
use k8s_openapi::api::storage::v1::StorageClass;
use kube::api::{DeleteParams, ListParams};
use kubernetes::label::CANARY as LABEL;
use serde_json::json;

use crate::aws::Aws;
use crate::cluster::Kube;
use crate::context::{Context, Done};
use crate::progress::{Line, Progress};
use crate::resources::storage_class::read_reference;
use crate::resources::{driver, iam_role};
use crate::stop::Stopped;
use crate::wait::{CANARY, CANARY_REMOVAL, within};
use crate::watch::Watch;

/// The annotation of the role that a service account assumes (IRSA).
const ROLE: &str = "eks.amazonaws.com/role-arn";

/// Carries a call out.
pub(crate) async fn carry_out(
    context: &Context,
    aws: &Aws,
    call: &Call,
    line: &Line,
) -> anyhow::Result<Done> {
    let Call::Prove { class, namespace, file_system, with_pod: _, reference } = call;
    let canary = Canary {
        kube: context.cluster()?.kube.clone(),
        class: class.clone(),
        namespace: namespace.clone(),
        aws: aws.clone(),
        file_system: context.results.resolve(file_system)?,
    };
    if let Some(volume) = canary.waiting_volume().await? {
        let why = format!("left out: a claim of the class would take the volume {volume}");
        return Ok(Done::that(why));
    }
    if let Some(reference) = reference
        && let leads = read_reference(&canary.kube, reference).await?
        && let Some(why) = leads.why_not(reference, &canary.file_system)
    {
        // Whoever puts the id there finds the class proved by the next deploy.
        canary.remember(true).await;
        return Ok(Done::that(format!("left out: {why}; the next deploy sends one")));
    }
    let proved = canary.prove(context, call, line).await;
    let is_stopped = proved.as_ref().is_err_and(anyhow::Error::is::<Stopped>);
    if !is_stopped {
        canary.remember(proved.is_err()).await;
    }
    proved.map(Done::that)
}

/// Deletes what killed runs left of the canaries of a class, and waits until it is gone. That of
/// a run that is under way goes too: it sends another one. Whether there was anything.
pub(crate) async fn sweep(kube: &Kube, class: &str, progress: &Progress) -> anyhow::Result<bool> {
    let ours = ListParams::default().labels(LABEL);
    let claims: Vec<PersistentVolumeClaim> = kube.list(&kube.all(), &ours).await?;
    let pods: Vec<Pod> = kube.list(&kube.all(), &ours).await?;
    let key = |metadata: &kube::core::ObjectMeta| {
        (metadata.namespace.clone().unwrap_or_default(), metadata.name.clone().unwrap_or_default())
    };
    let of_class = |claim: &&PersistentVolumeClaim| {
        claim.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref()) == Some(class)
    };
    let others: BTreeSet<_> =
        claims.iter().filter(|claim| !of_class(claim)).map(|claim| key(&claim.metadata)).collect();
    let left: Vec<&PersistentVolumeClaim> = claims.iter().filter(of_class).collect();
    let orphans = pods.iter().map(|pod| key(&pod.metadata)).filter(|pod| !others.contains(pod));
    let mut any = !left.is_empty();
    for (namespace, name) in orphans {
        any = true;
        kube.delete_pod(&namespace, &name).await?;
    }
    for claim in left {
        let (namespace, name) = key(&claim.metadata);
        let line = progress.line(&format!("claim {namespace}/{name}"));
        line.state("deleting what an interrupted run left");
        let volume = claim.spec.as_ref().and_then(|spec| spec.volume_name.clone());
        remove(kube, &namespace, &name, volume.as_deref()).await?;
        let gone = match volume {
            Some(volume) => volume_gone(kube, &volume).await?,
            None => true,
        };
        if gone {
            line.done("destroyed");
        } else {
            line.failed("its volume is still being deleted");
        }
    }
    Ok(any)
}

/// A canary of one class.
#[derive(Clone)]
struct Canary {
    kube: Kube,
    class: String,
    namespace: String,
    aws: Aws,
    file_system: FileSystemId,
}

/// How far a claim has come.
enum Seen {
    /// It is bound to this volume.
    Bound(String),
    Pending(Cause),
    /// Somebody deleted it.
    Gone,
}

impl Canary {
    /// A volume of the class that waits for a claim: the canary would take it from whoever it
    /// was made for.
    async fn waiting_volume(&self) -> anyhow::Result<Option<String>> {
        let all: Vec<PersistentVolume> =
            self.kube.list(&self.kube.all(), &ListParams::default()).await?;
        let waits = all.into_iter().find(|volume| {
            let class = volume.spec.as_ref().and_then(|spec| spec.storage_class_name.as_deref());
            let phase = volume.status.as_ref().and_then(|status| status.phase.as_deref());
            class == Some(self.class.as_str()) && phase == Some("Available")
        });
        Ok(waits.and_then(|volume| volume.metadata.name))
    }

    /// Creates claims until one is bound, and deletes it; what that showed.
    async fn prove(&self, context: &Context, call: &Call, line: &Line) -> anyhow::Result<String> {
        let started = Instant::now();
        loop {
            let name = format!("clockwork-canary-{:08x}", fastrand::u32(..));
            line.state("creating a claim");
            let seen = self.bound(context, call, &name, line).await;
            let volume = match &seen {
                Ok(Seen::Bound(volume)) => Some(volume.as_str()),
                Ok(Seen::Pending(_) | Seen::Gone) | Err(_) => None,
            };
            let access_point = match volume {
                Some(volume) => self.access_point(volume).await,
                None => Ok(String::new()),
            };
            // Whatever came of it, and also where the run is to stop.
            let removed = remove(&self.kube, &self.namespace, &name, volume).await;
            match seen? {
                // A run that started meanwhile took it for what a killed one left.
                Seen::Gone if started.elapsed() < CANARY => {}
                Seen::Gone => {
                    return Err(anyhow!("other clients delete its claims").context(
                        self.unproved("no claim of the class lasted long enough to be bound"),
                    ));
                }
                Seen::Pending(cause) => return Err(failed(cause)),
                Seen::Bound(volume) => {
                    let (access_point, after) = (access_point?, started.elapsed().as_secs_f64());
                    removed?;
                    line.state("bound, deleting it");
                    self.gone(context, &volume).await?;
                    return Ok(format!("bound as {access_point} after {after:.1} s, and deleted"));
                }
            }
        }
    }

    /// Creates a claim, and waits until it is bound, or will not be.
    async fn bound(
        &self,
        context: &Context,
        call: &Call,
        name: &str,
        line: &Line,
    ) -> anyhow::Result<Seen> {
        let (claim, pod) = call.documents(name)?;
        let created = async {
            self.kube.create_from(&claim).await?;
            match &pod {
                Some(pod) => self.kube.create_from(pod).await,
                None => Ok(()),
            }
        };
        created.await.help(
            "creating a claim that shows that the class works",
            "allow this identity to create and delete claims (and pods, with \
             `volume_binding_mode = \"WaitForFirstConsumer\"`) there, or pass `--no-canary`",
        )?;
        let looks = (self.clone(), name.to_owned());
        let watch = Watch::new(move || {
            let (canary, name) = looks.clone();
            async move { canary.look(&name).await }
        });
        let mut last = None;
        let judge = |seen: &Seen| match seen {
            Seen::Bound(volume) => Some(Seen::Bound(volume.clone())),
            Seen::Gone => Some(Seen::Gone),
            Seen::Pending(cause) if cause.is_final => Some(Seen::Pending(cause.clone())),
            Seen::Pending(cause) => {
                line.observed(&cause.what);
                last = Some(cause.clone());
                None
            }
        };
        match within(CANARY, context.wait(&watch, judge)).await {
            Some(Err(error)) if error.is::<Stopped>() => self.at_the_end(name).await.ok_or(error),
            Some(seen) => seen,
            None => last.map(Seen::Pending).context("the API server did not say what became of it"),
        }
    }

    /// What the driver has answered by the time that the run is stopped: whoever stops it is told
    /// what it waited for.
    async fn at_the_end(&self, name: &str) -> Option<Seen> {
        match self.look(name).await {
            Ok(Seen::Pending(cause)) if cause.answered => Some(Seen::Pending(cause)),
            _ => None,
        }
    }

    async fn look(&self, name: &str) -> anyhow::Result<Seen> {
        let claims = self.kube.within::<PersistentVolumeClaim>(&self.namespace);
        let Some(claim) = self.kube.get(&claims, name).await? else { return Ok(Seen::Gone) };
        if claim.metadata.deletion_timestamp.is_some() {
            return Ok(Seen::Gone);
        }
        let phase = claim.status.and_then(|status| status.phase);
        let volume = claim.spec.and_then(|spec| spec.volume_name);
        if let (Some("Bound"), Some(volume)) = (phase.as_deref(), volume) {
            return Ok(Seen::Bound(volume));
        }
        let (events, mut facts) =
            tokio::try_join!(self.events(&self.namespace, name), self.facts())?;
        if is_not_assumed(&events)
            && let Some(role) = facts.controller.as_ref().and_then(|it| it.role.as_deref())
        {
            facts.role_exists = iam_role::exists(&self.aws, role).await;
        }
        Ok(Seen::Pending(binding(&facts, &events)))
    }

    /// The access point of a volume, which belongs to the file system of the class.
    async fn access_point(&self, volume: &str) -> anyhow::Result<String> {
        let found: Option<PersistentVolume> = self.kube.get(&self.kube.all(), volume).await?;
        let source = found.and_then(|volume| volume.spec).and_then(|spec| spec.csi);
        let handle = source.map(|source| printable(&source.volume_handle)).unwrap_or_default();
        // `fs-…::fsap-…`; drivers from 3.0 on write `efs:` in front.
        let (of, access_point) = handle.rsplit_once("::").unwrap_or((handle.as_str(), ""));
        if of.trim_start_matches("efs:") == self.file_system.as_str() && !access_point.is_empty() {
            return Ok(access_point.to_owned());
        }
        let what = format!("the claim was bound to `{handle}`, and not in {}", self.file_system);
        Err(anyhow::Error::new(self.unproved(&what)))
    }

    /// Waits until the volume of the claim is gone.
    async fn gone(&self, context: &Context, volume: &str) -> anyhow::Result<()> {
        let gone = context.stop.or(volume_gone(&self.kube, volume)).await;
        if gone.map_err(|_| anyhow::Error::new(Stopped))?? {
            return Ok(());
        }
        // The events of what has no namespace are in `default`.
        let (events, facts) = tokio::try_join!(self.events("default", volume), self.facts())?;
        Err(failed(removal(&facts, &events)))
    }

    /// The events of an object, the oldest first.
    async fn events(&self, namespace: &str, name: &str) -> anyhow::Result<Vec<Event>> {
        let of_it = ListParams::default().fields(&format!("involvedObject.name={name}"));
        let mut found: Vec<KubeEvent> =
            self.kube.list(&self.kube.within(namespace), &of_it).await?;
        found.sort_by_key(|event| event.last_timestamp.as_ref().map(|time| time.0));
        let text = |text: Option<String>| printable(&text.unwrap_or_default());
        let event =
            |event: KubeEvent| Event { reason: text(event.reason), message: text(event.message) };
        Ok(found.into_iter().map(event).collect())
    }

    /// What there is of the driver.
    async fn facts(&self) -> anyhow::Result<Facts> {
        let controller = match driver::controller(&self.kube, &self.namespace).await? {
            Some(found) => Some(self.controller(&found).await?),
            None => None,
        };
        Ok(Facts {
            class: self.class.clone(),
            namespace: self.namespace.clone(),
            region: self.aws.region.clone(),
            controller,
            role_exists: None,
        })
    }

    async fn controller(&self, found: &Deployment) -> anyhow::Result<Controller> {
        let spec = found.spec.as_ref();
        let pod = spec.and_then(|spec| spec.template.spec.as_ref());
        let account = pod.and_then(|pod| pod.service_account_name.clone()).unwrap_or_default();
        let accounts = self.kube.within::<ServiceAccount>(&self.namespace);
        let annotations = match account.as_str() {
            "" => None,
            name => self.kube.get(&accounts, name).await?.and_then(|it| it.metadata.annotations),
        };
        let containers = pod.into_iter().flat_map(|pod| &pod.containers);
        let mut args = containers.flat_map(|container| container.args.iter().flatten());
        let tags = args.find_map(|arg| arg.strip_prefix("--tags="));
        let labels = spec.and_then(|spec| spec.selector.match_labels.as_ref());
        let labels: Vec<String> =
            labels.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
        Ok(Controller {
            name: printable(&found.metadata.name.clone().unwrap_or_default()),
            selector: printable(&labels.join(",")),
            ready: found.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0),
            desired: spec.and_then(|spec| spec.replicas).unwrap_or(1),
            service_account: account,
            role: annotations.and_then(|all| all.get(ROLE).map(|role| printable(role))),
            tags: tags.filter(|tags| !tags.is_empty()).map(printable),
        })
    }

    fn unproved(&self, what: &str) -> Failure {
        let remedy = format!(
            "look at the claims and volumes of the class: `kubectl get persistentvolumes`, and make \
             sure that nothing else serves `{}`",
            self.class
        );
        Failure::new(what, remedy)
    }

    /// Has the next deploy send a canary again, or not. That this is not written down where it
    /// cannot be changes nothing of what this run says.
    async fn remember(&self, failed: bool) {
        let value = failed.then_some("true");
        let change = json!({ "metadata": { "annotations": { FAILED: value } } });
        let _ = self.kube.merge::<StorageClass>(&self.kube.all(), &self.class, &change).await;
    }
}

/// The error of a canary that did not come back.
fn failed(cause: Cause) -> anyhow::Error {
    let Cause { what, says, remedy, answered: _, is_final: _ } = cause;
    match says {
        Some(says) => anyhow!("{says}").context(Failure::new(what, remedy)),
        None => anyhow::Error::new(Failure::new(what, remedy)),
    }
}

/// Deletes a claim with its pod, and has its volume deleted with it whatever the class says:
/// nothing was ever written there.
async fn remove(
    kube: &Kube,
    namespace: &str,
    name: &str,
    volume: Option<&str>,
) -> anyhow::Result<()> {
    let removed = async {
        kube.delete_pod(namespace, name).await?;
        if let Some(volume) = volume {
            let change = json!({ "spec": { "persistentVolumeReclaimPolicy": "Delete" } });
            kube.merge::<PersistentVolume>(&kube.all(), volume, &change).await?;
        }
        let how = DeleteParams::default();
        kube.delete::<PersistentVolumeClaim>(&kube.within(namespace), name, &how).await
    };
    removed.await.help(
        format!("deleting the claim `{namespace}/{name}`"),
        format!("`kubectl delete pods,persistentvolumeclaims --all-namespaces --selector {LABEL}` deletes it"),
    )
}

/// Whether a volume is gone in time.
async fn volume_gone(kube: &Kube, volume: &str) -> anyhow::Result<bool> {
    let of = (kube.clone(), volume.to_owned());
    let watch = Watch::new(move || {
        let (kube, volume) = of.clone();
        async move {
            let found: Option<PersistentVolume> = kube.get(&kube.all(), &volume).await?;
            Ok(found.is_none())
        }
    });
    let gone = within(CANARY_REMOVAL, watch.until(|gone| gone.then_some(()))).await;
    gone.map_or(Ok(false), |gone| gone.map(|()| true))
}
