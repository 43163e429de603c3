//! Judges what classes refer to: where they find their file system, and the Secret with the role of
//! another account.

use plan::{Known, Refusal, Scope, Warning};

use crate::calls::Plan;
use crate::chart::ChartVersion;
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::ids::FileSystemId;
use crate::inputs::Inputs;
use crate::provisioner_secret::{
    CROSS_ACCOUNT, CrossAccount, EXTERNAL_ID, OF_CHART, ProvisionerSecret, ROLE, SecretFound,
    SecretKeys,
};
use crate::referred::Led;
use crate::resources::storage_class::{self, StorageClassInputs};
use crate::users::Reference;

/// Judges what the classes refer to, once they are planned.
pub(crate) fn judge(
    plan: &mut Plan,
    desired: &Desired,
    cluster: &Cluster,
    file_system: &Known<FileSystemId>,
) {
    let Desired { scope, inputs, .. } = desired;
    for class in inputs.classes() {
        let Some(referred) = cluster.referred.get(&class.name) else { continue };
        if let (Some(reference), Some(led)) = (&class.file_system_reference, &referred.file_system)
        {
            plan.warnings.extend(led_elsewhere(&class.name, (reference, led), file_system));
        }
        if let (Some(secret), Some(found)) = (&class.provisioner_secret, &referred.secret) {
            judge_secret(plan, (scope, inputs, class), secret, *found);
        }
    }
}

/// A reference that leads to another file system than the deployment's: the driver follows it
/// whenever it makes a volume.
fn led_elsewhere(
    class: &str,
    (reference, led): (&Reference, &Led),
    file_system: &Known<FileSystemId>,
) -> Option<Warning> {
    let own = file_system.now();
    let leads = match led {
        Led::To(id) if own.is_some_and(|own| own.as_str() == id) => return None,
        Led::To(id) => format!("leads to {}", inputs::plain(id)),
        Led::Unknown(why) => inputs::plain(why),
        Led::Nowhere => "leads to nothing".to_owned(),
    };
    let own = own.map_or_else(|| "the new one".to_owned(), ToString::to_string);
    Some(Warning::new(
        format!(
            "the class `{class}` finds its file system by {reference}, which {leads}, and this \
             deployment's is {own}"
        ),
        format!(
            "put the id there: `cargo xtask outputs --format config-map` prints a ConfigMap \
             with it, under `file_system_id`, for {own}"
        ),
    ))
}

/// A Secret without which every claim of the class is pending keeps it from being made; one that
/// was lost later is a warning, so that everything else can still be repaired.
fn judge_secret(
    plan: &mut Plan,
    (scope, inputs, class): (&Scope, &Inputs, &StorageClassInputs),
    secret: &ProvisionerSecret,
    found: SecretFound,
) {
    let ProvisionerSecret { namespace, name } = secret;
    let keys = match found {
        SecretFound::There(keys) => keys,
        SecretFound::Unknown => {
            plan.notes.push(format!(
                "whether the class `{}` works is not known, as this identity may not read {secret}",
                class.name
            ));
            return;
        }
        SecretFound::Missing => SecretKeys::default(),
    };
    let wrong = match (found, keys.role, keys.cross_account) {
        (SecretFound::Missing, ..) => {
            Some((format!("{secret} does not exist"), create(namespace, name)))
        }
        (_, false, _) => Some((
            format!("{secret} has no `{ROLE}`, the role that the driver assumes"),
            create(namespace, name),
        )),
        (_, _, CrossAccount::Unreadable) => Some((
            format!(
                "`{CROSS_ACCOUNT}` of {secret} is neither true nor false, and the driver refuses every claim"
            ),
            format!("set `{CROSS_ACCOUNT}` to \"true\" or \"false\" there, or leave it out"),
        )),
        _ => None,
    };
    let beside = class.name != inputs.storage_class.name;
    let id = if beside {
        storage_class::id_beside(scope, &class.name)
    } else {
        storage_class::id(scope)
    };
    match wrong {
        Some((what, remedy)) if plan.changes.iter().any(|change| change.id == id) => {
            let address = scope.address(storage_class::KIND, Some(&class.name));
            plan.refusals.push(Refusal::new(address, what, remedy));
        }
        Some((what, remedy)) => {
            let what = format!("claims of the class `{}` stay pending: {what}", class.name);
            plan.warnings.push(Warning::new(what, remedy));
        }
        None => plan.warnings.extend(unheeded(inputs, class, secret, keys)),
    }
}

/// How such a Secret is made, without what it is to hold.
fn create(namespace: &str, name: &str) -> String {
    format!(
        "make it: `kubectl create secret generic {name} --namespace {namespace} \
         --from-literal={ROLE}=ARN`, with the role of the account of the file system"
    )
}

/// What of the Secret and of the class the driver does not heed.
fn unheeded(
    inputs: &Inputs,
    class: &StorageClassInputs,
    secret: &ProvisionerSecret,
    keys: SecretKeys,
) -> Vec<Warning> {
    let chart = inputs.driver.version;
    let by_dns = keys.cross_account == CrossAccount::On;
    let older = |key: &str, first: ChartVersion| {
        Warning::new(
            format!(
                "the driver of chart {chart} does not know `{key}` of {secret}, and ignores it"
            ),
            format!("choose chart {first} or later, or leave `{key}` out there"),
        )
    };
    let mut warnings = Vec::new();
    if by_dns && chart < ChartVersion::CROSS_ACCOUNT {
        warnings.push(older(CROSS_ACCOUNT, ChartVersion::CROSS_ACCOUNT));
    } else if by_dns && class.az.is_some() {
        warnings.push(Warning::new(
            format!(
                "the driver ignores `az` of the class `{}`: by `{CROSS_ACCOUNT}` of {secret}, nodes \
                 find the mount target of their own zone",
                class.name
            ),
            format!("leave out `az`, or `{CROSS_ACCOUNT}` there"),
        ));
    }
    if keys.external_id && chart < ChartVersion::EXTERNAL_ID {
        warnings.push(older(EXTERNAL_ID, ChartVersion::EXTERNAL_ID));
    }
    warnings
}

/// What holds wherever the class goes: what the driver ignores without a Secret, and a Secret that
/// its chart does not let it read.
pub(crate) fn warnings(inputs: &Inputs, class: &StorageClassInputs) -> Option<Warning> {
    let Some(secret) = &class.provisioner_secret else {
        return class.az.as_ref().map(|az| {
            Warning::new(
                format!(
                    "the driver ignores `az` {az} of the class `{}`: it is for a file system of another \
                     account, whose role a Secret holds",
                    class.name
                ),
                "set `provisioner_secret`, or leave `az` out; a One Zone file system needs neither",
            )
        });
    };
    let driver = &inputs.driver;
    let readable = driver.version >= ChartVersion::PROVISIONER_SECRET
        && secret.name == OF_CHART
        && secret.namespace == driver.namespace;
    (driver.mode.has_chart() && !readable).then(|| {
        let lets = if driver.version < ChartVersion::PROVISIONER_SECRET {
            "no Secret".to_owned()
        } else {
            format!("`{OF_CHART}` in `{}` alone", driver.namespace)
        };
        Warning::new(
            format!(
                "the driver may not read {secret} by itself: chart {} lets it read {lets}",
                driver.version
            ),
            format!(
                "give its service account `get` on it by a Role of your own, or use \
                 `provisioner_secret = \"{}/{OF_CHART}\"` with chart {} or later",
                driver.namespace,
                ChartVersion::PROVISIONER_SECRET
            ),
        )
    })
}
