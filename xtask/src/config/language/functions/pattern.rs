//! RE2's patterns in the words of the crate that matches them here.

use crate::config::language::fault::REFUSED;

/// The pattern as the crate reads it: in RE2 `\d`, `\w`, `\s` and `\b` know ASCII only, a
/// bracket within a class is a letter, `\Q…\E` quotes, and a brace that begins no repetition
/// is itself. Mistakes of RE2 that the crate lets pass are errors.
pub(super) fn translated(pattern: &str) -> Result<String, String> {
    let mut translation =
        Translation { out: String::with_capacity(pattern.len()), ..Translation::default() };
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        rest = if c == '\\' {
            translation.repeated = false;
            escape(behind, translation.class, &mut translation.out)?
        } else if translation.class {
            translation.within_class(c, behind)?
        } else if let Some(length) = repetition(rest)? {
            translation.repeat(rest, length)?
        } else {
            translation.repeated = false;
            translation.outside(c, behind)?
        };
    }
    if translation.class {
        return Err("a `[` in the pattern has no `]`".to_owned());
    }
    if translation.groups > 0 {
        return Err("a `(` in the pattern has no `)`".to_owned());
    }
    Ok(translation.out)
}

#[derive(Default)]
struct Translation {
    out: String,
    /// Whether a class is open, and whether nothing stands in it yet.
    class: bool,
    class_is_empty: bool,
    /// The groups that are open.
    groups: usize,
    /// Whether a repetition stands directly before.
    repeated: bool,
}

impl Translation {
    fn within_class<'a>(&mut self, c: char, behind: &'a str) -> Result<&'a str, String> {
        let first = std::mem::take(&mut self.class_is_empty);
        match c {
            '[' => match behind.strip_prefix(':').and_then(|named| named.split_once(":]")) {
                Some((name, behind)) => {
                    self.out.push_str(&format!("[:{name}:]"));
                    return Ok(behind);
                }
                None => self.out.push_str("\\["),
            },
            ']' => {
                self.class = false;
                self.out.push(']');
            }
            '&' | '~' => self.out.push_str(&format!("\\{c}")),
            '-' if behind.starts_with('-') && !first => {
                return Err(format!(
                    "`--` within a class is not known here, only a hyphen behind a backslash{REFUSED}"
                ));
            }
            '-' if behind.starts_with('-') => self.out.push_str("\\-"),
            c => self.out.push(c),
        }
        Ok(behind)
    }

    fn outside<'a>(&mut self, c: char, behind: &'a str) -> Result<&'a str, String> {
        match c {
            '[' => {
                (self.class, self.class_is_empty) = (true, true);
                self.out.push('[');
                for start in ["^]", "]", "^"] {
                    if let Some(behind) = behind.strip_prefix(start) {
                        self.out.push_str(&start.replace(']', "\\]"));
                        self.class_is_empty = start == "^";
                        return Ok(behind);
                    }
                }
            }
            '(' => {
                self.groups += 1;
                self.out.push('(');
                if let Some(inner) = behind.strip_prefix('?') {
                    if flags(inner).contains(['x', 'R', 'u']) {
                        return Err("the flags of a pattern are `i`, `m`, `s` and `U`".to_owned());
                    }
                    self.out.push('?');
                    return Ok(inner);
                }
            }
            ')' => {
                self.groups = self
                    .groups
                    .checked_sub(1)
                    .ok_or_else(|| "a `)` in the pattern has no `(`".to_owned())?;
                self.out.push(')');
            }
            '{' | '}' => self.out.push_str(&format!("\\{c}")),
            c => self.out.push(c),
        }
        Ok(behind)
    }

    /// Writes a repetition of this length and the `?` that makes it lazy.
    fn repeat<'a>(&mut self, rest: &'a str, length: usize) -> Result<&'a str, String> {
        if self.repeated {
            return Err("a repetition in the pattern repeats a repetition".to_owned());
        }
        self.repeated = true;
        let length = length + usize::from(rest[length..].starts_with('?'));
        self.out.push_str(&rest[..length]);
        Ok(&rest[length..])
    }
}

/// The most repetitions that RE2 counts.
const MAX_COUNT: u32 = 1000;

/// The length of the repetition at the beginning, where one is: `*`, `+`, `?`, `{2}`, `{2,}`
/// or `{2,3}`.
fn repetition(rest: &str) -> Result<Option<usize>, String> {
    if rest.starts_with(['*', '+', '?']) {
        return Ok(Some(1));
    }
    let Some((counts, _)) = rest.strip_prefix('{').and_then(|counts| counts.split_once('}')) else {
        return Ok(None);
    };
    let (least, most) = match counts.split_once(',') {
        Some((least, "")) => (least, least),
        Some(counts) => counts,
        None => (counts, counts),
    };
    let is_count = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        digits && (text == "0" || !text.starts_with('0'))
    };
    if !is_count(least) || !is_count(most) {
        return Ok(None);
    }
    match (least.parse::<u32>(), most.parse::<u32>()) {
        (Ok(least), Ok(most)) if least <= most && most <= MAX_COUNT => {
            Ok(Some(counts.len() + "{}".len()))
        }
        _ => Err(format!("`{{{counts}}}` in the pattern is no count up to {MAX_COUNT}")),
    }
}

/// The flags of a group, behind its `(?`.
pub(super) fn flags(inner: &str) -> &str {
    let length = inner.bytes().take_while(|c| c.is_ascii_alphabetic() || *c == b'-').count();
    match inner.as_bytes().get(length) {
        Some(b':' | b')') => &inner[..length],
        _ => "",
    }
}

/// Writes what follows a backslash, and says what is left.
fn escape<'a>(rest: &'a str, class: bool, out: &mut String) -> Result<&'a str, String> {
    let Some(c) = rest.chars().next() else {
        return Err("a backslash ends the pattern (`\\\\\\\\` is the sign itself)".to_owned());
    };
    let behind = &rest[c.len_utf8()..];
    let members = |members: &str| {
        if class { members.to_owned() } else { format!("[{members}]") }
    };
    match c {
        // ASCII's digits, letters and spaces, and all that is none of them.
        'd' => out.push_str(&members("0-9")),
        'D' => out.push_str(&members("\\x00-\\x2F\\x3A-\\x{10FFFF}")),
        'w' => out.push_str(&members("0-9A-Za-z_")),
        'W' => out.push_str(&members("\\x00-\\x2F\\x3A-\\x40\\x5B-\\x5E\\x60\\x7B-\\x{10FFFF}")),
        's' => out.push_str(&members("\\t\\n\\x0C\\r\\x20")),
        'S' => out.push_str(&members("\\x00-\\x08\\x0B\\x0E-\\x1F\\x21-\\x{10FFFF}")),
        // Up to three octal digits; a single one but zero refers to a group, and RE2 has none.
        '0'..='7' if c == '0' || behind.starts_with(|c| matches!(c, '0'..='7')) => {
            let more = behind.bytes().take(2).take_while(|c| matches!(c, b'0'..=b'7')).count();
            let code = u32::from_str_radix(&rest[..=more], 8).unwrap_or_default();
            out.push_str(&format!("\\x{{{code:X}}}"));
            return Ok(&behind[more..]);
        }
        'Q' if !class => {
            let (quoted, behind) = behind.split_once("\\E").unwrap_or((behind, ""));
            out.push_str(&regex_lite::escape(quoted));
            return Ok(behind);
        }
        'A' | 'b' | 'B' | 'z' if !class => out.push_str(&format!("\\{c}")),
        'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' | 'p' | 'P' => out.push_str(&format!("\\{c}")),
        c if c.is_ascii_punctuation() => out.push_str(&format!("\\x{:02X}", u32::from(c))),
        c => return Err(format!("there is no escape `\\{c}` in a pattern")),
    }
    Ok(behind)
}
