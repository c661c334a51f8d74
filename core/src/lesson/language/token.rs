//! The words of the language.

use super::SyntaxError;
use crate::time::Duration;

/// A word, and where it begins (in bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) word: Word,
}

/// What a word is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// A name or a keyword: letters, digits and hyphens.
    Name(String),
    Number(i64),
    Span(i64),
    /// Between double quotes.
    Text(String),
    /// `( ) , . : = != < <= > >= + - * / %`.
    Sign(&'static str),
    End,
}

impl Word {
    /// As a sentence about a mistake shows it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Name(name) => format!("`{name}`"),
            Self::Number(number) => format!("`{number}`"),
            Self::Span(ms) => format!("`{ms}ms`"),
            Self::Text(text) => format!("`\"{text}\"`"),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Two-letter signs first, so that `<=` is not read as `<`.
const SIGNS: &[&str] = &["!=", "<=", ">=", "(", ")", ",", ".", ":", "=", "<", ">", "+", "-", "*", "/", "%"];

/// Cuts a text into words; the last one is [`Word::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if first.is_whitespace() {
            first.len_utf8()
        } else {
            let (word, length) = word(rest).map_err(|what| SyntaxError { at, what })?;
            found.push(Token { at, word });
            length
        };
        at += length;
    }
    found.push(Token { at, word: Word::End });
    Ok(found)
}

/// The word that a text begins with, and its length.
fn word(rest: &str) -> Result<(Word, usize), String> {
    let first = rest.chars().next().unwrap_or(' ');
    if let Some(inside) = rest.strip_prefix('"') {
        let Some(end) = inside.find('"') else {
            return Err("a text ends with a double quote as it begins".to_owned());
        };
        return Ok((Word::Text(inside[..end].to_owned()), end + 2));
    }
    if first.is_ascii_digit() {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        return Ok((number(&rest[..end])?, end));
    }
    if first.is_ascii_alphabetic() {
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(rest.len());
        return Ok((Word::Name(rest[..end].to_owned()), end));
    }
    match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        Some(sign) => Ok((Word::Sign(sign), sign.len())),
        None => Err(format!("`{first}` means nothing here; a text stands in double quotes: \"Orders\"")),
    }
}

fn number(text: &str) -> Result<Word, String> {
    let plain = text.replace('_', "");
    if let Ok(number) = plain.parse() {
        return Ok(Word::Number(number));
    }
    let span: Duration = plain.parse().map_err(|_| {
        format!("`{text}` is neither a number nor a time; write for example 1000, 500ms, 30s, 2m")
    })?;
    i64::try_from(span.as_millis()).map(Word::Span).map_err(|_| format!("`{text}` is too long"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_hyphens_and_minus_stands_between_blanks() {
        let words: Vec<Word> =
            tokens("log-max - 1_000 <= 30s").unwrap().into_iter().map(|it| it.word).collect();
        let expected = [
            Word::Name("log-max".to_owned()),
            Word::Sign("-"),
            Word::Number(1000),
            Word::Sign("<="),
            Word::Span(30_000),
            Word::End,
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn what_means_nothing_is_named_with_its_place() {
        let error = tokens("lag = §").unwrap_err();
        assert_eq!(error.at, 6);
        assert!(error.what.contains('§'));
        assert!(tokens("key = \"open").is_err());
        assert!(tokens("3 apples = 3x").is_err());
    }
}
