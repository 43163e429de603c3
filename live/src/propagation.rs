//! Calls about what was just made: other services of AWS, and other calls of the same one, come to
//! know it a little later.
//!
//! Sources: "the IAM service is eventually consistent" (IAM User Guide, "Troubleshoot IAM"); Amazon
//! EC2 API Reference, "Eventual consistency"; the calls that Terraform's provider repeats
//! (`internal/service/eks/pod_identity_association.go`, `…/eks/addon.go`,
//! `…/efs/file_system_policy.go`, `…/ec2/wait.go`).

use std::future::Future;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::time::Instant;

use crate::aws::says;
use crate::context::Context;
use crate::meaning::{efs, eks};
use crate::progress::Line;
use crate::wait::{POLL_FIRST, POLL_LONGEST, PROPAGATION};

/// What may be too new for a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum New {
    Role,
    Principal,
    SecurityGroup,
}

impl New {
    fn state(self) -> &'static str {
        match self {
            New::Role => "waiting until EKS knows the role",
            New::Principal => "waiting until EFS knows who the policy names",
            New::SecurityGroup => "waiting until AWS knows the security group",
        }
    }
}

/// Makes a call that may be repeated, for as long as its error says that something is `unknown`
/// which may be new; the outer error is that the run is to stop.
pub(crate) async fn known<T, E, F: Future<Output = Result<T, E>>>(
    context: &Context,
    line: &Line,
    new: New,
    unknown: impl Fn(&E) -> bool,
    call: impl Fn() -> F,
) -> anyhow::Result<Result<T, E>> {
    let (began, mut pause) = (Instant::now(), POLL_FIRST);
    loop {
        match call().await {
            Err(error) if unknown(&error) && began.elapsed() < PROPAGATION => {
                line.state(new.state());
                context.pause(pause).await?;
                pause = (pause * 2).min(POLL_LONGEST);
            }
            result => return Ok(result),
        }
    }
}

/// Whether EKS does not know a role, or not yet whom it trusts.
pub(crate) fn role_is_unknown<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let new = [eks::ROLE_UNKNOWN, eks::TRUST_UNKNOWN];
    new.iter().any(|words| says(error, eks::INVALID_PARAMETER, words))
}

/// Whether EFS does not know a principal that a policy names.
pub(crate) fn principal_is_unknown<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    says(error, efs::INVALID_POLICY, efs::PRINCIPAL_UNKNOWN)
}
