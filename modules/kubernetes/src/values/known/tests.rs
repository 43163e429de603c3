//! Which values charts know, by small charts.

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
        "{{ if .Values.other }}{{ else if .Values.node.limit }}x{{ end }}",
        "{{ ternary .Values.node.limit 1 true }}",
        "{{ with omit .Values.node \"level\" }}{{ toYaml . | nindent 2 }}{{ end }}",
        "{{ $all := mergeOverwrite (dict) .Values.node }}{{ $all.limit }}",
        "{{ range until (int .Values.node.limit) }}x{{ end }}",
        "{{ define \"d\" }}{{ .limit }}{{ end }}{{ template \"d\" .Values.node }}",
        "{{ if and .Values.other (kindIs \"map\" .Values.node) }}{{ .Values.node.limit }}{{ end }}",
        "{{ $args := list }}{{ $args = append $args (printf \"%v\" .Values.node.limit) }}{{ join \" \" $args }}",
        "{{ set .Values.node \"level\" 1 | toYaml }}",
        "{{ include \"d\" $ }}{{ define \"d\" -}} {{- $.Values.node.limit -}} {{- end }}",
        "{{ coalesce (.Values.node).limit 3 }}",
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
    let chart = templated("# Example:\n#   key: 1\nnode: {level: 2}\n", "{{ .Values.node.level }}");
    assert_eq!(refused(&chart, json!({ "Example": 1 })), ["Example"]);
}

#[test]
fn a_template_that_cannot_be_followed_refuses_nothing() {
    for template in
        ["{{ if }", "{{ include (printf \"%s\" .Values.a) . }}", "{{ tpl (.Files.Get \"a\") . }}"]
    {
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
fn a_value_that_no_template_reads_is_reported() {
    let chart = templated("a: 1\nb: {c: 1}\nd: {}\n", "{{ .Values.a }}{{ toYaml .Values.d }}");
    let set = json!({ "a": 2, "b": { "c": 2 }, "d": { "e": [] } });
    assert_eq!(unread_keys(&chart, &set), ["b.c"]);
    // A key that is refused needs no warning, and a template among the values may read others.
    assert_eq!(unread_keys(&chart, &json!({ "x": { "y": 1 } })), [""; 0]);
    assert_eq!(unread_keys(&chart, &json!({ "a": "{{ .Values.b.c }}", "b": { "c": 2 } })), [""; 0]);
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
        ("charts/common/templates/_size.tpl", "{{ define \"common.size\" }}{{ .size }}{{ end }}"),
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
    let leaf = prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!(null)), Just(json!([]))];
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
