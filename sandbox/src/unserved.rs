//! Responses to calls of services that the sandbox does not have: 501, and a sentence that
//! names the service.

use serde_json::json;

use crate::error::AwsError;
use crate::query::{self, Params};
use crate::request::Incoming;
use crate::response::ErrorBody;
use crate::xml::Element;

/// The services whose protocol is REST with XML, by signing name (botocore 1.43.11, the
/// services whose metadata say `rest-xml`).
const REST_XML: [&str; 3] = ["cloudfront", "route53", "s3"];

/// The operation that a request names, as far as its form tells without a model.
pub(crate) fn operation(request: &Incoming) -> String {
    let target = request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
    let named = target.map(str::to_owned);
    named.or_else(|| action(request)).unwrap_or_else(|| "unknown".to_owned())
}

fn action(request: &Incoming) -> Option<String> {
    Params::of(request).get("Action").map(str::to_owned)
}

/// The refusal of a request that is signed for `service`.
pub(crate) fn refusal(service: &str, services: &[&str]) -> AwsError {
    let served = services.join(", ");
    AwsError::not_served(format!(
        "The sandbox does not serve the service `{service}`. It serves {served}."
    ))
}

/// The refusal as clients of that service read it. It has no code: AWS has none for this.
pub(crate) fn body(service: &str, request: &Incoming, refusal: &AwsError) -> ErrorBody {
    let is_json = |header: &str| request.header(header).is_some_and(|text| text.contains("json"));
    if request.header("x-amz-target").is_some() || is_json("content-type") {
        return as_json(refusal);
    }
    if action(request).is_some() {
        return query::error(refusal, &request.id, "");
    }
    if REST_XML.contains(&service) {
        let members = vec![
            Element::text("Message", &refusal.message),
            Element::text("RequestId", &request.id),
        ];
        let body = Element::new("Error", members).document(None);
        return ErrorBody { content_type: "application/xml", error_type: None, body };
    }
    as_json(refusal)
}

fn as_json(refusal: &AwsError) -> ErrorBody {
    let body = json!({ "message": refusal.message }).to_string().into_bytes();
    ErrorBody { content_type: "application/json", error_type: None, body }
}
