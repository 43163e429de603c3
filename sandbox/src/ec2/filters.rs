//! Filters, alike in all Describe operations.

use super::errors::{invalid_value, missing};
use super::form::Form;
use crate::error::{Answer, AwsError};
use crate::world::Tags;

/// The most values that one filter takes ("Filtering", EC2 API Reference).
const MOST_VALUES: usize = 200;

/// One filter: a resource passes with any of its values.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) name: String,
    pub(super) values: Vec<String>,
}

impl Filter {
    /// The filters of a call; one that its listing does not document is refused.
    pub(super) fn all(form: &Form, documented: &[&str]) -> Answer<Vec<Filter>> {
        form.groups("Filter").iter().map(|prefix| Filter::read(form, prefix, documented)).collect()
    }

    fn read(form: &Form, prefix: &str, documented: &[&str]) -> Answer<Filter> {
        let name = form.get(&format!("{prefix}Name")).ok_or_else(|| missing("Filter.Name"))?;
        let tagged = documented.contains(&"tag:");
        let tag = name.strip_prefix("tag:").is_some_and(|key| !key.is_empty() && tagged);
        if name == "tag:" || (!tag && !documented.contains(&name)) {
            return Err(invalid_value(format!("The filter '{name}' is invalid")));
        }
        let values: Vec<String> =
            form.list(&format!("{prefix}Value")).into_iter().map(str::to_owned).collect();
        if values.len() > MOST_VALUES {
            let message = format!("The maximum number of filter values on a call is {MOST_VALUES}");
            return Err(AwsError::new(400, "FilterLimitExceeded", message));
        }
        Ok(Filter { name: name.to_owned(), values })
    }

    /// Whether a resource passes; `values` are what it has under this filter's name.
    pub(super) fn admits(&self, tags: &Tags, values: impl FnOnce(&str) -> Vec<String>) -> bool {
        let any = |value: &str| self.values.iter().any(|wanted| like(wanted, value));
        if let Some(key) = self.name.strip_prefix("tag:") {
            return tags.get(key).is_some_and(|value| any(value));
        }
        if self.name == "tag-key" {
            return tags.keys().any(|key| any(key));
        }
        values(&self.name).iter().any(|value| any(value))
    }
}

/// `*` stands for any text, `?` for any character, and `\` takes that meaning away. Case counts.
pub(crate) fn like(pattern: &str, text: &str) -> bool {
    let pattern: Vec<Token> = tokens(pattern);
    let text: Vec<char> = text.chars().collect();
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

    #[test]
    fn a_filter_that_is_not_documented_is_refused_by_name() {
        let form = |name: &str| {
            Form::new([
                ("Filter.1.Name".to_owned(), name.to_owned()),
                ("Filter.1.Value.1".to_owned(), "x".to_owned()),
            ])
        };
        let refused = Filter::all(&form("colour"), &["vpc-id", "tag:"]).unwrap_err();
        assert_eq!(refused.code, "InvalidParameterValue");
        assert_eq!(refused.message, "The filter 'colour' is invalid");
        assert!(Filter::all(&form("tag:Name"), &["vpc-id", "tag:"]).is_ok());
        assert!(Filter::all(&form("tag:Name"), &["zone-name"]).is_err(), "zones have no tags");
    }
}
