//! The lines of a YAML document for people, without the secrets in them.

use crate::secrets::{HIDDEN, is_secret, names_secret};

/// The lines of a YAML document, as many as it has; what looks like a secret is hidden, and so
/// is all that lies below a name that is a secret's.
pub fn shown_lines(text: &str) -> Vec<String> {
    let mut secret_above: Option<usize> = None;
    let mut named: Option<usize> = None;
    let mut in_key = false;
    text.lines()
        .map(|line| {
            let indent = indent(line);
            let content = &line[indent..];
            if content.is_empty() {
                return line.to_owned();
            }
            let begins = content.contains("-----BEGIN ") && content.contains("PRIVATE KEY");
            if begins || in_key {
                in_key = !content.contains("-----END ");
                return match entry(content) {
                    Some((key, _)) => format!("{}{key}: {HIDDEN}", &line[..indent]),
                    None => format!("{}{HIDDEN}", &line[..indent]),
                };
            }
            if secret_above.is_some_and(|above| indent <= above) {
                secret_above = None;
            }
            if named.is_some_and(|column| indent < column || line[..indent].ends_with("- ")) {
                named = None;
            }
            let Some((key, value)) = entry(content) else {
                let hides = secret_above.is_some() || is_secret(unquoted(content));
                return if hides {
                    format!("{}{HIDDEN}", &line[..indent])
                } else {
                    line.to_owned()
                };
            };
            let name = unquoted(key);
            if name == "name" && names_secret(unquoted(value)) {
                named = Some(indent);
            }
            let value_of_named = name == "value" && named == Some(indent);
            let hides = secret_above.is_some() || names_secret(name) || value_of_named;
            let is_block = value.is_empty() || value.starts_with(['|', '>']);
            if hides && is_block && secret_above.is_none() {
                secret_above = Some(indent);
            }
            let is_flag = ["true", "false", "null", "{}", "[]"].contains(&value);
            if !is_block && !is_flag && (hides || is_secret(unquoted(value))) {
                return format!("{}{key}: {HIDDEN}", &line[..indent]);
            }
            line.to_owned()
        })
        .collect()
}

/// How many characters are before the content of a line: spaces, and the marks of lists.
fn indent(line: &str) -> usize {
    let mut rest = line;
    loop {
        let spaces = rest.trim_start_matches(' ');
        rest = spaces.strip_prefix("- ").unwrap_or(spaces);
        if rest.len() == spaces.len() {
            return line.len() - rest.len();
        }
    }
}

/// Key and value of a line, where it has a key.
fn entry(content: &str) -> Option<(&str, &str)> {
    let end = match content.strip_prefix('"') {
        // A quoted key ends where its quote does.
        Some(quoted) => quoted.find('"')? + 2,
        None => content.find(':')?,
    };
    let (key, rest) = content.split_at(end);
    let value = rest.strip_prefix(':')?;
    (value.is_empty() || value.starts_with(' ')).then(|| (key, value.trim()))
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_everything_else_stays_as_it_is() {
        let text = "# Written\n\"controller\":\n  \"logLevel\": 2\n  \"adminPassword\": \"hunter2\"\n  \
                    env:\n    - name: \"DB_PASSWORD\"\n      value: \"hunter2\"\n    - name: LEVEL\n      \
                    value: \"5\"\ncredentials:\n  user: me\n  more:\n    - one\nurl: \"redis://u:p@h\"\n\
                    automountServiceAccountToken: true\nkey: |\n  -----BEGIN RSA PRIVATE KEY-----\n  MII\n  -----END RSA PRIVATE KEY-----\nlast: 1\n";
        let shown = shown_lines(text).join("\n") + "\n";
        assert_eq!(shown.lines().count(), text.lines().count());
        for secret in ["hunter2", "user: me", "- one", "u:p@h", "RSA", "MII"] {
            assert!(!shown.contains(secret), "{secret} is in\n{shown}");
        }
        for kept in [
            "\"logLevel\": 2",
            "\"adminPassword\": (sensitive value)",
            "value: \"5\"",
            "name: LEVEL",
            "automountServiceAccountToken: true",
            "last: 1",
            "credentials:",
            "# Written",
        ] {
            assert!(shown.contains(kept), "{kept} is not in\n{shown}");
        }
    }
}
