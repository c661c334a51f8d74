//! A lesson in one file, to send on.
//!
//! The three texts one after another, each behind a line `=== NAME ===`, so that a packed lesson can still be read and
//! mended with any editor.

use super::FILES;
use super::Source;
use super::problem::Problem;

/// The first line of a packed lesson.
const HEAD: &str = "=== rocketmq-lab lesson 1 ===";
/// Far more than anybody writes; what is longer was not meant to be opened here.
const LONGEST: usize = 1 << 20;

/// One text made of three.
pub fn pack(source: Source<'_>) -> String {
    let mut packed = format!("{HEAD}\n");
    for (name, text) in FILES.into_iter().zip([source.manifest, source.zh, source.en]) {
        packed.push_str(&format!("=== {name} ===\n{}\n", text.trim_end()));
    }
    packed
}

/// The three texts of a packed lesson.
///
/// # Errors
/// What is missing, or that it is none.
pub fn unpack(packed: &str) -> Result<Source<'_>, Problem> {
    let fail = |line, what: &str| Err(Problem { file: "packed lesson".into(), line, what: what.to_owned() });
    if packed.len() > LONGEST {
        return fail(1, "this is longer than 1 MiB; no lesson is");
    }
    let first = packed.lines().next().unwrap_or_default().trim_start_matches('\u{feff}').trim();
    if first != HEAD {
        let what = match first.strip_prefix("=== rocketmq-lab lesson ") {
            Some(_) => "this lesson was made for a newer lab; this one reads version 1",
            None => "this is no lesson; one begins with the line `=== rocketmq-lab lesson 1 ===`",
        };
        return fail(1, what);
    }
    let mut texts = [None; 3];
    for (place, name) in FILES.into_iter().enumerate() {
        let mark = format!("\n=== {name} ===");
        let Some(begin) = packed.find(&mark) else {
            return fail(1, &format!("`=== {name} ===` is missing"));
        };
        let body = &packed[begin + mark.len()..];
        let body = body.split_once('\n').map_or("", |(_, body)| body);
        let end = FILES.iter().filter_map(|other| body.find(&format!("\n=== {other} ==="))).min();
        texts[place] = Some(end.map_or(body, |end| &body[..=end]));
    }
    match texts {
        [Some(manifest), Some(zh), Some(en)] => Ok(Source { manifest, zh, en }),
        _ => fail(1, "a part is missing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_out_again() {
        let source = Source { manifest: "id = \"0.1\"\n", zh: "# 标题\n", en: "# Title\n" };
        assert_eq!(unpack(&pack(source)), Ok(source));
    }

    #[test]
    fn what_is_no_lesson_gets_a_sentence() {
        for text in
            ["", "hello", "=== rocketmq-lab lesson 2 ===\n", "=== rocketmq-lab lesson 1 ===\n=== zh.md ===\n"]
        {
            assert!(unpack(text).is_err(), "{text}");
        }
    }
}
