//! Following values through templates.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::parse::{Body, File, Node, Operand, Pipeline, parse};

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

impl Reads {
    /// Follows the values of charts through all their templates. Where these are not
    /// `complete`, as charts that one depends on are not there, what they lack may read anything.
    pub(crate) fn of(charts: &[Source], complete: bool) -> Reads {
        let mut reads = Reads::default();
        let mut files = Vec::new();
        let mut defines = HashMap::new();
        for chart in charts {
            for (name, text) in &chart.templates {
                let Some(File { body, defines: own }) = parse(text) else {
                    // Whatever it reads, nothing of it is refused.
                    reads.whole.insert(chart.prefix.clone());
                    continue;
                };
                defines.extend(own);
                let partial = name.rsplit('/').next().is_some_and(|name| name.starts_with('_'));
                if !(partial || chart.library) {
                    files.push((&chart.prefix, body));
                }
            }
            // Values may be templates themselves, or only look like some.
            let texts = chart.texts.iter().filter_map(|text| parse(text));
            files.extend(texts.map(|file| (&chart.prefix, file.body)));
        }
        let mut following = Following { reads, defines: &defines, complete, seen: HashSet::new() };
        for (prefix, body) in &files {
            following.file(body, vec![One::Root((*prefix).clone())]);
        }
        following.reads
    }
}

/// The templates of one chart.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where its values lie in those of the whole chart: nowhere, or below the name of a dependency.
    pub(crate) prefix: Path,
    /// Whether it is a library, of which only definitions count.
    pub(crate) library: bool,
    /// Its templates, by their paths.
    pub(crate) templates: Vec<(String, String)>,
    /// The texts of its own values that may be templates.
    pub(crate) texts: Vec<String>,
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

type Scope = HashMap<String, Any>;

pub(super) struct Following<'a> {
    pub(super) reads: Reads,
    defines: &'a HashMap<String, Body>,
    complete: bool,
    /// The definitions that were followed, and with what.
    seen: HashSet<(String, Any)>,
}

/// Where a template is: its dot, and its variables from the outermost block on.
pub(super) struct Here {
    dot: Any,
    scopes: Vec<Scope>,
}

impl Following<'_> {
    fn file(&mut self, body: &Body, dot: Any) {
        let root = Scope::from([(String::new(), dot.clone())]);
        self.body(body, &mut Here { dot, scopes: vec![root] });
    }

    /// Follows `{{ include }}` and `{{ template }}`.
    pub(super) fn call(&mut self, name: &str, dot: Any) {
        let defines = self.defines;
        match defines.get(name) {
            Some(body) => {
                if self.seen.insert((name.to_owned(), dot.clone())) {
                    self.file(body, dot);
                }
            }
            None if self.complete => {
                // Helm fails where it gets here: charts have such calls where it never does.
                self.consume(&without_roots(dot));
            }
            None => self.consume(&dot),
        }
    }

    fn body(&mut self, body: &Body, here: &mut Here) {
        for node in body {
            self.node(node, here);
        }
    }

    fn node(&mut self, node: &Node, here: &mut Here) {
        match node {
            Node::Action(pipeline) => {
                let made = self.pipeline(pipeline, here);
                if pipeline.variables.is_empty() {
                    self.consume(&made);
                }
            }
            Node::Template(name, pipeline) => {
                let dot = pipeline.as_ref().map(|it| self.pipeline(it, here)).unwrap_or_default();
                self.call(name, dot);
            }
            Node::If(condition, yes, no) => {
                here.scopes.push(Scope::new());
                let found = self.pipeline(condition, here);
                self.test(&found);
                self.block(yes, here, None);
                self.block(no, here, None);
                here.scopes.pop();
            }
            Node::With(value, yes, no) => {
                here.scopes.push(Scope::new());
                let found = self.pipeline(value, here);
                self.test(&found);
                self.block(yes, here, Some(found));
                self.block(no, here, None);
                here.scopes.pop();
            }
            Node::Range(over, yes, no) => {
                here.scopes.push(Scope::new());
                let found = self.commands(over, here);
                self.test(&found);
                let element = self.field(&found, &Step::Any);
                match over.variables.as_slice() {
                    [one] => self.set(one, element.clone(), over.declares, here),
                    [key, one] => {
                        self.set(key, Any::new(), over.declares, here);
                        self.set(one, element.clone(), over.declares, here);
                    }
                    _ => {}
                }
                // Twice, as what the end of the body sets its beginning reads.
                self.block(yes, here, Some(element.clone()));
                self.block(yes, here, Some(element));
                self.block(no, here, None);
                here.scopes.pop();
            }
        }
    }

    fn block(&mut self, body: &Body, here: &mut Here, dot: Option<Any>) {
        let outer = dot.map(|dot| std::mem::replace(&mut here.dot, dot));
        here.scopes.push(Scope::new());
        self.body(body, here);
        here.scopes.pop();
        if let Some(outer) = outer {
            here.dot = outer;
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, here: &mut Here) -> Any {
        let made = self.commands(pipeline, here);
        for name in &pipeline.variables {
            self.set(name, made.clone(), pipeline.declares, here);
        }
        made
    }

    fn commands(&mut self, pipeline: &Pipeline, here: &mut Here) -> Any {
        let mut made: Option<Any> = None;
        for command in &pipeline.commands {
            made = Some(self.command(command, made.take(), here));
        }
        made.unwrap_or_default()
    }

    /// One command; what was made before the `|` is its last argument.
    fn command(&mut self, command: &[Operand], before: Option<Any>, here: &mut Here) -> Any {
        let Some((first, rest)) = command.split_first() else { return Any::new() };
        let mut arguments: Vec<Any> =
            rest.iter().map(|operand| self.operand(operand, here)).collect();
        arguments.extend(before);
        if let Operand::Function(name) = first {
            return self.function(name, arguments);
        }
        let made = self.operand(first, here);
        // A method, such as `.Files.Get`: what it is given is read.
        for argument in &arguments {
            self.consume(argument);
        }
        made
    }

    fn operand(&mut self, operand: &Operand, here: &mut Here) -> Any {
        match operand {
            Operand::Field(fields) => {
                let dot = here.dot.clone();
                self.fields(dot, fields)
            }
            Operand::Variable(name, fields) => {
                let found = here.scopes.iter().rev().find_map(|scope| scope.get(name));
                let found = found.cloned().unwrap_or_default();
                self.fields(found, fields)
            }
            Operand::Parenthesized(pipeline, fields) => {
                let made = self.pipeline(pipeline, here);
                self.fields(made, fields)
            }
            Operand::Function(name) => self.function(name, Vec::new()),
            Operand::Text(text) => vec![One::Text(text.clone())],
            Operand::Constant => Any::new(),
        }
    }

    fn fields(&mut self, of: Any, fields: &[String]) -> Any {
        fields.iter().fold(of, |of, name| self.field(&of, &Step::Key(name.clone())))
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

    fn set(&mut self, name: &str, value: Any, declares: bool, here: &mut Here) {
        if !declares
            && let Some(known) = here.scopes.iter_mut().rev().find_map(|scope| scope.get_mut(name))
        {
            // Either may be read later: what sets it may stand in a branch.
            known.extend(value);
            let all = std::mem::take(known);
            let all = self.narrowed(all);
            if let Some(known) = here.scopes.iter_mut().rev().find_map(|scope| scope.get_mut(name))
            {
                *known = all;
            }
            return;
        }
        if let Some(scope) = here.scopes.last_mut() {
            scope.insert(name.to_owned(), value);
        }
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
