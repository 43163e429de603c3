//! A blocking client for the Kubernetes API, in plain JSON, for tests and end-to-end runs.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use http::{Method, Request};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, Error};
use serde_json::Value;
use tokio::runtime::Runtime;

/// A connection to a cluster; its methods block.
pub struct Cluster {
    // Dropped in this order: the client before the runtime that it uses.
    client: Client,
    runtime: Runtime,
}

impl Cluster {
    /// Connects with the current context of a kubeconfig.
    pub fn connect(kubeconfig: &Path) -> anyhow::Result<Cluster> {
        let kubeconfig = Kubeconfig::read_from(kubeconfig)
            .with_context(|| format!("reading `{}`", kubeconfig.display()))?;
        Cluster::connect_with(kubeconfig, None)
    }

    /// Connects with a context of the default kubeconfig (`KUBECONFIG` or `~/.kube/config`);
    /// `None` is its current context.
    pub fn connect_to(context: Option<&str>) -> anyhow::Result<Cluster> {
        Cluster::connect_with(Kubeconfig::read().context("reading the kubeconfig")?, context)
    }

    /// The name of the kubeconfig's current context.
    ///
    /// # Errors
    /// If the kubeconfig cannot be read.
    pub fn current_context() -> anyhow::Result<Option<String>> {
        Ok(Kubeconfig::read().context("reading the kubeconfig")?.current_context)
    }

    fn connect_with(kubeconfig: Kubeconfig, context: Option<&str>) -> anyhow::Result<Cluster> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .context("starting the async runtime")?;
        let options = KubeConfigOptions {
            context: context.map(str::to_owned),
            ..KubeConfigOptions::default()
        };
        let client = runtime.block_on(async {
            let mut config = Config::from_custom_kubeconfig(kubeconfig, &options).await?;
            config.connect_timeout = Some(Duration::from_secs(5));
            config.read_timeout = Some(Duration::from_mins(1));
            anyhow::Ok(Client::try_from(config)?)
        })?;
        Ok(Cluster { client, runtime })
    }

    /// Whether `/readyz` responds with `ok`.
    pub fn is_ready(&self) -> bool {
        let Ok(request) = Request::get("/readyz").body(Vec::new()) else { return false };
        self.runtime.block_on(self.client.request_text(request)).is_ok_and(|text| text == "ok")
    }

    /// Reads an object or a list by its path; `None` if it does not exist.
    pub fn find(&self, path: &str) -> anyhow::Result<Option<Value>> {
        match self.send(Method::GET, path, "application/json", None) {
            Ok(found) => Ok(Some(found)),
            Err(Error::Api(status)) if status.code == 404 => Ok(None),
            Err(error) => Err(error).with_context(|| format!("reading {path}")),
        }
    }

    /// Reads an object or a list by its path.
    pub fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::GET, path, "application/json", None)
            .with_context(|| format!("reading {path}"))
    }

    /// Reads a list by its path; only its items.
    pub fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let list = self.get(path)?;
        Ok(list["items"].as_array().cloned().unwrap_or_default())
    }

    /// Creates an object in the collection at `path`.
    pub fn create(&self, path: &str, object: &Value) -> anyhow::Result<Value> {
        self.send(Method::POST, path, "application/json", Some(object))
            .with_context(|| format!("creating in {path}"))
    }

    /// Applies a JSON merge patch to an object or its subresource.
    pub fn merge(&self, path: &str, change: &Value) -> anyhow::Result<Value> {
        self.send(Method::PATCH, path, "application/merge-patch+json", Some(change))
            .with_context(|| format!("patching {path}"))
    }

    /// Deletes an object; succeeds if it does not exist.
    pub fn delete(&self, path: &str) -> anyhow::Result<()> {
        match self.send(Method::DELETE, path, "application/json", None) {
            Ok(_) => Ok(()),
            Err(Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(error).with_context(|| format!("deleting {path}")),
        }
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content_type)
            .body(body)
            .map_err(Error::HttpError)?;
        self.runtime.block_on(self.client.request(request))
    }
}
