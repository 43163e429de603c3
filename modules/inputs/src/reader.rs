//! Reads typed values out of what was given, and collects every mistake.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{Given, GivenInputs, Input, Kind, Mistake};

/// What is wrong with a value, and what to do: a [`Mistake`] whose input is
/// not named yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, without a full stop.
    pub message: String,
    /// What to do about it, without a full stop.
    pub remedy: String,
}

impl Problem {
    /// A problem from its two sentences.
    pub fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Problem { message: message.into(), remedy: remedy.into() }
    }
}

/// Reads one module's inputs. Every reading returns `None` for a mistake and
/// remembers it, so that all mistakes of a deployment are reported in one run.
#[derive(Debug)]
pub struct Reader<'a> {
    schema: &'static [Input],
    given: &'a GivenInputs,
    mistakes: Vec<Mistake>,
}

impl<'a> Reader<'a> {
    /// A reader of `given` by the table `schema`.
    pub fn new(schema: &'static [Input], given: &'a GivenInputs) -> Self {
        Reader::with_flags(schema, "", given)
    }

    /// A reader of a module whose flags begin with `prefix`.
    pub fn with_flags(schema: &'static [Input], prefix: &str, given: &'a GivenInputs) -> Self {
        let mut reader = Reader { schema, given, mistakes: Vec::new() };
        for input in schema.iter().filter(|input| input.required) {
            let instead = input.instead.iter().any(|other| reader.is_given(other));
            if !reader.is_given(input.name) && !instead {
                reader.mistake(input.name, not_given(input, prefix));
            }
        }
        reader
    }

    /// Whether somebody gave a value other than `null`.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(|given| !given.is_null())
    }

    /// The module output given for `name`, if it is one: `(module, output)`.
    pub fn output(&self, name: &str) -> Option<(&'a str, &'a str)> {
        match self.given.get(name) {
            Some(Given::Output { module, output }) => Some((module, output)),
            _ => None,
        }
    }

    /// Remembers a mistake in the input `name`.
    pub fn mistake(&mut self, name: &str, problem: Problem) {
        let Some(input) = self.schema.iter().find(|input| input.name == name) else {
            debug_assert!(false, "{name} is not in the table");
            return;
        };
        self.mistakes.push(Mistake {
            input: input.name,
            message: problem.message,
            remedy: problem.remedy,
        });
    }

    /// Keeps a value that passed its rule, and remembers the mistake of one
    /// that did not.
    pub fn check<T>(&mut self, name: &str, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.mistake(name, problem)).ok()
    }

    /// A text, checked by `rule`.
    pub fn string<T>(
        &mut self,
        name: &str,
        rule: impl FnOnce(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let value = self.value(name)?;
        let text = self.check(name, as_string(name, &value))?;
        self.check(name, rule(&text))
    }

    /// A number, checked by `rule`.
    pub fn number<T>(
        &mut self,
        name: &str,
        rule: impl FnOnce(f64) -> Result<T, Problem>,
    ) -> Option<T> {
        let value = self.value(name)?;
        let number = self.check(name, as_number(name, &value))?;
        self.check(name, rule(number))
    }

    /// A truth value.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        let value = self.value(name)?;
        let truth = match &value {
            Value::Bool(truth) => Ok(*truth),
            Value::String(text) if text == "true" => Ok(true),
            Value::String(text) if text == "false" => Ok(false),
            other => Err(wrong_kind(name, Kind::Bool, other)),
        };
        self.check(name, truth)
    }

    /// The elements of a list, each a literal or another module's output.
    pub fn elements(&mut self, name: &str) -> Option<Vec<Given>> {
        if let Some(Given::List(elements)) = self.given.get(name) {
            return Some(elements.clone());
        }
        match self.value(name)? {
            Value::Array(elements) => Some(elements.into_iter().map(Given::Literal).collect()),
            other => {
                self.mistake(name, wrong_kind(name, Kind::Strings, &other));
                None
            }
        }
    }

    /// A text that is an element of a list, checked by `rule`.
    pub fn element<T>(
        &mut self,
        name: &str,
        element: &Value,
        rule: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<T> {
        let checked = as_string(name, element).and_then(|text| rule(&text));
        self.check(name, checked)
    }

    /// A list of texts, each checked by `rule`; mistakes in several elements
    /// are all remembered.
    pub fn strings<T>(
        &mut self,
        name: &str,
        rule: impl Fn(&str) -> Result<T, Problem>,
    ) -> Option<Vec<T>> {
        let value = self.value(name)?;
        let Value::Array(elements) = &value else {
            self.mistake(name, wrong_kind(name, Kind::Strings, &value));
            return None;
        };
        let before = self.mistakes.len();
        let mut read = Vec::new();
        for element in elements {
            read.extend(self.element(name, element, &rule));
        }
        (self.mistakes.len() == before).then_some(read)
    }

    /// A map of texts, each entry checked by `rule`; mistakes in several
    /// entries are all remembered.
    pub fn map(
        &mut self,
        name: &str,
        rule: impl Fn(&str, &str) -> Result<(), Problem>,
    ) -> Option<BTreeMap<String, String>> {
        let value = self.value(name)?;
        let Value::Object(entries) = &value else {
            self.mistake(name, wrong_kind(name, Kind::Map, &value));
            return None;
        };
        let before = self.mistakes.len();
        let mut read = BTreeMap::new();
        for (key, value) in entries {
            let checked = as_string(name, value).and_then(|text| {
                rule(key, &text)?;
                Ok(text)
            });
            if let Some(text) = self.check(name, checked) {
                read.insert(key.clone(), text);
            }
        }
        (self.mistakes.len() == before).then_some(read)
    }

    /// A map of anything. The path of a file was resolved before.
    pub fn values(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.value(name)? {
            Value::Object(values) => Some(values),
            other => {
                self.mistake(name, wrong_kind(name, Kind::Values, &other));
                None
            }
        }
    }

    /// All mistakes, or none.
    pub fn finish(self) -> Result<(), Vec<Mistake>> {
        if self.mistakes.is_empty() { Ok(()) } else { Err(self.mistakes) }
    }

    /// The literal given for `name`, else the table's default.
    fn value(&mut self, name: &str) -> Option<Value> {
        let input = self.schema.iter().find(|input| input.name == name);
        debug_assert!(input.is_some(), "{name} is not in the table");
        let input = input?;
        match self.given.get(name) {
            Some(Given::Literal(value)) if !value.is_null() => Some(value.clone()),
            Some(Given::Output { module, output }) => {
                self.mistake(
                    name,
                    Problem::new(
                        format!("`{name}` cannot take `module.{module}.{output}`"),
                        "give a value that is known before anything is observed",
                    ),
                );
                None
            }
            Some(Given::List(_)) => {
                self.mistake(
                    name,
                    Problem::new(
                        "another module's output is part of a larger value here, and is not known \
                         yet",
                        "pass the output on whole, by itself",
                    ),
                );
                None
            }
            _ => input.default.map(|text| Value::String(text.to_owned())),
        }
    }
}

/// A required input that nobody gave.
fn not_given(input: &Input, prefix: &str) -> Problem {
    let Input { name, .. } = input;
    let others = input.instead.iter().map(|other| format!(", or `{other}`"));
    let others = others.collect::<Vec<_>>().concat();
    Problem::new(
        format!("`{name}` is required and was not given"),
        format!(
            "set `{name} = …` in the module block, or pass `--{prefix}{}`{others}",
            input.flag()
        ),
    )
}

/// HCL converts numbers and truth values to text where text is asked for.
fn as_string(name: &str, value: &Value) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(wrong_kind(name, Kind::String, other)),
    }
}

/// HCL converts text to a number where a number is asked for.
fn as_number(name: &str, value: &Value) -> Result<f64, Problem> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
    .ok_or_else(|| wrong_kind(name, Kind::Number, value))
}

fn wrong_kind(name: &str, wanted: Kind, value: &Value) -> Problem {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => format!("the bool `{truth}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) => format!("the string {text:?}"),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a map".to_owned(),
    };
    let example = match wanted {
        Kind::String => "\"text\"",
        Kind::Number => "1001",
        Kind::Bool => "true",
        Kind::Strings => "[\"a\", \"b\"]",
        Kind::Map | Kind::Values => "{ key = \"value\" }",
    };
    Problem::new(
        format!("`{name}` takes a {wanted}, and this is {found}"),
        format!("write it as `{name} = {example}`"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SCHEMA: &[Input] = &[
        Input::required("name", Kind::String, ""),
        Input::default("size", Kind::Number, "5", ""),
        Input::optional("zones", Kind::Strings, ""),
    ];

    /// One of two.
    const EITHER: &[Input] = &[
        Input::required("group", Kind::String, "").or(&["groups"]),
        Input::optional("groups", Kind::Strings, ""),
    ];

    fn given(entries: &[(&str, Value)]) -> GivenInputs {
        entries
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Given::Literal(value.clone())))
            .collect()
    }

    #[test]
    fn a_missing_required_input_is_reported_with_both_ways_to_give_it() {
        let given = given(&[]);
        let mistakes = Reader::new(SCHEMA, &given).finish().unwrap_err();
        assert_eq!(mistakes.len(), 1);
        assert!(mistakes[0].remedy.contains("name = …") && mistakes[0].remedy.contains("--name"));
    }

    #[test]
    fn a_required_input_may_be_left_out_where_another_is_given_in_its_place() {
        let mistakes = |entries: &[(&str, Value)]| {
            let given = given(entries);
            let found = Reader::new(EITHER, &given).finish();
            found.err().into_iter().flatten().map(|it| it.remedy).collect::<Vec<_>>()
        };
        let [remedy] = &mistakes(&[])[..] else { panic!("one mistake") };
        assert!(remedy.contains("--group") && remedy.contains("`groups`"), "{remedy}");
        assert_eq!(mistakes(&[("groups", Value::Null)]).len(), 1);
        assert_eq!(mistakes(&[("groups", json!(["a"]))]).len(), 0);
        assert_eq!(mistakes(&[("group", json!("a"))]).len(), 0);
    }

    #[test]
    fn an_output_within_a_list_is_taken_where_elements_are_read_and_nowhere_else() {
        let output = Given::Output { module: "network".to_owned(), output: "id".to_owned() };
        let list = vec![output, Given::Literal(json!("a"))];
        let given = GivenInputs::from([
            ("name".to_owned(), Given::Literal(json!("x"))),
            ("zones".to_owned(), Given::List(list.clone())),
        ]);
        let mut reader = Reader::new(SCHEMA, &given);
        assert_eq!(reader.elements("zones"), Some(list));
        assert_eq!(reader.strings("zones", |text| Ok(text.to_owned())), None);
        let mistakes = reader.finish().unwrap_err();
        assert!(mistakes[0].message.contains("part of a larger value"), "{mistakes:?}");
    }

    #[test]
    fn null_means_not_given_and_the_default_holds() {
        let given = given(&[("name", json!("x")), ("size", Value::Null)]);
        let mut reader = Reader::new(SCHEMA, &given);
        assert_eq!(reader.number("size", Ok), Some(5.0));
        assert_eq!(reader.finish(), Ok(()));
    }

    #[test]
    fn every_wrong_element_is_reported() {
        let given = given(&[("name", json!("x")), ("zones", json!([["a"], {}, "c"]))]);
        let mut reader = Reader::new(SCHEMA, &given);
        assert_eq!(reader.strings("zones", |text| Ok(text.to_owned())), None);
        assert_eq!(reader.finish().unwrap_err().len(), 2);
    }

    #[test]
    fn numbers_may_be_written_as_text_and_text_as_numbers() {
        let given = given(&[("name", json!(7)), ("size", json!("12"))]);
        let mut reader = Reader::new(SCHEMA, &given);
        assert_eq!(reader.string("name", |text| Ok(text.to_owned())), Some("7".to_owned()));
        assert_eq!(reader.number("size", Ok), Some(12.0));
    }
}
