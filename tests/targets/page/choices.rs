//! Language and theme.

use std::collections::BTreeSet;

use lab_tests::page::acting::SECOND;
use lab_tests::page::{Key, Page};

/// All words that can be read on the page or are read out, apart from commands and the core's own sentences.
const WORDS: &str = r#"
const words = new Set();
const own = 'code, [lang]:not(html), .what, script, style, noscript, output';
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (node.data.trim() && !parent.closest(own) && parent.checkVisibility()) words.add(node.data.trim());
}
for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
    if (element.closest(own) || !element.checkVisibility()) continue;
    for (const name of ['aria-label', 'title', 'placeholder']) {
        for (const line of (element.getAttribute(name) ?? '').split('\n')) if (line.trim()) words.add(line.trim());
    }
}
words.add(document.title);
return [...words];
"#;

fn words(page: &Page) -> BTreeSet<String> {
    page.settle();
    page.ask::<Vec<String>>(WORDS, vec![]).into_iter().collect()
}

/// Words that are RocketMQ's or Kafka's own or the cluster's, beside those whose spelling shows it: `brokerName`, `SLAVE`, `q0`.
const NAMES: [&str; 11] =
    ["RocketMQ", "Kafka", "Lab", "Broker", "Controller", "Leader", "epoch", "Orders", "Diff", "min", "max"];

/// Whether a text may be the same in every language: there is no ordinary word in it.
fn is_name(text: &str) -> bool {
    let ordinary = |word: &str| {
        let foreign = word.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
        let letters = word.len() > 2 && word.chars().all(|c| c.is_ascii_alphabetic());
        let plain = letters && word.chars().skip(1).all(|c| c.is_ascii_lowercase());
        foreign || (plain && !NAMES.contains(&word))
    };
    !text.split_whitespace().map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation())).any(ordinary)
}

/// The texts of a place that are the same in both languages and should not be.
pub(super) fn untranslated(page: &Page, place: &str) -> Vec<String> {
    let english = words(page);
    page.click("lang");
    page.until("the language is Chinese", || page.root("lang") == "zh-CN");
    let chinese = words(page);
    page.click("lang");
    page.until("the language is English", || page.root("lang") == "en");
    let (few, many) = (english.len().min(chinese.len()), english.len().max(chinese.len()));
    assert!(few > 5 && few * 2 > many, "{place} has {few} texts in one language and {many} in the other");
    let same = english.intersection(&chinese).filter(|text| !is_name(text));
    same.map(|text| format!("{place}: {text}")).collect()
}

#[test]
fn every_text_changes_with_the_language() {
    let page = Page::open();
    let mut same = untranslated(&page, "front page");
    for lab in ["flow", "broadcast", "failover", "sandbox"] {
        page.open_lab(lab);
        page.pause();
        same.extend(untranslated(&page, lab));
        page.click("home");
    }
    for lab in ["ways", "riddle"] {
        page.click(&format!("lab-{lab}"));
        page.until("every column is counted", || page.count("progress") == 0 && page.shows("compare"));
        same.extend(untranslated(&page, lab));
        page.click("home");
    }
    page.open_lab("failover");
    page.run_for(10 * SECOND, "10×");
    for node in ["nsrv-0", "broker-a", "broker-a-1", "order-producer", "consumer-1"] {
        page.click(&format!("menu-{node}"));
        same.extend(untranslated(&page, node));
        page.press(Key::Escape);
    }
    page.click("event-row");
    same.extend(untranslated(&page, "an event"));
    page.order("topicRoute -t Orders");
    same.extend(untranslated(&page, "the console"));
    assert!(same.is_empty(), "the same in both languages: {same:#?}");
    page.leave();
}

/// The language button stands behind a dialog, so a dialog is opened once in each language.
#[test]
fn dialogs_have_both_languages() {
    let page = Page::open();
    page.open_lab("failover");
    page.pause();
    let mut texts = Vec::new();
    for _language in 0..2 {
        let mut seen = BTreeSet::new();
        for opener in ["help", "versions", "add", "send", "produce", "cut", "set"] {
            match opener {
                "help" | "versions" | "add" => page.click(opener),
                verb => page.act(verb, "order-producer"),
            }
            page.until("the dialog is open", || page.shows("dialog"));
            let commands = ["form-line", "form-mqadmin"].map(|it| page.text_of(it).unwrap_or_default());
            let is_command =
                |line: &&str| commands.iter().any(|command| command.lines().any(|it| it == *line));
            seen.extend(page.text("dialog").lines().filter(|line| !is_command(line)).map(str::to_owned));
            page.click("dialog-cancel");
            page.until("the dialog is closed", || !page.shows("dialog"));
        }
        texts.push(seen);
        page.click("lang");
    }
    let same: Vec<_> = texts[0].intersection(&texts[1]).filter(|text| !is_name(text)).collect();
    assert!(same.is_empty(), "the same in both languages: {same:#?}");
    page.leave();
}

/// How light the page's background is, from 0 to 255.
fn brightness(page: &Page) -> f64 {
    page.settle();
    let script = "const colour = [document.body, document.documentElement].map(it => \
                  getComputedStyle(it).backgroundColor).find(it => it !== 'rgba(0, 0, 0, 0)'); \
                  const [r, g, b] = colour.match(/[\\d.]+/g).map(Number); return (r + g + b) / 3";
    page.ask(script, vec![])
}

/// Clicks on the button of the theme until it is the wanted one.
pub(super) fn choose_theme(page: &Page, theme: &str) {
    for _ in 0..3 {
        if page.root("data-theme") == theme {
            return;
        }
        page.click("theme");
        page.settle();
    }
    assert_eq!(page.root("data-theme"), theme, "three clicks lead through all themes");
}

#[test]
fn language_and_theme_are_remembered() {
    let page = Page::open();
    choose_theme(&page, "light");
    let light = brightness(&page);
    choose_theme(&page, "dark");
    let dark = brightness(&page);
    assert!(light > 200.0 && dark < 60.0, "light: {light}, dark: {dark}");
    page.click("lang");
    page.until_text("lang", "EN");
    assert_eq!(page.root("lang"), "zh-CN");

    page.reload();
    assert_eq!(page.root("lang"), "zh-CN");
    assert_eq!(page.root("data-theme"), "dark");
    assert!(brightness(&page) < 60.0);
    page.open_lab("flow");
    page.until_text("play", "暂停");

    page.click("lang");
    choose_theme(&page, "light");
    page.reload();
    assert_eq!((page.root("lang").as_str(), page.root("data-theme").as_str()), ("en", "light"));
    assert!(brightness(&page) > 200.0);
    page.leave();
}
