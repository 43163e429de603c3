//! What there is, in one table.

use std::fmt;

use serde::Serialize;

/// One thing that there is, or should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What kind of thing, as people say it.
    pub resource: &'static str,
    /// Which one.
    pub name: String,
    /// Its state, as AWS, Kubernetes or Helm calls it.
    pub state: String,
    /// What else is worth knowing.
    pub detail: String,
    /// Whether it is as it should be.
    pub healthy: bool,
}

impl Row {
    /// The row of something that should be there and is not.
    pub fn missing(resource: &'static str, name: impl Into<String>) -> Row {
        let (name, state) = (name.into(), "missing".to_owned());
        Row { resource, name, state, detail: String::new(), healthy: false }
    }

    /// The row of something that is only there or not.
    pub fn present(resource: &'static str, name: impl Into<String>) -> Row {
        let (name, state) = (name.into(), "present".to_owned());
        Row { resource, name, state, detail: String::new(), healthy: true }
    }
}

/// Rows for people.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a>(pub &'a [Row]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.0;
        let width = |of: fn(&Row) -> &str, least: usize| {
            rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0).max(least)
        };
        let (a, b, c) =
            (width(|row| row.resource, 8), width(|row| &row.name, 4), width(|row| &row.state, 5));
        write!(f, "{:a$}  {:b$}  {:c$}  DETAIL", "RESOURCE", "NAME", "STATE")?;
        for Row { resource, name, state, detail, healthy: _ } in rows {
            let line = format!("{resource:a$}  {name:b$}  {state:c$}  {detail}");
            write!(f, "\n{}", line.trim_end())?;
        }
        Ok(())
    }
}
