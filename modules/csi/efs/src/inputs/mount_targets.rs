//! Where the mount targets go, and the security groups that all of them have.

use std::collections::BTreeSet;

use ::inputs::{Given, Problem, Reader};
use network::{SecurityGroupId, SubnetId};

use super::{Group, Subnets, rules};
use crate::resources::mount_target::{MOST_GROUPS, TargetsInputs};

/// The subnets of `subnet_ids`, or those of `mount_targets` in their place.
pub(super) fn subnets(reader: &mut Reader, targets: &TargetsInputs) -> Option<Subnets> {
    let name = "subnet_ids";
    if !reader.is_given(name) {
        let named = targets.values().map(|entry| entry.subnet_id.clone());
        let ids: Vec<SubnetId> = named.collect::<Option<_>>()?;
        return (!ids.is_empty()).then_some(Subnets::Listed(ids));
    }
    if let Some((module, output)) = reader.output(name) {
        return network_output(reader, name, module, output, "private_subnets")
            .then(|| Subnets::FromNetwork(module.to_owned()));
    }
    let ids = reader.strings(name, rules::subnet_id)?;
    if ids.is_empty() {
        reader.mistake(
            name,
            Problem::new(
                format!("`{name}` is empty"),
                "give at least one subnet, or `module.network.private_subnets`",
            ),
        );
        return None;
    }
    reader.check(name, once(&ids, "subnet"))?;
    Some(Subnets::Listed(ids))
}

/// The groups of all inputs: that of `security_group_id` first, each once, and the deployment's
/// own last.
pub(super) fn security_groups(reader: &mut Reader) -> Option<Vec<Group>> {
    let (id, several) = ("security_group_id", "security_group_ids");
    let (has_one, has_several) = (reader.is_given(id), reader.is_given(several));
    let first = has_one.then(|| security_group(reader, id));
    let is_own = reader.is_given("security_group");
    let own =
        is_own.then(|| reader.string("security_group", rules::own_group).map(|()| Group::Own));
    let rest = has_several.then(|| listed_groups(reader, several, has_one || is_own));
    let one = |group: Option<Option<Group>>| group.map(|group| group.map(|one| vec![one]));
    // A mistake in one of them leaves the others unread, and is reported already.
    let mut groups: Vec<Group> = Vec::new();
    for group in [one(first), rest, one(own)].into_iter().flatten() {
        for group in group? {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    if groups.is_empty() {
        // None was given, which the table of inputs reports.
        return None;
    }
    if groups.len() > MOST_GROUPS {
        let both = match (has_one, is_own) {
            (false, false) => "",
            (true, false) => "together with `security_group_id` ",
            (false, true) => "together with the deployment's own ",
            (true, true) => "together with `security_group_id` and the deployment's own ",
        };
        reader.mistake(
            several,
            Problem::new(
                format!(
                    "{} security groups are too many {both}: a mount target takes {MOST_GROUPS}",
                    groups.len()
                ),
                format!("give at most {MOST_GROUPS}; a group may admit several sources"),
            ),
        );
        return None;
    }
    Some(groups)
}

/// The name of the deployment's own group. EC2 takes 1 to 255 of these characters, and keeps
/// `default` and names that begin with `sg-` (`CreateSecurityGroup`, EC2 API Reference).
pub(super) fn security_group_name(reader: &mut Reader) -> Option<String> {
    let name = "security_group_name";
    if reader.is_given(name) && !reader.is_given("security_group") {
        reader.mistake(
            name,
            Problem::new(
                "`security_group_name` is for a group that the deployment makes, and it makes none",
                "set `security_group = \"own\"`, or leave it out",
            ),
        );
    }
    reader.string(name, |text| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$".contains(c);
        let kept = text == "default" || text.to_ascii_lowercase().starts_with("sg-");
        // EC2 takes spaces off the end of a name, and `*` in a filter for any text.
        if !kept
            && text.trim() == text
            && (1..=255).contains(&text.len())
            && text.chars().all(allowed)
        {
            return Ok(text.to_owned());
        }
        Err(Problem::new(
            format!("`{}` is no name of a security group", text.escape_debug()),
            "use 1 to 255 letters, digits, spaces and `._-:/()#,@[]+=&;{}!$`, not `default` and \
             without `sg-` in front",
        ))
    })
}

fn security_group(reader: &mut Reader, name: &str) -> Option<Group> {
    if let Some((module, output)) = reader.output(name) {
        return group_output(reader, name, module, output);
    }
    reader.string(name, rules::security_group_id).map(Group::Listed)
}

/// The groups of the list; an empty one is a mistake where it is the only input.
fn listed_groups(reader: &mut Reader, name: &str, may_be_empty: bool) -> Option<Vec<Group>> {
    if let Some((module, output)) = reader.output(name) {
        reader.mistake(
            name,
            Problem::new(
                format!("`{name}` takes a list, and `module.{module}.{output}` is none"),
                format!("write `{name} = [module.{module}.security_group_id]`"),
            ),
        );
        return None;
    }
    let elements = reader.elements(name)?;
    if elements.is_empty() && !may_be_empty {
        reader.mistake(
            name,
            Problem::new(
                format!("`{name}` is empty"),
                "give at least one security group, or `[module.network.security_group_id]`",
            ),
        );
        return None;
    }
    let read = elements.iter().map(|element| match element {
        Given::Literal(value) => {
            reader.element(name, value, rules::security_group_id).map(Group::Listed)
        }
        Given::Output { module, output } => group_output(reader, name, module, output),
        Given::List(_) => {
            let remedy = "write each security group as an element of its own";
            reader.mistake(name, Problem::new(format!("`{name}` has a list within it"), remedy));
            None
        }
    });
    // All of them are read, so that every mistake is reported.
    let read: Vec<Option<Group>> = read.collect();
    let groups: Vec<Group> = read.into_iter().collect::<Option<_>>()?;
    let ids: Vec<SecurityGroupId> = groups.iter().filter_map(Group::listed).cloned().collect();
    reader.check(name, once(&ids, "security group"))?;
    Some(groups)
}

fn group_output(reader: &mut Reader, name: &str, module: &str, output: &str) -> Option<Group> {
    network_output(reader, name, module, output, "security_group_id")
        .then(|| Group::FromNetwork(module.to_owned()))
}

/// Whether each id stands in the list once.
pub(super) fn once<Id: Ord + ToString>(ids: &[Id], what: &str) -> Result<(), Problem> {
    let mut known = BTreeSet::new();
    match ids.iter().find(|id| !known.insert(*id)) {
        None => Ok(()),
        Some(id) => Err(Problem::new(
            format!("`{}` is given more than once", id.to_string()),
            format!("name each {what} once"),
        )),
    }
}

/// Whether the given output is the one that fits the input.
fn network_output(
    reader: &mut Reader,
    name: &str,
    module: &str,
    found: &str,
    wanted: &str,
) -> bool {
    if found != wanted {
        reader.mistake(
            name,
            Problem::new(
                format!("`{name}` cannot take `module.{module}.{found}`"),
                format!("refer to `module.{module}.{wanted}`"),
            ),
        );
    }
    found == wanted
}
