//! Reads the text of the list, and refuses what is not as it should be, with the line.

use std::fmt;

use super::{Check, List, Rule, STATES, Text, Theme};

/// What is wrong with the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ParseError {
    line: usize,
    why: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

type Parsed<T> = Result<T, ParseError>;

fn wrong<T>(line: usize, why: impl Into<String>) -> Parsed<T> {
    Err(ParseError { line, why: why.into() })
}

/// One line, `key: value`.
struct Field {
    line: usize,
    key: &'static str,
    value: &'static str,
}

/// The lines between two blank ones that were not taken yet.
struct Block {
    line: usize,
    fields: Vec<Field>,
}

impl Block {
    fn take(&mut self, key: &str) -> Option<&'static str> {
        let at = self.fields.iter().position(|field| field.key == key)?;
        Some(self.fields.remove(at).value)
    }

    fn need(&mut self, key: &str) -> Parsed<&'static str> {
        let line = self.line;
        self.take(key).map_or_else(|| wrong(line, format!("`{key}` is missing")), Ok)
    }

    /// A text in both languages, or none.
    fn text(&mut self, key: &str) -> Parsed<Option<Text>> {
        match (self.take(&format!("{key}.en")), self.take(&format!("{key}.zh"))) {
            (Some(en), Some(zh)) => Ok(Some(Text { en, zh })),
            (None, None) => Ok(None),
            (Some(_), None) => wrong(self.line, format!("`{key}.zh` is missing")),
            (None, Some(_)) => wrong(self.line, format!("`{key}.en` is missing")),
        }
    }

    fn need_text(&mut self, key: &str) -> Parsed<Text> {
        let line = self.line;
        self.text(key)?.map_or_else(|| wrong(line, format!("`{key}.en` and `{key}.zh` are missing")), Ok)
    }

    fn words(&mut self, key: &str) -> Vec<&'static str> {
        self.take(key).map(|value| value.split(',').map(str::trim).collect()).unwrap_or_default()
    }

    /// Nothing may be left: a key that nobody took is misspelt, or stands there twice.
    fn finish(self) -> Parsed<()> {
        match self.fields.first() {
            Some(field) => wrong(field.line, format!("`{}` is unknown here, or there twice", field.key)),
            None => Ok(()),
        }
    }
}

/// Reads the whole text.
pub(super) fn parse(text: &'static str) -> Parsed<List> {
    let mut list = List::default();
    for block in blocks(text)? {
        if block.fields.iter().any(|field| field.key == "theme") {
            list.themes.push(theme(block)?);
        } else {
            let line = block.line;
            let rule = rule(block)?;
            let above = list.themes.last().map(|theme| theme.word);
            if above != Some(rule.theme()) {
                return wrong(line, format!("`{}` does not stand under its theme", rule.id));
            }
            if list.rules.iter().any(|other| other.id == rule.id) {
                return wrong(line, format!("`{}` is there twice", rule.id));
            }
            list.rules.push(rule);
        }
    }
    Ok(list)
}

fn blocks(text: &'static str) -> Parsed<Vec<Block>> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    for (line, content) in (1..).zip(text.lines()) {
        if content.starts_with('#') {
            continue;
        }
        if content.trim().is_empty() {
            is_open = false;
            continue;
        }
        let Some((key, value)) = content.split_once(": ") else {
            return wrong(line, "a line is `key: value`");
        };
        let field = Field { line, key, value: value.trim() };
        match blocks.last_mut() {
            Some(block) if is_open => block.fields.push(field),
            _ => blocks.push(Block { line, fields: vec![field] }),
        }
        is_open = true;
    }
    Ok(blocks)
}

fn theme(mut block: Block) -> Parsed<Theme> {
    let theme = Theme { word: block.need("theme")?, title: block.need_text("title")? };
    block.finish()?;
    Ok(theme)
}

fn rule(mut block: Block) -> Parsed<Rule> {
    let line = block.line;
    let rule = Rule {
        id: block.need("id")?,
        statement: block.need_text("rule")?,
        classes: block.words("class"),
        behaviour: block.take("behaviour"),
        four: block.text("v4")?,
        five: block.text("v5")?,
        checks: checks(&mut block)?,
        simplified: block.text("simplified")?,
        facts: block.words("facts"),
        states: block.words("state"),
        mqadmin: block.words("mqadmin"),
    };
    block.finish()?;
    if rule.classes.is_empty() != rule.behaviour.is_none() {
        return wrong(line, "`class` and `behaviour` stand together");
    }
    if let Some(state) = rule.states.iter().find(|state| !STATES.contains(state)) {
        return wrong(line, format!("the inspector has no `{state}`; known: {}", STATES.join(", ")));
    }
    Ok(rule)
}

fn checks(block: &mut Block) -> Parsed<Vec<Check>> {
    let line = block.line;
    let named = block.words("checked").into_iter().map(|words| match words.split_once(' ') {
        Some(("vector", name)) => Ok(Check::Vector(name)),
        Some(("recording", name)) => Ok(Check::Recording(name)),
        Some(("scenario", name)) => Ok(Check::Scenario(name)),
        Some(("property", name)) => Ok(Check::Property(name)),
        _ => wrong(line, format!("`{words}` is no check")),
    });
    let mut checks = named.collect::<Parsed<Vec<_>>>()?;
    checks.extend(block.text("derived")?.map(Check::Derived));
    if checks.is_empty() {
        return wrong(line, "a rule without a check says in `derived` what it is taken from");
    }
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEME: &str = "theme: t\ntitle.en: T\ntitle.zh: 题\n\n";
    const RULE: &str =
        "id: t.r\nrule.en: It does.\nrule.zh: 如此。\nclass: A, B\nbehaviour: §1\nchecked: vector v\n";

    /// The parser takes texts that live for ever; those of a test do, too.
    fn read(text: &str) -> Result<List, String> {
        parse(String::leak(text.to_owned())).map_err(|why| why.to_string())
    }

    #[test]
    fn a_rule_is_read_with_all_that_it_says() {
        let more = "derived.en: Read.\nderived.zh: 读。\nstate: disk\nfacts: flushed, stopped\nv5.en: New\nv5.zh: 新\n";
        let list = read(&format!("# comment\n{THEME}{RULE}{more}\n\n")).expect("a good text");
        let rule = &list.rules[0];
        assert_eq!(rule.classes, ["A", "B"]);
        let derived = Text { en: "Read.", zh: "读。" };
        assert_eq!(rule.checks, [Check::Vector("v"), Check::Derived(derived)]);
        assert_eq!((rule.theme(), &rule.states[..]), ("t", &["disk"][..]));
        assert_eq!((rule.four, rule.five), (None, Some(Text { en: "New", zh: "新" })));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let cases = [
            (format!("{THEME}{}", RULE.replace("rule.zh: 如此。\n", "")), "line 5: `rule.zh` is missing"),
            (
                format!("{THEME}{}", RULE.replace("class: A, B\n", "")),
                "line 5: `class` and `behaviour` stand together",
            ),
            (format!("{THEME}{RULE}\n{RULE}"), "line 12: `t.r` is there twice"),
            (RULE.to_owned(), "line 1: `t.r` does not stand under its theme"),
            (format!("{THEME}{RULE}clas: C\n"), "line 11: `clas` is unknown here, or there twice"),
            (format!("{THEME}{RULE}class: C\n"), "line 11: `class` is unknown here, or there twice"),
            (format!("{THEME}{RULE}no colon\n"), "line 11: a line is `key: value`"),
            (format!("{THEME}{}", RULE.replace("vector v", "hope")), "line 5: `hope` is no check"),
        ];
        for (text, why) in cases {
            assert_eq!(read(&text).expect_err(why), why);
        }
        let unchecked = RULE.replace("checked: vector v\n", "");
        assert!(read(&format!("{THEME}{unchecked}")).is_err_and(|why| why.contains("without a check")));
        let nowhere = read(&format!("{THEME}{RULE}state: attic\n"));
        assert!(nowhere.is_err_and(|why| why.contains("no `attic`")));
    }
}
