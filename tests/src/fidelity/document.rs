//! `FIDELITY.md`: the fidelity list for people.

use std::fmt::{self, Write};

use lab_core::config::Profile;
use lab_core::fidelity::{Check, Rule, Text, rules, themes};

const HEAD: &str = "\
# Fidelity

What RocketMQ Lab does as Apache RocketMQ does it: one entry a rule, with RocketMQ's classes, the difference between the two
versions where there is one, what checks it, and what is simplified. What is in no entry, the lab does not claim.

RocketMQ Lab 与 Apache RocketMQ 的逐条对照：每条规则一项，列出 RocketMQ 中对应的类、两个版本的差异（如有）、由什么验证、做了哪些简化。
没有列出的行为，实验室不做任何承诺。

*This file is written from [core/src/fidelity/rules.txt](core/src/fidelity/rules.txt) by
`UPDATE_GOLDEN=1 cargo test -p lab-tests --test fidelity`; edit that one.*

The signs:

- *vector*: what RocketMQ's own classes answered to thousands of inputs, in [tests/vectors](tests/vectors).
- *recording*: runs of real clusters (4.9.7 and 5.3.3) that the lab repeats step by step, in
  [tests/recordings](tests/recordings).
- *scenario*: a run of the lab, written down event by event and read by people, in [tests/scenarios](tests/scenarios).
- *property*: what is looked for in random runs, in [tests/src/chaos](tests/src/chaos).
- *derived*: no test of its own; the entry says what it is taken from.
- § is the section of the project's notes on RocketMQ's behaviour that the sources cite.
";

/// The whole document.
pub fn text() -> String {
    let mut text = HEAD.to_owned();
    write_document(&mut text).expect("a string takes everything");
    text
}

fn write_document(out: &mut String) -> fmt::Result {
    writeln!(out, "\n| theme | rules | with a test |\n|---|--:|--:|")?;
    for theme in themes() {
        let of_theme = || rules().iter().filter(|rule| rule.theme() == theme.word);
        let tested = of_theme().filter(|rule| is_tested(rule)).count();
        let title = theme.title;
        writeln!(
            out,
            "| [{}](#{}) · {} | {} | {tested} |",
            title.en,
            theme.word,
            title.zh,
            of_theme().count()
        )?;
    }
    let tested = rules().iter().filter(|rule| is_tested(rule)).count();
    writeln!(out, "| all 合计 | {} | {tested} |", rules().len())?;
    for theme in themes() {
        writeln!(out, "\n<a id=\"{}\"></a>\n\n## {} · {}", theme.word, theme.title.en, theme.title.zh)?;
        for rule in rules().iter().filter(|rule| rule.theme() == theme.word) {
            write_rule(out, rule)?;
        }
    }
    Ok(())
}

fn is_tested(rule: &Rule) -> bool {
    rule.checks.iter().any(|check| !matches!(check, Check::Derived(_)))
}

fn write_rule(out: &mut String, rule: &Rule) -> fmt::Result {
    writeln!(out, "\n### {}\n\n{}\n\n{}\n", rule.id, rule.statement.en, rule.statement.zh)?;
    for (profile, text) in [(Profile::V4, rule.four), (Profile::V5, rule.five)] {
        write_point(out, &format!("**{}**", profile.version()), text)?;
    }
    write_point(out, "*simplified 简化*", rule.simplified)?;
    let named: Vec<_> = rule.checks.iter().filter_map(|check| named(*check)).collect();
    if !named.is_empty() {
        writeln!(out, "- *checked by 验证*: {}", named.join(", "))?;
    }
    for check in &rule.checks {
        if let Check::Derived(from) = check {
            write_point(out, "*derived 依据*", Some(*from))?;
        }
    }
    let Some(behaviour) = rule.behaviour else { return Ok(()) };
    let classes: Vec<_> = rule.classes.iter().map(|class| format!("`{class}`")).collect();
    writeln!(out, "- *in RocketMQ*: {}, {behaviour}", classes.join(", "))
}

fn write_point(out: &mut String, head: &str, text: Option<Text>) -> fmt::Result {
    let Some(Text { en, zh }) = text else { return Ok(()) };
    writeln!(out, "- {head}: {en}<br>{zh}")
}

/// A check with a name, as the document shows it.
fn named(check: Check) -> Option<String> {
    match check {
        Check::Vector(name) => Some(format!("vector [{name}](tests/vectors/{name}.json)")),
        Check::Recording(name) => Some(format!("recording `{name}`")),
        Check::Scenario(name) => Some(format!("scenario [{name}](tests/scenarios/{name})")),
        Check::Property(name) => Some(format!("property `{name}`")),
        Check::Derived(_) => None,
    }
}
