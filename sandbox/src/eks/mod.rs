//! The part of Amazon EKS that goes with EFS, over REST and JSON: clusters to read, Pod
//! Identity associations, and add-ons.

mod addons;
mod associations;
mod call;
mod catalog;
mod clusters;
mod errors;
mod schema;
mod seed;
pub(crate) mod state;
mod tags;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::error::{Answer, AwsError};
use crate::options::Options;
use crate::request::Incoming;
use crate::response::{ErrorBody, Refusal, Success};
use crate::service::{Context, Service};
use crate::world::Region;
use call::{Call, Response};
use state::AddonStatus;

/// The content type of all responses.
const CONTENT_TYPE: &str = "application/json";

/// What a call does, once somebody has decided that it is carried out.
type Run<'a> = Box<dyn FnOnce(&mut Call) -> Response + 'a>;

/// Amazon EKS.
pub(crate) struct Eks;

impl Service for Eks {
    fn name(&self) -> &'static str {
        "eks"
    }

    fn accepts(&self, request: &Incoming) -> bool {
        match request.path.first().map(String::as_str) {
            Some("clusters" | "addons") => true,
            Some("tags") => request.path.get(1).is_some_and(|arn| arn.contains(":eks:")),
            _ => false,
        }
    }

    fn operation(&self, request: &Incoming) -> String {
        route(request).0.to_owned()
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Answer<Success> {
        let (_, run) = route(request);
        let (status, body) = run(&mut Call { context, request })?;
        let body = body.to_string().into_bytes();
        Ok(Success { status, content_type: CONTENT_TYPE, body })
    }

    fn refusal(&self, refusal: Refusal) -> AwsError {
        let (status, code, message) = match refusal {
            Refusal::Unsigned => {
                (403, "MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            Refusal::WrongService => (
                403,
                "InvalidSignatureException",
                "Credential should be scoped to correct service: 'eks'. ",
            ),
            Refusal::Throttled => (429, "ThrottlingException", "Rate exceeded"),
            Refusal::BodyTooLarge => (413, "RequestEntityTooLarge", "Request entity too large"),
            Refusal::Internal => (500, "ServerException", "An internal error has occurred"),
        };
        AwsError::new(status, code, message)
    }

    fn error(&self, error: &AwsError, _request_id: &str) -> ErrorBody {
        let mut body = json!({ "message": error.message });
        if let Value::Object(members) = &mut body {
            members.extend(error.members.clone());
        }
        ErrorBody {
            content_type: CONTENT_TYPE,
            error_type: (!error.code.is_empty()).then_some(error.code),
            body: body.to_string().into_bytes(),
        }
    }

    fn seed(&self, region: &mut Region, options: &Options) {
        seed::cluster(region, options);
    }

    fn settle(&self, region: &mut Region, now: u64) {
        for id in region.eks.addons.due(now) {
            let Some(addon) = region.eks.addons.get_mut(&id) else {
                continue;
            };
            let Some((_, status)) = addon.next.take() else {
                continue;
            };
            if status != AddonStatus::Deleting {
                addon.status = status;
                continue;
            }
            let gone = addon.clone();
            region.eks.addons.remove(&id);
            // Its associations go with it.
            let arn = addons::arn(region, &gone);
            let all = region.eks.associations.by("cluster", &gone.cluster);
            let its = all.filter(|row| row.owner.as_ref() == Some(&arn));
            let its: Vec<String> = its.map(|row| row.id.clone()).collect();
            for id in &its {
                region.eks.associations.remove(id);
            }
        }
    }
}

fn route(request: &Incoming) -> (&'static str, Run<'_>) {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["clusters"]) => ("ListClusters", Box::new(clusters::list)),
        ("GET", &["clusters", name]) => {
            ("DescribeCluster", Box::new(move |call| clusters::describe(call, name)))
        }
        (method, &["clusters", cluster, "pod-identity-associations", ref rest @ ..]) => {
            of_association(request, method, cluster, rest)
        }
        (method, &["clusters", cluster, "addons", ref rest @ ..]) => {
            of_addon(request, method, cluster, rest)
        }
        ("GET", &["clusters", cluster, "updates", id]) => {
            ("DescribeUpdate", Box::new(move |call| addons::updated(call, cluster, id)))
        }
        ("GET", ["addons", "supported-versions"]) => {
            ("DescribeAddonVersions", Box::new(addons::versions))
        }
        ("GET", ["addons", "configuration-schemas"]) => {
            ("DescribeAddonConfiguration", Box::new(addons::configuration))
        }
        ("GET", &["tags", arn]) => {
            ("ListTagsForResource", Box::new(move |call| tags::list(call, arn)))
        }
        ("POST", &["tags", arn]) => ("TagResource", Box::new(move |call| tags::tag(call, arn))),
        ("DELETE", &["tags", arn]) => {
            ("UntagResource", Box::new(move |call| tags::untag(call, arn)))
        }
        _ => not_served(request),
    }
}

fn of_association<'a>(
    request: &'a Incoming,
    method: &str,
    cluster: &'a str,
    rest: &[&'a str],
) -> (&'static str, Run<'a>) {
    match (method, rest) {
        ("POST", []) => (
            "CreatePodIdentityAssociation",
            Box::new(move |call| associations::create(call, cluster)),
        ),
        ("GET", []) => {
            ("ListPodIdentityAssociations", Box::new(move |call| associations::list(call, cluster)))
        }
        ("GET", &[id]) => (
            "DescribePodIdentityAssociation",
            Box::new(move |call| associations::describe(call, cluster, id)),
        ),
        ("POST", &[id]) => (
            "UpdatePodIdentityAssociation",
            Box::new(move |call| associations::update(call, cluster, id)),
        ),
        ("DELETE", &[id]) => (
            "DeletePodIdentityAssociation",
            Box::new(move |call| associations::delete(call, cluster, id)),
        ),
        _ => not_served(request),
    }
}

fn of_addon<'a>(
    request: &'a Incoming,
    method: &str,
    cluster: &'a str,
    rest: &[&'a str],
) -> (&'static str, Run<'a>) {
    match (method, rest) {
        ("POST", []) => ("CreateAddon", Box::new(move |call| addons::create(call, cluster))),
        ("GET", []) => ("ListAddons", Box::new(move |call| addons::list(call, cluster))),
        ("GET", &[name]) => {
            ("DescribeAddon", Box::new(move |call| addons::describe(call, cluster, name)))
        }
        ("POST", &[name, "update"]) => {
            ("UpdateAddon", Box::new(move |call| addons::update(call, cluster, name)))
        }
        ("DELETE", &[name]) => {
            ("DeleteAddon", Box::new(move |call| addons::delete(call, cluster, name)))
        }
        _ => not_served(request),
    }
}

fn not_served(request: &Incoming) -> (&'static str, Run<'_>) {
    let message = format!(
        "The sandbox does not serve {} /{} of EKS.",
        request.method,
        request.path.join("/")
    );
    ("unknown", Box::new(move |_| Err(AwsError::not_served(message))))
}
