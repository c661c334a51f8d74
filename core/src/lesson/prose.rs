//! The words of a lesson in one language: Markdown, cut into sections, with numbers that come from the run.
//!
//! `# TITLE` begins the file, the text below it is the question of the lesson. `## STEP` begins the text of a step,
//! `### answer: a` a part of it. Inside a text `{{ EXPRESSION }}` is replaced by its value in the learner's run. Two kinds of
//! fenced block quote the run: `fact` with an expression that gives the number of an event, `mqadmin` with a command line.
//!
//! Only paragraphs, lists, quotes, emphasis, code and links are allowed. HTML and images are
//! mistakes with a line, not markup.

use std::collections::BTreeMap;

use arcstr::ArcStr;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::language::{Expression, Type};
use super::problem::{Problem, line_of};

/// A piece of text on a line of its own.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Running text.
    Paragraph(Vec<Inline>),
    /// A list, numbered or not.
    List {
        /// Whether it is numbered.
        ordered: bool,
        /// Its entries.
        items: Vec<Vec<Block>>,
    },
    /// A remark set apart.
    Quote(Vec<Block>),
    /// Text to be shown as it is.
    Code(ArcStr),
    /// An event of the run with its chain of causes; the expression gives its number.
    Fact(Expression),
    /// What `mqadmin` prints for this line, at that moment.
    Mqadmin(ArcStr),
}

/// A piece of running text.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    /// Words.
    Text(ArcStr),
    /// Words of a program.
    Code(Vec<Inline>),
    /// What matters.
    Strong(Vec<Inline>),
    /// A stress.
    Emphasis(Vec<Inline>),
    /// A way out: to a page of the web (`https:`) or a lesson of the lab (`lesson:3.4`).
    Link {
        /// Where to.
        to: Link,
        /// What stands there.
        text: Vec<Inline>,
    },
    /// A value of the run.
    Value(Expression),
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A page of the web; opened in a new tab, only when clicked.
    Web(ArcStr),
    /// Another lesson, by its id.
    Lesson(ArcStr),
}

/// The texts of one language.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prose {
    /// The name of the lesson.
    pub title: ArcStr,
    /// By the path of their headings: ``, `bet`, `bet/answer: a`, `remember`.
    sections: BTreeMap<String, Section>,
}

/// A text under a heading.
#[derive(Clone, Debug, Default, PartialEq)]
struct Section {
    line: usize,
    blocks: Vec<Block>,
}

impl Prose {
    /// The text at a path; empty when there is none, which a checked lesson does not have.
    pub fn text(&self, path: &str) -> &[Block] {
        self.sections.get(path).map_or(&[], |section| &section.blocks)
    }

    /// The question of the lesson, below the title.
    pub fn lead(&self) -> &[Block] {
        self.text("")
    }

    /// The paths with the line of each.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&str, usize)> {
        self.sections.iter().map(|(path, section)| (path.as_str(), section.line))
    }

    pub(super) fn line(&self, path: &str) -> usize {
        self.sections.get(path).map_or(1, |section| section.line)
    }

    /// The expressions of a text, in order.
    pub fn expressions<'a>(blocks: &'a [Block], found: &mut Vec<&'a Expression>) {
        for block in blocks {
            match block {
                Block::Paragraph(inlines) => in_inlines(inlines, found),
                Block::List { items, .. } => items.iter().for_each(|item| Self::expressions(item, found)),
                Block::Quote(inner) => Self::expressions(inner, found),
                Block::Fact(expression) => found.push(expression),
                Block::Code(_) | Block::Mqadmin(_) => {}
            }
        }
    }

    /// The expressions of the events that a text quotes, in order.
    pub fn facts<'a>(blocks: &'a [Block], found: &mut Vec<&'a Expression>) {
        for block in blocks {
            match block {
                Block::Fact(expression) => found.push(expression),
                Block::List { items, .. } => items.iter().for_each(|item| Self::facts(item, found)),
                Block::Quote(inner) => Self::facts(inner, found),
                Block::Paragraph(_) | Block::Code(_) | Block::Mqadmin(_) => {}
            }
        }
    }

    /// The `mqadmin` lines that a text quotes, in order.
    pub fn mqadmin_lines<'a>(blocks: &'a [Block], found: &mut Vec<&'a ArcStr>) {
        for block in blocks {
            match block {
                Block::List { items, .. } => items.iter().for_each(|item| Self::mqadmin_lines(item, found)),
                Block::Quote(inner) => Self::mqadmin_lines(inner, found),
                Block::Mqadmin(line) => found.push(line),
                Block::Paragraph(_) | Block::Fact(_) | Block::Code(_) => {}
            }
        }
    }

    /// Reads a file.
    pub(super) fn read(file: &str, text: &str, problems: &mut Vec<Problem>) -> Self {
        let mut prose = Self::default();
        let mut reader = Reader { file: file.into(), problems };
        for part in parts(text) {
            let path = match part.heading {
                Heading::None if part.body.trim().is_empty() => continue,
                Heading::None => {
                    reader.fail(part.line, "a text begins with its title: `# TITLE`");
                    continue;
                }
                Heading::Title(title) if prose.title.is_empty() => {
                    prose.title = title.into();
                    String::new()
                }
                Heading::Title(_) => {
                    reader.fail(part.line, "there is one title; `## STEP` begins a step");
                    continue;
                }
                Heading::Path(path) => path,
            };
            let blocks = reader.blocks(part.body, part.body_line);
            let section = Section { line: part.line, blocks };
            if prose.sections.insert(path.clone(), section).is_some() {
                reader.fail(part.line, format!("`{path}` is there twice"));
            }
        }
        if prose.title.is_empty() {
            reader.fail(1, "the title is missing: `# TITLE`");
        }
        prose
    }
}

fn in_inlines<'a>(inlines: &'a [Inline], found: &mut Vec<&'a Expression>) {
    for inline in inlines {
        match inline {
            Inline::Text(_) => {}
            Inline::Code(inner)
            | Inline::Strong(inner)
            | Inline::Emphasis(inner)
            | Inline::Link { text: inner, .. } => in_inlines(inner, found),
            Inline::Value(expression) => found.push(expression),
        }
    }
}

enum Heading<'a> {
    None,
    Title(&'a str),
    Path(String),
}

/// A heading with the text below it.
struct Part<'a> {
    heading: Heading<'a>,
    line: usize,
    body: &'a str,
    body_line: usize,
}

/// Cuts a file at its headings; those inside a fenced block are none.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = vec![Part { heading: Heading::None, line: 1, body: "", body_line: 1 }];
    let (mut begin, mut at, mut fenced) = (0, 0, false);
    let mut step = String::new();
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let end = at + line.len();
        let trimmed = line.trim_end();
        if trimmed.starts_with("```") {
            fenced = !fenced;
        }
        let heading = if fenced {
            None
        } else if let Some(part) = trimmed.strip_prefix("### ") {
            Some(Heading::Path(format!("{step}/{}", part.trim())))
        } else if let Some(name) = trimmed.strip_prefix("## ") {
            step = name.trim().to_owned();
            Some(Heading::Path(step.clone()))
        } else {
            trimmed.strip_prefix("# ").map(|title| Heading::Title(title.trim()))
        };
        if let Some(heading) = heading {
            parts.last_mut().expect("there is always a part").body = &text[begin..at];
            begin = end;
            parts.push(Part { heading, line: number + 1, body: "", body_line: number + 2 });
        }
        at = end;
    }
    parts.last_mut().expect("there is always a part").body = &text[begin..];
    parts
}

/// What a value is replaced by while Markdown is read: letters that no keyboard has.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

struct Reader<'p> {
    file: ArcStr,
    problems: &'p mut Vec<Problem>,
}

/// Markdown under way: the values it holds, and where its lines are.
struct Body<'a> {
    text: String,
    values: Vec<Option<Expression>>,
    line: usize,
    events: Vec<(Event<'a>, usize)>,
}

impl Reader<'_> {
    fn fail(&mut self, line: usize, what: impl Into<String>) {
        self.problems.push(Problem { file: self.file.clone(), line, what: what.into() });
    }

    fn blocks(&mut self, body: &str, line: usize) -> Vec<Block> {
        let (text, values) = self.take_values(body, line);
        let events: Vec<_> = Parser::new_ext(&text, Options::empty())
            .into_offset_iter()
            .map(|(event, range)| (event.into_static(), range.start))
            .collect();
        let body = Body { text, values, line, events };
        let mut place = 0;
        self.blocks_until_end(&body, &mut place)
    }

    /// Reads every `{{ … }}` outside fenced blocks and leaves a mark in its place.
    fn take_values(&mut self, body: &str, line: usize) -> (String, Vec<Option<Expression>>) {
        let body = body.replace([OPEN, CLOSE], "");
        let mut text = String::with_capacity(body.len());
        let mut values = Vec::new();
        let mut rest = body.as_str();
        while let Some(begin) = rest.find("{{") {
            let Some(length) = rest[begin..].find("}}") else {
                self.fail(
                    line + body[..body.len() - rest.len() + begin].matches('\n').count(),
                    "`{{` without `}}`",
                );
                break;
            };
            let inside = &rest[begin + 2..begin + length];
            let here = line + body[..body.len() - rest.len() + begin].matches('\n').count();
            text.push_str(&rest[..begin]);
            text.push_str(&format!("{OPEN}{}{CLOSE}", values.len()));
            let value = inside.trim().parse::<Expression>();
            if let Err(error) = &value {
                self.fail(here, format!("`{{{{{inside}}}}}`: {error}"));
            }
            values.push(value.ok());
            // Lines stay lines, so that later mistakes are told with the right number.
            text.extend(inside.chars().filter(|c| *c == '\n'));
            rest = &rest[begin + length + 2..];
        }
        text.push_str(rest);
        (text, values)
    }

    /// Blocks up to the end of what is open, or of the text.
    fn blocks_until_end(&mut self, body: &Body<'_>, place: &mut usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        // A list without blank lines holds its text bare.
        let mut loose: Vec<Inline> = Vec::new();
        while let Some((event, at)) = body.events.get(*place) {
            let line = body.line + line_of(&body.text, *at) - 1;
            let block = match event {
                Event::End(_) => {
                    *place += 1;
                    break;
                }
                Event::Start(Tag::Paragraph) => {
                    *place += 1;
                    Block::Paragraph(self.inlines_until_end(body, place))
                }
                Event::Start(Tag::List(first)) => {
                    *place += 1;
                    let items = self.items(body, place);
                    Block::List { ordered: first.is_some(), items }
                }
                Event::Start(Tag::BlockQuote(_)) => {
                    *place += 1;
                    Block::Quote(self.blocks_until_end(body, place))
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    *place += 1;
                    let kind = match kind {
                        CodeBlockKind::Fenced(kind) => kind.to_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    match self.code_block(&kind, body, place, line) {
                        Some(block) => block,
                        None => continue,
                    }
                }
                Event::Start(
                    Tag::HtmlBlock | Tag::Heading { .. } | Tag::Table(_) | Tag::FootnoteDefinition(_),
                )
                | Event::Rule => {
                    self.fail(line, "only paragraphs, lists, quotes, code and links are allowed; headings are `## STEP` and `### PART: NAME`");
                    skip(body, place);
                    continue;
                }
                _ => {
                    let before = *place;
                    self.inline(body, place, &mut loose);
                    debug_assert!(*place > before, "every event is passed once");
                    continue;
                }
            };
            if !loose.is_empty() {
                blocks.push(Block::Paragraph(std::mem::take(&mut loose)));
            }
            blocks.push(block);
        }
        if !loose.is_empty() {
            blocks.push(Block::Paragraph(loose));
        }
        blocks
    }

    fn items(&mut self, body: &Body<'_>, place: &mut usize) -> Vec<Vec<Block>> {
        let mut items = Vec::new();
        while let Some((event, _)) = body.events.get(*place) {
            *place += 1;
            match event {
                Event::Start(Tag::Item) => items.push(self.blocks_until_end(body, place)),
                _ => break,
            }
        }
        items
    }

    fn code_block(&mut self, kind: &str, body: &Body<'_>, place: &mut usize, line: usize) -> Option<Block> {
        let mut text = String::new();
        while let Some((event, _)) = body.events.get(*place) {
            *place += 1;
            match event {
                Event::Text(part) => text.push_str(part),
                _ => break,
            }
        }
        if text.contains(OPEN) {
            self.fail(line, "`{{ }}` is not read inside a fenced block; `fact` takes the expression bare");
            return None;
        }
        match kind {
            "" | "text" => Some(Block::Code(text.trim_end().into())),
            "mqadmin" => Some(Block::Mqadmin(text.trim().trim_start_matches("mqadmin ").into())),
            "fact" => match text.trim().parse::<Expression>() {
                Ok(expression) if expression.kind() == Type::Number => Some(Block::Fact(expression)),
                Ok(_) => {
                    self.fail(line, "`fact` wants the number of an event: `last(event.id where …)`");
                    None
                }
                Err(error) => {
                    self.fail(line, format!("`fact`: {error}"));
                    None
                }
            },
            other => {
                self.fail(
                    line,
                    format!("a fenced block is `fact`, `mqadmin`, `text` or nothing, not `{other}`"),
                );
                None
            }
        }
    }

    fn inlines_until_end(&mut self, body: &Body<'_>, place: &mut usize) -> Vec<Inline> {
        let mut inlines = Vec::new();
        while let Some((event, _)) = body.events.get(*place) {
            if matches!(event, Event::End(_)) {
                *place += 1;
                break;
            }
            self.inline(body, place, &mut inlines);
        }
        inlines
    }

    fn inline(&mut self, body: &Body<'_>, place: &mut usize, inlines: &mut Vec<Inline>) {
        let (event, at) = &body.events[*place];
        let line = body.line + line_of(&body.text, *at) - 1;
        *place += 1;
        match event {
            Event::Text(text) => with_values(text, &body.values, inlines),
            Event::Code(text) => {
                let mut inside = Vec::new();
                with_values(text, &body.values, &mut inside);
                inlines.push(Inline::Code(inside));
            }
            // Chinese has no blanks between words, so a line break in it is none; a blank there is left to the eye.
            Event::SoftBreak | Event::HardBreak => soft_break(body, *at, inlines),
            Event::Start(Tag::Strong) => inlines.push(Inline::Strong(self.inlines_until_end(body, place))),
            Event::Start(Tag::Emphasis) => {
                inlines.push(Inline::Emphasis(self.inlines_until_end(body, place)))
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                let to = link(dest_url);
                let text = self.inlines_until_end(body, place);
                match to {
                    Some(to) => inlines.push(Inline::Link { to, text }),
                    None => self
                        .fail(line, format!("a link leads to `https:…` or `lesson:ID`, not to `{dest_url}`")),
                }
            }
            Event::Start(_) => {
                self.fail(line, "only emphasis, code and links are allowed here; there are no images");
                *place -= 1;
                skip(body, place);
            }
            Event::Html(_) | Event::InlineHtml(_) => {
                self.fail(line, "HTML is not allowed; write `\\<` for the sign");
            }
            _ => self.fail(line, "only paragraphs, lists, quotes, code and links are allowed"),
        }
    }
}

fn soft_break(body: &Body<'_>, at: usize, inlines: &mut Vec<Inline>) {
    let before = body.text[..at].chars().next_back();
    let after = body.text[at..].trim_start().chars().next();
    let is_wide = |c: Option<char>| {
        c.is_some_and(|c| ('\u{2E80}'..='\u{9FFF}').contains(&c) || ('\u{FF00}'..='\u{FFEF}').contains(&c))
    };
    if !(is_wide(before) && is_wide(after)) {
        inlines.push(Inline::Text(" ".into()));
    }
}

/// Passes everything up to the end of what begins here.
fn skip(body: &Body<'_>, place: &mut usize) {
    let mut depth = 0;
    while let Some((event, _)) = body.events.get(*place) {
        *place += 1;
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
}

fn link(to: &str) -> Option<Link> {
    if let Some(id) = to.strip_prefix("lesson:") {
        let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        return is_id.then(|| Link::Lesson(id.into()));
    }
    to.starts_with("https://").then(|| Link::Web(to.into()))
}

/// Words with the values that their marks stand for.
fn with_values(text: &str, values: &[Option<Expression>], inlines: &mut Vec<Inline>) {
    let mut rest = text;
    while let Some(begin) = rest.find(OPEN) {
        let (words, marked) = rest.split_at(begin);
        if !words.is_empty() {
            inlines.push(Inline::Text(words.into()));
        }
        let end = marked.find(CLOSE).unwrap_or(marked.len());
        let number: Option<usize> = marked[OPEN.len_utf8()..end].parse().ok();
        if let Some(Some(value)) = number.and_then(|number| values.get(number)) {
            inlines.push(Inline::Value(value.clone()));
        }
        rest = marked.get(end + CLOSE.len_utf8()..).unwrap_or_default();
    }
    if !rest.is_empty() {
        inlines.push(Inline::Text(rest.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Prose, Vec<Problem>) {
        let mut problems = Vec::new();
        let prose = Prose::read("en.md", text, &mut problems);
        (prose, problems)
    }

    #[test]
    fn sections_are_found_by_their_path_and_values_by_their_mark() {
        let text = "# Title\nWhat?\n\n## bet\nLook at **{{ 1 + 1 }}** of `{{ now }}`.\n\n### answer: a\n- one\n- two\n";
        let (prose, problems) = read(text);
        assert_eq!(problems, []);
        assert_eq!(&*prose.title, "Title");
        let mut found = Vec::new();
        Prose::expressions(prose.text("bet"), &mut found);
        assert_eq!(found.iter().map(|it| it.text()).collect::<Vec<_>>(), ["1 + 1", "now"]);
        let [Block::List { ordered: false, items }] = prose.text("bet/answer: a") else {
            panic!("{prose:?}")
        };
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn a_line_break_between_chinese_letters_leaves_no_blank() {
        let (prose, _) = read("# 标题\n消息\n队列\nqueue\n");
        let [Block::Paragraph(inlines)] = prose.lead() else { panic!() };
        let text: String =
            inlines.iter().map(|it| if let Inline::Text(text) = it { &**text } else { "" }).collect();
        assert_eq!(text, "消息队列 queue");
    }

    #[test]
    fn markup_scripts_and_odd_links_are_mistakes_with_their_line() {
        let cases = [
            ("# T\n\n<script>alert(1)</script>\n", 3),
            ("# T\n\nfine\n\na <b>bold</b> word\n", 5),
            ("# T\n![x](https://a.example/x.png)\n", 2),
            ("# T\n[x](javascript:alert(1))\n", 2),
            ("# T\n[x](http://a.example)\n", 2),
            ("# T\n\n{{ lag }}\n", 3),
            ("# T\n\n\n{{ 1\n", 4),
            ("no title\n", 1),
            ("# T\n```sh\nls\n```\n", 2),
            ("# T\n#### deep\n", 2),
        ];
        for (text, line) in cases {
            let (_, problems) = read(text);
            assert!(problems.iter().any(|it| it.line == line), "{text:?}: {problems:?}");
        }
    }
}
