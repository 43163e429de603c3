//! A chart's files, from its folder or its archive, with those of the charts below it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};

use anyhow::{Context, bail};
use flate2::read::GzDecoder;

/// The most that the text of a chart may come to. An archive can be small and hold far more.
const LARGEST: u64 = 64 << 20;

/// How deep folders, and archives in archives, may lie in a chart.
const DEEPEST: usize = 16;

/// The texts of a chart that say which values it takes, by their paths in its
/// folder. An archive under `charts/` counts as the folder that it holds.
pub(super) fn files(chart: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut found = Found { files: BTreeMap::new(), size: 0 };
    let reading = || format!("reading the chart `{}`", chart.display());
    if chart.is_dir() {
        found.folder(chart, "", 0).with_context(reading)?;
    } else {
        let archive = File::open(chart).with_context(reading)?;
        found.archive(archive, "", 0).with_context(reading)?;
    }
    Ok(found.files)
}

struct Found {
    files: BTreeMap<String, String>,
    size: u64,
}

impl Found {
    fn folder(&mut self, folder: &Path, within: &str, depth: usize) -> anyhow::Result<()> {
        if depth > DEEPEST {
            bail!("its folders are nested over {DEEPEST} levels deep");
        }
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let inner = format!("{within}{name}");
            if path.is_dir() {
                self.folder(&path, &format!("{inner}/"), depth + 1)?;
            } else if matters(&inner) {
                self.file(&inner, File::open(&path)?, depth)?;
            }
        }
        Ok(())
    }

    fn archive(&mut self, archive: impl Read, within: &str, depth: usize) -> anyhow::Result<()> {
        if depth > DEEPEST {
            bail!("its archives are nested over {DEEPEST} levels deep");
        }
        // Entries that do not matter are unpacked too, to get past them.
        let unpacked = GzDecoder::new(archive).take(LARGEST);
        for entry in tar::Archive::new(unpacked).entries()? {
            let entry = entry?;
            let path = entry.path()?.into_owned();
            let parts: Option<Vec<&str>> = path
                .components()
                .filter(|part| *part != Component::CurDir)
                .map(|part| match part {
                    Component::Normal(name) => name.to_str(),
                    _ => None,
                })
                .collect();
            // The first is the folder that all of it is in.
            let Some([_, inner @ ..]) = parts.as_deref() else { continue };
            let inner = format!("{within}{}", inner.join("/"));
            if entry.header().entry_type().is_file() && matters(&inner) {
                self.file(&inner, entry, depth)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &str, content: impl Read, depth: usize) -> anyhow::Result<()> {
        let mut bytes = Vec::new();
        content.take(LARGEST).read_to_end(&mut bytes).with_context(|| format!("`{path}`"))?;
        self.size += bytes.len() as u64;
        if self.size >= LARGEST {
            bail!("it has over {} MiB of text", LARGEST >> 20);
        }
        if let Some(folder) = path.strip_suffix(".tgz") {
            return self.archive(bytes.as_slice(), &format!("{folder}/"), depth + 1);
        }
        // What is no text is no template either.
        if let Ok(text) = String::from_utf8(bytes) {
            self.files.insert(path.to_owned(), text);
        }
        Ok(())
    }
}

/// Whether a file of a chart, or of a chart below it, says anything of values.
fn matters(path: &str) -> bool {
    let below = path.strip_prefix("charts/").map(|rest| rest.split_once('/'));
    match below {
        Some(Some((_, inner))) => matters(inner),
        Some(None) => Path::new(path).extension().is_some_and(|kind| kind == "tgz"),
        None => {
            ["Chart.yaml", "values.yaml", "requirements.yaml"].contains(&path)
                || path.starts_with("templates/")
        }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            archive.append_data(&mut header, path, *content).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap()
    }

    fn paths(found: &BTreeMap<String, String>) -> Vec<&str> {
        found.keys().map(String::as_str).collect()
    }

    const EXPECTED: [&str; 4] = [
        "Chart.yaml",
        "charts/kafka-1.0.0/Chart.yaml",
        "charts/kafka-1.0.0/values.yaml",
        "templates/tests/a.yaml",
    ];

    #[test]
    fn an_archive_and_a_folder_hold_the_same_with_archives_below_unpacked() {
        let below =
            archive(&[("kafka/Chart.yaml", b"name: kafka"), ("kafka/values.yaml", b"a: 1")]);
        let content: [(&str, &[u8]); 5] = [
            ("Chart.yaml", b"name: a"),
            ("README.md", b"no"),
            ("templates/tests/a.yaml", b"{{ .Values.a }}"),
            ("charts/kafka-1.0.0.tgz", &below),
            ("templates/picture.png", b"\xff\xfe"),
        ];
        let place = tempfile::tempdir().unwrap();
        let packed = place.path().join("a.tgz");
        let within = content.map(|(path, content)| (format!("a/{path}"), content));
        let within: Vec<(&str, &[u8])> =
            within.iter().map(|(path, content)| (path.as_str(), *content)).collect();
        std::fs::write(&packed, archive(&within)).unwrap();
        let folder = place.path().join("a");
        for (path, content) in content {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        assert_eq!(paths(&files(&packed).unwrap()), EXPECTED);
        assert_eq!(files(&packed).unwrap(), files(&folder).unwrap());
    }

    #[test]
    fn an_archive_that_unpacks_to_far_more_than_a_chart_is_refused() {
        let large = vec![b'a'; usize::try_from(LARGEST).unwrap()];
        let place = tempfile::tempdir().unwrap();
        let packed = place.path().join("a.tgz");
        std::fs::write(&packed, archive(&[("a/templates/a.yaml", &large)])).unwrap();
        assert!(files(&packed).is_err());
    }

    #[test]
    fn what_is_no_chart_is_an_error_with_its_path() {
        let place = tempfile::tempdir().unwrap();
        let packed = place.path().join("a.tgz");
        std::fs::write(&packed, "no archive").unwrap();
        assert!(format!("{:#}", files(&packed).unwrap_err()).contains("a.tgz"));
    }
}
