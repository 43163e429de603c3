//! The directory of a volume: the class's base path, its pattern, and what EFS takes of both.

use inputs::Problem;

/// A directory of the file system, with one `/` before each level; empty for its root.
///
/// Drivers before 1.7.0 put `basePath`, `/` and the volume's name together as they are
/// (`pkg/driver/controller.go`), and EFS refuses `//pvc-…`: every claim would stay pending
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver/issues/1073>).
pub(crate) fn base_path(text: &str) -> Result<String, Problem> {
    if !text.starts_with('/') {
        return Err(Problem::new(
            format!("`{}` is not an absolute path", text.escape_debug()),
            "write an absolute path, such as \"/graphscope\"",
        ));
    }
    let levels = levels(text);
    directory_names(text, &levels)?;
    Ok(levels.iter().fold(String::new(), |path, level| path + "/" + level))
}

/// The directory of an access point: an absolute path with at most four levels and 100 characters
/// (<https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html>).
pub(crate) fn root_directory(text: &str) -> Result<String, Problem> {
    let path = base_path(text)?;
    let depth = levels(&path).len();
    if depth > MOST_LEVELS || path.len() > LONGEST_PATH {
        return Err(Problem::new(
            format!(
                "`{}` has {depth} levels and {} characters, and EFS takes {MOST_LEVELS} and \
                 {LONGEST_PATH}",
                text.escape_debug(),
                path.len()
            ),
            "choose a shorter path",
        ));
    }
    Ok(if path.is_empty() { "/".to_owned() } else { path })
}

/// The pattern of a volume's directory, with three variables
/// (<https://github.com/kubernetes-sigs/aws-efs-csi-driver>, parameters), and one `/` between its
/// levels.
pub(crate) fn sub_path_pattern(text: &str) -> Result<String, Problem> {
    let remedy = "write fixed text, `${.PVC.name}`, `${.PVC.namespace}` and `${.PV.name}`; in HCL a \
                  literal `${` is written `$${`";
    let mut fixed = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let tail = match after.split_once('}') {
            Some((variable, tail)) if VARIABLES.contains(&variable) => tail,
            _ => {
                let shown = after.split('}').next().unwrap_or_default().escape_debug();
                return Err(Problem::new(
                    format!("the driver does not know the variable `${{{shown}}}`"),
                    remedy,
                ));
            }
        };
        // A name begins with a letter or a digit.
        fixed.push_str(before);
        fixed.push('x');
        rest = tail;
    }
    fixed.push_str(rest);
    directory_names(text, &levels(&fixed))?;
    let levels = levels(text);
    if levels.is_empty() {
        return Err(Problem::new(format!("`{}` has no level", text.escape_debug()), remedy));
    }
    Ok(levels.join("/"))
}

/// What the driver puts the names in place of.
const VARIABLES: [&str; 3] = [".PVC.name", ".PVC.namespace", ".PV.name"];

fn levels(path: &str) -> Vec<&str> {
    path.split('/').filter(|level| !level.is_empty()).collect()
}

/// What EFS takes as names of an access point's directories: the pattern of `Path` in
/// <https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html>.
fn directory_names(text: &str, levels: &[&str]) -> Result<(), Problem> {
    let unfit = |c: char| "$#<>;`|&?{}^*".contains(c) || c.is_control();
    if levels.iter().all(|level| !level.starts_with('.') && !level.contains(unfit)) {
        return Ok(());
    }
    Err(Problem::new(
        format!("`{}` names a directory that EFS does not take", text.escape_debug()),
        "use no level that begins with `.`, no control characters, and none of $ # < > ; ` | & ? { } ^ *",
    ))
}

/// The most characters and levels of an access point's directory, from the same page.
const LONGEST_PATH: usize = 100;
const MOST_LEVELS: usize = 4;

/// `pvc-` and a UUID: what a volume is called, and its directory where no pattern says otherwise.
const VOLUME_NAME: usize = 40;

/// `-` and a UUID, which the driver adds to a pattern unless `ensureUniqueDirectory` is false.
const UNIQUE_END: usize = 37;

/// How many characters a claim's and its namespace's name may have together, so that the
/// directory of the volume stays within what EFS takes; `None` where the directory has neither.
pub(crate) fn room_for_names(
    base_path: Option<&str>,
    pattern: Option<&str>,
    unique: bool,
) -> Result<Option<usize>, Problem> {
    let base = base_path.unwrap_or_default();
    let directory = pattern.unwrap_or("${.PV.name}");
    let depth = levels(base).len() + levels(directory).len();
    if depth > MOST_LEVELS {
        return Err(Problem::new(
            format!(
                "the directory of a volume, `{base}/{directory}`, has {depth} levels, and EFS takes \
                 {MOST_LEVELS}"
            ),
            "leave levels out of `base_path` or `sub_path_pattern`",
        ));
    }
    let count = |variable: &str| directory.matches(variable).count();
    let names = count("${.PVC.name}") + count("${.PVC.namespace}");
    let fixed = directory
        .replace("${.PVC.name}", "")
        .replace("${.PVC.namespace}", "")
        .replace("${.PV.name}", "");
    let taken = base.len()
        + 1
        + fixed.len()
        + count("${.PV.name}") * VOLUME_NAME
        + if pattern.is_some() && unique { UNIQUE_END } else { 0 };
    if taken + names > LONGEST_PATH {
        return Err(Problem::new(
            format!(
                "the directory of a volume, `{base}/{directory}`, has at least {} characters, and EFS \
                 takes {LONGEST_PATH}",
                taken + names
            ),
            "shorten `base_path` or `sub_path_pattern`",
        ));
    }
    Ok((names > 0).then_some(LONGEST_PATH - taken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_path_has_one_slash_before_each_level() {
        for (given, path) in
            [("/", ""), ("//", ""), ("/a/", "/a"), ("/a//b", "/a/b"), ("//a/b/c//", "/a/b/c")]
        {
            assert_eq!(base_path(given), Ok(path.to_owned()), "{given}");
        }
        for bad in ["a", "", "/a/..", "/.a", "/a$b", "/a?", "/{a}", "/a\nb", "/a*"] {
            assert!(base_path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_pattern_has_known_variables_and_names_that_efs_takes() {
        for (given, pattern) in [
            ("/${.PVC.namespace}//${.PVC.name}/", "${.PVC.namespace}/${.PVC.name}"),
            ("a-${.PV.name}.b", "a-${.PV.name}.b"),
        ] {
            assert_eq!(sub_path_pattern(given), Ok(pattern.to_owned()), "{given}");
        }
        for bad in ["/", "", "${.PVC.uid}", "${", "${.PV.name", "a}b", ".${.PV.name}", "a/../b"] {
            assert!(sub_path_pattern(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn directories_stay_within_what_efs_takes() {
        let base = |length: usize| format!("/{}", "a".repeat(length - 1));
        // Without a pattern there is room for `/pvc-UUID`, of 41 characters.
        assert_eq!(room_for_names(Some(&base(59)), None, true), Ok(None));
        assert!(room_for_names(Some(&base(60)), None, true).is_err());
        let both = Some("${.PVC.namespace}/${.PVC.name}");
        assert_eq!(room_for_names(None, both, true), Ok(Some(61)));
        assert_eq!(room_for_names(Some("/a"), both, false), Ok(Some(96)));
        assert!(room_for_names(Some(&base(62)), both, true).is_err());
        assert!(room_for_names(Some("/a/b/c"), None, true).is_ok());
        assert!(room_for_names(Some("/a/b/c/d"), None, true).is_err());
        assert!(room_for_names(Some("/a/b/c"), both, true).is_err());
    }
}
