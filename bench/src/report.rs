//! Figures, and the table of them.

use serde::Serialize;

/// One measured figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What was measured, such as `deploy/200ms/6-zones`.
    pub name: String,
    pub value: f64,
    pub unit: &'static str,
    /// The theoretical best or the most that is allowed, in the same unit; `None` if unknown.
    pub limit: Option<f64>,
    /// The value divided by the limit; `None` without a limit or where it is zero.
    pub ratio: Option<f64>,
}

impl Figure {
    /// A figure with a limit.
    pub fn against(name: impl Into<String>, value: f64, unit: &'static str, limit: f64) -> Figure {
        let ratio = (limit > 0.0).then(|| value / limit);
        Figure { name: name.into(), value, unit, limit: Some(limit), ratio }
    }

    /// A figure without a limit.
    pub fn alone(name: impl Into<String>, value: f64, unit: &'static str) -> Figure {
        Figure { name: name.into(), value, unit, limit: None, ratio: None }
    }
}

/// Formats the figures as a table.
pub fn table(figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.name.chars().count()).max().unwrap_or(0);
    let mut text = format!(
        "{:width$}  {:>12}  {:<5}  {:>12}  {:>6}\n",
        "NAME", "VALUE", "UNIT", "LIMIT", "RATIO"
    );
    for Figure { name, value, unit, limit, ratio } in figures {
        let limit = limit.map(number).unwrap_or_default();
        let ratio = ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
        let line =
            format!("{name:width$}  {:>12}  {unit:<5}  {limit:>12}  {ratio:>6}", number(*value));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// Formats a number with its significant digits.
fn number(value: f64) -> String {
    if value >= 1000.0 || value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_shown_where_there_is_a_limit_other_than_zero() {
        let figures = [
            Figure::against("deploy/200ms/6-zones", 81.5, "s", 74.8),
            Figure::against("no-op/0ms/1-zones", 0.04, "s", 0.0),
            Figure::alone("size/live", 93_616_736.0, "B"),
        ];
        assert_eq!(figures[1].ratio, None);
        let text = table(&figures);
        assert!(
            text.contains("deploy/200ms/6-zones        81.500  s            74.800   1.090"),
            "{text}"
        );
        assert!(text.ends_with("93616736  B"), "{text}");
        let json = serde_json::to_value(&figures[0]).unwrap();
        assert_eq!(json["name"], "deploy/200ms/6-zones");
        assert_eq!(json["unit"], "s");
    }
}
