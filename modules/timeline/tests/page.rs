//! The page of a run: complete, and safe whatever texts are in it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use timeline::{Call, State, Step, Timeline, page};

fn timeline() -> Timeline {
    let state = |name: &str, from_us| State { name: name.to_owned(), from_us };
    let call = |operation: &str, attempt, status, from_us, to_us| Call {
        operation: operation.to_owned(),
        attempt,
        status,
        from_us,
        to_us,
    };
    Timeline {
        title: "cargo xtask deploy-efs --sandbox".to_owned(),
        steps: vec![
            Step {
                address: "observing".to_owned(),
                needs: Vec::new(),
                states: vec![state("observing", 0)],
                to_us: 400_000,
                outcome: "read eu-west-1 in 8 calls".to_owned(),
                failed: false,
            },
            Step {
                address: "module.efs_csi.file_system".to_owned(),
                needs: Vec::new(),
                states: vec![state("creating", 400_000), state("waiting until available", 600_000)],
                to_us: 1_500_000,
                outcome: "created fs-1".to_owned(),
                failed: false,
            },
            Step {
                address: "module.efs_csi.mount_target[\"eu-west-1a\"]".to_owned(),
                needs: vec!["module.efs_csi.file_system".to_owned()],
                states: vec![state("creating", 1_500_000)],
                to_us: 2_000_000,
                outcome: "failed".to_owned(),
                failed: true,
            },
        ],
        calls: vec![
            call("DescribeFileSystems", 1, Some(200), 10_000, 200_000),
            call("CreateFileSystem", 1, None, 410_000, 420_000),
            call("CreateFileSystem", 2, Some(201), 520_000, 600_000),
            call("CreateMountTarget", 1, Some(409), 1_510_000, 1_990_000),
        ],
        total_us: 2_000_000,
    }
}

#[test]
fn the_whole_page() {
    insta::assert_snapshot!(page(&timeline()).unwrap());
}

#[test]
fn the_page_needs_nothing_from_elsewhere_and_runs_no_script() {
    let text = page(&timeline()).unwrap();
    for foreign in ["<script", "http:", "https:", "src=", "url(", "@import", "<link"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
}

#[test]
fn faults_retries_waits_and_the_critical_path_are_distinguished() {
    let text = page(&timeline()).unwrap();
    assert_eq!(text.matches("class=\"critical ").count(), 3, "all three follow one another");
    assert_eq!(text.matches("bar waits").count(), 1);
    assert!(text.contains("failed retry\"") || text.contains("retry\""), "{text}");
    assert!(text.contains("2 of them failed, 1 retries"), "{text}");
    assert!(text.contains("no response, 10 ms"), "{text}");
}

#[test]
fn hostile_names_stay_text() {
    let mut hostile = timeline();
    hostile.title = "</title><script>alert(1)</script>".to_owned();
    hostile.steps[1].address = "\"><img src=x onerror=alert(1)>".to_owned();
    hostile.steps[1].outcome = "{{ 7 * 7 }} <b>".to_owned();
    let text = page(&hostile).unwrap();
    for injected in ["<script", "<img", "<b>", "49"] {
        assert!(!text.contains(injected), "{injected}");
    }
}

#[test]
fn an_empty_run_is_a_page_too() {
    assert!(page(&Timeline::default()).unwrap().contains("0 calls"));
}

/// A named colour of the style sheet, for light and for dark.
fn colour(name: &str) -> [[f64; 3]; 2] {
    let text = page(&Timeline::default()).unwrap();
    let after = text.split(&format!("--{name}: light-dark(")).nth(1).unwrap();
    let both = after.split(')').next().unwrap();
    let channels = |hex: &str| {
        let hex = hex.trim().trim_start_matches('#');
        [0, 2, 4].map(|at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0)
    };
    let mut both = both.split(',').map(channels);
    [both.next().unwrap(), both.next().unwrap()]
}

/// The contrast of two colours, as WCAG 2.1 measures it.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |[r, g, b]: [f64; 3]| {
        let linear =
            |c: f64| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
    };
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn texts_and_bars_can_be_read_in_light_and_in_dark() {
    let paper = colour("paper");
    for (name, least) in [("ink", 7.0), ("faint", 4.5), ("fail", 4.5), ("path", 4.5), ("work", 3.0)]
    {
        for (scheme, (on, under)) in colour(name).into_iter().zip(paper).enumerate() {
            let contrast = contrast(on, under);
            assert!(contrast >= least, "{name} in scheme {scheme}: {contrast:.2}");
        }
    }
    for (work, wait) in colour("work").into_iter().zip(colour("wait")) {
        assert!(contrast(work, wait) >= 2.5, "work and waiting can be distinguished");
    }
}
