//! The words of a Go template's actions, as `text/template/parse/lex.go` splits them.

/// One word of an action. A chain of fields belongs to what stands right before it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// `.a.b`; the dot alone has no fields.
    Field(Vec<String>),
    /// `$x.a.b`, with the name without its `$`.
    Variable(String, Vec<String>),
    /// A keyword, a function, or a constant such as `true`.
    Word(String),
    /// A text in quotes.
    Text(String),
    /// A number or a character.
    Number,
    Open,
    /// `)`, and the fields that follow it.
    Close(Vec<String>),
    Bar,
    Comma,
    /// `:=`
    Declare,
    /// `=`
    Assign,
}

/// The actions of a template, each as its words; text between them is left
/// out. `None` where an action is no Go template.
pub(super) fn actions(text: &str) -> Option<Vec<Vec<Token>>> {
    let mut actions = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let inner = after.strip_prefix("- ").unwrap_or(after);
        if inner.trim_start().starts_with("/*") {
            rest = inner.split_once("*/")?.1.split_once("}}")?.1;
            continue;
        }
        let (tokens, after) = action(
            after
                .strip_prefix('-')
                .filter(|rest| rest.starts_with(char::is_whitespace))
                .unwrap_or(after),
        )?;
        actions.push(tokens);
        rest = after;
    }
    Some(actions)
}

/// The words up to `}}`, and what follows it.
fn action(text: &str) -> Option<(Vec<Token>, &str)> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("}}").or_else(|| rest.strip_prefix("-}}")) {
            return Some((tokens, after));
        }
        let first = rest.chars().next()?;
        let (token, after) = match first {
            '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                let (fields, after) = fields(rest);
                (Token::Field(fields), if after.len() == rest.len() { &rest[1..] } else { after })
            }
            '$' => {
                let (name, after) = word(&rest[1..]);
                let (fields, after) = fields(after);
                (Token::Variable(name.to_owned(), fields), after)
            }
            '"' => quoted(rest)?,
            '`' => {
                let (raw, after) = rest[1..].split_once('`')?;
                (Token::Text(raw.to_owned()), after)
            }
            '\'' => {
                let end = rest[1..]
                    .char_indices()
                    .skip(1)
                    .find(|(at, c)| *c == '\'' && !rest[1..][..*at].ends_with('\\'));
                (Token::Number, &rest[1..][end?.0 + 1..])
            }
            '(' => (Token::Open, &rest[1..]),
            ')' => {
                let (fields, after) = fields(&rest[1..]);
                (Token::Close(fields), after)
            }
            '|' => (Token::Bar, &rest[1..]),
            ',' => (Token::Comma, &rest[1..]),
            '=' => (Token::Assign, &rest[1..]),
            ':' => (Token::Declare, rest.strip_prefix(":=")?),
            c if c.is_alphabetic() || c == '_' => {
                let (name, after) = word(rest);
                (Token::Word(name.to_owned()), after)
            }
            c if c.is_ascii_digit() || "+-.".contains(c) => {
                let number = |c: char| !(c.is_alphanumeric() || "+-._".contains(c));
                (Token::Number, &rest[rest.find(number)?..])
            }
            _ => return None,
        };
        tokens.push(token);
        rest = after;
    }
}

/// `.a.b` at the beginning of a text; the dot must touch the name behind it.
fn fields(text: &str) -> (Vec<String>, &str) {
    let mut fields = Vec::new();
    let mut rest = text;
    while let Some(after) = rest.strip_prefix('.') {
        let (name, after) = word(after);
        if name.is_empty() {
            break;
        }
        fields.push(name.to_owned());
        rest = after;
    }
    (fields, rest)
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    text.split_at(end)
}

/// A text in double quotes. What its escapes mean matters to no name of a value.
fn quoted(text: &str) -> Option<(Token, &str)> {
    let mut content = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((Token::Text(content), &text[at + 1..])),
            '\\' => content.push(chars.next()?.1),
            c => content.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_hold_together_and_spaces_part_them() {
        let field = |names: &[&str]| Token::Field(names.iter().map(|&name| name.into()).collect());
        assert_eq!(
            actions("a {{- .a.b .c . $x.d (e).f \"g\\\"\" `h` -}} i {{/* no */}}"),
            Some(vec![vec![
                field(&["a", "b"]),
                field(&["c"]),
                field(&[]),
                Token::Variable("x".into(), vec!["d".into()]),
                Token::Open,
                Token::Word("e".into()),
                Token::Close(vec!["f".into()]),
                Token::Text("g\"".into()),
                Token::Text("h".into()),
            ]])
        );
    }

    #[test]
    fn numbers_and_characters_are_no_names() {
        let numbers = actions("{{ 1 -2.5 0x1F 'c' '\\'' .5 }}").unwrap().remove(0);
        assert_eq!(numbers, vec![Token::Number; 6]);
    }

    #[test]
    fn what_does_not_end_is_no_template() {
        for text in ["{{ .a", "{{ \"a }}", "{{/* a }}", "{{ # }}"] {
            assert_eq!(actions(text), None, "{text}");
        }
    }
}
