//! Following values through templates.

use std::collections::HashMap;

use super::following::{Any, Following, One, Path, Reads, Step};
use super::parse::{Body, File, Node, Operand, Pipeline, parse};

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
        let mut following = Following::new(reads, &defines, complete);
        for (prefix, body) in &files {
            following.file(body, vec![One::Root((*prefix).clone())]);
        }
        while let Some((body, dot)) = following.called.pop() {
            following.file(body, dot);
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

type Scope = HashMap<String, Any>;

/// Where a template is: its dot, and its variables from the outermost block on.
struct Here {
    dot: Any,
    scopes: Vec<Scope>,
}

impl Following<'_> {
    fn file(&mut self, body: &Body, dot: Any) {
        let root = Scope::from([(String::new(), dot.clone())]);
        self.body(body, &mut Here { dot, scopes: vec![root] });
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
}
