//! The part of the EC2 API that this job reads and writes, version
//! 2016-11-15, over forms and XML.

mod describe;
pub(crate) mod filters;
mod form;
mod rules;
mod seed;
pub(crate) mod state;
mod xml;

use crate::error::{Answer, AwsError};
use crate::options::Options;
use crate::service::{Context, ErrorBody, Incoming, Refusal, Service, Success};
use crate::world::Region;

use form::Form;
use xml::Element;

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
        let form = Form::new(request);
        request.path.is_empty()
            && form.get("Action").is_some()
            && form.get("Version").is_none_or(|version| version == VERSION)
    }

    fn operation(&self, request: &Incoming) -> String {
        Form::new(request).get("Action").unwrap_or("unknown").to_owned()
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Answer<Success> {
        let form = Form::new(request);
        let action = form.get("Action").unwrap_or("unknown");
        let mut all = vec![Element::text("requestId", &request.id)];
        all.extend(operate(context, action, &form)?);
        let root = Element::new(&format!("{action}Response"), all);
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
        let inner = Element::new(
            "Error",
            vec![Element::text("Code", error.code), Element::text("Message", &error.message)],
        );
        let members =
            vec![Element::new("Errors", vec![inner]), Element::text("RequestID", request_id)];
        let body = Element::new("Response", members).document(None);
        ErrorBody { content_type: CONTENT_TYPE, error_type: None, body }
    }

    fn seed(&self, region: &mut Region, options: &Options) {
        seed::network(region, options.zones);
    }
}

fn operate(context: &mut Context<'_>, action: &str, form: &Form) -> Answer<Vec<Element>> {
    let region = &mut *context.region;
    match action {
        "DescribeVpcs" => describe::vpcs(region, form),
        "DescribeSubnets" => describe::subnets(region, form),
        "DescribeRouteTables" => describe::route_tables(region, form),
        "DescribeSecurityGroups" => describe::security_groups(region, form),
        "DescribeSecurityGroupRules" => describe::security_group_rules(region, form),
        "DescribeNetworkInterfaces" => describe::network_interfaces(region, form),
        "DescribeAvailabilityZones" => describe::availability_zones(region, form),
        "AuthorizeSecurityGroupIngress" => rules::authorize(context, form),
        "RevokeSecurityGroupIngress" => rules::revoke(region, form),
        other => {
            let message = format!("The action {other} is not valid for this web service.");
            Err(AwsError::new(400, "InvalidAction", message))
        }
    }
}
