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
    /// Whether the value is at most the limit, where that is the most that is allowed; `None` where
    /// it is the theoretical best, which nothing reaches, or unknown.
    pub within: Option<bool>,
}

impl Figure {
    /// A figure beside the theoretical best.
    pub fn against(name: impl Into<String>, value: f64, unit: &'static str, limit: f64) -> Figure {
        let ratio = (limit > 0.0).then(|| value / limit);
        Figure { name: name.into(), value, unit, limit: Some(limit), ratio, within: None }
    }

    /// A figure that has a goal: the most that is allowed.
    pub fn at_most(name: impl Into<String>, value: f64, unit: &'static str, most: f64) -> Figure {
        Figure { within: Some(value <= most), ..Figure::against(name, value, unit, most) }
    }

    /// A figure without a limit.
    pub fn alone(name: impl Into<String>, value: f64, unit: &'static str) -> Figure {
        Figure { name: name.into(), value, unit, limit: None, ratio: None, within: None }
    }
}

/// Formats the figures as a table.
pub fn table(figures: &[Figure]) -> String {
    let width = figures.iter().map(|figure| figure.name.chars().count()).max().unwrap_or(0);
    let mut text = format!(
        "{:width$}  {:>12}  {:<5}  {:>12}  {:>6}  VERDICT\n",
        "NAME", "VALUE", "UNIT", "LIMIT", "RATIO"
    );
    for Figure { name, value, unit, limit, ratio, within } in figures {
        let limit = limit.map(number).unwrap_or_default();
        let ratio = ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
        let verdict = within.map_or("", |within| if within { "within" } else { "over" });
        let line = format!(
            "{name:width$}  {:>12}  {unit:<5}  {limit:>12}  {ratio:>6}  {verdict}",
            number(*value)
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// The figures that are over their goals, as lines to read.
pub fn over(figures: &[Figure]) -> Vec<String> {
    let over = figures.iter().filter(|figure| figure.within == Some(false));
    over.map(|figure| {
        let Figure { name, value, unit, limit, .. } = figure;
        let most = limit.map(number).unwrap_or_default();
        format!("`{name}` is {} {unit}, and may be {most} {unit} at most", number(*value))
    })
    .collect()
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
        assert_eq!((&json["unit"], &json["within"]), (&"s".into(), &serde_json::Value::Null));
    }

    #[test]
    fn a_figure_with_a_goal_is_within_it_or_over_it() {
        let figures = [
            Figure::at_most("sandbox/start", 0.5, "s", 0.5),
            Figure::at_most("sandbox/call/p50", 1.25, "ms", 1.0),
            Figure::against("deploy/200ms/6-zones", 81.5, "s", 74.8),
            Figure::alone("size/live", 93_616_736.0, "B"),
        ];
        let text = table(&figures);
        let verdicts: Vec<&str> =
            text.lines().map(|line| line.split_whitespace().last().unwrap()).collect();
        assert_eq!(verdicts, ["VERDICT", "within", "over", "1.090", "B"], "{text}");
        assert_eq!(over(&figures), ["`sandbox/call/p50` is 1.250 ms, and may be 1 ms at most"]);
        let json = serde_json::to_value(&figures[1]).unwrap();
        assert_eq!(json["within"], false);
    }
}
