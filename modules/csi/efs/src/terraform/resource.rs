//! One resource of Terraform, with the block that imports it.

use serde_json::{Value, json};

use crate::import::{expressions, written};

/// A resource, and what is imported as it.
pub(super) struct Resource {
    kind: &'static str,
    name: String,
    /// As the provider's documentation says for `import`.
    id: String,
    attributes: Vec<(String, String)>,
    /// Blocks within it, each of a kind.
    blocks: Vec<(&'static str, String)>,
}

impl Resource {
    pub(super) fn new(kind: &'static str, name: impl Into<String>, id: impl ToString) -> Resource {
        let (name, id) = (name.into(), id.to_string());
        Resource { kind, name, id, attributes: Vec::new(), blocks: Vec::new() }
    }

    /// The same with an attribute.
    pub(super) fn with(self, name: &str, value: impl Into<Value>) -> Resource {
        let value = written(&value.into(), 1);
        self.expression(name, value)
    }

    /// The same with an attribute that may have no value.
    pub(super) fn maybe(self, name: &str, value: Option<impl Into<Value>>) -> Resource {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The same with an attribute that is an expression.
    pub(super) fn expression(mut self, name: &str, expression: impl Into<String>) -> Resource {
        self.attributes.push((name.to_owned(), expression.into()));
        self
    }

    /// The same with a document of IAM.
    pub(super) fn document(self, name: &str, document: &Value) -> Resource {
        let text = format!("jsonencode({})", written(document, 1));
        self.expression(name, text)
    }

    /// The same with a block.
    pub(super) fn block(mut self, kind: &'static str, text: String) -> Resource {
        self.blocks.push((kind, text));
        self
    }

    /// The import, and the resource.
    pub(super) fn text(&self) -> String {
        let Resource { kind, name, id, attributes, blocks } = self;
        let id = written(&json!(id), 0);
        let blocks = blocks
            .iter()
            .fold(String::new(), |all, (kind, text)| all + &format!("\n  {kind} {{\n{text}  }}\n"));
        format!(
            "import {{\n  to = {kind}.{name}\n  id = {id}\n}}\n\nresource \"{kind}\" \"{name}\" {{\n{}{blocks}}}\n",
            expressions(attributes, 1)
        )
    }
}
