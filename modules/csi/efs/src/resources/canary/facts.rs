//! What is known of the driver when a claim was not bound, and causes that words tell.

/// What the cluster says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Such as `ProvisioningFailed`.
    pub reason: String,
    pub message: String,
}

/// What was found of the driver when a claim was not bound.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub class: String,
    pub namespace: String,
    pub region: String,
    /// The controller, where there is one.
    pub controller: Option<Controller>,
    /// Whether IAM has the role of its service account, where that was looked at.
    pub role_exists: Option<bool>,
}

/// The driver's controller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Controller {
    /// The name of its Deployment, and the labels of its pods: chart values may give it others than
    /// it usually has.
    pub name: String,
    pub selector: String,
    pub ready: i32,
    pub desired: i32,
    pub service_account: String,
    /// The role that its service account assumes, by annotation (IRSA).
    pub role: Option<String>,
    /// The tags that it puts on access points beside its own, as it was told: `key:value key:value`.
    pub tags: Option<String>,
}

/// A cause that is known by words of AWS, of its SDK or of the driver.
pub(super) struct Rule {
    pub(super) words: &'static [&'static str],
    pub(super) what: fn(&Facts) -> String,
    pub(super) remedy: fn(&Facts) -> String,
    pub(super) is_final: bool,
}

/// The controller's service account, by its name.
pub(super) fn service_account(facts: &Facts) -> &str {
    let controller = facts.controller.as_ref();
    let named = controller.map(|controller| controller.service_account.as_str());
    named.filter(|name| !name.is_empty()).unwrap_or("efs-csi-controller-sa")
}

/// The same, as messages name it.
pub(super) fn account(facts: &Facts) -> String {
    format!("the service account `{}/{}`", facts.namespace, service_account(facts))
}

/// The role that it names.
pub(super) fn role(facts: &Facts) -> String {
    let role = facts.controller.as_ref().and_then(|controller| controller.role.as_deref());
    role.map_or_else(|| "of its service account".to_owned(), |role| format!("`{role}`"))
}
