//! Holding configuration values against the JSON Schema that EKS gives for them.
//!
//! EKS validates them itself, when it is too late for a plan. This reads the words of the schemas of
//! EKS's add-ons and passes over others; a library for all of JSON Schema would bring its
//! regular expressions, URLs and numbers into every build of the command line.

use serde_json::Value;

/// How far references are followed: a schema may refer to itself.
const DEEPEST: usize = 64;

/// A value that the schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// Such as `controller.replicas`.
    pub(super) path: String,
    pub(super) what: What,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// There is no such key; this one is the nearest that there is.
    Unknown { nearest: Option<String> },
    /// It is something else than allowed, such as "a string, not an integer".
    Wrong(String),
}

/// All mistakes, in the order of the values.
pub(super) fn mistakes(schema: &Value, values: &Value) -> Vec<Mistake> {
    let mut found = Vec::new();
    descend(schema, (schema, values), "", &mut found, 0);
    found
}

fn descend(
    root: &Value,
    (schema, value): (&Value, &Value),
    path: &str,
    found: &mut Vec<Mistake>,
    depth: usize,
) {
    let Some(schema) = resolved(root, schema) else { return };
    if depth > DEEPEST {
        return;
    }
    if let Some(wrong) = wrong(schema, value) {
        found.push(Mistake { path: path.to_owned(), what: What::Wrong(wrong) });
        return;
    }
    for item in value.as_array().into_iter().flatten() {
        descend(root, (&schema["items"], item), path, found, depth + 1);
    }
    let known = schema["properties"].as_object();
    for (key, member) in value.as_object().into_iter().flatten() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match (known.and_then(|known| known.get(key)), &schema["additionalProperties"]) {
            (Some(of_key), _) => descend(root, (of_key, member), &path, found, depth + 1),
            (None, Value::Bool(false)) => {
                let names = known.into_iter().flatten().map(|(name, _)| name.as_str());
                let nearest = inputs::nearest(key, names).map(|nearest| {
                    let parent = path.rsplit_once('.').map(|(parent, _)| format!("{parent}."));
                    format!("{}{nearest}", parent.unwrap_or_default())
                });
                found.push(Mistake { path, what: What::Unknown { nearest } });
            }
            (None, more) => descend(root, (more, member), &path, found, depth + 1),
        }
    }
}

/// The schema that a reference within the document leads to; `None` where there is none.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    let mut schema = schema;
    for _ in 0..DEEPEST {
        match schema["$ref"].as_str() {
            None => return schema.is_object().then_some(schema),
            Some(reference) => schema = root.pointer(reference.strip_prefix('#')?)?,
        }
    }
    None
}

/// Why a value itself is none of what the schema allows.
fn wrong(schema: &Value, value: &Value) -> Option<String> {
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = |kind: &&str| kind_of(value) == *kind || (*kind == "number" && value.is_number());
    if !kinds.is_empty() && !kinds.iter().any(is) {
        return Some(format!("it takes {}, and not {}", kinds.join(" or "), kind_of(value)));
    }
    if let Some(words) = schema["enum"].as_array().filter(|words| !words.contains(value)) {
        let words: Vec<String> = words.iter().map(Value::to_string).collect();
        return Some(format!("it takes {}", words.join(", ")));
    }
    let number = value.as_f64()?;
    let limit = |name: &str| schema[name].as_f64();
    match (limit("minimum"), limit("maximum")) {
        (Some(least), _) if number < least => Some(format!("it takes {least} or more")),
        (_, Some(most)) if number > most => Some(format!("it takes {most} or less")),
        _ => None,
    }
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

    use super::*;

    fn schema() -> Value {
        json!({
            "$ref": "#/definitions/Driver",
            "definitions": {
                "Driver": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "controller": { "$ref": "#/definitions/Controller" },
                        "useFIPS": { "type": "boolean" },
                    },
                },
                "Controller": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "replicaCount": { "type": "integer", "minimum": 1 },
                        "nodeSelector": {
                            "type": ["object", "null"],
                            "additionalProperties": { "type": "string" },
                        },
                        "strategy": { "enum": ["Recreate", "RollingUpdate"] },
                        "tolerations": { "type": "array", "items": { "type": "object" } },
                        "self": { "$ref": "#/definitions/Controller" },
                    },
                },
            },
        })
    }

    fn told(values: &Value) -> Vec<String> {
        let shown = |it: Mistake| match it.what {
            What::Unknown { nearest } => {
                format!("{} unknown {}", it.path, nearest.unwrap_or_default())
            }
            What::Wrong(why) => format!("{}: {why}", it.path),
        };
        mistakes(&schema(), values).into_iter().map(shown).collect()
    }

    #[test]
    fn every_value_that_the_schema_does_not_allow_is_named() {
        for fine in [
            json!({}),
            json!({ "useFIPS": true, "controller": { "replicaCount": 2, "nodeSelector": null } }),
            json!({ "controller": { "self": { "self": { "tolerations": [{}] } } } }),
        ] {
            assert_eq!(told(&fine), [""; 0], "{fine}");
        }
        let values = json!({
            "useFips": true,
            "controller": {
                "replicaCount": 0,
                "nodeSelector": { "a": 1 },
                "strategy": "x",
                "tolerations": ["x"],
                "hostNetwork": true,
            },
        });
        assert_eq!(
            told(&values),
            [
                "controller.hostNetwork unknown ",
                "controller.nodeSelector.a: it takes string, and not integer",
                "controller.replicaCount: it takes 1 or more",
                "controller.strategy: it takes \"Recreate\", \"RollingUpdate\"",
                "controller.tolerations: it takes object, and not string",
                "useFips unknown useFIPS",
            ]
        );
        assert_eq!(told(&json!([])), [": it takes object, and not array"]);
    }

    #[test]
    fn a_schema_that_leads_nowhere_allows_everything() {
        for schema in [json!({}), json!({ "$ref": "#/none" }), json!({ "$ref": "#" }), json!(true)]
        {
            assert_eq!(mistakes(&schema, &json!({ "a": { "b": 1 } })), [], "{schema}");
        }
    }
}
