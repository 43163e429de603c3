//! Texts from outside, without what a terminal would act on.

/// A count with its noun, which takes an `s` for all but one.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The text in one line: what moves a cursor, changes colours or turns the
/// direction of writing is shown by its escape sequence.
pub fn plain(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut plain, c| {
        push(c, &mut plain);
        plain
    })
}

/// The same, and its lines stay lines.
pub fn printable(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

fn push(c: char, into: &mut String) {
    // Quotes and backslashes are escaped by `escape_debug` too, and harm nobody.
    if c == '"' || c == '\'' || c == '\\' {
        into.push(c);
    } else {
        into.extend(c.escape_debug());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_shown_as_text() {
        assert_eq!(plain("\u{1b}[31mred\r\n"), "\\u{1b}[31mred\\r\\n");
        assert_eq!(plain("a\u{202e}b\u{9b}c"), "a\\u{202e}b\\u{9b}c");
        assert_eq!(plain("it's \"fine\" \\ größer 東"), "it's \"fine\" \\ größer 東");
        assert_eq!(printable("two\nlines\u{7}"), "two\nlines\\u{7}");
    }
}
