//! The part of AWS KMS that EFS and its clients use: reading keys and aliases, over JSON 1.1.

mod find;
mod seed;
#[cfg(test)]
mod tests;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) use find::{Problem, key_arn, usable};

use crate::error::{AwsError, Result};
use crate::marker;
use crate::options::Options;
use crate::request::Incoming;
use crate::response::{ErrorBody, Refusal, Success};
use crate::service::{Context, Service};
use crate::world::Region;
use crate::world::kms::{Key, KeyState};

/// What the header `x-amz-target` starts with.
const TARGET: &str = "TrentService.";

/// The content type of all responses.
const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The names of all operations of KMS's model, one a line (botocore 1.43.11,
/// `kms/2014-11-01/service-2.json`).
const ALL: &str = include_str!("operations.txt");

/// What carries an operation out.
type Run = fn(&Region, &Incoming) -> Result<Value>;

/// The served operations.
const OPERATIONS: &[(&str, Run)] = &[("DescribeKey", describe_key), ("ListAliases", list_aliases)];

/// AWS KMS.
pub(crate) struct Kms;

impl Service for Kms {
    fn name(&self) -> &'static str {
        "kms"
    }

    fn accepts(&self, request: &Incoming) -> bool {
        request.header("x-amz-target").is_some_and(|target| target.starts_with(TARGET))
    }

    fn operations(&self) -> Vec<&'static str> {
        OPERATIONS.iter().map(|(name, _)| *name).collect()
    }

    fn operation(&self, request: &Incoming) -> String {
        let target = request.header("x-amz-target").unwrap_or_default();
        target.strip_prefix(TARGET).unwrap_or("unknown").to_owned()
    }

    fn carry_out(&self, context: &mut Context<'_>, request: &Incoming) -> Result<Success> {
        let operation = self.operation(request);
        let Some((_, run)) = OPERATIONS.iter().find(|(name, _)| *name == operation) else {
            if ALL.lines().any(|known| known == operation) {
                let message = format!(
                    "The sandbox does not serve {operation}; it serves DescribeKey and ListAliases."
                );
                return Err(AwsError::not_served(message));
            }
            return Err(AwsError::new(400, "UnknownOperationException", ""));
        };
        let body = run(context.region, request)?.to_string().into_bytes();
        Ok(Success { status: 200, content_type: CONTENT_TYPE, body })
    }

    fn refusal(&self, refusal: Refusal) -> AwsError {
        let (status, code, message) = match refusal {
            Refusal::Unsigned => {
                (400, "MissingAuthenticationTokenException", "Missing Authentication Token")
            }
            Refusal::WrongService => (
                400,
                "InvalidSignatureException",
                "Credential should be scoped to correct service: 'kms'. ",
            ),
            Refusal::Throttled => (400, "ThrottlingException", "Rate exceeded"),
            Refusal::BodyTooLarge => (413, "RequestEntityTooLarge", "Request entity too large"),
            Refusal::Internal => (500, "KMSInternalException", "An internal error has occurred"),
        };
        AwsError::new(status, code, message)
    }

    fn error(&self, error: &AwsError, _request_id: &str) -> ErrorBody {
        let mut body = json!({ "message": error.message });
        if !error.code.is_empty() {
            body["__type"] = json!(error.code);
        }
        ErrorBody {
            content_type: CONTENT_TYPE,
            error_type: None,
            body: body.to_string().into_bytes(),
        }
    }

    fn seed(&self, region: &mut Region, _options: &Options) {
        seed::keys(region);
    }
}

fn body<T: DeserializeOwned>(request: &Incoming) -> Result<T> {
    let text: &[u8] = if request.body.is_empty() { b"{}" } else { &request.body };
    serde_json::from_slice(text)
        .map_err(|error| AwsError::new(400, "SerializationException", error.to_string()))
}

fn validation(message: impl Into<String>) -> AwsError {
    AwsError::new(400, "ValidationException", message)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeKey {
    key_id: Option<String>,
}

fn describe_key(region: &Region, request: &Incoming) -> Result<Value> {
    let DescribeKey { key_id } = body(request)?;
    let id = key_id.ok_or_else(|| {
        validation("1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null")
    })?;
    if id.is_empty() || id.len() > 2048 {
        return Err(validation(format!(
            "1 validation error detected: Value '{id}' at 'keyId' failed to satisfy constraint: Member must have length between 1 and 2048, inclusive"
        )));
    }
    let key = find::key(region, &id).map_err(|problem| error(&problem, &id))?;
    Ok(json!({ "KeyMetadata": metadata(region, key) }))
}

/// A problem in KMS's own words.
fn error(problem: &Problem, id: &str) -> AwsError {
    let (code, message) = match problem {
        Problem::Malformed if id.starts_with("arn:") => {
            ("InvalidArnException", format!("{id} is an invalid ARN"))
        }
        Problem::Malformed => ("NotFoundException", format!("Invalid keyId '{id}'")),
        Problem::OtherRegion(region) => ("NotFoundException", format!("Invalid arn {region}")),
        Problem::OtherAccount => (
            "AccessDeniedException",
            format!(
                "The caller is not authorized to perform: kms:DescribeKey on resource: {id}, because no resource-based policy allows the kms:DescribeKey action"
            ),
        ),
        Problem::NoAlias(arn) => ("NotFoundException", format!("Alias {arn} is not found.")),
        Problem::NoKey(arn) => ("NotFoundException", format!("Key '{arn}' does not exist")),
        Problem::State(state) => ("KMSInvalidStateException", format!("{id} is {state:?}.")),
        Problem::Spec(spec) => ("InvalidKeyUsageException", format!("{id} is of the spec {spec}.")),
    };
    AwsError::new(400, code, message)
}

/// KMS writes times as seconds.
#[expect(clippy::cast_precision_loss, reason = "times of this millennium fit")]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

fn metadata(region: &Region, key: &Key) -> Value {
    let symmetric = key.spec == "SYMMETRIC_DEFAULT";
    let mut metadata = json!({
        "AWSAccountId": region.account,
        "KeyId": key.id,
        "Arn": find::arn(region, key),
        "CreationDate": seconds(key.created_ms),
        "Enabled": key.state == KeyState::Enabled,
        "Description": key.description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": key.state,
        "Origin": "AWS_KMS",
        "KeyManager": if key.aws_managed { "AWS" } else { "CUSTOMER" },
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "EncryptionAlgorithms":
            if symmetric { json!(["SYMMETRIC_DEFAULT"]) } else { json!(["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]) },
        "MultiRegion": key.id.starts_with("mrk-"),
    });
    if let Some(at) = key.deletion_ms {
        metadata["DeletionDate"] = json!(seconds(at));
    }
    metadata
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListAliases {
    key_id: Option<String>,
    limit: Option<usize>,
    marker: Option<String>,
}

/// 50 aliases a page unless `Limit` says otherwise (`ListAliases`).
fn list_aliases(region: &Region, request: &Incoming) -> Result<Value> {
    let ListAliases { key_id, limit, marker } = body(request)?;
    let limit = limit.unwrap_or(50);
    if !(1..=1000).contains(&limit) {
        return Err(validation(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value between 1 and 1000, inclusive"
        )));
    }
    let key = match &key_id {
        None => None,
        Some(id) if id.contains("alias/") => {
            return Err(AwsError::new(400, "InvalidArnException", format!("{id} is an alias")));
        }
        Some(id) => Some(find::key(region, id).map_err(|problem| error(&problem, id))?.id.clone()),
    };
    let listing = (&region.name, &key);
    let after = match &marker {
        None => None,
        Some(given) => Some(
            marker::behind(&listing, given)
                .ok_or_else(|| AwsError::new(400, "InvalidMarkerException", "Invalid marker"))?,
        ),
    };
    let mut rest = region
        .kms
        .aliases
        .values()
        .filter(|alias| after.as_ref().is_none_or(|after| alias.name > *after))
        .filter(|alias| key.as_ref().is_none_or(|key| alias.target_key_id == *key))
        .peekable();
    let page: Vec<&crate::world::kms::Alias> = rest.by_ref().take(limit).collect();
    let items: Vec<Value> = page
        .iter()
        .map(|alias| {
            json!({
                "AliasName": alias.name,
                "AliasArn": region.arn("kms", &alias.name),
                "TargetKeyId": alias.target_key_id,
                "CreationDate": seconds(alias.created_ms),
                "LastUpdatedDate": seconds(alias.created_ms),
            })
        })
        .collect();
    let more = rest.peek().is_some();
    let mut list = json!({ "Aliases": items, "Truncated": more });
    if let Some(last) = page.last().filter(|_| more) {
        list["NextMarker"] = json!(marker::marker(&listing, &last.name));
    }
    Ok(list)
}
