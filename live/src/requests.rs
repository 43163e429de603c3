//! Every request to AWS, to a cluster and to Helm, as the log and the audit file tell it.

use std::time::Duration;

use inputs::printable;
use serde::Serialize;

use crate::audit;
use crate::log::millis;

/// A request that has its response, or will have none.
#[derive(Debug, Serialize)]
pub(crate) struct Request<'a> {
    /// As permissions name it, such as `elasticfilesystem`; `kubernetes` or `helm`.
    pub(crate) service: &'a str,
    /// The operation of AWS, the verb of Kubernetes, or the command of Helm.
    pub(crate) operation: &'a str,
    /// What it is about, where it is not AWS's: a path of the API server, or a release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) resource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<&'a str>,
    /// The first attempt is 1; `None` where its client does not say which one it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempt: Option<u32>,
    /// The HTTP status, or how a program ended; `None` where there was no response.
    pub(crate) status: Option<u16>,
    /// The error code of AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_code: Option<String>,
    /// AWS's request id, or the audit id of an API server.
    #[serde(rename = "request_id")]
    pub(crate) id: Option<&'a str>,
    #[serde(skip)]
    pub(crate) elapsed: Duration,
    /// Whether it went well.
    #[serde(skip)]
    pub(crate) succeeded: bool,
    /// Whether it is made to change something.
    #[serde(skip)]
    pub(crate) changes: bool,
}

impl Request<'_> {
    /// Tells it to the log, and to the audit file where it changes something.
    pub(crate) fn tell(&self) {
        if self.succeeded {
            self.log_success();
        } else {
            self.log_failure();
        }
        if self.changes
            && let Ok(told) = serde_json::to_value(self)
        {
            audit::request(told);
        }
    }

    fn log_success(&self) {
        tracing::info!(
            event = "request",
            service = self.service,
            operation = self.operation,
            resource = self.resource,
            region = self.region,
            attempt = self.attempt,
            status = self.status,
            request_id = self.id.map(printable),
            duration_ms = millis(self.elapsed),
        );
    }

    fn log_failure(&self) {
        tracing::warn!(
            event = "request",
            service = self.service,
            operation = self.operation,
            resource = self.resource,
            region = self.region,
            attempt = self.attempt,
            status = self.status,
            error_code = self.error_code,
            request_id = self.id.map(printable),
            duration_ms = millis(self.elapsed),
        );
    }
}
