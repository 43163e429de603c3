//! The part of the EC2 API that this job reads and writes, version
//! 2016-11-15, over forms and XML.

mod describe;
mod filters;
mod form;
mod rules;
mod xml;

use crate::error::{Answer, AwsError};
use crate::http::{Context, Incoming, Success};

use form::Form;
use xml::Element;

/// The namespace of all answers.
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// The operation that a request names.
pub(crate) fn operation(incoming: &Incoming) -> String {
    Form::new(incoming).get("Action").unwrap_or("unknown").to_owned()
}

pub(crate) fn carry_out(
    context: &mut Context,
    incoming: &Incoming,
    request_id: &str,
) -> Answer<Success> {
    let form = Form::new(incoming);
    let action = form.get("Action").unwrap_or("unknown");
    let region = &mut *context.region;
    let answer = match action {
        "DescribeVpcs" => describe::vpcs(region, &form),
        "DescribeSubnets" => describe::subnets(region, &form),
        "DescribeRouteTables" => describe::route_tables(region, &form),
        "DescribeSecurityGroups" => describe::security_groups(region, &form),
        "DescribeSecurityGroupRules" => describe::security_group_rules(region, &form),
        "DescribeNetworkInterfaces" => describe::network_interfaces(region, &form),
        "DescribeAvailabilityZones" => describe::availability_zones(region, &form),
        "AuthorizeSecurityGroupIngress" => rules::authorize(region, &form),
        "RevokeSecurityGroupIngress" => rules::revoke(region, &form),
        other => {
            let message = format!("The action {other} is not valid for this web service.");
            Err(AwsError::new(400, "InvalidAction", message))
        }
    };
    answer.map(|members| {
        let mut all = vec![Element::text("requestId", request_id)];
        all.extend(members);
        let root = Element::new(&format!("{action}Response"), all);
        Success { status: 200, body: root.document(Some(NAMESPACE)) }
    })
}

/// The body of an error.
pub(crate) fn error_body(error: &AwsError, request_id: &str) -> Vec<u8> {
    let told = Element::new(
        "Error",
        vec![Element::text("Code", error.code), Element::text("Message", &error.message)],
    );
    Element::new(
        "Response",
        vec![Element::new("Errors", vec![told]), Element::text("RequestID", request_id)],
    )
    .document(None)
}
