//! A Go template as a tree: enough of it to follow values through it.

use super::lex::{Token, actions};

/// What stands between two ends of a block.
pub(super) type Body = Vec<Node>;

#[derive(Debug, PartialEq)]
pub(super) enum Node {
    /// `{{ pipeline }}`
    Action(Pipeline),
    /// `{{ if pipeline }} … {{ else }} … {{ end }}`
    If(Pipeline, Body, Body),
    With(Pipeline, Body, Body),
    Range(Pipeline, Body, Body),
    /// `{{ template "name" pipeline }}`
    Template(String, Option<Pipeline>),
}

#[derive(Debug, PartialEq)]
pub(super) struct Pipeline {
    /// The variables that it sets: `$x := …` declares, `$x = …` does not.
    pub(super) variables: Vec<String>,
    pub(super) declares: bool,
    pub(super) commands: Vec<Vec<Operand>>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Operand {
    Field(Vec<String>),
    Variable(String, Vec<String>),
    Function(String),
    Text(String),
    /// A number, a character, `true`, `false` or `nil`.
    Constant,
    Parenthesized(Pipeline, Vec<String>),
}

/// A file: what it does itself, and the templates that it defines.
#[derive(Debug, Default, PartialEq)]
pub(super) struct File {
    pub(super) body: Body,
    pub(super) defines: Vec<(String, Body)>,
}

/// Reads a template; `None` where it is none.
pub(super) fn parse(text: &str) -> Option<File> {
    let actions = actions(text)?;
    let mut parser = Parser { actions: actions.iter(), defines: Vec::new() };
    let (body, end) = parser.body()?;
    matches!(end, Stop::File).then_some(File { body, defines: parser.defines })
}

/// What ended a body.
enum Stop<'a> {
    File,
    End,
    /// `else`, and the words behind it.
    Else(&'a [Token]),
}

struct Parser<'a> {
    actions: std::slice::Iter<'a, Vec<Token>>,
    defines: Vec<(String, Body)>,
}

impl<'a> Parser<'a> {
    fn body(&mut self) -> Option<(Body, Stop<'a>)> {
        let mut body = Vec::new();
        while let Some(action) = self.actions.next() {
            let keyword = match action.first() {
                Some(Token::Word(word)) => word.as_str(),
                _ => "",
            };
            match (keyword, action.get(1..).unwrap_or_default()) {
                ("end", _) => return Some((body, Stop::End)),
                ("else", rest) => return Some((body, Stop::Else(rest))),
                ("if" | "with" | "range", rest) => body.push(self.block(keyword, rest)?),
                ("break" | "continue", []) => {}
                ("define", [Token::Text(name)]) => {
                    let (defined, Stop::End) = self.body()? else { return None };
                    self.defines.push((name.clone(), defined));
                }
                ("block", [Token::Text(name), rest @ ..]) => {
                    let (defined, Stop::End) = self.body()? else { return None };
                    self.defines.push((name.clone(), defined));
                    body.push(Node::Template(name.clone(), Some(pipeline(rest)?)));
                }
                ("template", [Token::Text(name)]) => body.push(Node::Template(name.clone(), None)),
                ("template", [Token::Text(name), rest @ ..]) => {
                    body.push(Node::Template(name.clone(), Some(pipeline(rest)?)));
                }
                _ if action.is_empty() => return None,
                _ => body.push(Node::Action(pipeline(action)?)),
            }
        }
        Some((body, Stop::File))
    }

    fn block(&mut self, keyword: &str, words: &[Token]) -> Option<Node> {
        let pipeline = pipeline(words)?;
        let (body, end) = self.body()?;
        let other = match end {
            Stop::End => Vec::new(),
            Stop::Else([]) => match self.body()? {
                (other, Stop::End) => other,
                _ => return None,
            },
            // `else if` and `else with` are blocks of their own, which the same `end` ends.
            Stop::Else([Token::Word(word), rest @ ..])
                if ["if", "with"].contains(&word.as_str()) =>
            {
                vec![self.block(word, rest)?]
            }
            Stop::File | Stop::Else(_) => return None,
        };
        Some(match keyword {
            "if" => Node::If(pipeline, body, other),
            "with" => Node::With(pipeline, body, other),
            _ => Node::Range(pipeline, body, other),
        })
    }
}

fn pipeline(words: &[Token]) -> Option<Pipeline> {
    let mut words = words.iter();
    let pipeline = pipeline_of(&mut words, false)?.0;
    words.next().is_none().then_some(pipeline)
}

/// A pipeline up to its end or its parenthesis, and the fields behind that.
fn pipeline_of(
    words: &mut std::slice::Iter<Token>,
    inner: bool,
) -> Option<(Pipeline, Vec<String>)> {
    let (variables, declares) = variables(words);
    let mut commands = vec![Vec::new()];
    loop {
        let operand = match (words.next(), inner) {
            (None, false) => return done(variables, declares, commands, Vec::new()),
            (Some(Token::Close(fields)), true) => {
                return done(variables, declares, commands, fields.clone());
            }
            (Some(Token::Bar), _) => {
                commands.push(Vec::new());
                continue;
            }
            (Some(Token::Open), _) => {
                let (pipeline, fields) = pipeline_of(words, true)?;
                Operand::Parenthesized(pipeline, fields)
            }
            (Some(Token::Field(fields)), _) => Operand::Field(fields.clone()),
            (Some(Token::Variable(name, fields)), _) => {
                Operand::Variable(name.clone(), fields.clone())
            }
            (Some(Token::Text(text)), _) => Operand::Text(text.clone()),
            (Some(Token::Number), _) => Operand::Constant,
            (Some(Token::Word(word)), _) => match word.as_str() {
                "true" | "false" | "nil" => Operand::Constant,
                function => Operand::Function(function.to_owned()),
            },
            (None, true)
            | (Some(Token::Close(_)), false)
            | (Some(Token::Comma | Token::Declare | Token::Assign), _) => return None,
        };
        commands.last_mut()?.push(operand);
    }
}

fn done(
    variables: Vec<String>,
    declares: bool,
    commands: Vec<Vec<Operand>>,
    fields: Vec<String>,
) -> Option<(Pipeline, Vec<String>)> {
    let complete = commands.iter().all(|command| !command.is_empty());
    complete.then_some((Pipeline { variables, declares, commands }, fields))
}

/// `$x :=`, `$x =`, `$x, $y :=`, where a pipeline begins with it.
fn variables(words: &mut std::slice::Iter<Token>) -> (Vec<String>, bool) {
    let found = match words.as_slice() {
        [Token::Variable(one, _), set @ (Token::Declare | Token::Assign), ..] => {
            Some((vec![one.clone()], set, 2))
        }
        [
            Token::Variable(one, _),
            Token::Comma,
            Token::Variable(two, _),
            set @ (Token::Declare | Token::Assign),
            ..,
        ] => Some((vec![one.clone(), two.clone()], set, 4)),
        _ => None,
    };
    let Some((names, set, words_taken)) = found else { return (Vec::new(), false) };
    *words = words.as_slice()[words_taken..].iter();
    (names, *set == Token::Declare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn else_if_is_a_block_within() {
        let file = parse("{{ if .a }}{{ else if .b }}{{ .c }}{{ else }}{{ .d }}{{ end }}").unwrap();
        let [Node::If(_, yes, no)] = file.body.as_slice() else { panic!("{file:?}") };
        assert!(yes.is_empty());
        let [Node::If(_, yes, no)] = no.as_slice() else { panic!("{no:?}") };
        assert_eq!((yes.len(), no.len()), (1, 1));
    }

    #[test]
    fn definitions_are_apart_from_what_a_file_does() {
        let file = parse("{{ define \"a\" }}{{ .x }}{{ end }}{{ template \"a\" . }}").unwrap();
        assert_eq!(file.defines.len(), 1);
        assert!(matches!(file.body.as_slice(), [Node::Template(name, Some(_))] if name == "a"));
    }

    #[test]
    fn what_helm_could_not_parse_is_no_template() {
        for text in ["{{ if .a }}", "{{ end }}", "{{ }}", "{{ (.a }}", "{{ .a | }}", "{{ .a) }}"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
