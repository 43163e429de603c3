//! The part of Amazon EKS that goes with EFS, over REST and JSON: clusters to read, Pod
//! Identity associations, and add-ons.

mod addons;
mod associations;
mod catalog;
mod clusters;
mod errors;
mod schema;
mod seed;
pub(crate) mod state;
mod tags;
#[cfg(test)]
mod tests;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Answer, AwsError};
use crate::options::Options;
use crate::service::{Context, ErrorBody, Incoming, Refusal, Service, Success};
use crate::world::Region;
use errors::invalid_parameter;
use state::AddonStatus;

/// The content type of all responses.
const CONTENT_TYPE: &str = "application/json";

/// A status and a body.
type Response = Answer<(u16, Value)>;

/// What a call does, once somebody has decided that it is carried out.
type Run<'a> = Box<dyn FnOnce(&mut Call) -> Response + 'a>;

/// One call: what it works on, and what it says.
struct Call<'a, 'b> {
    context: &'a mut Context<'b>,
    request: &'a Incoming,
}

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
            error_type: Some(error.code),
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
            let owner = addons::arn(region, &gone);
            let all = region.eks.associations.by("cluster", &gone.cluster);
            let owned = all.filter(|row| row.owner.as_ref() == Some(&owner));
            let owned: Vec<String> = owned.map(|row| row.id.clone()).collect();
            owned.iter().for_each(|id| drop(region.eks.associations.remove(id)));
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
    ("unknown", Box::new(move |_| Err(AwsError::new(501, "ServerException", message))))
}

impl Call<'_, '_> {
    /// The JSON body.
    fn body<T: DeserializeOwned>(&self) -> Answer<T> {
        let text: &[u8] = if self.request.body.is_empty() { b"{}" } else { &self.request.body };
        serde_json::from_slice(text).map_err(|error| invalid_parameter(error.to_string()))
    }

    /// One parameter of the query.
    fn query(&self, name: &str) -> Option<&str> {
        self.queries(name).first().copied()
    }

    /// All values of a parameter of the query.
    fn queries(&self, name: &str) -> Vec<&str> {
        let pairs = self.request.query.iter().filter(|(key, _)| key == name);
        pairs.map(|(_, value)| value.as_str()).collect()
    }

    /// One page of what is listed under `member`, sorted by id: 100 unless `maxResults`
    /// says otherwise. A token is the last id of the page before.
    fn page(&self, member: &str, listed: Vec<(String, Value)>) -> Response {
        let most = match self.query("maxResults") {
            None => 100,
            Some(text) => text
                .parse()
                .ok()
                .filter(|most| (1..=100).contains(most))
                .ok_or_else(|| invalid_parameter(format!("Invalid maxResults: {text}")))?,
        };
        let after = self.query("nextToken");
        if let Some(token) = after
            && !listed.iter().any(|(id, _)| id == token)
        {
            return Err(invalid_parameter(format!("Invalid nextToken: {token}")));
        }
        let behind = |id: &str| after.is_none_or(|after| id > after);
        let mut rest = listed.into_iter().filter(|(id, _)| behind(id)).peekable();
        let page: Vec<(String, Value)> = rest.by_ref().take(most).collect();
        let mut body = json!({});
        if rest.peek().is_some() {
            body["nextToken"] = json!(page.last().map(|(id, _)| id));
        }
        body[member] = page.into_iter().map(|(_, value)| value).collect();
        Ok((200, body))
    }
}

/// EKS writes times as seconds.
#[expect(clippy::cast_precision_loss, reason = "times of this millennium fit")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
