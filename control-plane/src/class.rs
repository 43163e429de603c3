//! What the parameters of a class mean to the driver's provisioner: where it finds the file system,
//! the Secret with the role of another account, the directory of a volume, and what the volume says
//! of how it is mounted.
//!
//! Source: the driver's `pkg/driver/controller.go` (`CreateVolume`) and
//! `pkg/driver/filesystem_id_finder.go` at v3.4.1, and external-provisioner's `getCredentials`. Its
//! errors are in their words.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::efs::Efs;
use crate::json::text;

const SECRET_NAME: &str = "csi.storage.k8s.io/provisioner-secret-name";
const SECRET_NAMESPACE: &str = "csi.storage.k8s.io/provisioner-secret-namespace";

/// What the driver or its provisioner says of a claim that gets no volume.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) String);

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Answer {}

fn answer<T>(text: String) -> anyhow::Result<T> {
    Err(anyhow::Error::new(Answer(text)))
}

/// A class as the driver understands it.
pub(crate) struct Class<'a> {
    pub(crate) object: &'a Value,
    /// The file system that it names, itself or where it refers to.
    pub(crate) file_system: String,
    /// What the Secret says that it names.
    secret: Option<Value>,
}

impl<'a> Class<'a> {
    /// Looks up what a class refers to.
    ///
    /// # Errors
    /// An [`Answer`], where a claim of the class gets no volume, or if the cluster does not respond.
    pub(crate) fn read(cluster: &Cluster, object: &'a Value) -> anyhow::Result<Class<'a>> {
        let parameters = &object["parameters"];
        let secret = secret(cluster, parameters)?;
        let class = Class { file_system: file_system(cluster, parameters)?, object, secret };
        if switch(class.of_secret("crossaccount").as_deref()).is_none() {
            let told = format!("{INVALID} crossaccount parameter must have boolean value.");
            return answer(told);
        }
        Ok(class)
    }

    /// A parameter; empty where there is none.
    pub(crate) fn parameter(&self, name: &str) -> &'a str {
        self.object["parameters"][name].as_str().unwrap_or_default()
    }

    fn of_secret(&self, key: &str) -> Option<String> {
        let value = self.secret.as_ref()?["data"][key].as_str()?;
        String::from_utf8(STANDARD.decode(value).ok()?).ok()
    }

    /// Whether its access points get the driver's tag.
    pub(crate) fn tags(&self) -> bool {
        self.parameter("enableTagging") != "false"
    }

    /// The directory of a volume.
    pub(crate) fn directory(&self, claim: &Value, volume: &str) -> String {
        let pattern = self.parameter("subPathPattern");
        let name = if pattern.is_empty() {
            volume.to_owned()
        } else {
            let named = pattern
                .replace("${.PVC.name}", text(claim, "/metadata/name"))
                .replace("${.PVC.namespace}", text(claim, "/metadata/namespace"))
                .replace("${.PV.name}", volume);
            let unique = self.parameter("ensureUniqueDirectory") != "false";
            if unique { format!("{named}-{}", text(claim, "/metadata/uid")) } else { named }
        };
        let base = self.parameter("basePath").trim_matches('/');
        let name = name.trim_start_matches('/');
        if base.is_empty() { format!("/{name}") } else { format!("/{base}/{name}") }
    }

    /// How a volume is mounted whose file system is another account's: by the DNS of its zone, by the
    /// address of the mount target of one zone, or by that of each node's own.
    pub(crate) fn attributes(&self, efs: &Efs) -> anyhow::Result<Value> {
        if self.of_secret("awsRoleArn").is_none_or(|role| role.is_empty()) {
            return Ok(Value::Null);
        }
        if switch(self.of_secret("crossaccount").as_deref()) == Some(true) {
            return Ok(json!({ "crossaccount": "true" }));
        }
        let targets = efs.mount_targets(&self.file_system)?;
        let Some((_, first)) = targets.first() else {
            let told = "rpc error: code = Internal desc = Cannot find mount targets for";
            return answer(format!("{told} {}", self.file_system));
        };
        let az = self.parameter("az");
        if az.is_empty() {
            let all: serde_json::Map<String, Value> =
                targets.iter().map(|(zone, ip)| (zone.clone(), json!(ip))).collect();
            return Ok(json!({ "mounttargetipmap": Value::Object(all).to_string() }));
        }
        let there = targets.iter().find(|(zone, _)| zone == az).map_or(first, |(_, ip)| ip);
        Ok(json!({ "mounttargetip": there }))
    }

    /// The zone that pods of a volume are kept in: that of a One Zone file system, where the class
    /// says so.
    pub(crate) fn zone(&self, efs: &Efs) -> anyhow::Result<Option<String>> {
        if self.parameter("enforceZoneAffinity") == "true" {
            efs.zone(&self.file_system)
        } else {
            Ok(None)
        }
    }
}

/// As Go's `strconv.ParseBool`; none where the text is neither true nor false.
fn switch(text: Option<&str>) -> Option<bool> {
    match text {
        None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Some(false),
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Some(true),
        Some(_) => None,
    }
}

const INVALID: &str = "rpc error: code = InvalidArgument desc =";

/// The Secret that a class gives to the driver, which external-provisioner reads.
fn secret(cluster: &Cluster, parameters: &Value) -> anyhow::Result<Option<Value>> {
    let of = |key: &str| parameters[key].as_str().unwrap_or_default();
    let (namespace, name) = (of(SECRET_NAMESPACE), of(SECRET_NAME));
    if name.is_empty() {
        return Ok(None);
    }
    let found = cluster.find(&format!("/api/v1/namespaces/{namespace}/secrets/{name}"))?;
    if found.is_none() {
        return answer(format!(
            "error getting secret {name} in namespace {namespace}: secrets \"{name}\" not found"
        ));
    }
    Ok(found)
}

/// The file system that a class names, itself or where it refers to.
fn file_system(cluster: &Cluster, parameters: &Value) -> anyhow::Result<String> {
    let own = text(parameters, "/fileSystemId");
    if !own.is_empty() {
        return Ok(own.to_owned());
    }
    for (parameter, kind, resource) in [
        ("fileSystemIdConfigRef", "ConfigMap", "configmaps"),
        ("fileSystemIdSecretRef", "Secret", "secrets"),
    ] {
        let reference: Vec<&str> =
            parameters[parameter].as_str().unwrap_or_default().split('/').collect();
        let [namespace, name, key] = reference.as_slice() else { continue };
        let failed = format!("{INVALID} Failed to resolve filesystem Id");
        let found = cluster.find(&format!("/api/v1/namespaces/{namespace}/{resource}/{name}"))?;
        let Some(found) = found else {
            let missing = format!("{resource} \"{name}\" not found");
            let told = format!("{failed} failed to get {parameter} {namespace}/{name}: {missing}");
            return answer(told);
        };
        let value = found["data"][*key].as_str().unwrap_or_default();
        let value = if kind == "Secret" {
            String::from_utf8(STANDARD.decode(value)?)?
        } else {
            value.to_owned()
        };
        if value.trim().is_empty() {
            let told =
                format!("{failed} key {key} not found or empty in {kind} {namespace}/{name}");
            return answer(told);
        }
        return Ok(value.trim().to_owned());
    }
    let told = "Failed to resolve filesystem Id fileSystemId not specified in volume parameters";
    answer(format!("{INVALID} {told}"))
}
