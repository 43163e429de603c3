//! `terraform console`: one expression in, one answer out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use failure::Help;
use serde_json::{Value, json};
use xshell::{Shell, cmd};

/// What Terraform says about an expression: what it prints, or the title of its error.
pub(crate) type Answer = Result<String, String>;

/// A folder in which Terraform is asked.
pub(crate) struct Console {
    shell: Shell,
    _folder: tempfile::TempDir,
}

impl Console {
    pub(crate) fn new() -> anyhow::Result<Console> {
        let shell = Shell::new()?;
        let folder = tempfile::tempdir()?;
        shell.change_dir(folder.path());
        // No settings of whoever runs this, and no colours.
        shell.set_var("TF_CLI_CONFIG_FILE", folder.path().join("none.tfrc"));
        shell.set_var("CHECKPOINT_DISABLE", "1");
        shell.write_file("none.tfrc", "")?;
        Ok(Console { shell, _folder: folder })
    }

    /// Terraform's answer to one expression.
    pub(crate) fn ask(&self, expression: &str) -> anyhow::Result<Answer> {
        let shell = &self.shell;
        let output = cmd!(shell, "terraform console")
            .stdin(format!("{expression}\n"))
            .quiet()
            .ignore_status()
            .output()
            .help("starting `terraform`", "install Terraform, or leave this comparison out")?;
        let printed = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
        if output.status.success() {
            return Ok(Ok(printed));
        }
        let errors = plain(&String::from_utf8_lossy(&output.stderr));
        let title = errors.lines().find_map(|line| line.split_once("Error: "));
        Ok(Err(title.map_or(errors.clone(), |(_, title)| title.trim().to_owned())))
    }

    /// Writes Terraform's functions, and its answers to all that is asked in the tests' folder.
    pub(crate) fn answers(&self) -> anyhow::Result<ExitCode> {
        let folder = tests();
        std::fs::write(folder.join("functions.txt"), self.functions()?)?;
        let mut all = Vec::new();
        let expressions = std::fs::read_to_string(folder.join("expressions.txt"))?;
        for expression in lines(&expressions) {
            all.push(entry("", expression, self.ask(expression)?));
        }
        let programs = std::fs::read_to_string(folder.join("programs.txt"))?;
        for program in programs.split("\n=== ").filter(|program| !program.trim().is_empty()) {
            let (name, rest) = program.split_once('\n').context("a program has no text")?;
            let (file, rest) = rest.split_once("\n--- values").context("no values")?;
            let (values, asked) = rest.split_once("\n--- expressions").context("no expressions")?;
            self.shell.write_file("main.tf", file)?;
            self.shell.write_file("terraform.tfvars", values)?;
            for expression in lines(asked) {
                all.push(entry(name.trim(), expression, self.ask(expression)?));
            }
            self.shell.remove_path("main.tf")?;
            self.shell.remove_path("terraform.tfvars")?;
        }
        let declaration = |text: &str| (format!("variable \"x\" {{\n{text}\n}}\n"), String::new());
        all.extend(self.lines_of("declarations.txt", declaration)?);
        let values = |text: &str| ("variable \"x\" {}\n".to_owned(), format!("{text}\n"));
        all.extend(self.lines_of("values.txt", values)?);
        let count = all.len();
        let text = serde_json::to_string_pretty(&Value::Array(all))?;
        std::fs::write(folder.join("answers.json"), text + "\n")?;
        println!("{count} answers");
        Ok(ExitCode::SUCCESS)
    }

    /// The names of all functions, each once: those of the namespace `core` are the same.
    fn functions(&self) -> anyhow::Result<String> {
        let told = cmd!(self.shell, "terraform metadata functions -json").quiet().read()?;
        let told: Value = serde_json::from_str(&told)?;
        let all = told["function_signatures"].as_object().context("no functions")?;
        let mut text =
            "# All functions of Terraform 1.11, as `terraform metadata functions` lists \
                        them.\n"
                .to_owned();
        for name in all.keys().filter(|name| !name.contains("::")) {
            text.push_str(&format!("{name}\n"));
        }
        Ok(text)
    }

    /// Terraform's `var.x` for each line of a table, which `program` makes a file and values of.
    fn lines_of(
        &self,
        table: &str,
        program: impl Fn(&str) -> (String, String),
    ) -> anyhow::Result<Vec<Value>> {
        let mut all = Vec::new();
        for line in lines(&std::fs::read_to_string(tests().join(table))?) {
            let (file, values) = program(&line.replace(" ; ", "\n"));
            self.shell.write_file("main.tf", &file)?;
            self.shell.write_file("terraform.tfvars", &values)?;
            let mut answer = entry("", "var.x", self.ask("var.x")?);
            answer["line"] = line.into();
            answer["file"] = file.into();
            answer["values"] = values.into();
            all.push(answer);
        }
        self.shell.remove_path("main.tf")?;
        self.shell.remove_path("terraform.tfvars")?;
        Ok(all)
    }
}

fn entry(program: &str, expression: &str, answer: Answer) -> Value {
    let mut entry = match answer {
        Ok(value) => json!({ "expression": expression, "value": value }),
        Err(error) => json!({ "expression": expression, "error": error }),
    };
    if !program.is_empty() {
        entry["program"] = program.into();
    }
    entry
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The folder of the expressions and their answers.
pub(crate) fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/terraform")
}

/// A text without the escapes that colour it.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut escape = false;
    for c in text.chars() {
        match c {
            '\u{1b}' => escape = true,
            'm' if escape => escape = false,
            c if !escape => out.push(c),
            _ => {}
        }
    }
    out
}
