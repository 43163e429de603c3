//! Values as YAML, in the form that Terraform writes: block style, texts in quotes.

use crate::config::language::fault::REFUSED;
use crate::config::language::value::{Data, Value};

/// The column behind which a text goes on in the next line.
const WIDTH: usize = 80;

/// The value as a document.
pub(super) fn encode(value: &Value) -> Result<String, String> {
    let mut writer = Writer { out: String::new(), column: 0, open: false };
    writer.node(value, 0, Place::Top)?;
    writer.line_break();
    if writer.open {
        writer.out.push_str("...\n");
    }
    Ok(writer.out)
}

/// Where a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    /// Behind `- `.
    Element,
    /// Behind `key:`.
    Entry,
}

struct Writer {
    out: String,
    column: usize,
    /// Whether what was written last could go on, so that its end is marked.
    open: bool,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.open = false;
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn line_break(&mut self) {
        if !self.out.ends_with('\n') {
            self.out.push('\n');
        }
        self.column = 0;
    }

    fn indent(&mut self, indent: usize) {
        self.line_break();
        self.put(&" ".repeat(indent));
    }

    /// Writes a node whose lines are indented so.
    fn node(&mut self, value: &Value, indent: usize, place: Place) -> Result<(), String> {
        if let Some(values) = value.elements() {
            if values.is_empty() {
                self.space(place);
                self.put("[]");
                return Ok(());
            }
            // A list below a key is not indented further.
            let indent = if place == Place::Entry { indent - 2 } else { indent };
            for (at, value) in values.iter().enumerate() {
                if place == Place::Entry || at > 0 {
                    self.indent(indent);
                }
                self.put("- ");
                self.node(value, indent + 2, Place::Element)?;
            }
            return Ok(());
        }
        if let Some(entries) = value.entries() {
            if entries.is_empty() {
                self.space(place);
                self.put("{}");
                return Ok(());
            }
            for (at, (key, value)) in entries.iter().enumerate() {
                if place == Place::Entry || at > 0 {
                    self.indent(indent);
                }
                if key.len() > 128 || key.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
                    return Err(format!(
                        "the key {key:?} is long or has several lines, which needs another form of YAML{REFUSED}"
                    ));
                }
                self.quoted(key, None);
                self.put(":");
                self.node(value, indent + 2, Place::Entry)?;
            }
            return Ok(());
        }
        self.space(place);
        self.scalar(value, indent, place)
    }

    fn space(&mut self, place: Place) {
        if place == Place::Entry {
            self.put(" ");
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize, place: Place) -> Result<(), String> {
        // A text that is the whole document is indented all the same.
        let indent = if place == Place::Top { 2 } else { indent };
        match &value.data {
            Data::String(text) if text.contains('\n') && block_allowed(text) => {
                self.literal(text, indent);
            }
            Data::String(text) => self.quoted(text, Some(indent)),
            Data::Number(number) => self.put(&number.to_string()),
            Data::Bool(truth) => self.put(&truth.to_string()),
            Data::Null(_) => self.put("null"),
            _ => return Err("the value is not known".to_owned()),
        }
        let plain = !matches!(value.data, Data::String(_));
        self.open |= plain && place == Place::Top;
        Ok(())
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.put("|");
        if text.starts_with([' ', '\n']) {
            self.put("2");
        }
        if !text.ends_with('\n') {
            self.put("-");
        } else if text == "\n" || text.ends_with("\n\n") {
            self.put("+");
        }
        self.out.push('\n');
        let body = text.strip_suffix('\n');
        let pad = " ".repeat(indent);
        for line in body.unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.out.push_str(&pad);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
        if body.is_none() {
            self.out.pop();
        }
        self.column = 1;
    }

    /// In double quotes; a long text goes on in the next line, where it may.
    fn quoted(&mut self, text: &str, indent: Option<usize>) {
        self.put("\"");
        let letters: Vec<char> = text.chars().collect();
        let mut spaces = false;
        for (at, c) in letters.iter().copied().enumerate() {
            if c == ' ' {
                let inside = at > 0 && at + 1 < letters.len();
                match indent {
                    Some(indent) if !spaces && self.column > WIDTH && inside => {
                        self.indent(indent);
                        if letters[at + 1] == ' ' {
                            self.put("\\");
                        }
                    }
                    _ => self.put(" "),
                }
                spaces = true;
                continue;
            }
            spaces = false;
            match escape(c) {
                Some(escaped) => self.put(&escaped),
                None => self.put(&c.to_string()),
            }
        }
        self.put("\"");
    }
}

/// Whether a text may stand line by line.
fn block_allowed(text: &str) -> bool {
    let special = |c: char| c != '\n' && !is_printable(c);
    !text.ends_with(' ') && !text.contains(" \n") && !text.contains(special)
}

fn is_printable(c: char) -> bool {
    matches!(u32::from(c),
        0x0a | 0x20..=0x7e | 0xa0..=0xd7ff | 0xe000..=0xfefe | 0xff00..=0xfffd)
}

fn escape(c: char) -> Option<String> {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        c if is_printable(c) => return None,
        c => {
            return Some(match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02X}"),
                code @ 0x100..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            });
        }
    };
    Some(format!("\\{short}"))
}
