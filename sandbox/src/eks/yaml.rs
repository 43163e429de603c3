//! Reads one YAML document into a JSON value, as far as an add-on's configuration goes.

use libyaml_safer::{Event, EventData, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

/// How deep lists and maps may lie in each other.
const DEEPEST: usize = 100;

/// Why a text is not read.
#[derive(Debug, PartialEq)]
pub(super) enum Unread {
    /// It is not YAML, or no JSON has its like.
    Invalid(String),
    /// It is YAML that the sandbox does not read.
    NotServed(&'static str),
}

/// Reads a text; JSON is YAML too. An empty one is null.
pub(super) fn read(text: &str) -> Result<Value, Unread> {
    if may_have_tags(text) {
        return Err(Unread::NotServed("tags"));
    }
    // Without the end of its last line, the parser panics at an escape that nothing follows.
    let text = format!("{text}\n");
    let mut bytes = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut bytes);
    let mut reader = Reader(parser);
    let mut root = None;
    loop {
        let event = reader.next()?;
        match event.data {
            EventData::StreamStart { .. }
            | EventData::DocumentStart { .. }
            | EventData::DocumentEnd { .. } => {}
            EventData::StreamEnd => return Ok(root.unwrap_or_default()),
            _ if root.is_some() => {
                return Err(Unread::Invalid("there is more than one document".to_owned()));
            }
            _ => root = Some(reader.value(event, 0)?),
        }
    }
}

/// Whether something in a text may be a tag. The parser panics at some, such as one before a comma
/// (libyaml-safer 0.3.0, `scan_tag`), so that none reaches it; a text in quotes may look like one.
fn may_have_tags(text: &str) -> bool {
    let begins = |before: char| before.is_whitespace() || "[]{},:?-'\"&*\u{feff}".contains(before);
    let before = std::iter::once(' ').chain(text.chars());
    before.zip(text.chars()).any(|(before, c)| c == '!' && begins(before))
}

struct Reader<'r, 'b>(Parser<&'r mut &'b [u8]>);

impl Reader<'_, '_> {
    fn next(&mut self) -> Result<Event, Unread> {
        self.0.parse().map_err(|error| Unread::Invalid(error.to_string()))
    }

    fn value(&mut self, event: Event, depth: usize) -> Result<Value, Unread> {
        let line = event.start_mark.line + 1;
        if depth > DEEPEST {
            return Err(Unread::Invalid(format!("line {line} lies over {DEEPEST} levels deep")));
        }
        match event.data {
            EventData::Scalar { tag: Some(_), .. }
            | EventData::SequenceStart { tag: Some(_), .. }
            | EventData::MappingStart { tag: Some(_), .. } => Err(Unread::NotServed("tags")),
            EventData::Alias { .. } => Err(Unread::NotServed("aliases")),
            EventData::Scalar { value, style: ScalarStyle::Plain, .. } => Ok(plain(value)),
            EventData::Scalar { value, .. } => Ok(Value::String(value)),
            EventData::SequenceStart { .. } => {
                let mut items = Vec::new();
                loop {
                    let event = self.next()?;
                    if event.data == EventData::SequenceEnd {
                        return Ok(Value::Array(items));
                    }
                    items.push(self.value(event, depth + 1)?);
                }
            }
            EventData::MappingStart { .. } => self.mapping(depth),
            _ => Err(Unread::Invalid(format!("a value is missing on line {line}"))),
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Unread> {
        let mut members = Map::new();
        loop {
            let event = self.next()?;
            if event.data == EventData::MappingEnd {
                return Ok(Value::Object(members));
            }
            let line = event.start_mark.line + 1;
            let key = match event.data {
                EventData::Scalar { value, tag: None, .. } => value,
                EventData::Scalar { .. } => return Err(Unread::NotServed("tags")),
                EventData::Alias { .. } => return Err(Unread::NotServed("aliases")),
                _ => return Err(Unread::Invalid(format!("a key on line {line} is no text"))),
            };
            let event = self.next()?;
            let value = self.value(event, depth + 1)?;
            if members.insert(key.clone(), value).is_some() {
                return Err(Unread::Invalid(format!(
                    "the key {key} is there twice, on line {line}"
                )));
            }
        }
    }
}

/// The value of an unquoted text: YAML 1.2.2, 10.3.2, "Tag Resolution" of the core schema.
fn plain(text: String) -> Value {
    let digits = text.trim_start_matches(['-', '+']);
    let signs = text.len() - digits.len();
    let is_number = signs <= 1 && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    match text.as_str() {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ if !is_number => {}
        whole => {
            if let Ok(number) = whole.parse::<i64>() {
                return Value::Number(number.into());
            }
            let decimal = whole.parse::<f64>().ok().and_then(Number::from_f64);
            if let Some(number) = decimal {
                return Value::Number(number);
            }
        }
    }
    Value::String(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn block_and_flow_style_are_read_alike() {
        let expected =
            json!({ "controller": { "replicaCount": 2, "tags": ["a", true, null, 1.5] } });
        for text in [
            "controller:\n  replicaCount: 2\n  tags:\n  - a\n  - true\n  - ~\n  - 1.5\n",
            "{controller: {replicaCount: 2, tags: [a, true, null, 1.5]}}",
            "---\ncontroller: {replicaCount: 2, tags: [a, True, null, 1.5]}\n",
            r#"{"controller": {"replicaCount": 2, "tags": ["a", true, null, 1.5]}}"#,
        ] {
            assert_eq!(read(text), Ok(expected.clone()), "{text}");
        }
    }

    #[test]
    fn texts_in_quotes_are_texts_and_unquoted_ones_what_they_look_like() {
        for (text, expected) in [
            ("'5'", json!("5")),
            ("\"true\"", json!("true")),
            ("5", json!(5)),
            ("-5", json!(-5)),
            ("1.2.3", json!("1.2.3")),
            ("v1", json!("v1")),
            ("- -1", json!([-1])),
            ("--1", json!("--1")),
            ("no", json!("no")),
            (".inf", json!(".inf")),
            ("", Value::Null),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_read_says_why() {
        for (text, why) in [
            ("a: &x 1\nb: *x\n", Unread::NotServed("aliases")),
            ("a: !!str 1", Unread::NotServed("tags")),
            ("a: 1\na: 2\n", Unread::Invalid("the key a is there twice, on line 2".to_owned())),
            ("1\n---\n2\n", Unread::Invalid("there is more than one document".to_owned())),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
        for broken in ["{\"controller\":", "[1", "a: b: c", "\t- x"] {
            assert!(matches!(read(broken), Err(Unread::Invalid(_))), "{broken}");
        }
        let deep = "[".repeat(DEEPEST + 2);
        assert!(matches!(read(&deep), Err(Unread::Invalid(why)) if why.contains("levels deep")));
    }

    proptest! {
        #[test]
        fn json_is_read_as_json(number in any::<i32>(), text in "[a-zA-Z0-9 :,#{}-]{0,20}") {
            let value = json!({ "a": [number, text.clone()], text: { "b": false } });
            prop_assert_eq!(read(&value.to_string()), Ok(value));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = read(&text);
        }
    }
}
