//! What an expression may refer to, and how what lies within it is evaluated.

use std::collections::BTreeMap;

use hcl::edit::expr::Expression;

use super::fault::Evaluation;
use super::files::Folder;
use super::value::Value;

/// Evaluates an expression. Traversals, templates and functions evaluate expressions within
/// themselves, and get this with the scope: the file that defines it depends on theirs.
pub(super) type Evaluator = fn(&Expression, &Scope) -> Evaluation<Value>;

/// What an expression may refer to.
#[derive(Debug, Clone)]
pub(crate) struct Scope<'a> {
    /// The text that the expression was parsed from.
    pub(crate) text: &'a str,
    /// The roots of references, such as `var`.
    pub(crate) roots: &'a BTreeMap<String, Value>,
    /// Where `file` and its kin may read.
    pub(crate) folder: &'a Folder,
    /// What enclosing `for`s bind, the innermost last.
    bound: Vec<(String, Value)>,
    /// Whether this is a template that another one reads.
    pub(super) in_template: bool,
    evaluator: Evaluator,
}

impl<'a> Scope<'a> {
    /// Expressions in it are evaluated by `evaluator`.
    pub(super) fn with_evaluator(
        text: &'a str,
        roots: &'a BTreeMap<String, Value>,
        folder: &'a Folder,
        evaluator: Evaluator,
    ) -> Scope<'a> {
        Scope { text, roots, folder, bound: Vec::new(), in_template: false, evaluator }
    }

    /// The scope of a template that is read by an expression of this one.
    pub(super) fn of_template(
        &self,
        text: &'a str,
        roots: &'a BTreeMap<String, Value>,
    ) -> Scope<'a> {
        let mut scope = Scope::with_evaluator(text, roots, self.folder, self.evaluator);
        scope.in_template = true;
        scope
    }

    /// The value of an expression within the one that is evaluated.
    pub(super) fn evaluate(&self, expression: &Expression) -> Evaluation<Value> {
        (self.evaluator)(expression, self)
    }

    /// The value that a name stands for.
    pub(super) fn named(&self, name: &str) -> Option<&Value> {
        let bound = self.bound.iter().rev().find(|(bound, _)| bound == name);
        bound.map(|(_, value)| value).or_else(|| self.roots.get(name))
    }

    /// This scope, and names that a `for` binds to one of its elements.
    pub(super) fn binding(
        &self,
        key: Option<&str>,
        value: &str,
        element: (Value, Value),
    ) -> Scope<'a> {
        let mut scope = self.clone();
        if let Some(key) = key {
            scope.bound.push((key.to_owned(), element.0));
        }
        scope.bound.push((value.to_owned(), element.1));
        scope
    }
}
