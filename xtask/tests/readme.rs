//! The tables of inputs, outputs and permissions in `docs/` are those of the modules.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use inputs::{Input, Kind};

/// The rows of the tables of a section, cell by cell.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let path = format!("{}/../docs/{page}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let behind = text.split(&format!("\n{heading}\n")).nth(1);
    let behind = behind.unwrap_or_else(|| panic!("{page} has no {heading}"));
    let section = behind.split("\n## ").next().unwrap();
    let mut rows = Vec::new();
    let mut above = 0;
    for line in section.lines() {
        above = if line.starts_with('|') { above + 1 } else { 0 };
        // Behind the names of the columns and the line below them.
        if above > 2 {
            rows.push(line);
        }
    }
    let cells = |row: &str| {
        let row = row.trim_matches('|').replace("\\|", "¦");
        row.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    rows.into_iter().map(cells).collect()
}

/// How the reference writes a kind of value.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::String => "string",
        Kind::Number => "number",
        Kind::Bool => "bool",
        Kind::Strings => "list(string)",
        Kind::Map => "map(string)",
        Kind::Values => "map(any)",
    }
}

/// Every input has its row, in the module's order, and there is no row of another.
fn assert_inputs(heading: &str, inputs: &[Input]) {
    let rows = table("reference.md", heading);
    let names: Vec<&str> = rows.iter().map(|row| row[0].trim_matches('`')).collect();
    let wanted: Vec<&str> = inputs.iter().map(|input| input.name).collect();
    assert_eq!(names, wanted, "{heading}");
    for (row, input) in rows.iter().zip(inputs) {
        let [name, of_kind, description, default] = row.as_slice() else { panic!("{row:?}") };
        assert_eq!(of_kind, kind(input.kind), "{name}");
        assert!(!description.is_empty(), "{name}");
        match (input.required, input.default) {
            (true, _) => assert_eq!(default, "*(required)*", "{name}"),
            (false, Some(value)) => assert_eq!(default, &format!("`{value}`"), "{name}"),
            // Its words say what holds instead, such as the VPC's region or a chart by kind.
            (false, None) => assert_ne!(default, "*(required)*", "{name}"),
        }
    }
}

#[test]
fn every_input_of_every_module_has_its_row_with_its_type_and_default() {
    assert_inputs("## Inputs of `./modules/csi/efs`", efs::INPUTS);
    assert_inputs("## Inputs of `./modules/network`", network::INPUTS);
    assert_inputs("## Inputs of `./modules/graphscope`", graphscope::INPUTS);
}

#[test]
fn every_output_has_its_row_with_its_description() {
    let rows = table("reference.md", "## Outputs of `./modules/csi/efs`");
    let rows: Vec<(&str, &str)> =
        rows.iter().map(|row| (row[0].trim_matches('`'), row[1].as_str())).collect();
    let wanted = efs::OUTPUTS.iter().map(|output| (output.name, output.description));
    assert_eq!(rows, wanted.collect::<Vec<_>>());
}

#[test]
fn the_list_of_actions_is_that_of_the_code() {
    let mut services: Vec<(&str, Vec<String>)> = Vec::new();
    for permission in efs::permissions::PERMISSIONS {
        let (service, name) = permission.action.split_once(':').unwrap();
        let name = format!("`{name}`");
        match services.iter_mut().find(|(known, _)| *known == service) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => services.push((service, vec![name])),
        }
    }
    let wanted =
        services.iter().map(|(service, names)| vec![format!("`{service}`"), names.join(", ")]);
    assert_eq!(table("permissions.md", "## In AWS"), wanted.collect::<Vec<_>>());
}
