//! The nodes of one YAML document, before anything in them is resolved.
//!
//! The parser is a port of libyaml, as that of go-yaml v2 is. Where the two
//! read a text differently, or Helm 3 and 4 do, the text is refused here.

use std::borrow::Cow;
use std::collections::HashMap;

use libyaml_safer::{Event, EventData, MappingStyle, Mark, Parser, ScalarStyle, SequenceStyle};

use super::error::Unreadable;
use super::escapes::{check_slash, with_quote};
use super::tag::short;
use super::unseparated;

/// How deep lists and maps may lie in each other: more than any chart has, and
/// less than what readers of JSON refuse.
const DEEPEST: usize = 100;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The index of a node in [`Nodes`].
pub(super) type Id = usize;

#[derive(Debug)]
pub(super) struct Node {
    pub(super) mark: Mark,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Scalar { text: String, tag: Option<String>, plain: bool },
    Sequence(Vec<Id>),
    Mapping(Vec<(Id, Id)>),
    Alias(Id),
}

/// One document.
#[derive(Debug)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    pub(super) root: Option<Id>,
}

impl Nodes {
    pub(super) fn get(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    pub(super) fn parse(text: &str) -> Result<Nodes, Unreadable> {
        lines(text)?;
        // The parser passes over it, and counts without it.
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let ends = text.is_empty() || text.ends_with(['\n', '\r']);
        // As Helm 4 does it.
        let mut whole = if ends { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n")) };
        loop {
            match Nodes::parse_whole(&whole, ends) {
                Err(why) => whole = Cow::Owned(with_quote(&whole, &why).ok_or(why)?),
                nodes => return nodes,
            }
        }
    }

    /// Parses a text whose last line ends, as it did by itself or not.
    fn parse_whole(text: &str, ends: bool) -> Result<Nodes, Unreadable> {
        unseparated::refuse(text)?;
        let mut bytes = text.as_bytes();
        let mut parser = Parser::new();
        parser.set_input_string(&mut bytes);
        let mut building = Building {
            text,
            parser,
            nodes: Vec::new(),
            anchors: HashMap::new(),
            flow: 0,
            unended: (!ends).then(|| text.len() as u64 - 1),
        };
        let root = building.document()?;
        Ok(Nodes { nodes: building.nodes, root })
    }
}

/// What the lines of a text say before any YAML is read. Helm 4 splits a text at lines that
/// begin with `---`, and puts the documents together; Helm 3 reads the first one alone.
fn lines(text: &str) -> Result<(), Unreadable> {
    let mut before = false;
    for (number, line) in text.split('\n').enumerate() {
        let mark = || {
            let mut mark = Mark::default();
            mark.line = number as u64;
            Some(mark)
        };
        // go-yaml takes one within the text for a letter, and libyaml leaves it out.
        if line.char_indices().any(|(at, c)| c == BYTE_ORDER_MARK && (number, at) != (0, 0)) {
            return Err(Unreadable::new(
                mark(),
                "a byte order mark, U+FEFF, stands within the text",
                "take it out; nothing shows where it is, so rewrite the line",
            ));
        }
        if line.starts_with('%') && !before {
            return Err(Unreadable::new(
                mark(),
                "this line is a directive, and directives are not read",
                "leave it out",
            ));
        }
        if let Some(rest) = line.strip_prefix("---") {
            if before {
                return Err(Unreadable::new(
                    mark(),
                    "a second document begins here: Helm 3 reads the first alone, and Helm 4 puts \
                     them together",
                    "write one document, without `---` between",
                ));
            }
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(Unreadable::new(
                    mark(),
                    "something follows `---` on its line, which Helm 4 refuses",
                    "write it on a line of its own",
                ));
            }
            before = true;
        } else if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
            before = true;
        }
    }
    Ok(())
}

struct Building<'r, 'b> {
    text: &'r str,
    parser: Parser<&'b mut &'r [u8]>,
    nodes: Vec<Node>,
    anchors: HashMap<String, Id>,
    /// How many lists and maps in brackets are open.
    flow: usize,
    /// Where a text ends that does not end its last line.
    unended: Option<u64>,
}

impl Building<'_, '_> {
    fn document(&mut self) -> Result<Option<Id>, Unreadable> {
        let mut root = None;
        let mut documents = 0;
        loop {
            let event = self.parser.parse()?;
            match event.data {
                EventData::DocumentStart { .. } => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Unreadable::new(
                            Some(event.start_mark),
                            "a second document begins here, which Helm would leave out",
                            "write one document",
                        ));
                    }
                }
                EventData::StreamStart { .. } | EventData::DocumentEnd { .. } => {}
                EventData::StreamEnd => return Ok(root),
                _ => root = Some(self.node(event, 0)?),
            }
        }
    }

    fn node(&mut self, event: Event, depth: usize) -> Result<Id, Unreadable> {
        let mark = event.start_mark;
        if depth > DEEPEST {
            return Err(Unreadable::new(
                Some(mark),
                format!("lists and maps lie in each other over {DEEPEST} deep"),
                "write fewer levels",
            ));
        }
        match event.data {
            EventData::Alias { anchor } => match self.anchors.get(&anchor) {
                Some(&known) => Ok(self.add(mark, None, Content::Alias(known))),
                None => Err(Unreadable::new(
                    Some(mark),
                    format!("there is no anchor `&{anchor}` before `*{anchor}`"),
                    "define it above",
                )),
            },
            EventData::Scalar { anchor, tag, value, plain_implicit, style, .. } => {
                self.check_scalar((mark, event.end_mark), &value, style)?;
                let plain = plain_implicit && tag.is_none();
                Ok(self.add(mark, anchor, Content::Scalar { text: value, tag, plain }))
            }
            EventData::SequenceStart { anchor, tag, style, .. } => {
                untagged(mark, tag.as_deref())?;
                let id = self.add(mark, anchor, Content::Sequence(Vec::new()));
                let children = self.children(style == SequenceStyle::Flow, depth)?;
                self.nodes[id].content = Content::Sequence(children);
                Ok(id)
            }
            EventData::MappingStart { anchor, tag, style, .. } => {
                untagged(mark, tag.as_deref())?;
                let id = self.add(mark, anchor, Content::Mapping(Vec::new()));
                let children = self.children(style == MappingStyle::Flow, depth)?;
                let pairs = children.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
                self.nodes[id].content = Content::Mapping(pairs);
                Ok(id)
            }
            _ => Err(Unreadable::new(Some(mark), "a value is missing", "correct the YAML there")),
        }
    }

    /// Refuses a scalar that Helm 3, Helm 4 and this parser do not read as one value.
    fn check_scalar(
        &self,
        (start, end): (Mark, Mark),
        value: &str,
        style: ScalarStyle,
    ) -> Result<(), Unreadable> {
        // go-yaml ends an unquoted text in brackets at `?`, and libyaml does not.
        if self.flow > 0 && style == ScalarStyle::Plain && value.contains('?') {
            return Err(Unreadable::new(
                Some(start),
                format!("`{value}` has a `?` and is not in quotes"),
                "write it in quotes",
            ));
        }
        if style == ScalarStyle::DoubleQuoted {
            check_slash(self.text, start, end)?;
        }
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if block && value.ends_with('\n') && self.unended.is_some_and(|last| end.index >= last) {
            return Err(Unreadable::new(
                Some(start),
                "this block ends with the file, whose last line does not end: Helm 4 adds a line \
                 break to it, and Helm 3 does not",
                "end the last line of the file",
            ));
        }
        Ok(())
    }

    /// The nodes up to the end of the list or map that is open.
    fn children(&mut self, flow: bool, depth: usize) -> Result<Vec<Id>, Unreadable> {
        self.flow += usize::from(flow);
        let mut children = Vec::new();
        loop {
            let event = self.parser.parse()?;
            if matches!(event.data, EventData::SequenceEnd | EventData::MappingEnd) {
                self.flow -= usize::from(flow);
                return Ok(children);
            }
            children.push(self.node(event, depth + 1)?);
        }
    }

    /// An anchor is known from here on, to what lies below it too.
    fn add(&mut self, mark: Mark, anchor: Option<String>, content: Content) -> Id {
        let id = self.nodes.len();
        self.nodes.push(Node { mark, content });
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, id);
        }
        id
    }
}

fn untagged(mark: Mark, tag: Option<&str>) -> Result<(), Unreadable> {
    match tag {
        None => Ok(()),
        Some(tag) => Err(Unreadable::new(
            Some(mark),
            format!("the tag `{}` says nothing to Helm", short(tag)),
            "leave it out",
        )),
    }
}
