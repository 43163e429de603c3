//! Templates: texts with `${…}` and `%{…}`, in quotes, heredocs and files.

use std::ops::Range;

use hcl::edit::Span;
use hcl::edit::expr::Expression;
use hcl::edit::template::{Directive, Element, Strip, Template};

use super::convert::convert;
use super::fault::{Evaluation, Fault};
use super::iteration::{hidden_element, pairs};
use super::misread::misread;
use super::operators::condition;
use super::scope::Scope;
use super::text::graphemes;
use super::types::Type;
use super::value::{Data, Value};

/// How a template stands in its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Quoted,
    /// As it is, or without the indentation that all lines share.
    Heredoc {
        indented: bool,
    },
    File,
}

/// A template's pieces, in a row.
#[derive(Debug)]
enum Piece<'a> {
    Literal(String),
    Value(&'a Expression),
    If(&'a Expression),
    Else,
    EndIf,
    For { key: Option<&'a str>, value: &'a str, collection: &'a Expression },
    EndFor,
}

/// The value of a quoted template or of a heredoc.
pub(super) fn evaluate(expression: &Expression, scope: &Scope) -> Evaluation<Value> {
    if let Some(fault) = misread(expression, scope.text) {
        return Err(fault);
    }
    let (elements, form): (Vec<&Element>, Form) = match expression {
        Expression::StringTemplate(template) => (template.iter().collect(), Form::Quoted),
        Expression::HeredocTemplate(heredoc) => {
            let start = expression.span().map_or(0, |span| span.start);
            let indented = scope.text.get(start..).is_some_and(|text| text.starts_with("<<-"));
            (heredoc.template.iter().collect(), Form::Heredoc { indented })
        }
        _ => return Err(Fault::new("this is not a template")),
    };
    of_elements(&elements, form, scope)
}

/// The value of a whole text as a template, such as a file's.
pub(super) fn of_template(template: &Template, scope: &Scope) -> Evaluation<Value> {
    of_elements(&template.iter().collect::<Vec<_>>(), Form::File, scope)
}

fn of_elements(elements: &[&Element], form: Form, scope: &Scope) -> Evaluation<Value> {
    // An interpolation by itself keeps its type.
    if let [Element::Interpolation(only)] = elements {
        return scope.evaluate(&only.expr);
    }
    let mut row = Row { pieces: Vec::new(), form, text: scope.text, trim_next: false };
    row.elements(elements.iter().copied(), false)?;
    if form == (Form::Heredoc { indented: true }) {
        dedent(&mut row.pieces);
    }
    let mut out = Output::default();
    let end = render(&row.pieces, 0, scope, &mut Some(&mut out))
        .map_err(|fault| fault.partial(Type::String))?;
    debug_assert_eq!(end, row.pieces.len());
    Ok(Value::string(&out.text).marked(out.secret))
}

/// Takes a template apart, and cuts space where `~` stands.
struct Row<'a> {
    pieces: Vec<Piece<'a>>,
    form: Form,
    text: &'a str,
    trim_next: bool,
}

impl<'a> Row<'a> {
    fn elements(
        &mut self,
        elements: impl Iterator<Item = &'a Element>,
        nested: bool,
    ) -> Evaluation<()> {
        for element in elements {
            match element {
                Element::Literal(literal) => {
                    let text = self.literal(literal, literal.span(), nested)?;
                    self.push_literal(&text);
                }
                Element::Interpolation(inner) => {
                    self.mark(inner.strip, Piece::Value(&inner.expr));
                }
                Element::Directive(directive) => match &**directive {
                    Directive::If(node) => {
                        self.mark(node.if_expr.strip, Piece::If(&node.if_expr.cond_expr));
                        self.elements(node.if_expr.template.iter(), true)?;
                        if let Some(other) = &node.else_expr {
                            self.mark(other.strip, Piece::Else);
                            self.elements(other.template.iter(), true)?;
                        }
                        self.mark(node.endif_expr.strip, Piece::EndIf);
                    }
                    Directive::For(node) => {
                        let intro = &node.for_expr;
                        let piece = Piece::For {
                            key: intro.key_var.as_ref().map(|name| name.as_str()),
                            value: intro.value_var.as_str(),
                            collection: &intro.collection_expr,
                        };
                        self.mark(intro.strip, piece);
                        self.elements(intro.template.iter(), true)?;
                        self.mark(node.endfor_expr.strip, Piece::EndFor);
                    }
                },
            }
        }
        Ok(())
    }

    fn mark(&mut self, strip: Strip, piece: Piece<'a>) {
        if strip.strip_start()
            && let Some(Piece::Literal(before)) = self.pieces.last_mut()
        {
            before.truncate(before.trim_end().len());
        }
        self.pieces.push(piece);
        self.trim_next = strip.strip_end();
    }

    /// In heredocs and files each line is by itself, so that `~` cuts one line only.
    fn push_literal(&mut self, text: &str) {
        let lines: Vec<&str> = match self.form {
            Form::Quoted => vec![text],
            Form::Heredoc { .. } | Form::File => text.split_inclusive('\n').collect(),
        };
        for line in lines {
            let trim = std::mem::take(&mut self.trim_next);
            let line = if trim { line.trim_start() } else { line };
            self.pieces.push(Piece::Literal(line.to_owned()));
        }
    }

    /// The parser cuts a heredoc's indentation by another rule, and leaves the escapes
    /// within directives of quoted texts; what was written is in the source.
    fn literal(
        &self,
        parsed: &str,
        span: Option<Range<usize>>,
        nested: bool,
    ) -> Evaluation<String> {
        match self.form {
            Form::Heredoc { indented: true } => {
                let raw = span.and_then(|span| self.text.get(span));
                Ok(raw.map_or_else(
                    || parsed.to_owned(),
                    |raw| raw.replace("$${", "${").replace("%%{", "%{"),
                ))
            }
            Form::Quoted if nested => unescaped(parsed).map_err(|fault| fault.at(span)),
            _ => Ok(parsed.to_owned()),
        }
    }
}

/// A text whose escapes are not read yet.
fn unescaped(text: &str) -> Evaluation<String> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        if c == '"' || c == '\n' {
            return Err(Fault::new("a text ends within a `%{ … }`")
                .remedy("close it with `%{ endif }` or `%{ endfor }` before the quote"));
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        let code = |letters: &mut std::str::Chars, length: usize| {
            let digits: String = letters.by_ref().take(length).collect();
            u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
        };
        let escaped = match letters.next() {
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some(c @ ('"' | '\\')) => Some(c),
            Some('u') => code(&mut letters, 4),
            Some('U') => code(&mut letters, 8),
            _ => None,
        };
        let Some(escaped) = escaped else {
            return Err(Fault::new("there is no such escape").remedy(
                "those are `\\n`, `\\r`, `\\t`, `\\\"`, `\\\\`, `\\uNNNN` and `\\UNNNNNNNN`",
            ));
        };
        out.push(escaped);
    }
    Ok(out)
}

/// Takes away the indentation that all lines have, as `<<-` does.
fn dedent(pieces: &mut [Piece]) {
    let mut least = usize::MAX;
    let mut first = true;
    let mut starts = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        if std::mem::take(&mut first) {
            let spaces = match piece {
                Piece::Literal(text) if text.trim().is_empty() && text.ends_with('\n') => {
                    usize::MAX
                }
                Piece::Literal(text) => {
                    starts.push(at);
                    graphemes(&text[..text.len() - text.trim_start().len()]).len()
                }
                _ => 0,
            };
            least = least.min(spaces);
        }
        if let Piece::Literal(text) = piece {
            first = text.ends_with('\n');
        }
    }
    for at in starts {
        if let Some(Piece::Literal(text)) = pieces.get_mut(at) {
            let cut: usize = graphemes(text).iter().take(least).map(|letter| letter.len()).sum();
            text.drain(..cut);
        }
    }
}

#[derive(Debug, Default)]
struct Output {
    text: String,
    secret: bool,
}

/// Renders from a piece to the end of its block, and says where that is. Without an
/// output, the block is only passed over.
fn render(
    pieces: &[Piece],
    from: usize,
    scope: &Scope,
    out: &mut Option<&mut Output>,
) -> Evaluation<usize> {
    let mut at = from;
    while let Some(piece) = pieces.get(at) {
        match piece {
            Piece::Else | Piece::EndIf | Piece::EndFor => return Ok(at),
            Piece::Literal(text) => {
                if let Some(out) = out {
                    out.text.push_str(text);
                }
                at += 1;
            }
            Piece::Value(expression) => {
                if let Some(out) = out {
                    let value = scope.evaluate(expression)?;
                    append(value, out).map_err(|fault| fault.at(expression.span()))?;
                }
                at += 1;
            }
            Piece::If(test) => at = render_if(pieces, at + 1, test, scope, out)?,
            Piece::For { key, value, collection } => {
                let end = render(pieces, at + 1, scope, &mut None)?;
                if let Some(out) = out {
                    let all = scope.evaluate(collection)?;
                    let secret = all.sensitive;
                    out.secret |= secret;
                    for element in pairs(all, collection.span())? {
                        let inner = scope.binding(*key, value, element);
                        render(pieces, at + 1, &inner, &mut Some(&mut **out))
                            .map_err(|fault| fault.hidden(secret, || hidden_element("%{ for }")))?;
                    }
                }
                at = end + 1;
            }
        }
    }
    Ok(at)
}

fn render_if(
    pieces: &[Piece],
    from: usize,
    test: &Expression,
    scope: &Scope,
    out: &mut Option<&mut Output>,
) -> Evaluation<usize> {
    let holds = match out {
        None => None,
        Some(out) => {
            let value = scope.evaluate(test)?;
            out.secret |= value.sensitive;
            let holds = condition(value, "the condition of `%{ if }`");
            Some(holds.map_err(|fault| fault.at(test.span()))?)
        }
    };
    let mut branch = |from, taken: bool| {
        if taken {
            render(pieces, from, scope, &mut out.as_deref_mut())
        } else {
            render(pieces, from, scope, &mut None)
        }
    };
    let mut end = branch(from, holds == Some(true))?;
    if let Some(Piece::Else) = pieces.get(end) {
        end = branch(end + 1, holds == Some(false))?;
    }
    Ok(end + 1)
}

/// A value within a text: null and collections are mistakes there.
fn append(value: Value, out: &mut Output) -> Evaluation<()> {
    if let Some((module, output)) = value.output() {
        return Err(Fault::later(module, output, "a text"));
    }
    out.secret |= value.is_sensitive_anywhere();
    if value.is_null() {
        return Err(Fault::new("this is null, and a text cannot hold null")
            .remedy("give it a value, or choose one with `coalesce(VALUE, \"…\")`"));
    }
    let of = value.ty();
    match convert(value, &Type::String).map(|value| value.data) {
        Ok(Data::String(text)) => {
            out.text.push_str(&text);
            Ok(())
        }
        _ => Err(Fault::new(format!(
            "this is {}, and a text holds strings, numbers and bools only",
            super::convert::wanted(&of)
        ))
        .remedy("take one element, or write `join(\",\", LIST)` or `jsonencode(VALUE)`")),
    }
}
