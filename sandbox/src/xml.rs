//! Responses as XML.

use std::time::{Duration, UNIX_EPOCH};

use quick_xml::Writer;
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

/// An element: text, or further elements.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// An element with others in it.
    pub(crate) fn new(name: &str, children: Vec<Element>) -> Self {
        Element { name: name.to_owned(), text: String::new(), children }
    }

    /// An element with a text in it.
    pub(crate) fn text(name: &str, text: impl ToString) -> Self {
        Element { name: name.to_owned(), text: text.to_string(), children: Vec::new() }
    }

    /// A list as EC2 writes it: one `item` each.
    pub(crate) fn set(name: &str, items: impl IntoIterator<Item = Vec<Element>>) -> Self {
        let items = items.into_iter().map(|members| Element::new("item", members)).collect();
        Element::new(name, items)
    }

    /// Whether it holds text and no further elements.
    pub(super) fn is_text(&self) -> bool {
        self.children.is_empty() && !self.text.is_empty()
    }

    /// The whole document.
    pub(crate) fn document(&self, namespace: Option<&str>) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new());
        // Writing to memory does not fail.
        let _ = self.write(&mut writer, namespace);
        writer.into_inner()
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>, namespace: Option<&str>) -> std::io::Result<()> {
        let mut start = BytesStart::new(self.name.as_str());
        if let Some(namespace) = namespace {
            start.push_attribute(("xmlns", namespace));
        }
        writer.write_event(Event::Start(start))?;
        writer.write_event(Event::Text(BytesText::new(&self.text)))?;
        for child in &self.children {
            child.write(writer, None)?;
        }
        writer.write_event(Event::End(BytesEnd::new(self.name.as_str())))
    }
}

/// `2026-11-26T02:30:00.000Z`, of milliseconds since 1970.
pub(super) fn timestamp(ms: u64) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(ms)).to_string()
}
