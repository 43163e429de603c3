//! The examples as documents, and their scripts run side by side on a folder of this machine.

use graphscope::{Example, Trial};
use serde_json::Value;

fn trial(example: Example) -> Trial {
    Trial::new(example, "try", "efs-sc", "busybox:stable")
}

#[test]
fn each_example_is_one_stream_of_documents_that_can_be_read_and_applied() {
    for example in Example::ALL {
        let text = trial(example).documents().unwrap();
        insta::assert_snapshot!(format!("example_{}", example.as_str()), text);
    }
}

#[test]
fn every_part_is_a_job_whose_script_is_the_one_that_was_written() {
    for example in Example::ALL {
        let trial = trial(example);
        for part in example.parts().iter().chain([trial.sweep()]) {
            let job: Value = serde_norway::from_str(&trial.job_document(part).unwrap()).unwrap();
            assert_eq!(job["kind"], "Job");
            assert_eq!(job["metadata"]["name"], trial.job_name(part));
            assert_eq!(job["spec"]["completions"], part.pods);
            let pod = &job["spec"]["template"]["spec"];
            let script = pod["containers"][0]["args"][0].as_str().unwrap();
            assert!(script.starts_with("set -u\n"), "{script}");
            assert!(script.contains("report"), "{script}");
            for variable in pod["containers"][0]["env"].as_array().unwrap() {
                let name = variable["name"].as_str().unwrap();
                let value = &variable["value"];
                assert!(value.is_string() || variable["valueFrom"].is_object(), "{name}: {value}");
            }
        }
    }
}
