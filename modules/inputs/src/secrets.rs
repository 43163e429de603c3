//! Values that plans, errors and logs do not show: what looks like a password, a token or a key.
//!
//! Nobody marks the values of a chart as secret, so their names and their form have to show it. In
//! doubt a value is hidden: a person can look it up, and cannot take it back from a log.

use serde_json::Value;

/// What stands in the place of a value that is not shown, as in Terraform's plans.
pub const HIDDEN: &str = "(sensitive value)";

/// Words that make the name of a value a secret's.
const SECRET: &[&str] = &[
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "secrets",
    "token",
    "tokens",
    "credential",
    "credentials",
    "apikey",
    "apitoken",
    "jwt",
    "dsn",
    "cookie",
    "authorization",
];

/// Words that make a `key` behind them a secret's; a key of a toleration is none.
const BEFORE_KEY: &[&str] = &[
    "access",
    "account",
    "api",
    "auth",
    "client",
    "encryption",
    "license",
    "master",
    "private",
    "secret",
    "session",
    "shared",
    "signing",
    "ssh",
    "tls",
];

/// Words at the end that make it the name or a property of a secret, which is none itself.
const ABOUT: &[&str] = &[
    "name",
    "names",
    "namespace",
    "ref",
    "refs",
    "file",
    "path",
    "enabled",
    "create",
    "seconds",
    "ttl",
    "expiration",
    "expiry",
    "type",
    "kind",
    "count",
    "mount",
    "endpoint",
    "audience",
    "annotations",
    "labels",
];

/// Whether the name of a value says that it is a secret: `db.adminPassword`, `API_TOKEN`.
pub fn names_secret(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if ABOUT.contains(&last.as_str()) || words.first().is_some_and(|word| word == "existing") {
        return false;
    }
    let key = |pair: &[String]| {
        BEFORE_KEY.contains(&pair[0].as_str()) && (pair[1] == "key" || pair[1] == "keys")
    };
    words.iter().any(|word| SECRET.contains(&word.as_str()))
        || words.windows(2).any(key)
        || (words.windows(2).any(|pair| pair[0] == "connection" && pair[1] == "string"))
}

/// Whether a text has the form of a secret, whatever its name is.
pub fn is_secret(text: &str) -> bool {
    let text = text.trim();
    // Ids of access keys: IAM User Guide, "IAM identifiers".
    let access_key = text.len() == 20
        && (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let web_token = text.starts_with("eyJ") && text.matches('.').count() == 2;
    let known =
        ["ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "AGE-SECRET-KEY-"];
    let with_password = text.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    });
    access_key
        || web_token
        || with_password
        || (text.contains("-----BEGIN ") && text.contains("PRIVATE KEY"))
        || known.iter().any(|prefix| text.starts_with(prefix))
        || text.starts_with("Bearer ")
        || text.lines().any(assigns_secret)
}

/// Whether a line gives a secret its value: `--db-password=…`, `API_TOKEN=…`, or `password: …` in
/// a file that is a value itself. One that refers to a variable shows nothing.
fn assigns_secret(line: &str) -> bool {
    let line = line.trim().trim_start_matches("- ");
    let Some((name, value)) = line.split_once(['=', ':']) else { return false };
    let (name, value) = (name.trim().trim_matches('"'), value.trim().trim_matches('"'));
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let shows = !matches!(value, "" | "true" | "false" | "null") && !value.starts_with('$');
    is_name && shows && names_secret(name)
}

/// A value for people, of which the secrets are hidden. `name` is the last part of its name.
pub fn redacted(name: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if names_secret(name) || is_secret(text) => HIDDEN.into(),
        Value::Number(_) if names_secret(name) => HIDDEN.into(),
        Value::Array(all) => all.iter().map(|value| redacted(name, value)).collect(),
        Value::Object(members) => {
            // `env` lists name what they hold beside it.
            let named = members.get("name").and_then(Value::as_str).is_some_and(names_secret);
            let of_secret = names_secret(name);
            let member = |(key, value): (&String, &Value)| {
                let hidden = (named && key == "value") || (of_secret && key != "name");
                let value = if hidden && !value.is_object() && !value.is_array() {
                    HIDDEN.into()
                } else {
                    redacted(if of_secret { name } else { key }, value)
                };
                (key.clone(), value)
            };
            Value::Object(members.iter().map(member).collect())
        }
        other => other.clone(),
    }
}

/// The texts and numbers of a document that [`redacted`] hides, line by line, the longest first: for
/// what another program says of it. Those of fewer than four characters are left out, as they
/// stand in any text.
pub fn secrets_in(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(value, &redacted("", value), &mut found);
    let mut lines: Vec<String> = found
        .iter()
        .flat_map(|text| text.lines().chain([text.as_str()]))
        .map(|line| line.trim().to_owned())
        .filter(|line| line.chars().count() >= 4)
        .collect();
    lines.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    lines.dedup();
    lines
}

/// Adds what of a value is not in what is shown of it.
fn collect(value: &Value, shown: &Value, found: &mut Vec<String>) {
    match (value, shown) {
        (Value::String(text), Value::String(shown)) if text != shown => found.push(text.clone()),
        (Value::Number(number), Value::String(_)) => found.push(number.to_string()),
        (Value::Array(all), Value::Array(shown)) => {
            all.iter().zip(shown).for_each(|(value, shown)| collect(value, shown, found));
        }
        (Value::Object(members), Value::Object(shown)) => {
            for (key, value) in members {
                collect(value, &shown[key], found);
            }
        }
        _ => {}
    }
}

/// A text in which these secrets are hidden; a longer one stands before those within it.
pub fn concealed(text: &str, secrets: &[String]) -> String {
    let hide = |text: String, secret: &String| text.replace(secret.as_str(), HIDDEN);
    secrets.iter().fold(text.to_owned(), hide)
}

/// A name in words: at what is no letter or digit, and where a small letter meets a capital.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last = ' ';
    for c in name.chars() {
        let begins = !c.is_alphanumeric() || (last.is_lowercase() && c.is_uppercase());
        if begins {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        last = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_secrets_are_distinguished_from_names_about_them() {
        for name in [
            "password",
            "adminPassword",
            "DB_PASSWORD",
            "auth.token",
            "apiKey",
            "api-key",
            "AWS_SECRET_ACCESS_KEY",
            "private_key",
            "clientSecret",
            "connectionString",
            "accessKeyId",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in [
            "",
            "key",
            "keys",
            "secretName",
            "existingSecret",
            "tokenFile",
            "passwordSecretRef",
            "tokenExpirationSeconds",
            "logLevel",
            "replicaCount",
            "kms_key_id",
            "monkey",
            "tokenizer",
        ] {
            assert!(!names_secret(name), "{name}");
        }
    }

    #[test]
    fn forms_of_secrets_are_known_whatever_their_names() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "postgres://me:hunter2@db:5432/x",
            "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
            "Bearer abc",
            "--db-password=hunter2",
            "API_TOKEN=planted",
            "[db]\nuser = me\npassword = hunter2\n",
            "db:\n  user: me\n  password: hunter2\n",
        ] {
            assert!(is_secret(text), "{text}");
        }
        for text in [
            "",
            "debug",
            "https://registry/x:y",
            "AKIA",
            "me@example.com",
            "arn:aws:iam::1:role/x",
            "--token-file=/x",
            "--token=$(TOKEN)",
            "automountServiceAccountToken: true",
            "a secret: b",
        ] {
            assert!(!is_secret(text), "{text}");
        }
    }

    #[test]
    fn a_value_keeps_its_shape_without_its_secrets() {
        let value = json!({
            "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "LEVEL", "value": "5"}],
            "credentials": {"user": "me", "more": ["a"]},
            "url": "redis://u:p@h", "token": "t", "automountServiceAccountToken": true,
        });
        let shown = redacted("values", &value);
        assert_eq!(
            shown,
            json!({
                "env": [{"name": "DB_PASSWORD", "value": HIDDEN}, {"name": "LEVEL", "value": "5"}],
                "credentials": {"user": HIDDEN, "more": [HIDDEN]},
                "url": HIDDEN, "token": HIDDEN, "automountServiceAccountToken": true,
            })
        );
    }

    #[test]
    fn what_another_program_says_is_shown_without_the_secrets_of_a_document() {
        let values = json!({
            "adminPassword": "hunter2", "pin": 7, "secretKey": 4711, "logLevel": "debug",
            "env": [{ "name": "API_TOKEN", "value": "planted" }],
            "tls": { "privateKey": "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n" },
            "token": "abc",
        });
        let secrets = secrets_in(&values);
        let said = "invalid value: \"hunter2\", 4711 and planted\nMIIB: debug 7 abc";
        assert_eq!(
            concealed(said, &secrets),
            format!("invalid value: \"{HIDDEN}\", {HIDDEN} and {HIDDEN}\n{HIDDEN}: debug 7 abc")
        );
        assert!(secrets_in(&json!({ "logLevel": 5, "existingSecret": "mine" })).is_empty());
    }
}
