//! What a page says, as mdBook will read it: headings, links, images, fences, and its prose.

use crate::blocks::blocks;
use crate::page::Page;
use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd};
use regex::Regex;
use std::collections::HashSet;
use std::ops::Range;

/// A heading, or a term that a list defines (level 0): what a link can lead to.
pub struct Heading {
    pub level: usize,
    pub text: String,
    pub id: String,
    pub at: usize,
}

pub struct Image {
    pub target: String,
    pub alt: String,
    pub at: usize,
}

/// A block of code that no directive wrote.
pub struct Fence {
    /// What stands behind the ticks; nothing for an indented block.
    pub info: String,
    pub text: String,
    pub at: usize,
}

#[derive(Default)]
pub struct Facts {
    pub headings: Vec<Heading>,
    /// Targets, and where each stands.
    pub links: Vec<(String, usize)>,
    pub images: Vec<Image>,
    pub fences: Vec<Fence>,
    /// What stands in backticks.
    pub code: Vec<(String, usize)>,
    /// HTML that stands in the page, without comments.
    pub html: Vec<(String, usize)>,
    /// References that lead nowhere: `[text][name]` without `[name]: …`.
    pub broken: Vec<(String, usize)>,
    /// The page with everything but its prose blanked: the same offsets.
    pub prose: String,
    /// `id="…"` of HTML.
    ids: Vec<String>,
    text: String,
}

impl Facts {
    /// The line of an offset, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    pub fn has_anchor(&self, id: &str) -> bool {
        self.anchors().any(|own| own == id)
    }

    pub fn anchors(&self) -> impl Iterator<Item = &str> {
        let of_headings = self.headings.iter().map(|heading| heading.id.as_str());
        of_headings.chain(self.ids.iter().map(String::as_str))
    }

    /// Words of prose.
    pub fn words(&self) -> usize {
        let is_word = |word: &&str| word.chars().any(char::is_alphanumeric);
        self.prose.split_whitespace().filter(is_word).count()
    }

    /// The sections below headings of level 2: the heading, and the range of what follows it.
    pub fn sections(&self) -> Vec<(&str, Range<usize>)> {
        let two: Vec<&Heading> = self.headings.iter().filter(|h| h.level == 2).collect();
        let ends = two.iter().skip(1).map(|h| h.at).chain([self.text.len()]);
        two.iter()
            .zip(ends)
            .map(|(heading, end)| {
                let line = self.text[heading.at..].find('\n').unwrap_or(0);
                (heading.text.as_str(), heading.at + line..end)
            })
            .collect()
    }
}

/// The same extensions as mdBook's.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_DEFINITION_LIST
        | Options::ENABLE_GFM
}

pub fn facts(page: &Page) -> Facts {
    let generated: Vec<Range<usize>> =
        blocks(&page.path, &page.text).0.into_iter().map(|block| block.body).collect();
    let mut broken = Vec::new();
    let callback = |link: pulldown_cmark::BrokenLink<'_>| {
        if matches!(link.link_type, LinkType::Reference | LinkType::Collapsed) {
            broken.push((link.reference.to_string(), link.span.start));
        }
        None
    };
    let parser = Parser::new_with_broken_link_callback(&page.text, options(), Some(callback));
    let mut reader = Reader::new(page, generated);
    for (event, range) in parser.into_offset_iter() {
        reader.event(event, range);
    }
    let mut facts = reader.facts;
    facts.broken = broken;
    facts.prose = String::from_utf8(reader.prose).unwrap_or_default();
    facts
}

/// The targets of all links of a page, of Markdown and of HTML, with where each is written.
pub fn link_ranges(page: &Page) -> Vec<(Range<usize>, String)> {
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    let html = Regex::new(r#"\bhref="([^"]*)""#).expect("a pattern of this file");
    for (event, range) in Parser::new_ext(&page.text, options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                let own = page.text[range.clone()].rfind(&*dest_url).map(|at| range.start + at);
                // Else it stands in the definition of the reference.
                let definition = format!("]: {dest_url}");
                let at = own.or_else(|| page.text.find(&definition).map(|at| at + 3));
                if let Some(at) = at {
                    found.push((at..at + dest_url.len(), dest_url.to_string()));
                }
            }
            Event::Html(text) | Event::InlineHtml(text) => {
                for target in html.captures_iter(&text).filter_map(|link| link.get(1)) {
                    let at = range.start + target.start();
                    found.push((at..at + target.len(), target.as_str().to_string()));
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found.dedup();
    found
}

struct Reader<'a> {
    page: &'a Page,
    generated: Vec<Range<usize>>,
    facts: Facts,
    prose: Vec<u8>,
    used: HashSet<String>,
    /// A heading that is open.
    heading: Option<(Heading, bool)>,
    image: Option<Image>,
    fence: Option<Fence>,
    html_id: Regex,
}

impl<'a> Reader<'a> {
    fn new(page: &'a Page, generated: Vec<Range<usize>>) -> Self {
        let blank = |byte: u8| if byte == b'\n' { b'\n' } else { b' ' };
        Self {
            page,
            generated,
            facts: Facts { text: page.text.clone(), ..Facts::default() },
            prose: page.text.bytes().map(blank).collect(),
            used: HashSet::new(),
            heading: None,
            image: None,
            fence: None,
            html_id: Regex::new(r#"\bid="([^"]+)""#).expect("a pattern of this file"),
        }
    }

    fn is_generated(&self, range: &Range<usize>) -> bool {
        self.generated.iter().any(|body| body.start <= range.start && range.end <= body.end)
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let at = range.start;
        match event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                let id = id.map(|id| id.to_string());
                self.open(level as usize, id, at);
            }
            Event::Start(Tag::DefinitionListTitle) => self.open(0, None, at),
            Event::End(TagEnd::Heading(_) | TagEnd::DefinitionListTitle) => self.close(),
            Event::Start(Tag::Link { dest_url, .. }) => {
                self.facts.links.push((dest_url.to_string(), at));
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                let target = dest_url.to_string();
                self.image = Some(Image { target, alt: String::new(), at });
            }
            Event::End(TagEnd::Image) => self.facts.images.extend(self.image.take()),
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                if !self.is_generated(&range) {
                    self.fence = Some(Fence { info, text: String::new(), at });
                }
            }
            Event::End(TagEnd::CodeBlock) => self.facts.fences.extend(self.fence.take()),
            Event::Text(text) => self.text(&text, range),
            Event::Code(text) => {
                if let Some((heading, _)) = &mut self.heading {
                    heading.text += &text;
                }
                if let Some(image) = &mut self.image {
                    image.alt += &text;
                }
                self.facts.code.push((text.to_string(), at));
            }
            Event::Html(text) | Event::InlineHtml(text) => self.html(&text, range),
            _ => {}
        }
    }

    fn open(&mut self, level: usize, id: Option<String>, at: usize) {
        let own = id.is_some();
        let heading = Heading { level, text: String::new(), id: id.unwrap_or_default(), at };
        self.heading = Some((heading, own));
    }

    fn close(&mut self) {
        let Some((mut heading, own)) = self.heading.take() else { return };
        if !own {
            heading.id = self.unique(&id_of(&heading.text));
        }
        self.facts.headings.push(heading);
    }

    fn unique(&mut self, id: &str) -> String {
        let numbered = (1..).map(|number| format!("{id}-{number}"));
        let mut candidates = std::iter::once(id.to_string()).chain(numbered);
        candidates.find(|id| self.used.insert(id.clone())).unwrap_or_default()
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        if let Some((heading, _)) = &mut self.heading {
            heading.text += text;
        }
        if let Some(image) = &mut self.image {
            image.alt += text;
        } else if let Some(fence) = &mut self.fence {
            fence.text += text;
        } else if !self.is_generated(&range) {
            self.prose[range.clone()].copy_from_slice(&self.page.text.as_bytes()[range]);
        }
    }

    fn html(&mut self, text: &str, range: Range<usize>) {
        let ids = self.html_id.captures_iter(text).map(|found| found[1].to_string());
        self.facts.ids.extend(ids);
        if !text.trim_start().starts_with("<!--") && !self.is_generated(&range) {
            self.facts.html.push((text.to_string(), range.start));
        }
    }
}

/// The anchor that mdBook gives to a heading.
fn id_of(heading: &str) -> String {
    let letter = |c: char| match c {
        c if c.is_alphanumeric() || c == '_' || c == '-' => Some(c),
        c if c.is_whitespace() => Some('-'),
        _ => None,
    };
    heading.trim().to_lowercase().chars().filter_map(letter).collect()
}

#[cfg(test)]
#[path = "markdown_tests.rs"]
mod tests;
