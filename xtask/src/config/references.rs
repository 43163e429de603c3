//! What an expression refers to, and whether that exists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hcl::edit::expr::{
    BinaryOp, Conditional, Expression, ForExpr, FuncCall, Traversal, TraversalOperator, UnaryOp,
};
use hcl::edit::visit::{
    Visit, visit_binary_op, visit_expr, visit_func_call, visit_traversal_operator, visit_unary_op,
};
use hcl::edit::{Decorated, Span};

use super::file::{Kind, Written};
use super::functions;
use crate::diagnostic::{Diagnostic, Place, Source};

/// What there is to refer to.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) variables: BTreeSet<String>,
    pub(super) locals: BTreeSet<String>,
    /// Locals whose value is another module's output.
    pub(super) deferred: BTreeSet<String>,
    /// `None` for a block that is a mistake already.
    pub(super) modules: BTreeMap<String, Option<Kind>>,
    /// The module whose attribute this is.
    pub(super) own: Option<String>,
}

const ROOTS: [&str; 3] = ["var", "local", "module"];

/// What is wrong with the references and functions of an expression.
pub(super) fn check(written: &Written, scope: &Scope) -> Vec<Diagnostic> {
    let Place::Text(source, _) = &written.place else {
        return Vec::new();
    };
    let mut checker =
        Checker { source, scope, bound: Vec::new(), inside: None, problems: Vec::new() };
    checker.visit_expr(&written.expression);
    checker.problems
}

/// The names under `root` that an expression refers to, such as those of `local`.
pub(crate) fn names(expression: &Expression, under: &'static str) -> BTreeSet<String> {
    struct Finder(&'static str, BTreeSet<String>);
    impl Visit for Finder {
        fn visit_traversal(&mut self, node: &Traversal) {
            if let Some((found, name)) = root(node)
                && found == self.0
            {
                self.1.insert(name.to_owned());
            }
            hcl::edit::visit::visit_traversal(self, node);
        }
    }
    let mut finder = Finder(under, BTreeSet::new());
    finder.visit_expr(expression);
    finder.1
}

/// The first two parts of `a.b…`.
fn root(node: &Traversal) -> Option<(&str, &str)> {
    let Expression::Variable(root) = &node.expr else {
        return None;
    };
    match node.operators.first().map(Decorated::value) {
        Some(TraversalOperator::GetAttr(name)) => Some((root.as_str(), name.as_str())),
        Some(TraversalOperator::Index(Expression::String(name))) => {
            Some((root.as_str(), name.as_str()))
        }
        _ => None,
    }
}

struct Checker<'a> {
    source: &'a Arc<Source>,
    scope: &'a Scope,
    /// Names that an enclosing `for` binds.
    bound: Vec<String>,
    /// The operation whose operands need values that are known now.
    inside: Option<String>,
    problems: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn place(&self, piece: &impl Span) -> Place {
        super::place(self.source, piece)
    }

    fn problem(&mut self, message: String, piece: &impl Span) -> Diagnostic {
        Diagnostic::new(message, self.place(piece))
    }

    /// Visits operands that need values which are known now.
    fn within(&mut self, what: &str, visit: impl FnOnce(&mut Self)) {
        let before = self.inside.replace(what.to_owned());
        visit(self);
        self.inside = before;
    }

    /// An output is known once the world was observed: it can be passed on whole.
    fn deferred(&mut self, name: &str, node: &Traversal) {
        if let Some(inside) = self.inside.clone() {
            let problem = self
                .problem(format!("`{name}` is known only after the network was observed, and {inside} needs it before"), node)
                .remedy(format!("pass it on whole: `INPUT = {name}`"));
            self.problems.push(problem);
        }
    }

    fn module(&mut self, label: &str, node: &Traversal) {
        let scope = self.scope;
        let Some(kind) = scope.modules.get(label) else {
            let known = scope.modules.keys().map(String::as_str);
            let problem = self
                .problem(format!("there is no `module \"{label}\"`"), node)
                .nearest(label, known);
            self.problems.push(problem);
            return;
        };
        if scope.own.as_deref() == Some(label) {
            let problem = self.problem(format!("`module.{label}` refers to itself"), node);
            self.problems.push(problem.remedy("give a value, or refer to another module"));
            return;
        }
        let Some(kind) = kind else { return };
        let output = match node.operators.get(1).map(Decorated::value) {
            Some(TraversalOperator::GetAttr(name)) => name.to_string(),
            _ => String::new(),
        };
        if !kind.outputs().contains(&output.as_str()) {
            let message = format!("`{}` has no output `{output}`", kind.source());
            let problem = self.problem(message, node).nearest(&output, kind.outputs());
            self.problems.push(problem);
        } else if node.operators.len() > 2 {
            let name = format!("module.{label}.{output}");
            let problem = self
                .problem(format!("`{name}` is known only after the network was observed, and a part of it is asked for"), node)
                .remedy(format!("pass it on whole: `INPUT = {name}`"));
            self.problems.push(problem);
        } else {
            self.deferred(&format!("module.{label}.{output}"), node);
        }
    }
}

impl Visit for Checker<'_> {
    fn visit_expr(&mut self, node: &Expression) {
        if let Expression::Variable(name) = node
            && !self.bound.iter().any(|bound| bound == name.as_str())
        {
            let quoted = format!("did you mean the text \"{}\"?", name.as_str());
            let near = inputs::nearest(name.as_str(), ROOTS);
            let remedy = near.map_or(quoted, |near| format!("did you mean `{near}.NAME`?"));
            let problem =
                self.problem(format!("`{}` refers to nothing", name.as_str()), node).remedy(remedy);
            self.problems.push(problem);
            return;
        }
        visit_expr(self, node);
    }

    fn visit_traversal(&mut self, node: &Traversal) {
        for operator in &node.operators {
            self.within("an index", |this| visit_traversal_operator(this, operator.value()));
        }
        let Expression::Variable(name) = &node.expr else {
            self.visit_expr(&node.expr);
            return;
        };
        if self.bound.iter().any(|bound| bound == name.as_str()) {
            return;
        }
        let scope = self.scope;
        match root(node) {
            Some(("var", name)) if !scope.variables.contains(name) => {
                let known = scope.variables.iter().map(String::as_str);
                let near = inputs::nearest(name, known);
                let declare = format!(
                    "declare `variable \"{name}\" {{}}`, or set it with `--var {name}=VALUE`"
                );
                let remedy = near.map_or(declare, |near| format!("did you mean `var.{near}`?"));
                let problem = self
                    .problem(format!("the variable `{name}` is not declared"), node)
                    .remedy(remedy);
                self.problems.push(problem);
            }
            Some(("local", name)) if !scope.locals.contains(name) => {
                let known = scope.locals.iter().map(String::as_str);
                let problem =
                    self.problem(format!("there is no local `{name}`"), node).nearest(name, known);
                self.problems.push(problem);
            }
            Some(("local", name)) if scope.deferred.contains(name) => {
                self.deferred(&format!("local.{name}"), node);
            }
            Some(("module", label)) => self.module(label, node),
            Some(("var" | "local", _)) => {}
            _ => {
                let problem = self
                    .problem(format!("`{}` refers to nothing", name.as_str()), node)
                    .nearest(name.as_str(), ROOTS);
                self.problems.push(problem);
            }
        }
    }

    fn visit_func_call(&mut self, node: &FuncCall) {
        let name = node.name.name.as_str();
        if let Some(problem) = functions::refusal(name) {
            let remedy = problem.remedy;
            let diagnostic = self.problem(problem.message, &node.name.name).remedy(remedy);
            self.problems.push(diagnostic);
        }
        self.within(&format!("`{name}()`"), |this| visit_func_call(this, node));
    }

    fn visit_binary_op(&mut self, node: &BinaryOp) {
        self.within("an operator", |this| visit_binary_op(this, node));
    }

    fn visit_unary_op(&mut self, node: &UnaryOp) {
        self.within("an operator", |this| visit_unary_op(this, node));
    }

    fn visit_conditional(&mut self, node: &Conditional) {
        self.within("a condition", |this| this.visit_expr(&node.cond_expr));
        self.visit_expr(&node.true_expr);
        self.visit_expr(&node.false_expr);
    }

    fn visit_for_expr(&mut self, node: &ForExpr) {
        self.within("`for`", |this| {
            this.visit_expr(&node.intro.collection_expr);
            let before = this.bound.len();
            this.bound.extend(node.intro.key_var.iter().map(|name| name.as_str().to_owned()));
            this.bound.push(node.intro.value_var.as_str().to_owned());
            for part in node.key_expr.iter().chain([&node.value_expr]) {
                this.visit_expr(part);
            }
            if let Some(condition) = &node.cond {
                this.visit_expr(&condition.expr);
            }
            this.bound.truncate(before);
        });
    }
}
