//! Comma-separated values, as RFC 4180 has them.

use std::collections::BTreeMap;

use inputs::counted;

use crate::config::language::types::Type;
use crate::config::language::value::Value;

/// A list with an object for each row, by the names of the first row.
pub(super) fn decode(text: &str) -> Result<Value, String> {
    let mut rows = rows(text)?.into_iter();
    let Some((_, names)) = rows.next() else {
        return Err("there is no row with the names of the columns".to_owned());
    };
    let mut seen = BTreeMap::new();
    for name in &names {
        if seen.insert(name.clone(), Type::String).is_some() {
            return Err(format!("two columns are named {name:?}"));
        }
    }
    let of = Type::object(seen);
    let mut values = Vec::new();
    for (line, row) in rows {
        if row.len() != names.len() {
            let (has, wants) = (counted(row.len(), "field"), names.len());
            return Err(format!("line {line} has {has}, and the first row {wants}"));
        }
        let fields = names.iter().cloned().zip(row.iter().map(|field| Value::string(field)));
        values.push(Value::object(fields));
    }
    Ok(Value::list(of, values))
}

/// The rows that are not empty, and the lines that they begin at.
fn rows(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let text = text.replace("\r\n", "\n");
    let mut rows = Vec::new();
    let mut letters = text.chars().peekable();
    let mut line = 1;
    while letters.peek().is_some() {
        if letters.next_if_eq(&'\n').is_some() {
            line += 1;
            continue;
        }
        let start = line;
        let mut row = Vec::new();
        loop {
            let mut field = String::new();
            if letters.next_if_eq(&'"').is_some() {
                loop {
                    match letters.next() {
                        Some('"') if letters.next_if_eq(&'"').is_some() => field.push('"'),
                        Some('"') => break,
                        Some(c) => {
                            line += usize::from(c == '\n');
                            field.push(c);
                        }
                        None => return Err(format!("a quote of line {start} has no end")),
                    }
                }
                if !matches!(letters.peek(), None | Some(',' | '\n')) {
                    return Err(format!("line {line}: a comma is missing behind a quote"));
                }
            } else {
                while let Some(c) = letters.next_if(|c| !matches!(c, ',' | '\n')) {
                    if c == '"' {
                        return Err(format!(
                            "line {line}: a quote stands within a field that is not quoted as a whole"
                        ));
                    }
                    field.push(c);
                }
            }
            row.push(field);
            match letters.next() {
                Some(',') => {}
                _ => break,
            }
        }
        line += 1;
        rows.push((start, row));
    }
    Ok(rows)
}
