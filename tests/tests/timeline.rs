//! The timeline of a run: every step and call of it, with waits, faults and retries, as a browser
//! shows them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::path::PathBuf;

use tests::World;
use xshell::{Shell, cmd};

/// Deploys with a call that is cut and one that is refused; the page.
fn deployed(world: &mut World) -> PathBuf {
    world.set(
        "CLOCKWORK_SANDBOX_FAULTS",
        "CreateFileSystem:#1:cut-after;CreateMountTarget:#2:throttle",
    );
    let path = world.path().join("timeline.html");
    world.run("deploy-efs", &["--timeline", path.to_str().unwrap()]).exits(0);
    path
}

#[test]
fn the_page_holds_every_step_and_every_attempt_of_a_run() {
    let mut world = World::new();
    let path = deployed(&mut world);
    let text = std::fs::read_to_string(path).unwrap();
    for told in [
        "observing",
        "module.efs_csi.file_system",
        "mount_target[&quot;eu-west-1c&quot;]",
        "document[&quot;storageclass.yaml&quot;]",
        "created fs-",
        "no response",
        "409",
        "429",
        "attempt 2",
        "bar waits",
        "class=\"critical ",
    ] {
        assert!(text.contains(told), "{told} is not on the page:\n{text}");
    }
    let calls = world.calls().len();
    assert!(text.contains(&format!("{calls} calls")), "{calls} calls");
}

#[test]
fn a_run_that_fails_leaves_its_page_too() {
    let mut world = World::new();
    world.set("CLOCKWORK_SANDBOX_FAULTS", "CreateMountTarget:*:error");
    let path = world.path().join("timeline.html");
    // How far a run comes within a time is the machine's matter.
    let page =
        [3, 12, 48].map(|seconds| format!("--timeout={seconds}s")).into_iter().find_map(|limit| {
            let args = ["--timeline", path.to_str().unwrap(), &limit];
            world.run("deploy-efs", &args).exits(1);
            Some(std::fs::read_to_string(&path).unwrap()).filter(|text| text.contains("attempt 2"))
        });
    assert!(page.is_some(), "{}", std::fs::read_to_string(&path).unwrap());
}

#[test]
#[ignore = "needs chromium"]
fn a_browser_shows_it_in_light_and_in_dark_without_anything_from_elsewhere() {
    let mut world = World::new();
    let path = deployed(&mut world);
    let shell = Shell::new().unwrap();
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| cmd!(shell, "{name} --version").quiet().ignore_stderr().read().is_ok())
        .unwrap_or_else(|| panic!("no browser: install chromium"));
    let profile = world.path().join("profile");
    let dom = cmd!(
        shell,
        "{browser} --headless --no-sandbox --disable-gpu --user-data-dir={profile} --dump-dom {path}"
    );
    let dom = dom.quiet().ignore_stderr().read().unwrap();
    assert!(dom.matches("class=\"bar").count() > 15, "{dom}");
    assert!(dom.contains("</html>"), "the page is whole");
    let mut pictures = Vec::new();
    // 1 is light, 0 is dark, as Blink numbers them.
    for scheme in ["1", "0"] {
        let picture = world.path().join(format!("scheme-{scheme}.png"));
        cmd!(
            shell,
            "{browser} --headless --no-sandbox --disable-gpu --user-data-dir={profile} --window-size=1200,900
             --blink-settings=preferredColorScheme={scheme} --screenshot={picture} {path}"
        )
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .unwrap();
        pictures.push(std::fs::read(&picture).unwrap());
        if let Some(folder) = std::env::var_os("CLOCKWORK_SCREENSHOTS") {
            std::fs::copy(&picture, PathBuf::from(folder).join(picture.file_name().unwrap()))
                .unwrap();
        }
    }
    assert_ne!(pictures[0], pictures[1], "light and dark are two pages");
}
