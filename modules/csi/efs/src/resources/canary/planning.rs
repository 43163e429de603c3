//! When a canary is sent, and what it consists of.

use kubernetes::RenderError;
use plan::{Any, ChangeId, Check, Known, Plan, Scope};
use serde::Serialize;

use crate::ids::FileSystemId;
use crate::resources::storage_class::{StorageClass, VolumeBindingMode};
use crate::resources::{file_system, mount_target};
use crate::templates::render;
use crate::users::Reference;

/// The kind, as it stands in addresses.
pub const KIND: &str = "canary";

/// The annotation of a class whose last canary did not come back: the next deploy sends another
/// one, although nothing else may be left to do.
pub const FAILED: &str = "clockwork-codex/canary-failed";

/// The image of the pod that a claim of `WaitForFirstConsumer` needs. That it is scheduled is
/// enough, and that happens before any image is pulled.
const IMAGE: &str = "public.ecr.aws/eks-distro/kubernetes/pause:3.10";

/// A call of Kubernetes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Creates a claim of the class, waits until it is bound to an access point of the file
    /// system, and deletes it.
    Prove {
        class: String,
        /// The namespace of the driver: it is there, and its controller reads claims in it.
        namespace: String,
        file_system: Known<FileSystemId>,
        /// Whether a volume is made only for a pod that uses the claim.
        with_pod: bool,
        /// Where the class finds the file system, if not in itself: no claim is bound before that
        /// leads to it.
        reference: Option<Reference>,
    },
}

impl Call {
    /// The claim, and the pod where it takes one, under this name.
    pub fn documents(&self, name: &str) -> Result<(String, Option<String>), RenderError> {
        let Call::Prove { class, namespace, file_system: _, with_pod, reference: _ } = self;
        let context = Context { name, namespace, class, image: IMAGE };
        let claim = render("canary-claim.yaml", &context)?;
        let pod = with_pod.then(|| render("canary-pod.yaml", &context)).transpose()?;
        Ok((claim, pod))
    }
}

#[derive(Serialize)]
struct Context<'a> {
    name: &'a str,
    namespace: &'a str,
    class: &'a str,
    image: &'static str,
}

/// The canary as a deployment wants it.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whether it is sent although nothing changes.
    pub always: bool,
    pub class: &'a str,
    /// The namespace of the driver.
    pub namespace: &'a str,
    pub binding: VolumeBindingMode,
    pub reference: Option<&'a Reference>,
    pub file_system: &'a Known<FileSystemId>,
}

/// Plans a canary where the plan changes what a claim needs, or where the last one did not come
/// back. It is sent when everything else of the plan is done. Where nothing changes there is
/// nothing to prove: planning again after a deploy finds nothing.
pub fn plan<C: From<Call>>(
    plan: &mut Plan<C>,
    scope: &Scope,
    wanted: Wanted<'_>,
    found: Option<&StorageClass>,
) {
    let failed = found.is_some_and(|class| class.spec.annotations.contains_key(FAILED));
    let why = match (touches_claims(plan) || wanted.always, failed) {
        (false, false) => return,
        (true, _) => "at the end",
        (false, true) => "as that of the last deploy was not bound",
    };
    let Wanted { always: _, class, namespace, binding, reference, file_system } = wanted;
    let pod = if binding == VolumeBindingMode::WaitForFirstConsumer { " and a pod" } else { "" };
    let changes = plan.changes.iter().map(|change| (&change.id, &change.address));
    let waits = plan.waits.iter().map(|wait| (&wait.id, &wait.address));
    // A claim needs no mount target, and it is known then how each of them has ended.
    let (targets, others): (Vec<_>, Vec<_>) =
        changes.chain(waits).partition(|(_, address)| address.kind == mount_target::KIND);
    let ids = |of: Vec<(&ChangeId, _)>| of.into_iter().map(|(id, _)| id.clone()).collect();
    let (needs, needs_any) = (ids(others), Any { of: ids(targets), least: 0 });
    plan.checks.push(Check {
        id: scope.id(KIND),
        address: scope.address(KIND, Some(class)),
        reason: format!(
            "a claim of the class {class}{pod} is created in `{namespace}`, bound and deleted {why}; \
             `--no-canary` leaves it out"
        ),
        needs,
        needs_any,
        call: Call::Prove {
            class: class.to_owned(),
            namespace: namespace.to_owned(),
            file_system: file_system.clone(),
            with_pod: !pod.is_empty(),
            reference: reference.cloned(),
        }
        .into(),
    });
}

/// Whether the plan changes anything that a claim needs to be bound: that is all of a deployment
/// but for the properties that a file system changes in place.
fn touches_claims<C>(plan: &Plan<C>) -> bool {
    let changed = plan.changes.iter().any(|change| {
        change.address.kind != file_system::KIND || change.action != plan::Action::Update
    });
    changed || !plan.waits.is_empty()
}

/// Sends the canaries of a plan after these changes too: those of the module that installs the
/// driver of several.
pub fn after_changes<C>(plan: &mut Plan<C>, needs: &[ChangeId]) {
    for check in &mut plan.checks {
        check.needs.extend(needs.iter().cloned());
    }
}
