//! The part of Amazon EKS that EFS and its clients use, over REST and JSON: reading clusters, Pod
//! Identity associations, and add-ons.

mod addons;
mod associations;
mod call;
mod catalog;
mod clusters;
mod errors;
mod schema;
mod seed;
mod tags;
#[cfg(test)]
mod tests;
mod updates;
mod yaml;

use serde_json::{Value, json};

use crate::error::{AwsError, Result};
use crate::options::Options;
use crate::request::Incoming;
use crate::response::{ErrorBody, Refusal, Success};
use crate::service::{Context, Service};
use crate::world::Region;
use crate::world::eks::AddonStatus;
use call::{Call, Response};

/// The content type of all responses.
const CONTENT_TYPE: &str = "application/json";

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

    fn operations(&self) -> Vec<&'static str> {
        ROUTES.iter().map(|route| route.0).collect()
    }

    fn operation(&self, request: &Incoming) -> String {
        route(request).map_or("unknown", |(route, _)| route.0).to_owned()
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Result<Success> {
        let Some((route, parameters)) = route(request) else {
            let (method, path) = (&request.method, request.path.join("/"));
            let message = format!("The sandbox does not serve {method} /{path} of EKS.");
            return Err(AwsError::not_served(message));
        };
        let (status, body) = route.3(&mut Call { context, request }, &parameters)?;
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

/// What carries an operation out, with the parameters of its path.
type Run = fn(&mut Call, &[&str]) -> Response;

/// A served operation: its name, its method, its path, and what carries it out. A `*` in the path
/// is a parameter. Source: botocore 1.43.11, `eks/2017-11-01/service-2.json`.
struct Route(&'static str, &'static str, &'static str, Run);

/// The served operations.
const ROUTES: &[Route] = &[
    Route("ListClusters", "GET", "clusters", |call, _| clusters::list(call)),
    Route("DescribeCluster", "GET", "clusters/*", |call, at| clusters::describe(call, at[0])),
    Route("DescribeUpdate", "GET", "clusters/*/updates/*", |call, at| {
        updates::updated(call, at[0], at[1])
    }),
    Route(
        "CreatePodIdentityAssociation",
        "POST",
        "clusters/*/pod-identity-associations",
        |call, at| associations::create(call, at[0]),
    ),
    Route(
        "ListPodIdentityAssociations",
        "GET",
        "clusters/*/pod-identity-associations",
        |call, at| associations::list(call, at[0]),
    ),
    Route(
        "DescribePodIdentityAssociation",
        "GET",
        "clusters/*/pod-identity-associations/*",
        |call, at| associations::describe(call, at[0], at[1]),
    ),
    Route(
        "UpdatePodIdentityAssociation",
        "POST",
        "clusters/*/pod-identity-associations/*",
        |call, at| associations::update(call, at[0], at[1]),
    ),
    Route(
        "DeletePodIdentityAssociation",
        "DELETE",
        "clusters/*/pod-identity-associations/*",
        |call, at| associations::delete(call, at[0], at[1]),
    ),
    Route("CreateAddon", "POST", "clusters/*/addons", |call, at| addons::create(call, at[0])),
    Route("ListAddons", "GET", "clusters/*/addons", |call, at| addons::list(call, at[0])),
    Route("DescribeAddon", "GET", "clusters/*/addons/*", |call, at| {
        addons::describe(call, at[0], at[1])
    }),
    Route("UpdateAddon", "POST", "clusters/*/addons/*/update", |call, at| {
        updates::update(call, at[0], at[1])
    }),
    Route("DeleteAddon", "DELETE", "clusters/*/addons/*", |call, at| {
        addons::delete(call, at[0], at[1])
    }),
    Route("DescribeAddonVersions", "GET", "addons/supported-versions", |call, _| {
        addons::versions(call)
    }),
    Route("DescribeAddonConfiguration", "GET", "addons/configuration-schemas", |call, _| {
        addons::configuration(call)
    }),
    Route("ListTagsForResource", "GET", "tags/*", |call, at| tags::list(call, at[0])),
    Route("TagResource", "POST", "tags/*", |call, at| tags::tag(call, at[0])),
    Route("UntagResource", "DELETE", "tags/*", |call, at| tags::untag(call, at[0])),
];

impl Route {
    /// The parameters of a request's path, if it is this operation's.
    fn parameters<'a>(&self, request: &'a Incoming) -> Option<Vec<&'a str>> {
        let parts: Vec<&str> = self.2.split('/').collect();
        if request.method.as_str() != self.1 || request.path.len() != parts.len() {
            return None;
        }
        let mut parameters = Vec::new();
        for (part, segment) in parts.into_iter().zip(&request.path) {
            match part {
                "*" => parameters.push(segment.as_str()),
                part if part == segment => {}
                _ => return None,
            }
        }
        Some(parameters)
    }
}

/// The operation that a request addresses, and the parameters of its path.
fn route(request: &Incoming) -> Option<(&'static Route, Vec<&str>)> {
    ROUTES.iter().find_map(|route| Some((route, route.parameters(request)?)))
}
