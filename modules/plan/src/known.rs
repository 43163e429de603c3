//! Values that are known now, or once a change of the plan was carried out.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use crate::difference::After;
use crate::id::ChangeId;

/// How a plan shows a value that it does not know yet.
pub(crate) const LATER: &str = "(known after apply)";

/// A value that is known now, or once a change of this plan was carried out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known<T> {
    Now(T),
    /// What this change results in, such as the id of what it creates.
    After(ChangeId),
}

impl<T> Known<T> {
    /// The value, where it is known.
    pub fn now(&self) -> Option<&T> {
        match self {
            Known::Now(value) => Some(value),
            Known::After(_) => None,
        }
    }

    /// The change that it is known after, where it is not known now.
    pub fn later(&self) -> Option<&ChangeId> {
        match self {
            Known::Now(_) => None,
            Known::After(change) => Some(change),
        }
    }

    /// The same for a value that is made from it.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Known<U> {
        match self {
            Known::Now(value) => Known::Now(with(value)),
            Known::After(change) => Known::After(change),
        }
    }
}

impl<T: fmt::Display> Known<T> {
    /// The value as a plan shows it.
    pub fn after(&self) -> After {
        match self {
            Known::Now(value) => After::Value(value.to_string()),
            Known::After(_) => After::KnownAfterApply,
        }
    }
}

impl<T: fmt::Display> fmt::Display for Known<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Known::Now(value) => value.fmt(f),
            Known::After(_) => f.write_str(LATER),
        }
    }
}

/// A text with slots for what is known later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    parts: Vec<Part>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Literal(String),
    /// What this change results in.
    Later(ChangeId),
}

impl Text {
    /// A text of which everything is known.
    pub fn literal(text: impl Into<String>) -> Text {
        Text { parts: vec![Part::Literal(text.into())] }
    }

    /// What `render` makes of a value, with a slot wherever it writes the value
    /// and that is known later.
    pub fn rendered<T: fmt::Display, E>(
        value: &Known<T>,
        render: impl Fn(&str) -> Result<String, E>,
    ) -> Result<Text, E> {
        let change = match value {
            Known::Now(value) => return Ok(Text::literal(render(&value.to_string())?)),
            Known::After(change) => change,
        };
        let slot = unlike(&render("")?);
        Ok(Text::split(&render(&slot)?, &slot, change))
    }

    /// A text with the result of a change wherever it has `slot`.
    fn split(text: &str, slot: &str, change: &ChangeId) -> Text {
        let mut parts = Vec::new();
        for (at, literal) in text.split(slot).enumerate() {
            if at > 0 {
                parts.push(Part::Later(change.clone()));
            }
            if !literal.is_empty() || text.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
        }
        Text { parts }
    }

    /// The same with a value, or its slot, wherever the text has `stand_in`.
    #[must_use]
    pub fn with<T: fmt::Display>(self, stand_in: &str, value: &Known<T>) -> Text {
        let mut parts = Vec::new();
        for part in self.parts {
            match (part, value) {
                (Part::Literal(text), Known::Now(value)) => {
                    parts.push(Part::Literal(text.replace(stand_in, &value.to_string())));
                }
                (Part::Literal(text), Known::After(change)) => {
                    parts.extend(Text::split(&text, stand_in, change).parts);
                }
                (later @ Part::Later(_), _) => parts.push(later),
            }
        }
        Text { parts }
    }

    /// The same, and another text after it.
    #[must_use]
    pub fn followed_by(mut self, other: Text) -> Text {
        self.parts.extend(other.parts);
        self
    }

    /// The text, where all of it is known.
    pub fn now(&self) -> Option<String> {
        let known: Option<Vec<&str>> = self
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Some(text.as_str()),
                Part::Later(_) => None,
            })
            .collect();
        known.map(|parts| parts.concat())
    }

    /// The whole text, with what `result` knows of each change.
    pub fn resolve<E>(&self, result: impl Fn(&ChangeId) -> Result<String, E>) -> Result<String, E> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Ok(text.clone()),
                Part::Later(change) => result(change),
            })
            .collect()
    }
}

/// A text that does not stand in another. Letters and digits stand for themselves in every
/// document, and nobody's text may look like a slot.
fn unlike(text: &str) -> String {
    let mut slot = "KnownAfterApply".to_owned();
    while text.contains(&slot) {
        slot.push('0');
    }
    slot
}

/// A JSON document, some of whose strings are known later.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The document; strings that are known later say so.
    pub value: Json,
    /// Which strings these are, by JSON pointer (RFC 6901), and of what they will be made.
    pub later: BTreeMap<String, Text>,
}

impl Document {
    /// A document of which everything is known.
    pub fn literal(value: Json) -> Document {
        Document { value, later: BTreeMap::new() }
    }

    /// What `render` makes of a value, with a slot in every string that has the value in it, where
    /// that is known later.
    pub fn rendered<T: fmt::Display, E>(
        value: &Known<T>,
        render: impl Fn(&str) -> Result<Json, E>,
    ) -> Result<Document, E> {
        let change = match value {
            Known::Now(value) => return Ok(Document::literal(render(&value.to_string())?)),
            Known::After(change) => change,
        };
        let slot = unlike(&render("")?.to_string());
        let mut value = render(&slot)?;
        let mut later = BTreeMap::new();
        take_slots(&mut value, (&slot, change), &mut String::new(), &mut later);
        Ok(Document { value, later })
    }

    /// The whole document, with what `result` knows of each change.
    pub fn resolve<E>(&self, result: impl Fn(&ChangeId) -> Result<String, E>) -> Result<Json, E> {
        let mut value = self.value.clone();
        for (pointer, text) in &self.later {
            if let Some(slot) = value.pointer_mut(pointer) {
                *slot = text.resolve(&result)?.into();
            }
        }
        Ok(value)
    }
}

/// Finds the strings that have the slot in them, by JSON pointer below `at`, and has them say that
/// they are known later.
fn take_slots(
    value: &mut Json,
    (slot, change): (&str, &ChangeId),
    at: &mut String,
    later: &mut BTreeMap<String, Text>,
) {
    let length = at.len();
    match value {
        Json::String(text) if text.contains(slot) => {
            later.insert(at.clone(), Text::split(text, slot, change));
            LATER.clone_into(text);
        }
        Json::Object(entries) => {
            for (key, value) in entries {
                at.push('/');
                at.push_str(&key.replace('~', "~0").replace('/', "~1"));
                take_slots(value, (slot, change), at, later);
                at.truncate(length);
            }
        }
        Json::Array(elements) => {
            for (number, value) in elements.iter_mut().enumerate() {
                at.push_str(&format!("/{number}"));
                take_slots(value, (slot, change), at, later);
                at.truncate(length);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde_json::json;

    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "it is what `Text::rendered` takes")]
    fn render(id: &str) -> Result<String, Infallible> {
        Ok(format!("a: {id}\nb: KnownAfterApply\nc: {id}\n"))
    }

    fn resolved(text: &Text) -> String {
        text.resolve(|change| Ok::<_, Infallible>(format!("<{change}>"))).unwrap()
    }

    #[test]
    fn a_text_has_a_slot_wherever_its_value_stands_and_nowhere_else() {
        let later: Known<String> = Known::After("file_system".into());
        let text = Text::rendered(&later, render).unwrap();
        assert_eq!(text.now(), None);
        assert_eq!(resolved(&text), "a: <file_system>\nb: KnownAfterApply\nc: <file_system>\n");
    }

    #[test]
    fn a_text_whose_value_is_known_is_a_text() {
        let text = Text::rendered(&Known::Now("fs-1"), render).unwrap();
        assert_eq!(text.now().as_deref(), Some("a: fs-1\nb: KnownAfterApply\nc: fs-1\n"));
        assert_eq!(text.now(), Some(resolved(&text)));
    }

    #[test]
    fn a_document_takes_what_is_known_later_where_its_pointers_say() {
        let role = Text { parts: vec![Part::Later("role".into())] };
        let later = BTreeMap::from([("/a/b~1c".to_owned(), role)]);
        let document = Document { value: json!({ "a": { "b/c": LATER } }), later };
        let value = document.resolve(|change| Ok::<_, Infallible>(format!("<{change}>"))).unwrap();
        assert_eq!(value, json!({ "a": { "b/c": "<role>" } }));
    }

    #[test]
    fn a_document_has_a_slot_in_every_string_with_its_value() {
        let render = |role: &str| {
            Ok::<_, Infallible>(json!({
                "a/b": { "role": role }, "list": ["KnownAfterApply", format!("x/{role}")], "other": 1
            }))
        };
        let later: Known<String> = Known::After("role".into());
        let document = Document::rendered(&later, render).unwrap();
        let pointers: Vec<&str> = document.later.keys().map(String::as_str).collect();
        assert_eq!(pointers, ["/a~1b/role", "/list/1"]);
        assert_eq!(document.value.pointer("/list"), Some(&json!(["KnownAfterApply", LATER])));
        let resolved = document.resolve(|change| Ok::<_, Infallible>(format!("<{change}>")));
        assert_eq!(resolved, render("<role>"));
        let known = Document::rendered(&Known::Now("r"), render).unwrap();
        assert_eq!(known, Document::literal(render("r").unwrap()));
    }
}
