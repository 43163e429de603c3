//! Writing one YAML value so that it can only ever be read as that value.

use std::fmt;

use serde_json::Value;

/// A text as a YAML double-quoted scalar.
///
/// Printable ASCII and the letters of all scripts stand for themselves, so
/// that documents stay readable. Everything else is escaped: YAML 1.1, which
/// Kubernetes reads, folds U+0085, U+2028 and U+2029 as line breaks, refuses
/// control characters, and drops a byte order mark.
#[derive(Debug, Clone, Copy)]
pub struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\t' => f.write_str("\\t")?,
                ' '..='~' => write!(f, "{c}")?,
                _ if c.is_alphanumeric() => write!(f, "{c}")?,
                _ if u32::from(c) <= 0xff => write!(f, "\\x{:02X}", u32::from(c))?,
                _ if u32::from(c) <= 0xffff => write!(f, "\\u{:04X}", u32::from(c))?,
                _ => write!(f, "\\U{:08X}", u32::from(c))?,
            }
        }
        f.write_str("\"")
    }
}

/// How long a key may be, in bytes and with its quotes, that no `?` stands before: YAML's own
/// limit (1.1, "7.3 Simple Keys"; go-yaml and libyaml hold it) without the colon.
const LONGEST_KEY: usize = 1000;

/// A value as a block of YAML: a line per entry, as a person would write it.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a>(pub &'a Value);

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        block(f, self.0, 0)
    }
}

fn block(f: &mut fmt::Formatter<'_>, value: &Value, depth: usize) -> fmt::Result {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, below) in members {
                let key = Quoted(key).to_string();
                if key.len() > LONGEST_KEY {
                    write!(f, "{indent}? {key}\n{indent}:")?;
                } else {
                    write!(f, "{indent}{key}:")?;
                }
                nested(f, below, depth)?;
            }
            Ok(())
        }
        Value::Array(values) if !values.is_empty() => {
            for below in values {
                write!(f, "{indent}-")?;
                nested(f, below, depth)?;
            }
            Ok(())
        }
        single => writeln!(f, "{indent}{}", Single(single)),
    }
}

fn nested(f: &mut fmt::Formatter<'_>, value: &Value, depth: usize) -> fmt::Result {
    let empty = match value {
        Value::Object(members) => members.is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => true,
    };
    if empty {
        return writeln!(f, " {}", Single(value));
    }
    writeln!(f)?;
    block(f, value, depth + 1)
}

/// A value that fits on a line.
struct Single<'a>(&'a Value);

impl fmt::Display for Single<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::String(text) => write!(f, "{}", Quoted(text)),
            Value::Object(_) => f.write_str("{}"),
            Value::Array(_) => f.write_str("[]"),
            plain => write!(f, "{plain}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use serde_json::json;

    use super::*;

    fn parsed(text: &str) -> String {
        serde_norway::from_str(&Quoted(text).to_string()).unwrap()
    }

    #[test]
    fn what_yaml_would_take_for_something_else_stays_text() {
        for odd in [
            "yes",
            "null",
            "~",
            "0x10",
            "1e3",
            "012",
            "",
            " ",
            "a: b",
            "- a",
            "# c",
            "{}",
            "---\n",
            "...",
            "&a",
            "*a",
            "!!str",
            "%YAML",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{0}",
            "\u{7f}",
            "\u{fffe}",
            "\u{10ffff}",
            "a\r\nb",
            "\"",
            "\\",
            "${x}",
            "{{ x }}",
        ] {
            assert_eq!(parsed(odd), odd, "{odd:?}");
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i32>().prop_map(Value::from),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn a_block_reads_as_a_person_would_write_it() {
        let value = json!({ "a": { "b": [1, { "c": "d" }, []], "e": {} }, "f": null });
        let text = "\"a\":\n  \"b\":\n    - 1\n    -\n      \"c\": \"d\"\n    - []\n  \"e\": {}\n\"f\": null\n";
        assert_eq!(Block(&value).to_string(), text);
    }

    #[test]
    fn a_key_beyond_the_limit_of_yaml_is_read_back_as_itself() {
        let [long, escaped] = ["k".repeat(1100), "\t".repeat(600)];
        let mut value = json!({ long: { "a": 1 }, "b": [{ "c": null }] });
        value["b"][0][&escaped] = json!(["d", {}]);
        let text = Block(&value).to_string();
        assert_eq!(crate::yaml::read(&text).as_ref(), Ok(&value), "{text}");
        assert_eq!(serde_norway::from_str::<Value>(&text).unwrap(), value, "{text}");
    }

    proptest! {
        #[test]
        fn any_value_is_read_back_as_itself_from_its_block(value in any_value()) {
            let read: Value = serde_norway::from_str(&Block(&value).to_string()).unwrap();
            prop_assert_eq!(read, value);
        }

        #[test]
        fn any_text_is_read_back_as_itself(text in any::<String>()) {
            prop_assert_eq!(parsed(&text), text);
        }

        #[test]
        fn any_text_is_one_line(text in any::<String>()) {
            prop_assert_eq!(Quoted(&text).to_string().lines().count(), 1);
        }
    }
}
