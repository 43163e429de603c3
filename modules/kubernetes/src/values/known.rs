//! Which values a chart knows: those that have a default, and those that its templates read.

use serde_json::Value;

use super::ChartValues;
use crate::template::{Path, Reads, Step};

/// A key that a chart does not know: Helm would ignore it without a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKey {
    /// The whole path, with dots.
    pub path: String,
    /// The nearest path that the chart knows.
    pub nearest: Option<String>,
}

/// The keys of `set` that a chart neither has a default for nor reads.
///
/// Below an empty map, a list or a null the chart takes whatever it is given,
/// and so it does where a template reads a value with all that lies below.
pub fn unknown_keys(chart: &ChartValues, set: &Value) -> Vec<UnknownKey> {
    let nothing = Reads::default();
    let reads = chart.reads.as_ref().unwrap_or(&nothing);
    let mut known = Vec::new();
    paths(&chart.defaults, "", &mut known);
    known.extend(reads.tested.iter().chain(&reads.whole).filter_map(|path| named(path)));
    known.sort();
    known.dedup();
    let mut looking = Looking { chart, reads, known: &known, unknown: Vec::new() };
    looking.walk(Some(&chart.defaults), set, &mut Vec::new());
    looking.unknown
}

/// The values of `set` that the chart has a default for, and that no template reads: they change
/// nothing. Nothing is said of a chart whose templates are not known.
pub fn unread_keys(chart: &ChartValues, set: &Value) -> Vec<String> {
    let mut unread = Vec::new();
    if let Some(reads) = &chart.reads
        && !holds_template(set)
    {
        let mut leaves = Vec::new();
        self::leaves(set, &mut Vec::new(), &mut leaves);
        unread
            .extend(leaves.iter().filter(|path| !is_read(reads, path)).map(|path| path.join(".")));
        let unknown = unknown_keys(chart, set);
        let below = |path: &str, above: &str| {
            path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        unread.retain(|path| !unknown.iter().any(|key| below(path, &key.path)));
    }
    unread
}

struct Looking<'a> {
    chart: &'a ChartValues,
    reads: &'a Reads,
    known: &'a [String],
    unknown: Vec<UnknownKey>,
}

impl Looking<'_> {
    fn walk(&mut self, defaults: Option<&Value>, set: &Value, path: &mut Vec<String>) {
        let Value::Object(set) = set else { return };
        let is_chart = path.is_empty() || self.chart.below.iter().any(|chart| is(chart, path));
        let defaults = match defaults {
            Some(Value::Object(defaults)) if is_chart || !defaults.is_empty() => Some(defaults),
            Some(_) if !is_chart => return,
            _ => None,
        };
        for (key, value) in set {
            path.push(key.clone());
            let default = defaults.and_then(|defaults| defaults.get(key));
            if !self.reads.whole.iter().any(|read| leads_to(read, path)) {
                if default.is_some() || is_on_the_way(self.reads, path) {
                    self.walk(default, value, path);
                } else {
                    let path = path.join(".");
                    let nearest = nearest(&path, key, self.known);
                    self.unknown.push(UnknownKey { path, nearest });
                }
            }
            path.pop();
        }
    }
}

fn fits(step: &Step, key: &str) -> bool {
    match step {
        Step::Any => true,
        Step::Key(name) => name == key,
    }
}

fn is(read: &Path, path: &[String]) -> bool {
    read.len() == path.len() && leads_to(read, path)
}

/// Whether `read` is `path`, or something above it.
fn leads_to(read: &Path, path: &[String]) -> bool {
    read.len() <= path.len() && read.iter().zip(path).all(|(step, key)| fits(step, key))
}

/// Whether a template reads `path`, or something below it.
fn is_on_the_way(reads: &Reads, path: &[String]) -> bool {
    reads.tested.iter().chain(&reads.whole).any(|read| {
        read.len() >= path.len() && read.iter().zip(path).all(|(step, key)| fits(step, key))
    })
}

fn is_read(reads: &Reads, path: &[String]) -> bool {
    is_on_the_way(reads, path) || reads.whole.iter().any(|read| leads_to(read, path))
}

/// The paths of everything that is no map with entries.
fn leaves(value: &Value, path: &mut Vec<String>, into: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, below) in entries {
                path.push(key.clone());
                leaves(below, path, into);
                path.pop();
            }
        }
        _ => into.push(path.clone()),
    }
}

/// Whether a text among these values may be a template, which may read others of them.
fn holds_template(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains("{{"),
        Value::Array(values) => values.iter().any(holds_template),
        Value::Object(entries) => entries.values().any(holds_template),
        _ => false,
    }
}

/// A path of keys alone, as people write it.
fn named(path: &Path) -> Option<String> {
    let keys: Option<Vec<&str>> = path
        .iter()
        .map(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Any => None,
        })
        .collect();
    keys.filter(|keys| !keys.is_empty()).map(|keys| keys.join("."))
}

/// A misspelt neighbour, or the same key somewhere else, as keys move between
/// versions; else whatever path is nearest.
fn nearest(path: &str, key: &str, known: &[String]) -> Option<String> {
    let last = |known: &str| known.rsplit('.').next().unwrap_or_default().to_owned();
    let level = path.strip_suffix(key).unwrap_or_default();
    let beside = known.iter().filter_map(|known| known.strip_prefix(level));
    let misspelt = inputs::nearest(key, beside.filter(|known| !known.contains('.')))
        .map(|near| format!("{level}{near}"));
    misspelt
        .or_else(|| known.iter().find(|known| last(known) == key).cloned())
        .or_else(|| inputs::nearest(path, known.iter().map(String::as_str)).map(str::to_owned))
}

fn paths(value: &Value, prefix: &str, into: &mut Vec<String>) {
    if let Value::Object(members) = value {
        for (key, below) in members {
            let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
            paths(below, &path, into);
            into.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn chart() -> Value {
        json!({
            "replicaCount": 2,
            "controller": { "logLevel": 2, "tags": {}, "serviceAccount": { "annotations": {} } },
            "node": { "logLevel": 2 },
            "storageClasses": [],
        })
    }

    fn unknown(set: Value) -> Vec<(String, Option<String>)> {
        unknown_keys(&ChartValues { defaults: chart(), ..ChartValues::default() }, &set)
            .into_iter()
            .map(|key| (key.path, key.nearest))
            .collect()
    }

    #[test]
    fn a_misspelt_key_is_found_with_the_one_that_was_meant() {
        assert_eq!(
            unknown(json!({ "controller": { "loglevel": 5 } })),
            [("controller.loglevel".to_owned(), Some("controller.logLevel".to_owned()))]
        );
    }

    #[test]
    fn a_key_that_moved_is_found_where_it_is_now() {
        assert_eq!(
            unknown(json!({ "controller": { "replicaCount": 3 } })),
            [("controller.replicaCount".to_owned(), Some("replicaCount".to_owned()))]
        );
    }

    #[test]
    fn below_an_empty_map_everything_goes() {
        let set = json!({ "controller": {
            "tags": { "any": "thing" }, "serviceAccount": { "annotations": { "a/b": "c" } }
        }});
        assert_eq!(unknown(set), []);
    }

    #[test]
    fn a_chart_without_values_knows_no_key() {
        let chart = ChartValues::parse("").unwrap();
        assert_eq!(unknown_keys(&chart, &json!({ "a": 1 })).len(), 1);
    }

    fn files(files: &[(&str, &str)]) -> ChartValues {
        let files: BTreeMap<String, String> =
            files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        ChartValues::of_files(&files).unwrap()
    }

    /// A chart of one template.
    fn templated(values: &str, template: &str) -> ChartValues {
        files(&[
            ("Chart.yaml", "name: a\nversion: 1.0.0\n"),
            ("values.yaml", values),
            ("templates/a.yaml", template),
        ])
    }

    fn refused(chart: &ChartValues, set: Value) -> Vec<String> {
        unknown_keys(chart, &set).into_iter().map(|key| key.path).collect()
    }

    #[test]
    fn keys_that_templates_read_and_no_default_lists_are_known() {
        let reading = [
            "{{ .Values.node.limit }}",
            "{{ if .Values.node.limit }}x{{ end }}",
            "{{- with .Values.node }}{{ .limit | quote }}{{ end }}",
            "{{ hasKey .Values.node \"limit\" }}",
            "{{ index .Values \"node\" \"limit\" }}",
            "{{ (get .Values \"node\").limit }}",
            "{{ dig \"node\" \"limit\" 3 .Values }}",
            "{{ default 3 .Values.node.limit }}",
            "{{ $node := .Values.node }}{{ range list 1 2 }}{{ $node.limit }}{{ end }}",
            "{{ range $part := list \"node\" }}{{ (index $.Values $part).limit }}{{ end }}",
            "{{ define \"d\" }}{{ .it.limit }}{{ end }}{{ include \"d\" (dict \"it\" .Values.node) }}",
            "{{ with .Values.other }}{{ $.Values.node.limit }}{{ end }}",
            "{{ toYaml .Values.node }}",
            "{{ tpl (toYaml .Values.node) . }}",
        ];
        for template in reading {
            let chart = templated("node: {level: 2}\nother: 1\n", template);
            assert_eq!(refused(&chart, json!({ "node": { "limit": 1 } })), [""; 0], "{template}");
            let set = json!({ "nodes": { "limit": 1 } });
            assert_eq!(refused(&chart, set), ["nodes"], "{template}");
        }
    }

    #[test]
    fn a_key_is_known_where_it_is_read_and_nowhere_else() {
        let chart = templated(
            "node: {level: 2}\n",
            "{{ if .Values.node }}{{ range $name, $it := .Values.many }}{{ $it.size }}{{ end }}{{ end }}",
        );
        assert_eq!(refused(&chart, json!({ "node": { "limit": 1 } })), ["node.limit"]);
        assert_eq!(refused(&chart, json!({ "many": { "any": { "size": 1 } } })), [""; 0]);
        let set = json!({ "many": { "any": { "sizes": 1 } } });
        assert_eq!(refused(&chart, set), ["many.any.sizes"]);
    }

    #[test]
    fn words_in_comments_are_no_keys() {
        let chart =
            templated("# Example:\n#   key: 1\nnode: {level: 2}\n", "{{ .Values.node.level }}");
        assert_eq!(refused(&chart, json!({ "Example": 1 })), ["Example"]);
    }

    #[test]
    fn a_template_that_cannot_be_followed_refuses_nothing() {
        for template in [
            "{{ if }",
            "{{ include (printf \"%s\" .Values.a) . }}",
            "{{ tpl (.Files.Get \"a\") . }}",
        ] {
            let chart = templated("a: 1\n", template);
            assert_eq!(refused(&chart, json!({ "b": 1 })), [""; 0], "{template}");
        }
    }

    #[test]
    fn what_a_chart_lacks_may_read_anything_and_what_is_nowhere_nothing() {
        let template = "{{ include \"common.names\" (dict \"context\" $ \"size\" .Values.size) }}";
        let alone = templated("a: 1\n", template);
        assert_eq!(refused(&alone, json!({ "b": 1, "size": 2 })), ["b"]);
        let lacking = files(&[
            ("Chart.yaml", "name: a\ndependencies: [{name: common}]\n"),
            ("templates/a.yaml", template),
        ]);
        let set = json!({ "b": 1, "common": { "any": "thing" } });
        assert_eq!(refused(&lacking, set), [""; 0]);
    }

    #[test]
    fn a_value_that_no_template_reads_is_told() {
        let chart = templated("a: 1\nb: {c: 1}\nd: {}\n", "{{ .Values.a }}{{ toYaml .Values.d }}");
        let set = json!({ "a": 2, "b": { "c": 2 }, "d": { "e": [] } });
        assert_eq!(unread_keys(&chart, &set), ["b.c"]);
        // A key that is refused needs no warning, and a template among the values may read others.
        assert_eq!(unread_keys(&chart, &json!({ "x": { "y": 1 } })), [""; 0]);
        assert_eq!(
            unread_keys(&chart, &json!({ "a": "{{ .Values.b.c }}", "b": { "c": 2 } })),
            [""; 0]
        );
        // Without templates nobody knows.
        let chart = ChartValues::parse("a: 1\n").unwrap();
        assert_eq!(unread_keys(&chart, &json!({ "a": 2 })), [""; 0]);
    }

    fn with_dependencies() -> ChartValues {
        files(&[
            (
                "Chart.yaml",
                "name: store\ndependencies:\n- {name: kafka, condition: kafka.enabled}\n\
                 - {name: kafka, alias: events, tags: [events]}\n- {name: common}\n",
            ),
            ("values.yaml", "size: 1\nkafka: {listen: 2}\n"),
            ("templates/a.yaml", "{{ include \"common.size\" .Values }}"),
            ("charts/kafka/Chart.yaml", "name: kafka\n"),
            ("charts/kafka/values.yaml", "persistence: {size: 1Gi}\nlisten: 1\n"),
            (
                "charts/kafka/templates/b.yaml",
                "{{ .Values.persistence.storageClass }}{{ .Values.global.storageClass }}",
            ),
            ("charts/kafka/charts/zookeeper/Chart.yaml", "name: zookeeper\n"),
            ("charts/kafka/charts/zookeeper/templates/c.yaml", "{{ .Values.tick }}"),
            ("charts/common/Chart.yaml", "name: common\ntype: library\n"),
            (
                "charts/common/templates/_size.tpl",
                "{{ define \"common.size\" }}{{ .size }}{{ end }}",
            ),
        ])
    }

    #[test]
    fn values_below_a_dependency_are_checked_against_its_chart() {
        let chart = with_dependencies();
        let known = json!({
            "kafka": {
                "enabled": true, "persistence": { "size": "2Gi", "storageClass": "gp3" },
                "listen": 3, "zookeeper": { "tick": 1 }, "global": { "storageClass": "gp3" }
            },
            "events": { "persistence": { "storageClass": "gp3" } },
            "tags": { "events": false },
            "global": { "storageClass": "efs-sc" },
            "size": 2,
        });
        assert_eq!(refused(&chart, known), [""; 0]);
        let misspelt = json!({
            "kafka": { "persistence": { "storageclass": "gp3" }, "zookeeper": { "tack": 1 } },
            "zookeeper": { "tick": 1 },
            "global": { "storageClas": "efs-sc" },
        });
        let refused = unknown_keys(&chart, &misspelt);
        let told: Vec<(&str, Option<&str>)> =
            refused.iter().map(|key| (key.path.as_str(), key.nearest.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("global.storageClas", Some("global.storageClass")),
                ("kafka.persistence.storageclass", Some("kafka.persistence.storageClass")),
                ("kafka.zookeeper.tack", Some("kafka.zookeeper.tick")),
                ("zookeeper", Some("events.zookeeper")),
            ]
        );
    }

    #[test]
    fn the_defaults_of_a_chart_win_over_those_of_the_charts_below_it() {
        let chart = with_dependencies();
        assert_eq!(chart.defaults["kafka"]["listen"], 2);
        assert_eq!(chart.defaults["events"]["listen"], 1);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!(null)), Just(json!([]))];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop::collection::btree_map("[a-c]{1,2}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect()))
        })
    }

    proptest! {
        #[test]
        fn a_chart_knows_its_own_values(values in any_value()) {
            let chart = ChartValues { defaults: values.clone(), ..ChartValues::default() };
            prop_assert_eq!(unknown_keys(&chart, &values), []);
        }

        #[test]
        fn any_text_is_followed_or_left(text in "(\\{\\{|\\}\\}|[-.$ ()|\"`a-d=:,]|if|end|with|range|index){0,24}") {
            templated("a: 1\n", &text);
        }
    }
}
