//! What the `output` blocks of a file give.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An `output` block, evaluated as far as it can be before anything runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileOutput {
    pub name: String,
    /// `None` where it is sensitive, and so never leaves the program that read the file.
    pub value: Option<OutputValue>,
}

/// A value with slots for the outputs of modules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputValue {
    Literal(Value),
    /// The output of a module, by the module's label.
    Output {
        module: String,
        output: String,
    },
    List(Vec<OutputValue>),
    Object(BTreeMap<String, OutputValue>),
}

impl OutputValue {
    /// The whole value, where `output` knows those of all modules that it is made of; an
    /// output that has no value is null.
    pub fn resolve(&self, output: &impl Fn(&str, &str) -> Option<Value>) -> Option<Value> {
        match self {
            OutputValue::Literal(value) => Some(value.clone()),
            OutputValue::Output { module, output: name } => output(module, name),
            OutputValue::List(all) => all.iter().map(|value| value.resolve(output)).collect(),
            OutputValue::Object(all) => {
                let entries =
                    all.iter().map(|(name, value)| Some((name.clone(), value.resolve(output)?)));
                entries.collect::<Option<serde_json::Map<_, _>>>().map(Value::Object)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_whole_once_every_module_of_it_is_known() {
        let of = |module: &str| OutputValue::Output {
            module: module.to_owned(),
            output: "file_system_id".to_owned(),
        };
        let value = OutputValue::Object(BTreeMap::from([
            ("id".to_owned(), of("efs")),
            ("all".to_owned(), OutputValue::List(vec![of("efs"), OutputValue::Literal(json!(1))])),
        ]));
        let known =
            |module: &str, name: &str| (module == "efs").then(|| json!(format!("{module}.{name}")));
        let whole = json!({ "id": "efs.file_system_id", "all": ["efs.file_system_id", 1] });
        assert_eq!(value.resolve(&known), Some(whole));
        assert_eq!(OutputValue::List(vec![of("other")]).resolve(&known), None);
    }
}
