//! What the functions of Helm's templates do to the values that they are given.

use std::collections::BTreeMap;

use super::following::{Any, Following, One, Step};

impl Following<'_> {
    /// Calls a function. One that is not known here reads all that it is given.
    pub(super) fn function(&mut self, name: &str, arguments: Vec<Any>) -> Any {
        match name {
            // What comes out is one of what goes in.
            "coalesce" | "concat" | "deepCopy" | "default" | "first" | "initial" | "last"
            | "merge" | "mergeOverwrite" | "mustDeepCopy" | "mustMerge" | "mustMergeOverwrite"
            | "required" | "rest" | "ternary" | "uniq" | "compact" | "reverse" | "without"
            | "append" | "prepend" | "mustAppend" | "mustPrepend" | "set" | "unset" | "omit" => {
                self.narrowed(arguments.concat())
            }
            "and" | "or" => {
                for argument in &arguments {
                    self.test(argument);
                }
                self.narrowed(arguments.concat())
            }
            "list" | "tuple" => {
                let elements = self.narrowed(arguments.concat());
                vec![One::List(elements)]
            }
            "not" | "empty" | "len" | "kindOf" | "typeOf" | "kindIs" | "typeIs" | "keys" => {
                for argument in &arguments {
                    self.test(argument);
                }
                Any::new()
            }
            "dict" => dict(&arguments),
            "index" | "get" | "hasKey" => self.index(name, &arguments),
            "dig" => self.dig(&arguments),
            "pick" => self.pick(&arguments),
            "pluck" => {
                let Some((key, of)) = arguments.split_first() else { return Any::new() };
                let found = self.steps(of.concat(), std::slice::from_ref(key));
                vec![One::List(found)]
            }
            "values" => {
                let found = self.field(&arguments.concat(), &Step::Any);
                vec![One::List(found)]
            }
            "include" => self.include(&arguments),
            "tpl" => self.tpl(&arguments),
            _ => self.unknown(name, &arguments),
        }
    }

    fn unknown(&mut self, name: &str, arguments: &[Any]) -> Any {
        for argument in arguments {
            self.consume(argument);
        }
        let mut made = arguments.concat();
        // Another text comes out, but for the name of a file, which `print` puts together.
        made.retain(|one| match one {
            One::Text(text) => name == "print" && text.starts_with('/'),
            _ => true,
        });
        self.narrowed(made)
    }

    /// `index map "a" "b"`, `get map "a"` and `hasKey map "a"`, of which the last only tests.
    fn index(&mut self, name: &str, arguments: &[Any]) -> Any {
        let Some((of, keys)) = arguments.split_first() else { return Any::new() };
        let found = self.steps(of.clone(), keys);
        if name != "hasKey" {
            return found;
        }
        self.test(&found);
        Any::new()
    }

    /// `pick map "a" "b"`
    fn pick(&mut self, arguments: &[Any]) -> Any {
        let Some((of, keys)) = arguments.split_first() else { return Any::new() };
        let picked = keys
            .iter()
            .flat_map(text)
            .map(|key| (key.to_owned(), self.field(of, &Step::Key(key.to_owned()))));
        vec![One::Map(picked.collect())]
    }

    /// Several steps, each by a text of the template, or by what only a run knows.
    fn steps(&mut self, of: Any, keys: &[Any]) -> Any {
        let mut found = of;
        for key in keys {
            self.consume(key);
            let mut steps: Vec<Step> = text(key).map(|name| Step::Key(name.to_owned())).collect();
            if steps.len() < key.len() || key.is_empty() {
                steps.push(Step::Any);
            }
            let all = steps.iter().flat_map(|step| self.field(&found, step)).collect();
            found = self.narrowed(all);
        }
        found
    }

    /// `dig "a" "b" default map`
    fn dig(&mut self, arguments: &[Any]) -> Any {
        let [keys @ .., default, of] = arguments else { return Any::new() };
        let mut found = self.steps(of.clone(), keys);
        found.extend(default.iter().cloned());
        self.narrowed(found)
    }

    /// `include "name" dot`
    fn include(&mut self, arguments: &[Any]) -> Any {
        let [name, dot] = arguments else { return Any::new() };
        self.consume(name);
        let names: Vec<&str> = text(name).collect();
        for name in names.iter().filter(|name| !name.starts_with('/')) {
            self.call(name, dot.clone());
        }
        // The name of a file is that of a template too, and all files are followed anyhow.
        if names.is_empty() {
            self.consume(dot);
        }
        Any::new()
    }

    /// `tpl text dot`: the text of a file may read whatever the dot gives. Texts from values are
    /// followed by themselves, as far as they are the chart's own.
    fn tpl(&mut self, arguments: &[Any]) -> Any {
        let [template, dot] = arguments else { return Any::new() };
        self.consume(template);
        if template.contains(&One::File) {
            self.consume(dot);
        }
        Any::new()
    }
}

fn dict(arguments: &[Any]) -> Any {
    let mut entries = BTreeMap::new();
    for pair in arguments.chunks(2) {
        let [key, value] = pair else { continue };
        for name in text(key) {
            entries.insert(name.to_owned(), value.clone());
        }
    }
    vec![One::Map(entries)]
}

/// The texts of the template among these.
fn text(any: &Any) -> impl Iterator<Item = &str> {
    any.iter().filter_map(|one| match one {
        One::Text(text) => Some(text.as_str()),
        _ => None,
    })
}
