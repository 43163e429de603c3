//! The graph of imports between the files of one crate, and its circles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::modules::{Crate, Module};

/// The names that one file imports from another, by both files.
pub(crate) type Imports = BTreeMap<(PathBuf, PathBuf), BTreeSet<String>>;

/// What a path refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Module(usize),
    /// An item, by the file that defines it.
    Item(PathBuf),
}

/// Longer chains of re-exports do not exist; they would be circular.
const LONGEST_CHAIN: usize = 32;

/// Methods of ours with the name of one of another crate, which most calls of that name mean.
const OF_OTHERS: &[&str] = &["get", "merge", "repeat"];

/// The methods that a file gives to a type of another file, where no second file has a method of
/// that name. What calls them has no `use` that would show it; methods beside their type are left
/// out, as whoever has a value of it imports that file most often anyway.
fn methods(of: &Crate) -> BTreeMap<&str, &Path> {
    let mut files: BTreeMap<&str, BTreeSet<(&Path, bool)>> = BTreeMap::new();
    for module in &of.modules {
        for (name, method) in &module.methods {
            let beside = of
                .modules
                .iter()
                .any(|other| other.file == module.file && other.items.contains_key(name));
            files.entry(method).or_default().insert((&module.file, beside));
        }
    }
    let ours = files.into_iter().filter(|(name, _)| !OF_OTHERS.contains(name));
    let alone = ours.filter(|(_, files)| files.len() == 1);
    let all = alone.flat_map(|(name, files)| files.into_iter().map(move |file| (name, file)));
    all.filter(|(_, (_, beside))| !beside).map(|(name, (file, _))| (name, file)).collect()
}

/// All imports of a crate. Declaring a child module, or re-exporting its items, is no import; using
/// a re-exported item is an import of the file that defines it. So is calling one of the `methods`.
pub(crate) fn imports(of: &Crate) -> Imports {
    let mut found = Imports::new();
    let methods = methods(of);
    for (id, module) in of.modules.iter().enumerate() {
        let mut add = |to: &Path, name: &str| {
            if to != module.file {
                let edge = (module.file.clone(), to.to_owned());
                found.entry(edge).or_default().insert(name.to_owned());
            }
        };
        for import in module.imports.iter().filter(|import| !import.reexport) {
            match (resolve(of, id, &import.path, 0), import.name == "*") {
                (Some(Target::Item(file)), _) => add(&file, &import.name),
                (Some(Target::Module(target)), true) => add(&of.modules[target].file, "*"),
                (Some(Target::Module(_)), false) | (None, _) => {}
            }
        }
        for path in &module.mentions {
            if let Some(Target::Item(file)) = resolve(of, id, path, 0) {
                add(&file, path.last().map_or("", String::as_str));
            }
        }
        for name in &module.calls {
            if let Some(file) = methods.get(name.as_str()) {
                add(file, name);
            }
        }
    }
    found
}

/// What a path refers to in a module; `None` if that is in another crate.
fn resolve(of: &Crate, module: usize, path: &[String], depth: usize) -> Option<Target> {
    if depth > LONGEST_CHAIN {
        return None;
    }
    let mut at = module;
    let mut inside = false;
    let mut rest = path;
    while let [first, after @ ..] = rest {
        at = match first.as_str() {
            "crate" => 0,
            "self" => at,
            "super" => of.modules[at].parent?,
            _ => break,
        };
        inside = true;
        rest = after;
    }
    while let [name, after @ ..] = rest {
        match look_up(of, at, name, after.is_empty(), depth + 1) {
            Some(Target::Module(found)) => at = found,
            Some(item) => return Some(item),
            // Defined by a macro, probably: it counts as defined in the file of the module.
            None if inside => return Some(Target::Item(of.modules[at].file.clone())),
            None => return None,
        }
        inside = true;
        rest = after;
    }
    Some(Target::Module(at))
}

/// What a name refers to in a module. Where an item and a module share a name, the last name of
/// a path is the item, and an earlier one is the module.
fn look_up(of: &Crate, at: usize, name: &str, last: bool, depth: usize) -> Option<Target> {
    let module = &of.modules[at];
    let child = module.children.get(name).map(|&child| Target::Module(child));
    let item = module.items.get(name).map(|file| Target::Item(file.clone()));
    let named = || imported(of, at, module, name, last, depth);
    if last { item.or_else(named).or(child) } else { child.or_else(named).or(item) }
}

fn imported(
    of: &Crate,
    at: usize,
    module: &Module,
    name: &str,
    last: bool,
    depth: usize,
) -> Option<Target> {
    if depth > LONGEST_CHAIN {
        return None;
    }
    let by_name = module.imports.iter().filter(|import| import.name == name);
    let mut found: Vec<Target> =
        by_name.filter_map(|import| resolve(of, at, &import.path, depth)).collect();
    // One name may stand for a module and for an item.
    found.sort_by_key(|target| matches!(target, Target::Module(_)) == last);
    found.into_iter().next().or_else(|| {
        module.imports.iter().filter(|import| import.name == "*").find_map(|import| match resolve(
            of,
            at,
            &import.path,
            depth,
        )? {
            Target::Module(target) => look_up(of, target, name, last, depth + 1),
            Target::Item(_) => None,
        })
    })
}

/// The strongly connected components: sets of files that all import each other, directly or not.
pub(crate) fn circles(imports: &Imports) -> Vec<BTreeSet<PathBuf>> {
    let mut next: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for (from, to) in imports.keys() {
        next.entry(from).or_default().insert(to);
    }
    let reachable = |start: &Path| {
        let mut seen: BTreeSet<&Path> = BTreeSet::new();
        let mut pending: Vec<&Path> = next.get(start).into_iter().flatten().copied().collect();
        while let Some(file) = pending.pop() {
            if seen.insert(file) {
                pending.extend(next.get(file).into_iter().flatten());
            }
        }
        seen
    };
    let reach: BTreeMap<&Path, BTreeSet<&Path>> =
        next.keys().map(|&file| (file, reachable(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, targets) in &reach {
        if targets.contains(file) {
            let back =
                targets.iter().filter(|to| reach.get(*to).is_some_and(|to| to.contains(file)));
            circles.insert(back.map(|&file| file.to_owned()).collect::<BTreeSet<PathBuf>>());
        }
    }
    circles.into_iter().collect()
}

/// Describes a circle by all of its imports.
pub(crate) fn describe(circle: &BTreeSet<PathBuf>, imports: &Imports, root: &Path) -> String {
    let short = |file: &Path| file.strip_prefix(root).unwrap_or(file).display().to_string();
    let inside =
        imports.iter().filter(|((from, to), _)| circle.contains(from) && circle.contains(to));
    let lines = inside.map(|((from, to), names)| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("  {} -> {}: {}\n", short(from), short(to), names.join(", "))
    });
    format!("a circle of {} files:\n{}", circle.len(), lines.collect::<String>())
}
