//! Filters, alike in all Describe operations.

use super::errors::{invalid_value, missing};
use super::form::Form;
use crate::error::{AwsError, Result};

/// The most values that one filter takes ("Filtering", EC2 API Reference).
const MOST_VALUES: usize = 200;

/// One filter: a resource passes with any of its values.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) name: String,
    values: Vec<String>,
    patterns: Vec<Vec<Token>>,
}

impl Filter {
    /// The filters of a call; one that its listing does not document is refused.
    pub(super) fn all(
        form: &Form,
        documented: impl Fn(&str) -> bool + Copy,
    ) -> Result<Vec<Filter>> {
        form.groups("Filter").iter().map(|prefix| Filter::read(form, prefix, documented)).collect()
    }

    fn read(form: &Form, prefix: &str, documented: impl Fn(&str) -> bool) -> Result<Filter> {
        let name = form.get(&format!("{prefix}Name")).ok_or_else(|| missing("Filter.Name"))?;
        if !documented(name) {
            return Err(invalid_value(format!("The filter '{name}' is invalid")));
        }
        let values: Vec<String> =
            form.list(&format!("{prefix}Value")).into_iter().map(str::to_owned).collect();
        if values.len() > MOST_VALUES {
            let message = format!("The maximum number of filter values on a call is {MOST_VALUES}");
            return Err(AwsError::new(400, "FilterLimitExceeded", message));
        }
        let patterns = values.iter().map(|value| tokens(value)).collect();
        Ok(Filter { name: name.to_owned(), values, patterns })
    }

    /// The key of a filter by one tag, `tag:KEY`.
    pub(super) fn tag(&self) -> Option<&str> {
        self.name.strip_prefix("tag:")
    }

    /// The values, where none of them is a pattern: an index finds them.
    pub(super) fn exact(&self) -> Option<&[String]> {
        let plain = |value: &String| !value.contains(['*', '?', '\\']);
        self.values.iter().all(plain).then_some(&self.values)
    }

    /// Whether a resource passes that has these values under this filter's name.
    pub(super) fn admits(&self, values: &[impl AsRef<str>]) -> bool {
        values.iter().any(|value| {
            let text: Vec<char> = value.as_ref().chars().collect();
            self.patterns.iter().any(|pattern| matches(pattern, &text))
        })
    }
}

/// `*` stands for any text, `?` for any character, and `\` takes that meaning away. Case counts.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    matches(&tokens(pattern), &text.chars().collect::<Vec<char>>())
}

fn matches(pattern: &[Token], text: &[char]) -> bool {
    // The last star, and where the text went on behind it: the only place to come back to.
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < text.len() {
        match pattern.get(at) {
            Some(Token::Any) => {
                star = Some((at, read));
                at += 1;
            }
            Some(Token::One) => (at, read) = (at + 1, read + 1),
            Some(Token::Char(c)) if *c == text[read] => (at, read) = (at + 1, read + 1),
            _ => {
                let Some((star_at, from)) = star else {
                    return false;
                };
                star = Some((star_at, from + 1));
                (at, read) = (star_at + 1, from + 1);
            }
        }
    }
    pattern[at..].iter().all(|token| *token == Token::Any)
}

#[derive(Debug, PartialEq)]
enum Token {
    Any,
    One,
    Char(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut chars = pattern.chars();
    let mut tokens = Vec::new();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Any,
            '?' => Token::One,
            '\\' => Token::Char(chars.next().unwrap_or('\\')),
            c => Token::Char(c),
        });
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "You can use wildcards", "Listing and filtering using the CLI and API", EC2 User Guide.
    #[test]
    fn stars_and_question_marks_stand_for_what_ec2_lets_them_stand_for() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "anything", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("*b*b*c", "abbabc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("kubernetes.io/*", "kubernetes.io/role/elb", true),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            (r"\*amazon\?\\", r"*amazon?\", true),
            ("ABC", "abc", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        let text = "a".repeat(2000);
        assert!(!like(&format!("{}b", "a*".repeat(200)), &text));
    }

    fn form(name: &str, value: &str) -> Form {
        Form::new([
            ("Filter.1.Name".to_owned(), name.to_owned()),
            ("Filter.1.Value.1".to_owned(), value.to_owned()),
        ])
    }

    #[test]
    fn a_filter_that_is_not_documented_is_refused_by_name() {
        let refused = Filter::all(&form("colour", "x"), |name| name == "vpc-id").unwrap_err();
        assert_eq!(refused.code, "InvalidParameterValue");
        assert_eq!(refused.message, "The filter 'colour' is invalid");
    }

    #[test]
    fn a_pattern_is_not_looked_up_in_an_index() {
        for (value, exact) in [("vpc-1", true), ("vpc-*", false), ("vpc-?", false)] {
            let filters = Filter::all(&form("vpc-id", value), |_| true).unwrap();
            assert_eq!(filters[0].exact().is_some(), exact, "{value}");
            assert!(filters[0].admits(&["vpc-1"]), "{value}");
        }
    }
}
