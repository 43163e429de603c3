//! The AWS Query protocol, as IAM and STS speak it: parameters in a form, lists as
//! `Name.member.1`, responses and errors as XML.

use std::collections::BTreeMap;

use crate::error::{AwsError, Result};
use crate::request::{Incoming, pairs};
use crate::response::{ErrorBody, Refusal, Success};
use crate::world::Tags;
use crate::xml::Element;

const CONTENT_TYPE: &str = "text/xml";

/// The parameters of one request.
#[derive(Debug)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    pub(crate) fn of(request: &Incoming) -> Params {
        let mut values: BTreeMap<String, String> = request.query.iter().cloned().collect();
        values.extend(pairs(&request.body));
        Params(values)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All parameters but these, as one text.
    pub(crate) fn without(&self, names: &[&str]) -> String {
        let rest = self.0.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        let rest: Vec<String> = rest.map(|(name, value)| format!("{name}={value}\n")).collect();
        rest.concat()
    }

    /// A parameter that must be there, and not empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            let member = format!("{}{}", name[..1].to_lowercase(), &name[1..]);
            validation(&format!(
                "Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ))
        })
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>> {
        let Some(text) = self.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            AwsError::new(400, "MalformedInput", format!("`{text}` at {name} is no number"))
        })
    }

    /// The values of `name.member.1` and so on.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        (1..=self.0.len()).map_while(|n| self.get(&format!("{name}.member.{n}"))).collect()
    }

    /// One field of each structure in `name.member.1.FIELD` and so on.
    pub(crate) fn fields(&self, name: &str, field: &str) -> Vec<&str> {
        (1..=self.0.len()).map_while(|n| self.get(&format!("{name}.member.{n}.{field}"))).collect()
    }

    /// `Tags.member.1.Key` and so on, checked as IAM and STS check them.
    pub(crate) fn tags(&self) -> Result<Tags> {
        let keys = self.fields("Tags", "Key");
        let mut tags = Tags::new();
        for (n, key) in keys.into_iter().enumerate() {
            let value = self.get(&format!("Tags.member.{}.Value", n + 1)).unwrap_or_default();
            if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
                let at = n + 1;
                return Err(validation(&format!(
                    "Value at 'tags.{at}.member' failed to satisfy constraint: Member must have length less than or equal to 128 (key) and 256 (value)"
                )));
            }
            if key.to_lowercase().starts_with("aws:") {
                let message = "Tag keys beginning with aws: are reserved for system use.";
                return Err(AwsError::new(400, "InvalidInput", message));
            }
            if tags.keys().any(|known: &String| known.eq_ignore_ascii_case(key)) {
                let message =
                    "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
                return Err(AwsError::new(400, "InvalidInput", message));
            }
            tags.insert(key.to_owned(), value.to_owned());
        }
        if tags.len() > 50 {
            return Err(AwsError::new(409, "LimitExceeded", "Cannot exceed quota for Tags: 50"));
        }
        Ok(tags)
    }
}

/// The refusal of a parameter that breaks the API's model.
pub(crate) fn validation(detail: &str) -> AwsError {
    AwsError::new(400, "ValidationError", format!("1 validation error detected: {detail}"))
}

/// A successful response; without a result where the operation has none.
pub(crate) fn success(
    operation: &str,
    result: Option<Vec<Element>>,
    request: &Incoming,
    namespace: &str,
) -> Success {
    let mut members: Vec<Element> = result
        .map(|members| Element::new(&format!("{operation}Result"), members))
        .into_iter()
        .collect();
    members.push(Element::new("ResponseMetadata", vec![Element::text("RequestId", &request.id)]));
    let root = Element::new(&format!("{operation}Response"), members);
    Success { status: 200, content_type: CONTENT_TYPE, body: root.document(Some(namespace)) }
}

/// An error as these services write it; `namespace` may be empty.
pub(crate) fn error(error: &AwsError, request_id: &str, namespace: &str) -> ErrorBody {
    let fault = if error.status < 500 { "Sender" } else { "Receiver" };
    let mut inner = vec![Element::text("Type", fault)];
    if !error.code.is_empty() {
        inner.push(Element::text("Code", error.code));
    }
    inner.push(Element::text("Message", &error.message));
    let members = vec![Element::new("Error", inner), Element::text("RequestId", request_id)];
    let body = Element::new("ErrorResponse", members)
        .document((!namespace.is_empty()).then_some(namespace));
    ErrorBody { content_type: CONTENT_TYPE, error_type: None, body }
}

/// The refusals that do not depend on the operation, for a service signed for as `name`.
pub(crate) fn refusal(refusal: Refusal, name: &str) -> AwsError {
    match refusal {
        Refusal::Unsigned => AwsError::new(
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
        Refusal::WrongService => {
            let message = format!("Credential should be scoped to correct service: '{name}'. ");
            AwsError::new(403, "SignatureDoesNotMatch", message)
        }
        Refusal::Throttled => AwsError::new(400, "Throttling", "Rate exceeded"),
        Refusal::BodyTooLarge => {
            AwsError::new(413, "RequestEntityTooLarge", "Request entity too large")
        }
        Refusal::Internal => AwsError::new(500, "ServiceFailure", "An internal error has occurred"),
    }
}

/// A list, one `member` each.
pub(crate) fn members(name: &str, items: impl IntoIterator<Item = Vec<Element>>) -> Element {
    let items = items.into_iter().map(|members| Element::new("member", members)).collect();
    Element::new(name, items)
}

/// A list of texts.
pub(crate) fn texts<'a>(name: &str, items: impl IntoIterator<Item = &'a String>) -> Element {
    let items = items.into_iter().map(|text| Element::text("member", text)).collect();
    Element::new(name, items)
}

/// Tags as a list of keys and values.
pub(crate) fn tags(tags: &Tags) -> Element {
    members(
        "Tags",
        tags.iter()
            .map(|(key, value)| vec![Element::text("Key", key), Element::text("Value", value)]),
    )
}

/// A moment as XML has it, from milliseconds since 1970.
pub(crate) fn time(ms: u64) -> String {
    let moment = std::time::UNIX_EPOCH + std::time::Duration::from_millis(ms);
    humantime::format_rfc3339_seconds(moment).to_string()
}
