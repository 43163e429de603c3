//! Checks a document against the few words of JSON Schema that the add-ons' schemas use.

use serde_json::Value;

use super::errors::invalid_parameter;
use super::yaml::{self, Unread};
use crate::error::{AwsError, Result};

/// Checks an add-on's `configurationValues`, in YAML or JSON
/// (<https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAddon.html>).
pub(super) fn check_configuration(schema: &Value, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let refused = |why: String| {
        invalid_parameter(format!("ConfigurationValue provided in request is not supported: {why}"))
    };
    let value = yaml::read(text).map_err(|why| match why {
        Unread::Invalid(why) => refused(format!("it is neither YAML nor JSON: {why}")),
        Unread::NotServed(what) => AwsError::not_served(format!(
            "The sandbox does not serve configurationValues with {what} of YAML."
        )),
    })?;
    check(schema, &value).map_err(|mistake| {
        refused(format!("Json schema validation failed with error: [{mistake}]"))
    })
}

/// The first mistake, in the words that EKS reports (terraform-aws-eks's issues show them):
/// `$.nodeSelector: is not defined in the schema and the schema does not allow additional
/// properties`.
pub(super) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    check_at(schema, (schema, value), "$")
}

fn check_at(root: &Value, (schema, value): (&Value, &Value), place: &str) -> Result<(), String> {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    let schema = reference.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema);
    if let Some(kind) = schema["type"].as_str()
        && !is(kind, value)
    {
        return Err(format!("{place}: {} found, {kind} expected", kind_of(value)));
    }
    if let Some(number) = value.as_i64() {
        if schema["minimum"].as_i64().is_some_and(|least| number < least) {
            return Err(format!("{place}: must have a minimum value of {}", schema["minimum"]));
        }
        if schema["maximum"].as_i64().is_some_and(|most| number > most) {
            return Err(format!("{place}: must have a maximum value of {}", schema["maximum"]));
        }
    }
    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
        if schema["items"].is_object() {
            check_at(root, (&schema["items"], item), &format!("{place}[{n}]"))?;
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        match (&schema["properties"][name.as_str()], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => {
                return Err(format!(
                    "{place}: is not defined in the schema and the schema does not allow additional properties"
                ));
            }
            (Value::Null, more) => check_at(root, (more, member), &place)?,
            (known, _) => check_at(root, (known, member), &place)?,
        }
    }
    Ok(())
}

fn is(kind: &str, value: &Value) -> bool {
    kind_of(value) == kind || (kind == "number" && value.is_number())
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::catalog::offer;
    use super::check;

    #[test]
    fn configuration_values_are_held_against_the_schema() {
        let schema = offer("aws-efs-csi-driver")
            .map(super::super::catalog::Offer::schema)
            .unwrap_or_default();
        for (value, expected) in [
            (json!({}), None),
            (json!({ "controller": { "replicaCount": 1, "tags": { "a": "b" } } }), None),
            (json!({ "controller": { "tolerations": [{ "operator": "Exists" }] } }), None),
            (json!([]), Some("$: array found, object expected")),
            (
                json!({ "replicaCount": 1 }),
                Some(
                    "$.replicaCount: is not defined in the schema and the schema does not allow additional properties",
                ),
            ),
            (
                json!({ "controller": { "replicaCount": "one" } }),
                Some("$.controller.replicaCount: string found, integer expected"),
            ),
            (
                json!({ "node": { "logLevel": 9 } }),
                Some("$.node.logLevel: must have a maximum value of 5"),
            ),
            (
                json!({ "controller": { "tags": { "a": 1 } } }),
                Some("$.controller.tags.a: integer found, string expected"),
            ),
            (
                json!({ "controller": { "tolerations": ["x"] } }),
                Some("$.controller.tolerations[0]: string found, object expected"),
            ),
        ] {
            assert_eq!(check(&schema, &value).err().as_deref(), expected, "{value}");
        }
    }
}
