//! The claims that a workload needs before its chart is installed.

use inputs::Written;
use kubernetes::bytes;
pub use kubernetes::claim::PROPERTIES;
use kubernetes::claim::{Expand, Group, KIND, Spec};
use plan::{Action, Change, ChangeId, Forbidden, Loss, Plan, Refusal, Scope, Warning, compare};
use serde::Serialize;

/// A call of Kubernetes; that which completes a claim is [`Expand`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Applies the claim.
    Apply {
        namespace: String,
        name: String,
        /// The whole object, as YAML.
        document: String,
    },
    /// Has the claim that was observed ask for more; one of a `StatefulSet`'s pods is of its
    /// controller, and nothing else of it is changed.
    Grow { namespace: String, name: String, uid: Option<String>, size: String },
    /// Deletes the claim that was observed, once no pod uses it.
    Delete { namespace: String, name: String, uid: Option<String> },
}

/// A claim as a workload wants it, for many pods at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    pub name: String,
    /// The directory that it holds.
    pub directory: String,
    /// Where pods have it.
    pub mounted_at: String,
    /// What it asks for, as Kubernetes writes quantities.
    pub size: String,
}

/// A claim that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundClaim {
    pub claim: kubernetes::claim::Claim,
    pub class: Option<String>,
    pub access_modes: Vec<String>,
    /// Whether this workload made it.
    pub ours: bool,
    /// Whether it has the label of the release, as the claims have that its chart makes, one
    /// for each pod of a `StatefulSet`, for the store's data.
    pub of_release: bool,
    /// Whether a `StatefulSet` of the release makes it for one of its pods.
    pub of_pod: bool,
    /// What happens to its volume when it is deleted: the volume's reclaim policy, where it was
    /// read.
    pub reclaim_policy: Option<String>,
}

impl FoundClaim {
    /// The data that is lost with it, and how; `None` where its volume stays, or it has none.
    fn loss(&self) -> Option<Loss> {
        let volume = self.claim.volume.as_ref()?;
        let what = format!("files of the claim {}", self.claim.address());
        let size = self.claim.capacity.as_ref().or(self.claim.requested.as_ref());
        let size = size.map(|size| format!(", {size}")).unwrap_or_default();
        let how = match self.reclaim_policy.as_deref() {
            Some("Retain") => return None,
            Some("Delete") => format!(
                "its volume {volume} is deleted with it, and the driver deletes the access point: no \
                 pod can mount them any more"
            ),
            _ => format!("unless its volume {volume} is retained, it is deleted with it"),
        };
        Some(Loss { shown: format!("{what}{size}: {how}"), what })
    }

    /// Whether the chart of a release made it, as far as that shows. The label alone does not
    /// say so: Argo CD gives it to everything of an Application
    /// (<https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/>). So it is of
    /// the class of the inputs too, or has the name of a `StatefulSet`'s claim:
    /// `TEMPLATE-STATEFULSET-ORDINAL`, where the `StatefulSet` is named after the release.
    pub fn is_of_chart(&self, release: &str, class: &str) -> bool {
        let named_so = self.claim.name.rsplit_once('-').is_some_and(|(name, ordinal)| {
            ordinal.parse::<u32>().is_ok() && format!("{name}-").contains(&format!("-{release}-"))
        });
        self.of_pod || (self.of_release && (named_so || self.class.as_deref() == Some(class)))
    }

    /// Its properties.
    fn spec(&self) -> Spec {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let FoundClaim {
            claim,
            class,
            access_modes,
            ours: _,           // Judged before anything is compared.
            of_release: _,     // Those are the chart's,
            of_pod: _,         // and so are these.
            reclaim_policy: _, // It matters where a claim goes.
        } = self;
        Spec {
            class: class.clone(),
            access_modes: access_modes.clone(),
            size: claim.requested.clone(),
            capacity: claim.capacity.clone(),
        }
    }
}

/// The claims as a workload wants them.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub namespace: &'a str,
    /// The StorageClass of the claims.
    pub class: &'a str,
    /// How the inputs were written, for remedies.
    pub written: &'a Written,
}

impl Wanted<'_> {
    fn spec(&self, claim: &Claim, found: Option<&FoundClaim>) -> Spec {
        // Every field is looked at: a new one does not compile until somebody says what it means.
        let Claim {
            name: _,       // By this it was found.
            directory: _,  // Only named,
            mounted_at: _, // and the chart's values mount it.
            size,
        } = claim;
        Spec {
            class: Some(self.class.to_owned()),
            access_modes: vec!["ReadWriteMany".to_owned()],
            size: Some(size.clone()),
            capacity: found.and_then(|found| found.claim.expandable()).map(|_| size.clone()),
        }
    }

    /// Why a claim that exists can never be what is wanted, and what to do then.
    pub fn may_not_become(&self, claim: &Claim, found: &FoundClaim) -> Option<(String, String)> {
        let compared = compare(PROPERTIES, &self.spec(claim, Some(found)), Some(&found.spec()));
        if let Some(forbidden) = compared.forbidden.first() {
            return Some(never_changes(forbidden, self.written));
        }
        let had = found.claim.requested.as_deref().unwrap_or_default();
        if compared.groups.contains(&Group::Size) && bytes(&claim.size) < bytes(had) {
            return Some((
                format!("the claim requests {had}, and claims never shrink"),
                format!("keep {}", self.written.entry("directories", &claim.directory, had)),
            ));
        }
        None
    }
}

/// Why a claim cannot grow now, and what to do then: Kubernetes changes the requests of bound
/// claims only (`ValidatePersistentVolumeClaimUpdate`).
fn unbound(claim: &kubernetes::claim::Claim) -> Option<(String, String)> {
    let phase = &claim.phase;
    (phase != "Bound").then(|| {
        (
            format!("the claim is `{phase}`, and only a bound claim grows"),
            "find out why it is not bound (`cargo xtask status`); one that has no volume has no \
             data either, and can be deleted"
                .to_owned(),
        )
    })
}

/// What Kubernetes never changes in a claim
/// (<https://kubernetes.io/docs/concepts/storage/persistent-volumes/>).
fn never_changes(forbidden: &Forbidden, written: &Written) -> (String, String) {
    let Forbidden { attribute, found, wanted } = forbidden;
    if attribute == "storageClassName" {
        return never_of_another_class(found.as_deref(), written);
    }
    let had = found.as_deref().unwrap_or("none");
    (
        format!("the claim's `{attribute}` is `{had}`, which cannot be changed to `{wanted}`"),
        copy(written),
    )
}

/// What to do about a claim that can never be what is wanted.
fn copy(written: &Written) -> String {
    format!(
        "copy the data to a workload of another {} and take this one down with `--delete-data`",
        written.name("name")
    )
}

/// Why a claim keeps its class, and what to do where another is wanted.
pub(super) fn never_of_another_class(found: Option<&str>, written: &Written) -> (String, String) {
    let keep = |had: &str| format!("keep {}, or ", written.setting("storage_class_name", had));
    let keep = found.map(keep);
    (
        format!("the claim's class is `{}`, which cannot be changed", found.unwrap_or("none")),
        format!("{}{}", keep.unwrap_or_default(), copy(written)),
    )
}

/// That a claim of a pod keeps its class although its template gets another one.
pub(super) fn keeps_its_class(found: &FoundClaim) -> Warning {
    Warning::new(
        format!(
            "the claim `{}` keeps its class `{}`, as claims never change theirs",
            found.claim.name,
            found.class.as_deref().unwrap_or("none")
        ),
        "delete it together with its pod to have it made anew, without what was in it",
    )
}

/// Plans that a claim of a pod asks for `size`, after `needs`, and has it too, where nothing else
/// completes it; the answer is what must be done first by whoever needs that.
pub(super) fn grow<C: From<Call> + From<Expand>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    found: &FoundClaim,
    size: &str,
    completed_here: bool,
    needs: &[ChangeId],
) -> Option<ChangeId> {
    let FoundClaim { claim, .. } = found;
    let address = scope.address(KIND, Some(&claim.name));
    let had = found.spec();
    let larger = |has: &Option<String>| {
        has.as_deref().and_then(bytes).zip(bytes(size)).is_some_and(|(has, size)| has >= size)
    };
    let asks = if larger(&had.size) { had.size.clone() } else { Some(size.to_owned()) };
    let volume = claim.expandable().filter(|_| completed_here);
    let capacity = volume.and(asks.clone());
    let wanted = Spec { size: asks.clone(), capacity, ..had.clone() };
    let compared = compare(PROPERTIES, &wanted, Some(&had));
    if compared.groups.is_empty() {
        return None;
    }
    let size = asks?;
    if let Some((reason, remedy)) = unbound(claim) {
        plan.refusals.push(Refusal::new(&address, reason, remedy));
        return None;
    }
    let id = scope.id(format_args!("claim.{}", claim.name));
    let (namespace, name) = (claim.namespace.clone(), claim.name.clone());
    let mut change = Change::new(Action::Update, id.clone(), address)
        .because("its pod's StatefulSet gets a larger template, which no claim follows by itself")
        .needing(needs.to_vec())
        .showing(compared.differences);
    if compared.groups.contains(&Group::Size) {
        let (namespace, name, uid) = (namespace.clone(), name.clone(), claim.uid.clone());
        change = change.calling(Call::Grow { namespace, name, uid, size: size.clone() });
    }
    if compared.groups.contains(&Group::Capacity)
        && let Some(volume) = volume
    {
        let volume = volume.clone();
        change = change.calling(Expand { namespace, name, volume, capacity: size });
    }
    plan.changes.push(change);
    Some(id)
}

/// Plans a claim that should be there, after `needs`; `document` is the whole object.
pub fn plan<C: From<Call> + From<Expand>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: &Wanted,
    (claim, document): (&Claim, String),
    found: Option<&FoundClaim>,
    needs: &[ChangeId],
) {
    let address = scope.address(KIND, Some(&claim.name));
    let id = scope.id(format_args!("claim.{}", claim.name));
    let apply =
        Call::Apply { namespace: wanted.namespace.to_owned(), name: claim.name.clone(), document };
    let compared =
        compare(PROPERTIES, &wanted.spec(claim, found), found.map(FoundClaim::spec).as_ref());
    let Some(found) = found else {
        let change = Change::new(Action::Create, id, address)
            .because("the claim does not exist")
            .needing(needs.to_vec())
            .showing(compared.differences)
            .calling(apply);
        plan.changes.push(change);
        return;
    };
    if !found.ours {
        plan.refusals.push(Refusal::new(
            &address,
            format!("`{}` has a claim of that name that was not made here", wanted.namespace),
            another_name(wanted.written),
        ));
        return;
    }
    let grows = compared.groups.contains(&Group::Size);
    let unbound = || grows.then(|| unbound(&found.claim)).flatten();
    if let Some((reason, remedy)) = wanted.may_not_become(claim, found).or_else(unbound) {
        plan.refusals.push(Refusal::new(&address, reason, remedy));
        return;
    }
    if compared.groups.is_empty() {
        return;
    }
    let mut change = Change::new(Action::Update, id, address)
        .because("it requests more than it has")
        .needing(needs.to_vec())
        .showing(compared.differences);
    if compared.groups.contains(&Group::Size) {
        change = change.calling(apply);
    }
    if compared.groups.contains(&Group::Capacity)
        && let Some(volume) = found.claim.expandable()
    {
        change = change.calling(Expand {
            namespace: wanted.namespace.to_owned(),
            name: claim.name.clone(),
            volume: volume.clone(),
            capacity: claim.size.clone(),
        });
    }
    plan.changes.push(change);
}

/// Plans a claim that nobody asks for any more, after `needs`: its data outlives
/// the workload, unless `delete_data`.
pub fn leave<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    found: &FoundClaim,
    needs: &[ChangeId],
    delete_data: bool,
) {
    let name = &found.claim.name;
    if !delete_data {
        plan.notes.push(stays(name));
        return;
    }
    let address = scope.address(KIND, Some(name));
    // Pods of the release go with it; others are somebody's who still works on the data.
    if !found.claim.used_by.is_empty() && needs.is_empty() {
        let reason = format!("pods use it: {}", found.claim.used_by.join(", "));
        plan.refusals.push(Refusal::new(&address, reason, "stop them first"));
        return;
    }
    let (namespace, id) =
        (found.claim.namespace.clone(), scope.id(format_args!("claim.{name}.delete")));
    let change = Change::new(Action::Delete, id, address)
        .because("it is no longer in the inputs, and `--delete-data` was given")
        .needing(needs.to_vec())
        .losing(found.loss())
        .calling(Call::Delete { namespace, name: name.clone(), uid: found.claim.uid.clone() });
    if let (Some(volume), Some("Retain")) = (&found.claim.volume, found.reclaim_policy.as_deref()) {
        plan.notes.push(format!("the volume {volume} of the claim `{name}` stays with its data"));
    }
    plan.changes.push(change);
}

/// What to do where somebody else has something of the workload's names.
pub(super) fn another_name(written: &Written) -> String {
    format!("give the workload another {} or {}", written.name("name"), written.name("namespace"))
}

/// That a claim stays with its data.
pub fn stays(name: &str) -> String {
    format!("the claim `{name}` stays with its data; `--delete-data` deletes it")
}

/// That a claim stays which has only the label of the release.
pub fn not_known(name: &str, release: &str) -> String {
    format!(
        "the claim `{name}` stays: it has the label of `{release}`, but neither its class nor the \
         name of a claim that its chart makes; `kubectl delete pvc {name}` deletes it"
    )
}
