//! A deployment as resources of Terraform's AWS provider, with `import` blocks by which it takes
//! them over: the way back out.
//!
//! Attributes and import ids are those of the provider's documentation of each resource, version
//! 5.100 (<https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs>). What a resource has
//! from a later version on is left out, and told.

mod deployed;
mod identity;
mod network;
mod resource;
mod storage;

use plan::Warning;

pub use deployed::Deployed;
use deployed::Naming;
use resource::Resource;

/// The version of the provider from which on all of it is known.
const PROVIDER: &str = "5.100";

/// Resources with their `import` blocks, and what Terraform does not take over.
#[derive(Debug, Clone, PartialEq)]
pub struct Terraform {
    pub text: String,
    /// How many resources are imported.
    pub resources: usize,
    pub warnings: Vec<Warning>,
}

/// A deployment as Terraform writes it.
pub fn terraform(deployed: &Deployed) -> Terraform {
    let mut warnings = Vec::new();
    let naming = Naming::new(deployed);
    let mut all = storage::file_system(deployed, &naming, &mut warnings);
    all.extend(network::mount_targets(deployed, &naming, &mut warnings));
    all.extend(storage::access_points(deployed, &naming));
    all.extend(network::groups(deployed, &naming));
    all.extend(identity::resources(deployed, &naming));
    let header = format!(
        "# {} of the deployment {} in {}. It takes Terraform 1.5 or later and\n# hashicorp/aws {PROVIDER} \
         or later, with a provider for this region.\n",
        deployed.found.file_system.id,
        deployed.inputs.owner().name(),
        deployed.found.region
    );
    let blocks = all.iter().map(Resource::text).collect::<Vec<_>>().join("\n");
    Terraform { text: format!("{header}\n{blocks}"), resources: all.len(), warnings }
}
