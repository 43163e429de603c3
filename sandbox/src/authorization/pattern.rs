//! Wildcards and policy variables, in texts and in ARNs.

use super::context::Context;
use super::version::Version;

/// One piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// This character and no other.
    Literal(char),
    /// `?`: any one character.
    One,
    /// `*`: any characters, or none.
    Many,
}

/// A text of a policy with its variables resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

impl Pattern {
    /// Resolves the variables of `text`: `${key}`, `${key, 'default'}`, and the escapes
    /// `${*}`, `${?}` and `${$}`. What a variable stands for is literal, wildcards
    /// included.
    ///
    /// `None` when a key is not in the context and has no default, or has several values:
    /// such an element matches nothing. Documents of 2008-10-17 have no variables.
    /// Source: IAM User Guide, "IAM policy elements: Variables and tags".
    pub(super) fn resolve(text: &str, version: Version, context: &Context) -> Option<Pattern> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let variable = rest.strip_prefix("${").filter(|_| version == Version::V2012);
            if let Some((inside, after)) = variable.and_then(|inside| inside.split_once('}')) {
                pieces.extend(value_of(inside, context)?.chars().map(Piece::Literal));
                rest = after;
                continue;
            }
            pieces.push(match first {
                '*' => Piece::Many,
                '?' => Piece::One,
                literal => Piece::Literal(literal),
            });
            rest = &rest[first.len_utf8()..];
        }
        Some(Pattern(pieces))
    }

    /// The text itself, for operators that know no wildcards.
    pub(super) fn text(&self) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Literal(literal) => *literal,
                Piece::One => '?',
                Piece::Many => '*',
            })
            .collect()
    }

    /// Whether the whole of `text` matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        matches(&self.0, &text.chars().collect::<Vec<_>>())
    }

    /// Whether an ARN matches, segment by segment: a wildcard does not reach across a colon,
    /// but for one that ends a pattern of fewer than six segments.
    /// Source: IAM User Guide, "IAM JSON policy elements: Resource".
    pub(super) fn matches_arn(&self, arn: &str) -> bool {
        let pattern: Vec<&[Piece]> =
            self.0.splitn(6, |piece| *piece == Piece::Literal(':')).collect();
        if pattern.len() < 6 {
            return self.0.last() == Some(&Piece::Many) && self.matches(arn);
        }
        let segments: Vec<Vec<char>> =
            arn.splitn(6, ':').map(|segment| segment.chars().collect()).collect();
        segments.len() == 6
            && pattern.iter().zip(&segments).all(|(pattern, segment)| matches(pattern, segment))
    }
}

/// Whether `pattern`, a text with wildcards and no variables, matches without regard to
/// case: actions are compared so.
pub(super) fn matches_ignoring_case(pattern: &str, text: &str) -> bool {
    let context = Context::default();
    Pattern::resolve(&pattern.to_ascii_lowercase(), Version::V2008, &context)
        .is_some_and(|pattern| pattern.matches(&text.to_ascii_lowercase()))
}

fn value_of(inside: &str, context: &Context) -> Option<String> {
    if matches!(inside, "*" | "?" | "$") {
        return Some(inside.to_owned());
    }
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            (key, default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\'')))
        }
    };
    context.single(key.trim()).or(default).map(str::to_owned)
}

/// Glob matching with one point to come back to, in time linear in most cases.
fn matches(pattern: &[Piece], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut last_many: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Piece::Many) => {
                last_many = Some((p, t));
                p += 1;
            }
            Some(Piece::One) => (p, t) = (p + 1, t + 1),
            Some(Piece::Literal(literal)) if *literal == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((many, from)) = last_many else { return false };
                last_many = Some((many, from + 1));
                (p, t) = (many + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|piece| *piece == Piece::Many)
}
