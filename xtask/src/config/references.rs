//! What an expression refers to, and whether that exists.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hcl::edit::expr::{
    BinaryOp, Conditional, Expression, ForExpr, FuncCall, Traversal, TraversalOperator, UnaryOp,
};
use hcl::edit::template::ForTemplateExpr;
use hcl::edit::visit::{
    Visit, visit_binary_op, visit_expr, visit_func_call, visit_traversal_operator, visit_unary_op,
};
use hcl::edit::{Decorated, Span};

use super::diagnose::diagnostic;
use super::language;
use super::module::{Kind, Written};
use super::source::place;
use crate::diagnostic::{Diagnostic, Place, Source};

/// What there is to refer to.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) variables: BTreeSet<String>,
    pub(super) locals: BTreeSet<String>,
    /// Locals whose value is another module's output.
    pub(super) deferred: BTreeSet<String>,
    /// Outputs that are known already, by the label of the block.
    pub(super) known: BTreeSet<(String, String)>,
    /// `None` for a block that is a mistake already.
    pub(super) modules: BTreeMap<String, Option<Kind>>,
    /// Modules with `count` or `for_each`, whose outputs need an index.
    pub(super) repeated: BTreeSet<String>,
    /// The module whose attribute this is.
    pub(super) own: Option<String>,
    /// `count` or `each`, within a block that repeats.
    pub(super) repetition: Option<&'static str>,
    /// Whether outputs are known, as they are once everything is done.
    pub(super) after: bool,
}

const ROOTS: [&str; 7] = ["var", "local", "module", "path", "terraform", "each", "count"];

/// What is wrong with the references and functions of an expression.
pub(super) fn check(written: &Written, scope: &Scope) -> Vec<Diagnostic> {
    let Place::Text(source, _) = &written.place else {
        return Vec::new();
    };
    let mut checker = Checker::new(Some(source), scope);
    checker.visit_expr(&written.expression);
    checker.problems
}

/// What an expression refers to: roots with the names under them.
pub(crate) fn uses(expression: &Expression) -> BTreeSet<(String, String)> {
    let scope = Scope::default();
    let mut checker = Checker::new(None, &scope);
    checker.visit_expr(expression);
    checker.found
}

/// The names under `root` that an expression refers to, such as those of `local`.
pub(crate) fn names(expression: &Expression, root: &'static str) -> BTreeSet<String> {
    uses(expression).into_iter().filter(|(found, _)| found == root).map(|(_, name)| name).collect()
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
    /// Where the expression stands; without it, only what it refers to is wanted.
    source: Option<&'a Arc<Source>>,
    scope: &'a Scope,
    /// Names that an enclosing `for` binds.
    bound: Vec<String>,
    /// The operation whose operands need values that are known now.
    inside: Option<String>,
    found: BTreeSet<(String, String)>,
    problems: Vec<Diagnostic>,
}

impl<'a> Checker<'a> {
    fn new(source: Option<&'a Arc<Source>>, scope: &'a Scope) -> Checker<'a> {
        let (found, problems) = (BTreeSet::new(), Vec::new());
        Checker { source, scope, bound: Vec::new(), inside: None, found, problems }
    }

    fn problem(
        &mut self,
        message: String,
        piece: &impl Span,
        finish: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        if let Some(source) = self.source {
            let place = place(source, piece);
            self.problems.push(finish(Diagnostic::new(message, place)));
        }
    }

    /// Visits operands that need values which are known now.
    fn within(&mut self, what: &str, visit: impl FnOnce(&mut Self)) {
        let before = self.inside.replace(what.to_owned());
        visit(self);
        self.inside = before;
    }

    /// Visits where names are bound.
    fn binding(&mut self, names: &[Option<&str>], visit: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        self.bound.extend(names.iter().flatten().map(|name| (*name).to_owned()));
        visit(self);
        self.bound.truncate(before);
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|bound| bound == name)
    }

    /// An output is known once the world was observed: it can be passed on whole.
    fn deferred(&mut self, name: &str, node: &Traversal) {
        if self.scope.after {
            return;
        }
        if let Some(inside) = self.inside.clone() {
            let message = format!(
                "`{name}` is known only after the network was observed, and {inside} needs it before"
            );
            self.problem(message, node, |problem| {
                problem.remedy(format!("pass it on whole: `INPUT = {name}`"))
            });
        }
    }

    fn module(&mut self, label: &str, node: &Traversal) {
        let scope = self.scope;
        let Some(kind) = scope.modules.get(label) else {
            let known = scope.modules.keys().map(String::as_str);
            self.problem(format!("there is no `module \"{label}\"`"), node, |problem| {
                problem.nearest(label, known)
            });
            return;
        };
        if scope.own.as_deref() == Some(label) {
            self.problem(format!("`module.{label}` refers to itself"), node, |problem| {
                problem.remedy("give a value, or refer to another module")
            });
            return;
        }
        let Some(kind) = kind else { return };
        let repeated = scope.repeated.contains(label);
        let operator = |at: usize| node.operators.get(at).map(Decorated::value);
        let indexed = matches!(
            operator(1),
            Some(TraversalOperator::Index(_) | TraversalOperator::LegacyIndex(_))
        );
        if repeated && !indexed {
            self.problem(
                format!("`module.{label}` is several modules, as it has `count` or `for_each`"),
                node,
                |problem| {
                    problem.remedy(format!(
                        "name one: `module.{label}[0]` or `module.{label}[\"KEY\"]`"
                    ))
                },
            );
            return;
        }
        let at = if repeated { 2 } else { 1 };
        let output = match operator(at) {
            Some(TraversalOperator::GetAttr(name)) => name.to_string(),
            _ => String::new(),
        };
        let name = format!("module.{label}.{output}");
        if !kind.outputs().contains(&output.as_str()) {
            let message = format!("`{}` has no output `{output}`", kind.source());
            self.problem(message, node, |problem| problem.nearest(&output, kind.outputs()));
        } else if scope.known.contains(&(label.to_owned(), output.clone())) {
            // It is a value like any other.
        } else if node.operators.len() > at + 1 && !scope.after {
            let message = format!(
                "`{name}` is known only after the network was observed, and a part of it is read"
            );
            self.problem(message, node, |problem| {
                problem.remedy(format!("pass it on whole: `INPUT = {name}`"))
            });
        } else {
            self.deferred(&name, node);
        }
    }

    fn variable(&mut self, name: &str, node: &Traversal) {
        let scope = self.scope;
        if scope.variables.contains(name) {
            return;
        }
        let known = scope.variables.iter().map(String::as_str);
        let near = inputs::nearest(name, known);
        let declare =
            format!("declare `variable \"{name}\" {{}}`, or set it with `--var {name}=VALUE`");
        let remedy = near.map_or(declare, |near| format!("did you mean `var.{near}`?"));
        self.problem(format!("the variable `{name}` is not declared"), node, |problem| {
            problem.remedy(remedy)
        });
    }

    fn local(&mut self, name: &str, node: &Traversal) {
        let scope = self.scope;
        if !scope.locals.contains(name) {
            let known = scope.locals.iter().map(String::as_str);
            self.problem(format!("there is no local `{name}`"), node, |problem| {
                problem.nearest(name, known)
            });
        } else if scope.deferred.contains(name) {
            self.deferred(&format!("local.{name}"), node);
        }
    }

    fn repetition(&mut self, root: &'static str, name: &str, node: &Traversal) {
        let known: &[&str] = if root == "each" { &["key", "value"] } else { &["index"] };
        let repeats = if root == "each" { "for_each" } else { "count" };
        if self.scope.repetition != Some(root) {
            self.problem(
                format!("`{root}.{name}` stands in a `module` block with `{repeats}` only"),
                node,
                |problem| {
                    problem.remedy(format!("add `{repeats} = …` to the block, or give a value"))
                },
            );
        } else if !known.contains(&name) {
            self.problem(format!("there is no `{root}.{name}`"), node, |problem| {
                problem.nearest(name, known.iter().copied())
            });
        }
    }
}

impl Visit for Checker<'_> {
    fn visit_expr(&mut self, node: &Expression) {
        if let Expression::Variable(name) = node
            && !self.is_bound(name.as_str())
        {
            let quoted = format!("did you mean the text \"{}\"?", name.as_str());
            let near = inputs::nearest(name.as_str(), ROOTS);
            let remedy = near.map_or(quoted, |near| format!("did you mean `{near}.NAME`?"));
            self.problem(format!("`{}` refers to nothing", name.as_str()), node, |problem| {
                problem.remedy(remedy)
            });
            return;
        }
        if let Some(source) = self.source
            && let Some(fault) = language::misread(node, &source.text)
        {
            let within = Place::Text(Arc::clone(source), 0..0);
            self.problems.push(diagnostic(fault, &within));
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
        if self.is_bound(name.as_str()) {
            return;
        }
        if let Some((root, name)) = root(node) {
            self.found.insert((root.to_owned(), name.to_owned()));
        }
        match root(node) {
            Some(("var", name)) => self.variable(name, node),
            Some(("local", name)) => self.local(name, node),
            Some(("module", label)) => self.module(label, node),
            Some(("each", name)) => self.repetition("each", name, node),
            Some(("count", name)) => self.repetition("count", name, node),
            Some(("path", "module" | "root") | ("terraform", "workspace")) => {}
            Some(("path", "cwd")) => {
                self.problem(
                    "`path.cwd` differs from machine to machine".to_owned(),
                    node,
                    |problem| {
                        problem.remedy("write paths from the file's own folder: `path.module`")
                    },
                );
            }
            Some((known @ ("path" | "terraform"), name)) => {
                let names = if known == "path" { ["module", "root"] } else { ["workspace"; 2] };
                self.problem(format!("there is no `{known}.{name}`"), node, |problem| {
                    problem.nearest(name, names)
                });
            }
            Some(("data" | "resource" | "aws", _)) => {
                self.problem(format!("`{}` refers to nothing", name.as_str()), node, |problem| {
                    problem.remedy(
                        "nothing of Terraform's own state is there; known here: var, local, module",
                    )
                });
            }
            _ => {
                self.problem(format!("`{}` refers to nothing", name.as_str()), node, |problem| {
                    problem.nearest(name.as_str(), ROOTS)
                });
            }
        }
    }

    fn visit_func_call(&mut self, node: &FuncCall) {
        let name = node.name.name.as_str();
        let namespace: Vec<&str> = node.name.namespace.iter().map(|part| part.as_str()).collect();
        if let Some(problem) = language::refusal(&namespace, name) {
            self.problem(problem.message, &node.name.name, |diagnostic| {
                diagnostic.remedy(problem.remedy)
            });
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
            let key = node.intro.key_var.as_ref().map(|name| name.as_str());
            this.binding(&[key, Some(node.intro.value_var.as_str())], |this| {
                for part in node.key_expr.iter().chain([&node.value_expr]) {
                    this.visit_expr(part);
                }
                if let Some(condition) = &node.cond {
                    this.visit_expr(&condition.expr);
                }
            });
        });
    }

    fn visit_for_template_expr(&mut self, node: &ForTemplateExpr) {
        self.within("`%{ for }`", |this| {
            this.visit_expr(&node.collection_expr);
            let key = node.key_var.as_ref().map(|name| name.as_str());
            this.binding(&[key, Some(node.value_var.as_str())], |this| {
                this.visit_template(&node.template);
            });
        });
    }
}
