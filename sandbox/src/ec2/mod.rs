//! The part of the EC2 API that EFS and its clients use, version 2016-11-15: the EC2 Query
//! protocol.

mod acl_changes;
mod acl_entries;
mod acls;
mod actions;
mod addresses;
mod call;
mod default_vpc;
mod defaults;
mod dhcp;
mod errors;
pub(crate) mod filters;
mod form;
mod gateways;
mod groups;
mod ids;
mod instance_filters;
mod instances;
mod interface_addresses;
mod interface_changes;
mod interfaces;
mod known_groups;
mod listing;
mod nat;
mod nat_addresses;
mod permissions;
mod resource;
mod routes;
mod rules;
pub(crate) mod seed;
mod served;
mod subnets;
mod tags;
#[cfg(test)]
mod tests;
mod vpcs;
pub(crate) mod zones;

use crate::error::{AwsError, Result};
use crate::options::Options;
use crate::request::{Incoming, pairs};
use crate::response::{ErrorBody, Refusal, Success};
use crate::service::{Context, Service};
use crate::world::Region;

use crate::xml::Element;
use call::Call;
use form::Form;

/// The content type of all responses.
const CONTENT_TYPE: &str = "text/xml;charset=UTF-8";

/// The namespace of all successful responses.
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// The version of the API.
const VERSION: &str = "2016-11-15";

/// Amazon EC2.
pub(crate) struct Ec2;

impl Service for Ec2 {
    fn name(&self) -> &'static str {
        "ec2"
    }

    fn accepts(&self, request: &Incoming) -> bool {
        let form = form(request);
        request.path.is_empty()
            && form.get("Action").is_some()
            && form.get("Version").is_none_or(|version| version == VERSION)
    }

    fn operations(&self) -> Vec<&'static str> {
        served::SERVED.iter().map(|action| action.0).collect()
    }

    fn operation(&self, request: &Incoming) -> String {
        form(request).get("Action").unwrap_or("unknown").to_owned()
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Result<Success> {
        let form = form(request);
        let action = form.get("Action").unwrap_or("unknown").to_owned();
        let mut call = Call { context, form, action };
        let members = actions::carry_out(&mut call)?;
        if call.form.flag("DryRun")?.unwrap_or(false) {
            // What was done is undone with this error, as with any other.
            let message = "Request would have succeeded, but DryRun flag is set.";
            return Err(AwsError::new(412, "DryRunOperation", message));
        }
        let mut all = vec![Element::text("requestId", &request.id)];
        all.extend(members);
        let root = Element::new(&format!("{}Response", call.action), all);
        Ok(Success {
            status: 200,
            content_type: CONTENT_TYPE,
            body: root.document(Some(NAMESPACE)),
        })
    }

    fn refusal(&self, refusal: Refusal) -> AwsError {
        let (status, code, message) = match refusal {
            Refusal::Unsigned | Refusal::WrongService => {
                (401, "AuthFailure", "AWS was not able to validate the provided access credentials")
            }
            Refusal::Throttled => (503, "RequestLimitExceeded", "Rate exceeded"),
            Refusal::BodyTooLarge => (413, "RequestEntityTooLarge", "Request entity too large"),
            Refusal::Internal => (500, "InternalError", "An internal error has occurred"),
        };
        AwsError::new(status, code, message)
    }

    fn error(&self, error: &AwsError, request_id: &str) -> ErrorBody {
        // What is not served has no code: AWS has none for it.
        let code = (!error.code.is_empty()).then(|| Element::text("Code", error.code));
        let message = Element::text("Message", &error.message);
        let inner = Element::new("Error", code.into_iter().chain([message]).collect());
        let members =
            vec![Element::new("Errors", vec![inner]), Element::text("RequestID", request_id)];
        let body = Element::new("Response", members).document(None);
        ErrorBody { content_type: CONTENT_TYPE, error_type: None, body }
    }

    fn seed(&self, region: &mut Region, options: &Options) {
        seed::network(region, options);
    }

    fn settle(&self, region: &mut Region, now: u64) {
        nat::settle(&mut region.ec2, now);
    }
}

/// The parameters of the query and of the body.
fn form(request: &Incoming) -> Form {
    Form::new(request.query.iter().cloned().chain(pairs(&request.body)))
}
