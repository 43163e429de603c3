//! Values that are written out, without references and calls: defaults, files of values, and
//! settings such as `sensitive = true`.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Span;
use hcl::edit::expr::{Expression, ForExpr, FuncCall, Traversal};
use hcl::edit::structure::Attribute;
use hcl::edit::template::ForTemplateExpr;
use hcl::edit::visit::{Visit, visit_expr, visit_traversal_operator};

use super::diagnose::diagnostic;
use super::language::{Data, Fault, Folder, Scope, Type, Value, convert, evaluate, misread};
use super::source::written;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};

/// The value of an expression in `text` that refers to nothing and calls nothing.
pub(super) fn constant(expression: &Expression, text: &str) -> Result<Value, Fault> {
    if let Some(fault) = unfit(expression, text) {
        return Err(fault);
    }
    let (roots, folder) = (BTreeMap::new(), Folder::default());
    evaluate(expression, &Scope::new(text, &roots, &folder))
}

/// A setting that is `true` or `false`; `None` is a mistake that is reported.
pub(super) fn switch(
    source: &Arc<Source>,
    attribute: &Attribute,
    diagnostics: &mut Diagnostics,
) -> Option<bool> {
    let name = attribute.key.as_str();
    let what = format!("`{name}` is `true` or `false`");
    match setting(source, attribute, &Type::Bool, &what, &format!("write `{name} = true`")) {
        Ok(Value { data: Data::Bool(set), .. }) => Some(set),
        Ok(_) => None,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            None
        }
    }
}

/// Checks a `description`, which is a text.
pub(super) fn check_description(
    source: &Arc<Source>,
    attribute: &Attribute,
    diagnostics: &mut Diagnostics,
) {
    let (what, remedy) = ("`description` is a text", "write `description = \"…\"`");
    if let Err(diagnostic) = setting(source, attribute, &Type::String, what, remedy) {
        diagnostics.push(diagnostic);
    }
}

fn setting(
    source: &Arc<Source>,
    attribute: &Attribute,
    of: &Type,
    what: &str,
    remedy: &str,
) -> Result<Value, Diagnostic> {
    let written = written(source, attribute);
    let value = constant(&written.expression, &source.text)
        .map_err(|fault| diagnostic(fault, &written.place))?;
    match convert(value, of) {
        Ok(value) if !value.is_null() => Ok(value),
        _ => Err(Diagnostic::new(what, written.place).remedy(remedy)),
    }
}

/// The first reference or call in an expression, as the mistake that it is.
fn unfit(expression: &Expression, text: &str) -> Option<Fault> {
    let mut finder = Finder { text, bound: Vec::new(), found: None };
    finder.visit_expr(expression);
    finder.found
}

struct Finder<'a> {
    text: &'a str,
    /// Names that an enclosing `for` binds.
    bound: Vec<String>,
    found: Option<Fault>,
}

impl Finder<'_> {
    fn refuse(&mut self, fault: Fault, piece: &impl Span) {
        self.found.get_or_insert_with(|| fault.at(piece.span()));
    }

    fn reference(&mut self, piece: &impl Span) {
        let written = piece.span().and_then(|span| self.text.get(span)).unwrap_or("this").trim();
        let fault = Fault::new(format!("`{written}`: nothing can be referred to here")).remedy(
            "write the value itself, a text in quotes; a `locals` block may refer to others",
        );
        self.refuse(fault, piece);
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().any(|bound| bound == name)
    }

    /// Visits where names are bound.
    fn binding(&mut self, names: [Option<&str>; 2], visit: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        self.bound.extend(names.iter().flatten().map(|name| (*name).to_owned()));
        visit(self);
        self.bound.truncate(before);
    }
}

impl Visit for Finder<'_> {
    fn visit_expr(&mut self, node: &Expression) {
        if let Expression::Variable(name) = node
            && !self.is_bound(name.as_str())
        {
            self.reference(node);
        }
        if let Some(fault) = misread(node, self.text) {
            self.found.get_or_insert(fault);
        }
        visit_expr(self, node);
    }

    fn visit_traversal(&mut self, node: &Traversal) {
        match &node.expr {
            Expression::Variable(name) if !self.is_bound(name.as_str()) => self.reference(node),
            _ => self.visit_expr(&node.expr),
        }
        for operator in &node.operators {
            visit_traversal_operator(self, operator.value());
        }
    }

    fn visit_func_call(&mut self, node: &FuncCall) {
        let fault = Fault::new(format!("`{}`: no function can be called here", node.name.name))
            .remedy("write the value itself; a `locals` block may call functions");
        self.refuse(fault, &node.name.name);
    }

    fn visit_for_expr(&mut self, node: &ForExpr) {
        self.visit_expr(&node.intro.collection_expr);
        let key = node.intro.key_var.as_ref().map(|name| name.as_str());
        self.binding([key, Some(node.intro.value_var.as_str())], |this| {
            for part in node.key_expr.iter().chain([&node.value_expr]) {
                this.visit_expr(part);
            }
            if let Some(condition) = &node.cond {
                this.visit_expr(&condition.expr);
            }
        });
    }

    fn visit_for_template_expr(&mut self, node: &ForTemplateExpr) {
        self.visit_expr(&node.collection_expr);
        let key = node.key_var.as_ref().map(|name| name.as_str());
        self.binding([key, Some(node.value_var.as_str())], |this| {
            this.visit_template(&node.template);
        });
    }
}
