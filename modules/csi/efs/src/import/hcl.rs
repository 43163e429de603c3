//! Attributes as Terraform's formatter writes them
//! (<https://developer.hashicorp.com/terraform/language/style>).

use serde_json::Value;

use crate::output_formats::{hcl, key_of};

/// How long a line with a list may be.
const LINE: usize = 88;

/// Attributes, a line each, at a depth of blocks: the equals signs of lines that follow each other
/// stand below each other.
pub(crate) fn attributes<N: AsRef<str>>(
    all: impl IntoIterator<Item = (N, Value)>,
    depth: usize,
) -> String {
    let all = all.into_iter().map(|(name, value)| (key_of(name.as_ref()), written(&value, depth)));
    expressions(&all.collect::<Vec<_>>(), depth)
}

/// The same of expressions, each as it is written.
pub(crate) fn expressions(all: &[(String, String)], depth: usize) -> String {
    let mut text = String::new();
    let mut rest = all;
    while let Some((first, _)) = rest.first() {
        // A value of several lines stands by itself, and so does each beside it.
        let alike = rest.iter().take_while(|(_, value)| !value.contains('\n')).count();
        let (group, others) = rest.split_at(alike.max(1));
        let width = group.iter().map(|(name, _)| name.chars().count()).max();
        let width = if alike == 0 { first.chars().count() } else { width.unwrap_or_default() };
        for (name, value) in group {
            let (indent, gap) = ("  ".repeat(depth), " ".repeat(width - name.chars().count()));
            text.push_str(&format!("{indent}{name}{gap} = {value}\n"));
        }
        rest = others;
    }
    text
}

/// A value as it is written at a depth of blocks.
pub(crate) fn written(value: &Value, depth: usize) -> String {
    match value {
        Value::Array(all) if all.iter().all(|item| !item.is_array() && !item.is_object()) => {
            let items: Vec<String> = all.iter().map(|item| hcl(item, 0)).collect();
            let line = format!("[{}]", items.join(", "));
            if line.chars().count() + 2 * depth <= LINE { line } else { hcl(value, depth) }
        }
        Value::Object(all) if !all.is_empty() => {
            let inner = all.iter().map(|(name, value)| (name, value.clone()));
            format!("{{\n{}{}}}", attributes(inner, depth + 1), "  ".repeat(depth))
        }
        Value::Array(all) if !all.is_empty() => {
            let inner = "  ".repeat(depth + 1);
            let items = all.iter().map(|item| format!("{inner}{},\n", written(item, depth + 1)));
            format!("[\n{}{}]", items.collect::<String>(), "  ".repeat(depth))
        }
        other => hcl(other, depth),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_that_follow_each_other_are_aligned_and_templates_are_escaped() {
        let all = [
            ("a", json!("${x} and \"y\"")),
            ("longer", json!(["b", "c"])),
            ("tags", json!({ "team/cost": "x", "k": "%{y}" })),
            ("z", json!(1)),
        ];
        assert_eq!(
            attributes(all, 1),
            "  a      = \"$${x} and \\\"y\\\"\"\n  longer = [\"b\", \"c\"]\n  tags = {\n    \
             k           = \"%%{y}\"\n    \"team/cost\" = \"x\"\n  }\n  z = 1\n"
        );
    }
}
