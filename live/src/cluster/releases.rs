//! The records that Helm keeps of releases.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::api::DeleteParams;

use super::Kube;

impl Kube {
    /// The labels of the record that Helm keeps of a revision, where there is one.
    pub(crate) async fn release_record(
        &self,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<Option<BTreeMap<String, String>>> {
        let found = self.get::<Secret>(&self.within(namespace), name).await?;
        Ok(found.map(|record| record.metadata.labels.unwrap_or_default()))
    }

    /// Deletes such a record.
    pub(crate) async fn delete_release_record(
        &self,
        namespace: &str,
        name: &str,
    ) -> anyhow::Result<()> {
        self.delete::<Secret>(&self.within(namespace), name, &DeleteParams::default()).await
    }
}
