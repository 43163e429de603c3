//! What the values of a chart become in its templates, and which of them were read.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::parse::Body;

/// How long a path may get before all below it counts as read.
const LONGEST: usize = 16;

/// How many things one expression may be before all of them count as read.
const MOST: usize = 64;

/// One step into values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    /// A key by its name.
    Key(String),
    /// Any key, or any element of a list.
    Any,
}

/// A way into values, from the values of the whole chart on.
pub(crate) type Path = Vec<Step>;

/// The values that templates read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Reads {
    /// Those of which only it matters whether they are there.
    pub(crate) tested: BTreeSet<Path>,
    /// Those that are read with all that lies below.
    pub(crate) whole: BTreeSet<Path>,
}

/// What an expression may be, as far as values are in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum One {
    /// What a template is given: `.Values`, `.Chart` and so on, of the chart with these values.
    Root(Path),
    /// A value.
    At(Path),
    /// A map that a template made.
    Map(BTreeMap<String, Any>),
    /// A list that a template made.
    List(Any),
    /// A text that stands in the template.
    Text(String),
    /// The files of the chart, and what they hold.
    File,
}

/// All that an expression may be.
pub(super) type Any = Vec<One>;

/// The values that were read so far, and the definitions that templates call.
pub(super) struct Following<'a> {
    pub(super) reads: Reads,
    defines: &'a HashMap<String, Body>,
    complete: bool,
    /// The definitions that were followed, and with what.
    seen: HashSet<(String, Any)>,
    /// Those of them that are still to be followed: what one reads does not depend on when.
    pub(super) called: Vec<(&'a Body, Any)>,
}

impl<'a> Following<'a> {
    /// `complete` is false where definitions may be missing.
    pub(super) fn new(
        reads: Reads,
        defines: &'a HashMap<String, Body>,
        complete: bool,
    ) -> Following<'a> {
        Following { reads, defines, complete, seen: HashSet::new(), called: Vec::new() }
    }

    /// A definition that `include` or `template` calls.
    pub(super) fn call(&mut self, name: &str, dot: Any) {
        let defines = self.defines;
        match defines.get(name) {
            Some(body) => {
                if self.seen.insert((name.to_owned(), dot.clone())) {
                    self.called.push((body, dot));
                }
            }
            None if self.complete => {
                // Helm fails where it gets here: charts have such calls where it never does.
                self.consume(&without_roots(dot));
            }
            None => self.consume(&dot),
        }
    }

    /// What lies one step into each of these.
    pub(super) fn field(&mut self, of: &Any, step: &Step) -> Any {
        let mut found = Any::new();
        for one in of {
            match (one, step) {
                (One::At(path), _) if path.len() >= LONGEST => {
                    self.reads.whole.insert(path.clone());
                }
                (One::At(path), _) => {
                    found.push(One::At(path.iter().chain([step]).cloned().collect()));
                }
                (One::Root(prefix), Step::Key(name)) => match name.as_str() {
                    "Values" => found.push(One::At(prefix.clone())),
                    "Files" => found.push(One::File),
                    "Subcharts" => found.push(One::Map(BTreeMap::from([(
                        String::new(),
                        vec![One::Root(prefix.clone())],
                    )]))),
                    _ => {}
                },
                // The charts below, of which each has the values below its name.
                (One::Map(entries), Step::Key(name)) if entries.contains_key("") => {
                    for one in &entries[""] {
                        if let One::Root(prefix) = one {
                            let below = prefix.iter().cloned().chain([Step::Key(name.clone())]);
                            found.push(One::Root(below.collect()));
                        }
                    }
                }
                (One::Map(entries), Step::Key(name)) => {
                    found.extend(entries.get(name).into_iter().flatten().cloned());
                }
                (One::Map(entries), Step::Any) => found.extend(entries.values().flatten().cloned()),
                (One::List(elements), _) => found.extend(elements.iter().cloned()),
                (One::File, _) => found.push(One::File),
                (One::Root(_), Step::Any) | (One::Text(_), _) => {}
            }
        }
        self.narrowed(found)
    }

    /// The same without repetition; all of it counts as read where it is too much.
    pub(super) fn narrowed(&mut self, mut any: Any) -> Any {
        any.sort();
        any.dedup();
        if any.len() > MOST {
            self.consume(&any);
            any.clear();
        }
        any
    }

    /// All of it is read: printed, compared, or given to who knows what.
    pub(super) fn consume(&mut self, any: &Any) {
        for one in any {
            match one {
                One::Root(path) | One::At(path) => {
                    self.reads.whole.insert(path.clone());
                }
                One::Map(entries) => {
                    for entry in entries.values() {
                        self.consume(entry);
                    }
                }
                One::List(elements) => self.consume(elements),
                One::Text(_) | One::File => {}
            }
        }
    }

    /// Only whether it is there, or empty, matters.
    pub(super) fn test(&mut self, any: &Any) {
        for one in any {
            match one {
                One::At(path) => {
                    self.reads.tested.insert(path.clone());
                }
                One::List(elements) => self.test(elements),
                One::Root(_) | One::Map(_) | One::Text(_) | One::File => {}
            }
        }
    }
}

/// The same without what gives all values of a chart at once.
fn without_roots(mut any: Any) -> Any {
    any.retain_mut(|one| {
        match one {
            One::Map(entries) => {
                for entry in entries.values_mut() {
                    *entry = without_roots(std::mem::take(entry));
                }
            }
            One::List(elements) => *elements = without_roots(std::mem::take(elements)),
            One::Root(_) | One::At(_) | One::Text(_) | One::File => {}
        }
        !matches!(one, One::Root(_))
    });
    any
}
