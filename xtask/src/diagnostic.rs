//! Mistakes in the input: what, where, and what to do about it.

use std::fmt;
use std::io::IsTerminal;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// A text that people wrote: a file, or a value on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// The file's path, or how the value was given.
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Where something was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a text, between two bytes.
    Text(Arc<Source>, Range<usize>),
    /// By a flag or a variable of the environment.
    Named(String),
    /// Nowhere: it is missing.
    Nowhere,
}

impl Place {
    /// The place in a few words, such as `clockwork.hcl:12`.
    pub(crate) fn short(&self) -> String {
        match self {
            Place::Text(source, range) => {
                let before = source.text.get(..range.start).unwrap_or_default();
                format!("{}:{}", source.name, before.matches('\n').count() + 1)
            }
            Place::Named(name) => name.clone(),
            Place::Nowhere => "nowhere".to_owned(),
        }
    }
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    message: String,
    remedy: Option<String>,
    place: Place,
}

impl Diagnostic {
    pub(crate) fn new(message: impl Into<String>, place: Place) -> Self {
        Diagnostic { message: message.into(), remedy: None, place }
    }

    /// What to do about it.
    pub(crate) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Names the nearest right name where there is one, else all of them.
    pub(crate) fn nearest<'a>(self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match inputs::nearest(name, known.iter().copied()) {
            Some(near) => self.remedy(format!("did you mean `{near}`?")),
            None if known.is_empty() => self,
            None => self.remedy(format!("known here: {}", known.join(", "))),
        }
    }

    fn render(&self, renderer: &Renderer) -> String {
        let shown = |text: &str| text.chars().flat_map(printable).collect::<String>();
        let title = shown(&self.message);
        let title = Level::ERROR.primary_title(title);
        let remedy = self.remedy.as_ref().map(|text| {
            let lines: Vec<String> = text.split('\n').map(shown).collect();
            lines.join("\n")
        });
        let remedy = remedy.as_ref().map(|text| Level::HELP.message(text.as_str()));
        match &self.place {
            Place::Text(source, range) => {
                let snippet = Snippet::source(source.text.as_str())
                    .path(source.name.as_str())
                    .annotation(AnnotationKind::Primary.span(one_line(&source.text, range)));
                let group = title.element(snippet);
                renderer.render(&[group.elements(remedy)])
            }
            Place::Named(name) => {
                let group = title.element(Origin::path(name.as_str()));
                renderer.render(&[group.elements(remedy)])
            }
            Place::Nowhere => {
                let group = Group::with_title(title);
                renderer.render(&[group.elements(remedy)])
            }
        }
    }
}

/// A long block is shown by its first line.
fn one_line(text: &str, range: &Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(range.start);
    let end = text.floor_char_boundary(range.end).max(start);
    let first = text[start..end].lines().next().map_or(0, str::len);
    start..start + first
}

fn printable(c: char) -> impl Iterator<Item = char> {
    let text = if c.is_control() { c.escape_debug().to_string() } else { c.to_string() };
    text.chars().collect::<Vec<_>>().into_iter()
}

/// All mistakes of one run.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Puts those of another file behind these. A mistake in a file of values that both
    /// read is one mistake.
    pub(crate) fn append(&mut self, other: Diagnostics) {
        for diagnostic in other.0 {
            if diagnostic.place == Place::Nowhere || !self.0.contains(&diagnostic) {
                self.0.push(diagnostic);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing, or all mistakes as an error.
    pub(crate) fn into_result(self) -> anyhow::Result<()> {
        if self.is_empty() { Ok(()) } else { Err(anyhow::Error::new(self)) }
    }

    /// All of them, as they are told.
    pub(crate) fn rendered(&self, colour: bool) -> Vec<String> {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        // The renderer shows the old control characters as pictures, but lets those of
        // U+0080 to U+009F through, which some terminals act on as well.
        let harmless = |c| if ('\u{80}'..='\u{9f}').contains(&c) { '\u{fffd}' } else { c };
        let render =
            |diagnostic: &Diagnostic| diagnostic.render(&renderer).chars().map(harmless).collect();
        self.0.iter().map(render).collect()
    }

    /// Prints them all on standard error.
    pub(crate) fn print(&self) {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        for told in self.rendered(std::io::stderr().is_terminal() && !no_colour) {
            eprintln!("{told}\n");
        }
        let count = self.0.len();
        let mistakes = if count == 1 { "mistake" } else { "mistakes" };
        eprintln!("{count} {mistakes} in the input; nothing was called or changed");
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} mistakes in the input", self.0.len())
    }
}

impl std::error::Error for Diagnostics {}

/// A mistake in how a command was called.
pub(crate) fn wrong<T>(place: &str, message: &str, remedy: &str) -> anyhow::Result<T> {
    let mut mistakes = Diagnostics::default();
    mistakes.push(
        Diagnostic::new(message.to_owned(), Place::Named(place.to_owned()))
            .remedy(remedy.to_owned()),
    );
    mistakes.into_result()?;
    anyhow::bail!("{message}")
}
