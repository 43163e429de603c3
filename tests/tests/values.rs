//! Files of chart values: the chart sees through us what it sees where Helm reads the file itself.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{front_door, workspace};
use xshell::{Shell, cmd};

const DEPLOYMENT: &str = r#"
module "efs_csi" {
  source            = "./modules/csi/efs"
  aws_region        = "eu-west-1"
  cluster_name      = "dev"
  subnet_ids        = ["subnet-0123456789abcdef0"]
  security_group_id = "sg-0123456789abcdef0"
"#;

/// A template that shows whatever a chart is given: as it is, as a Go flag, and as a truth.
const SEEN: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: seen}
data:
  values: {{ toJson .Values | quote }}
  flag: {{ printf \"--flag=%v\" .Values.a | quote }}
  truth: {{ if .Values.a }}yes{{ else }}no{{ end }}
";

/// A template that shows the values as JSON, which no YAML reads again on the way.
const HELD: &str = "held: {{ toJson .Values | b64enc }}\n";

/// What Helm holds of every text here; `cargo test -p kubernetes` compares our reading with it.
const ANSWERS: &str = "modules/kubernetes/tests/helm.json";

/// Texts that mean to Helm what they may not mean to others.
const TEXTS: &[&str] = &[
    // The words of YAML 1.1, where they are words of a switch and where they are not.
    "controller: {serviceAccount: {create: no}}",
    "controller: {create: off}",
    "a: yes",
    "a: Yes",
    "a: on",
    "a: y",
    "a: n",
    "a: NO",
    "a: nO",
    "a: ~",
    "a: Null",
    "a:",
    "a: 'yes'",
    "a: \"no\"",
    "a: !!str yes",
    "a: !!bool \"on\"",
    "on: 1\nno: {y: off}",
    // Numbers.
    "a: 0755",
    "a: 0o755",
    "a: 08",
    "a: 0x1F",
    "a: 0b101",
    "a: 1_000_000",
    "a: 1000000",
    "a: 1e3",
    "a: 1.",
    "a: .5",
    "a: +5",
    "a: -0",
    "a: 1e999",
    "a: 9223372036854775807",
    "a: 18446744073709551615",
    "a: 99999999999999999999",
    "a: 1.5922337203685477580",
    "a: !!int \"7\"",
    "a: !!float 3",
    "1: a\n0x10: b",
    // Texts that look like something else.
    "a: 1:30",
    "a: 2001-12-14",
    "a: 2001-12-14t21:59:43.10-05:00",
    "a: 1.2.3",
    "a: 10m",
    "a: =",
    "a: '0755'",
    "a: <<",
    // Anchors and merges, of which the last wins.
    "base: &b {x: 1, y: 1}\na: {<<: *b, x: 2}",
    "base: &b {x: 1, y: 1}\na: {x: 2, <<: *b}",
    "one: &o {x: 1}\ntwo: &t {x: 2, y: 2}\na: {<<: [*o, *t]}",
    "base: &b [1, &c 2]\na: [*b, *c]",
    "name: &n on\n*n : 1",
    // Blocks and quotes.
    "a: |\n  yes\n  no\n",
    "a: |-\n  one\n\n\n",
    "a: |+\n  one\n\n\n",
    "a: >\n  one\n  two\n\n  three\n",
    "a: |2\n    indented\n",
    "a: \"\\x41\\u263a\\U0001F600\\e\\_\\N\\L\\P\"",
    "a: 'it''s\n  folded'",
    "a: one\n  two\n",
    "a: é☺😀\n",
    // What only Block YAML would fold or refuse.
    "a: \"\\u2028\\u2029\\x85\\x7f\\ufeff\\0\"",
    // Documents.
    "---\na: 1\n",
    "# comment\n---\na: 1\n...\n",
    "a: 1\r\nb: 2\r\n",
    "\u{feff}a: 1\n",
    "controller:\n  tags:\n    a: \"b\"\n    c: null\nnode:\n  tolerations:\n  - 1\n",
];

/// Texts that are refused, with a word of the reason.
const REFUSED: &[(&str, &str)] = &[
    ("a: 1\na: 2\n", "is there already, in line 1"),
    ("a: 1\n---\nb: 2\n", "second document"),
    ("a: .inf\n", "cannot pass on"),
    ("a: .nan\n", "cannot pass on"),
    ("a: !!binary aGk=\n", "`!!binary`"),
    ("a: !!timestamp 2001-12-14\n", "`!!timestamp`"),
    ("a: !own 1\n", "`!own`"),
    ("1.5: a\n", "write it in quotes"),
    ("~: a\n", "write it in quotes"),
    ("a: {b: c?}\n", "write it in quotes"),
    ("a: {<<: 1}\n", "merges maps"),
    ("a: *b\n", "no anchor `&b`"),
    ("%YAML 1.2\n---\na: 1\n", "directive"),
    ("a: |\n  one", "end the last line"),
    ("a:\n\tb: 1\n", "line 2"),
    ("- a\n", "no map at its top"),
];

struct Trial {
    place: TempDir,
    helm: PathBuf,
}

impl Trial {
    fn new() -> Trial {
        let place = tempfile::tempdir().unwrap();
        let shell = Shell::new().unwrap();
        let chart = place.path().join("chart");
        shell.create_dir(chart.join("templates")).unwrap();
        let ours = workspace().join("tests/charts/aws-efs-csi-driver");
        for file in ["Chart.yaml", "values.yaml"] {
            shell.copy_file(ours.join(file), chart.join(file)).unwrap();
        }
        for template in shell.read_dir(ours.join("templates")).unwrap() {
            shell.copy_file(template, chart.join("templates")).unwrap();
        }
        shell.write_file(chart.join("templates/seen.yaml"), SEEN).unwrap();
        let plain = format!("{DEPLOYMENT}}}\n");
        shell.write_file(place.path().join("plain.hcl"), plain).unwrap();
        let own = format!("{DEPLOYMENT}  helm_values = \"own.yaml\"\n}}\n");
        shell.write_file(place.path().join("own.hcl"), own).unwrap();
        let built = front_door().parent().unwrap().join("tools/bin/helm");
        let helm = if built.is_file() { built } else { PathBuf::from("helm") };
        Trial { place, helm }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// The chart values that `xtask render` writes, or what it says instead.
    fn rendered(&self, config: &str) -> Result<String, String> {
        let shell = Shell::new().unwrap();
        let (program, config) = (front_door().join("xtask"), self.path(config));
        let ran = cmd!(shell, "{program} render --output json --config {config}")
            .quiet()
            .ignore_status()
            .output()
            .unwrap();
        if !ran.status.success() {
            assert_eq!(ran.status.code(), Some(2));
            return Err(String::from_utf8(ran.stderr).unwrap());
        }
        let documents: Value = serde_json::from_slice(&ran.stdout).unwrap();
        Ok(documents["values.yaml"].as_str().unwrap().to_owned())
    }

    /// The objects that Helm makes of these files of values, one over the other.
    fn objects(&self, files: &[&Path]) -> String {
        self.tried(files).unwrap_or_else(|said| panic!("{said}"))
    }

    /// The same, or why Helm refuses them.
    fn tried(&self, files: &[&Path]) -> Result<String, String> {
        self.tried_on(&self.path("chart"), files)
    }

    /// The same for another chart.
    fn tried_on(&self, chart: &Path, files: &[&Path]) -> Result<String, String> {
        let shell = Shell::new().unwrap();
        let helm = &self.helm;
        let files = files.iter().flat_map(|file| [Path::new("--values"), file]);
        let ran = cmd!(shell, "{helm} template release {chart} {files...}")
            .quiet()
            .ignore_status()
            .output()
            .unwrap_or_else(|error| panic!("{error}; run `cargo xtask tools install helm`"));
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if ran.status.success() { Ok(text(ran.stdout)) } else { Err(text(ran.stderr)) }
    }
}

#[test]
#[ignore = "needs helm"]
fn a_chart_sees_what_it_sees_where_helm_reads_the_file_itself() {
    let trial = Trial::new();
    let (ours, own, both) =
        (trial.path("ours.yaml"), trial.path("own.yaml"), trial.path("both.yaml"));
    std::fs::write(&ours, trial.rendered("plain.hcl").unwrap()).unwrap();
    assert!(TEXTS.len() >= 40);
    for text in TEXTS {
        std::fs::write(&own, text).unwrap();
        let direct = trial.objects(&[&ours, &own]);
        let rendered = trial.rendered("own.hcl").unwrap_or_else(|said| panic!("{text:?}: {said}"));
        std::fs::write(&both, rendered).unwrap();
        assert_eq!(trial.objects(&[&both]), direct, "{text:?}");
    }
    // The comparison itself can fail: others take the word for a text, which is true to a chart.
    std::fs::write(&own, "controller: {serviceAccount: {create: no}}").unwrap();
    std::fs::write(&both, "controller: {serviceAccount: {create: \"no\"}}").unwrap();
    assert_ne!(trial.objects(&[&ours, &both]), trial.objects(&[&ours, &own]));
}

/// Two files, of which the second says the first otherwise: below a map, in place of one, and not at all.
const OVER: [(&str, &str); 5] = [
    ("a: {b: 1, c: 2}\n", "a: {b: 3}\n"),
    ("a: {b: {c: 1}}\n", "a: {b: [2]}\n"),
    ("a: [1, 2]\n", "a: {b: 1}\n"),
    ("a: 1\ncontroller: {logLevel: 5, tags: {b: c}}\n", "controller: {logLevel: null}\n"),
    ("a: yes\n", ""),
];

#[test]
#[ignore = "needs helm"]
fn of_two_files_of_values_the_second_wins_as_it_does_for_helm() {
    let trial = Trial::new();
    let [ours, first, second, both] =
        ["ours.yaml", "first.yaml", "second.yaml", "both.yaml"].map(|name| trial.path(name));
    std::fs::write(&ours, trial.rendered("plain.hcl").unwrap()).unwrap();
    let shell = Shell::new().unwrap();
    let (xtask, config) = (front_door().join("xtask"), trial.path("plain.hcl"));
    for (one, other) in OVER {
        std::fs::write(&first, one).unwrap();
        std::fs::write(&second, other).unwrap();
        let files = [&first, &second].map(|file| format!("--helm-values={}", file.display()));
        let rendered =
            cmd!(shell, "{xtask} render --output json --config {config} {files...}").quiet().read();
        let documents: Value = serde_json::from_str(&rendered.unwrap()).unwrap();
        std::fs::write(&both, documents["values.yaml"].as_str().unwrap()).unwrap();
        let direct = trial.objects(&[&ours, &first, &second]);
        assert_eq!(trial.objects(&[&both]), direct, "{one:?} and {other:?}");
        let turned = trial.objects(&[&ours, &second, &first]);
        assert!(other.is_empty() || turned != direct, "the order matters: {one:?} and {other:?}");
    }
}

/// Quoted texts with every escape of a letter, and with numbers of all lengths and ranges.
fn escapes() -> Vec<String> {
    let letters = (' '..='~').filter(|c| !"xuU".contains(*c)).map(|c| format!("\\{c}"));
    let others = ['\t', '\n', 'é', '\u{85}', '\u{2028}', '\u{a0}'].map(|c| format!("\\{c} b"));
    let numbers = [
        "x41",
        "x00",
        "x7f",
        "x80",
        "xff",
        "x4",
        "xg1",
        "X41",
        "u0041",
        "u00e9",
        "u263a",
        "u041",
        "ud800",
        "udfff",
        "ud83d\\ude00",
        "uffff",
        "ufffe",
        "uFEFF",
        "U0001F600",
        "U0010FFFF",
        "U00110000",
        "U0001F60",
        "UFFFFFFFF",
        "U0000D800",
    ];
    letters.chain(others).chain(numbers.map(|number| format!("\\{number}"))).collect()
}

#[test]
#[ignore = "needs helm"]
fn every_escape_means_what_it_means_to_helm_or_is_refused_by_both() {
    let trial = Trial::new();
    let (ours, own, both) =
        (trial.path("ours.yaml"), trial.path("own.yaml"), trial.path("both.yaml"));
    std::fs::write(&ours, trial.rendered("plain.hcl").unwrap()).unwrap();
    let mut wrong = Vec::new();
    for escape in escapes() {
        for text in [format!("a: \"{escape}\"\n"), format!("a: 'x{escape}'\n")] {
            std::fs::write(&own, &text).unwrap();
            match (trial.tried(&[&ours, &own]), trial.rendered("own.hcl")) {
                (Ok(direct), Ok(rendered)) => {
                    std::fs::write(&both, rendered).unwrap();
                    match trial.tried(&[&both]) {
                        Ok(through_us) if through_us == direct => {}
                        other => wrong.push(format!("{text:?}: {direct}\n{other:?}")),
                    }
                }
                (Err(_), Err(_)) => {}
                (direct, rendered) => wrong.push(format!("{text:?}: {direct:?}\n{rendered:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_helm_would_read_otherwise_or_not_at_all_is_refused_with_place_and_remedy() {
    let trial = Trial::new();
    for (text, reason) in REFUSED {
        std::fs::write(trial.path("own.yaml"), text).unwrap();
        let said = trial.rendered("own.hcl").expect_err(text);
        assert!(said.contains(reason) && said.contains("own.yaml"), "{text:?}: {said}");
    }
}

/// Every text here, with what Helm holds of it, or without where it refuses it.
fn answers() -> Vec<Value> {
    let trial = Trial::new();
    let shell = Shell::new().unwrap();
    let (chart, own) = (trial.path("held"), trial.path("own.yaml"));
    shell
        .write_file(chart.join("Chart.yaml"), "apiVersion: v2\nname: held\nversion: 1.0.0\n")
        .unwrap();
    shell.write_file(chart.join("templates/held.yaml"), HELD).unwrap();
    let all_escapes = escapes();
    let quoted = all_escapes
        .iter()
        .flat_map(|escape| [format!("a: \"{escape}\"\n"), format!("a: 'x{escape}'\n")]);
    let texts = TEXTS.iter().map(|&text| (text.to_owned(), false));
    let refused = REFUSED.iter().map(|(text, _)| ((*text).to_owned(), true));
    let all = texts.chain(quoted.map(|text| (text, false))).chain(refused);
    let answer = |(text, refused_here): (String, bool)| {
        std::fs::write(&own, &text).unwrap();
        let values = trial.tried_on(&chart, &[&own]).ok().map(|objects| {
            let held = objects.lines().find_map(|line| line.strip_prefix("held: ")).unwrap();
            serde_json::from_slice::<Value>(&STANDARD.decode(held).unwrap()).unwrap()
        });
        json!({ "text": text, "helm": values, "refused_here": refused_here })
    };
    all.map(answer).collect()
}

#[test]
#[ignore = "needs helm"]
fn the_table_of_helms_answers_is_current() {
    let text = serde_json::to_string_pretty(&answers()).unwrap() + "\n";
    let table = workspace().join(ANSWERS);
    if std::env::var_os("CLOCKWORK_WRITE_HELM_ANSWERS").is_some() {
        std::fs::write(&table, &text).unwrap();
    }
    let again =
        "CLOCKWORK_WRITE_HELM_ANSWERS=1 cargo test -p tests --test values table -- --ignored";
    assert!(std::fs::read_to_string(&table).unwrap() == text, "write it again: `{again}`");
}
