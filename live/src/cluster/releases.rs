//! The records that Helm keeps of releases: a Secret or a `ConfigMap` for each revision.

use std::time::Duration;

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::ListParams;
use kube::core::NamespaceResourceScope;
use kube::{Api, Error, Resource};
use kubernetes::Preconditions;
use kubernetes::release::{Id, Record, Storage};

use super::Kube;
use super::calls::{Object, patiently};
use crate::meaning::kubernetes::is_forbidden;

/// Where the `helm` program keeps its records, by its environment; `None` where that is neither
/// Secrets nor `ConfigMaps` (<https://helm.sh/docs/topics/advanced/#storage-backends>).
pub(crate) fn helm_storage() -> Option<Storage> {
    match std::env::var("HELM_DRIVER").unwrap_or_default().as_str() {
        "" | "secret" | "secrets" => Some(Storage::Secret),
        "configmap" | "configmaps" => Some(Storage::ConfigMap),
        _ => None,
    }
}

impl Kube {
    /// The record of a pending revision, where Helm keeps it. One that is not pending any more
    /// counts as written just now.
    pub(crate) async fn release_record(
        &self,
        id: &Id,
        revision: u64,
    ) -> anyhow::Result<Option<Record>> {
        let name = format!("sh.helm.release.v1.{}.v{revision}", id.name);
        let Some(storage) = helm_storage() else { return Ok(None) };
        let metadata = self.record_of(id, storage, &name).await?;
        Ok(metadata.map(|metadata| Record {
            storage,
            name,
            preconditions: Preconditions {
                uid: metadata.uid.clone(),
                resource_version: metadata.resource_version.clone(),
            },
            age: if is_pending(&metadata) { age(&metadata) } else { Duration::ZERO },
            written_by: writer(&metadata),
        }))
    }

    /// Whether the revision of a record is pending; one without its record is not.
    pub(crate) async fn is_pending(&self, id: &Id, record: &Record) -> anyhow::Result<bool> {
        let metadata = self.record_of(id, record.storage, &record.name).await?;
        Ok(metadata.is_some_and(|metadata| is_pending(&metadata)))
    }

    async fn record_of(
        &self,
        id: &Id,
        storage: Storage,
        name: &str,
    ) -> anyhow::Result<Option<ObjectMeta>> {
        let namespace = &id.namespace;
        Ok(match storage {
            Storage::Secret => {
                self.get::<Secret>(&self.within(namespace), name).await?.map(|it| it.metadata)
            }
            Storage::ConfigMap => {
                self.get::<ConfigMap>(&self.within(namespace), name).await?.map(|it| it.metadata)
            }
        })
    }

    /// Deletes a record that was observed.
    pub(crate) async fn delete_release_record(
        &self,
        id: &Id,
        record: &Record,
    ) -> anyhow::Result<()> {
        let Record { storage, name, preconditions, age: _, written_by: _ } = record;
        let namespace = &id.namespace;
        match storage {
            Storage::Secret => {
                self.delete_observed::<Secret>(&self.within(namespace), name, preconditions).await
            }
            Storage::ConfigMap => {
                self.delete_observed::<ConfigMap>(&self.within(namespace), name, preconditions)
                    .await
            }
        }
    }

    /// Whether revisions of a release are kept in this kind of object, as far as this identity
    /// may look.
    pub(crate) async fn keeps_release(&self, id: &Id, storage: Storage) -> anyhow::Result<bool> {
        match storage {
            Storage::Secret => self.keeps_in::<Secret>(id).await,
            Storage::ConfigMap => self.keeps_in::<ConfigMap>(id).await,
        }
    }

    async fn keeps_in<K>(&self, id: &Id) -> anyhow::Result<bool>
    where
        K: Object + Resource<Scope = NamespaceResourceScope>,
    {
        let api: Api<K> = self.within(&id.namespace);
        let which = ListParams::default().labels(&format!("owner=helm,name={}", id.name)).limit(1);
        match patiently(|| api.list_metadata(&which)).await {
            Ok(records) => Ok(!records.items.is_empty()),
            Err(Error::Api(status)) if is_forbidden(&status) => Ok(false),
            Err(error) => Err(self.failed::<K>("list", "", error)),
        }
    }
}

fn label<'a>(metadata: &'a ObjectMeta, name: &str) -> Option<&'a str> {
    metadata.labels.as_ref()?.get(name).map(String::as_str)
}

fn is_pending(metadata: &ObjectMeta) -> bool {
    label(metadata, "status").is_some_and(|status| status.starts_with("pending-"))
}

/// How long ago a record was last written: by the labels that Helm gives it, in seconds since
/// 1970, or by its creation.
fn age(metadata: &ObjectMeta) -> Duration {
    let seconds = |name: &str| label(metadata, name)?.parse::<u64>().ok();
    let created = metadata.creation_timestamp.as_ref();
    let created = || created.and_then(|time| u64::try_from(time.0.as_second()).ok());
    let written = seconds("modifiedAt").max(seconds("createdAt")).or_else(created);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let since = |written| now.ok()?.checked_sub(Duration::from_secs(written));
    written.and_then(since).unwrap_or_default()
}

/// The program that wrote a record's content.
fn writer(metadata: &ObjectMeta) -> Option<String> {
    let entries = metadata.managed_fields.iter().flatten();
    let wrote = |fields: &serde_json::Value| fields.get("f:data").is_some();
    let mut writers =
        entries.filter(|entry| entry.fields_v1.as_ref().is_some_and(|fields| wrote(&fields.0)));
    writers.next().and_then(|entry| entry.manager.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry};
    use serde_json::json;

    use super::*;

    fn labelled(labels: &[(&str, &str)]) -> ObjectMeta {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ObjectMeta { labels: Some(labels.collect::<BTreeMap<_, _>>()), ..ObjectMeta::default() }
    }

    #[test]
    fn a_record_is_as_old_as_what_helm_wrote_into_it_last() {
        let created = labelled(&[("createdAt", "1000"), ("modifiedAt", "2000")]);
        let again = labelled(&[("createdAt", "2000")]);
        assert_eq!(age(&created).as_secs(), age(&again).as_secs());
        assert!(age(&created) > Duration::from_hours(24));
        let future = labelled(&[("modifiedAt", "99999999999")]);
        assert_eq!(age(&future), Duration::ZERO, "clocks differ");
        assert_eq!(age(&ObjectMeta::default()), Duration::ZERO, "nothing says that it is old");
    }

    #[test]
    fn who_wrote_a_record_is_who_wrote_its_content() {
        let entry = |manager: &str, fields| ManagedFieldsEntry {
            manager: Some(manager.to_owned()),
            fields_v1: Some(FieldsV1(fields)),
            ..ManagedFieldsEntry::default()
        };
        let managed_fields = Some(vec![
            entry("kubectl", json!({ "f:metadata": {} })),
            entry("helm-controller", json!({ "f:data": {}, "f:metadata": {} })),
        ]);
        let metadata = ObjectMeta { managed_fields, ..ObjectMeta::default() };
        assert_eq!(writer(&metadata).as_deref(), Some("helm-controller"));
        assert_eq!(writer(&ObjectMeta::default()), None);
    }
}
