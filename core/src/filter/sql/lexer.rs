//! Words of an expression, one at a time.
//!
//! The parser asks for a word only when it needs one: what lies behind the end of an expression is never looked at,
//! so rubbish there is no error (`a > 5 b ###` is `a > 5`).

use crate::config::Profile;

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Not,
    And,
    Or,
    Between,
    In,
    True,
    False,
    Null,
    Is,
    Contains,
    StartsWith,
    EndsWith,
    /// A whole number, perhaps with a final `l`.
    Whole(String),
    /// A number with a point or an exponent.
    Floating(String),
    /// What stands between quotes, with doubled quotes made single.
    Text(String),
    /// The name of a property.
    Property(String),
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Open,
    Close,
    Comma,
    Plus,
    Minus,
    End,
}

/// Signs, longer ones before their beginnings.
const SIGNS: [(&str, Token); 11] = [
    ("<>", Token::NotEqual),
    ("<=", Token::LessEqual),
    (">=", Token::GreaterEqual),
    ("<", Token::Less),
    (">", Token::Greater),
    ("=", Token::Equal),
    ("(", Token::Open),
    (")", Token::Close),
    (",", Token::Comma),
    ("+", Token::Plus),
    ("-", Token::Minus),
];

/// Keywords, in any case of their letters.
const KEYWORDS: [(&str, Token); 9] = [
    ("NOT", Token::Not),
    ("AND", Token::And),
    ("OR", Token::Or),
    ("BETWEEN", Token::Between),
    ("IN", Token::In),
    ("TRUE", Token::True),
    ("FALSE", Token::False),
    ("NULL", Token::Null),
    ("IS", Token::Is),
];

/// Keywords that V4 does not have; there they are names of properties.
const KEYWORDS_OF_V5: [(&str, Token); 3] =
    [("CONTAINS", Token::Contains), ("STARTSWITH", Token::StartsWith), ("ENDSWITH", Token::EndsWith)];

/// What is left of an expression.
pub(super) struct Lexer<'a> {
    rest: &'a str,
    profile: Profile,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str, profile: Profile) -> Self {
        Self { rest: text, profile }
    }

    /// The next word.
    ///
    /// # Errors
    /// A sentence, when what follows is no word.
    pub(super) fn next(&mut self) -> Result<Token, String> {
        self.skip_blanks_and_comments();
        let Some(first) = self.rest.chars().next() else {
            return Ok(Token::End);
        };
        if let Some(length) = number_length(self.rest) {
            let number = self.take(length);
            let is_floating = number.contains(['.', 'e', 'E']);
            return Ok(if is_floating { Token::Floating(number) } else { Token::Whole(number) });
        }
        if first.is_ascii_alphabetic() || first == '_' || first == '$' {
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'$';
            let word = self.take(self.rest.bytes().take_while(is_part).count());
            return Ok(self.keyword(&word).unwrap_or(Token::Property(word)));
        }
        if first == '\'' {
            let length = text_length(self.rest).ok_or("a quotation mark is not closed")?;
            let quoted = self.take(length);
            return Ok(Token::Text(quoted[1..length - 1].replace("''", "'")));
        }
        match SIGNS.iter().find(|(sign, _)| self.rest.starts_with(sign)) {
            Some((sign, token)) => {
                self.take(sign.len());
                Ok(token.clone())
            }
            None => Err(format!("`{first}` means nothing here")),
        }
    }

    fn take(&mut self, length: usize) -> String {
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        word.to_owned()
    }

    fn keyword(&self, word: &str) -> Option<Token> {
        let of_v5: &[_] = if self.profile.is_v5() { &KEYWORDS_OF_V5 } else { &[] };
        let mut all = KEYWORDS.iter().chain(of_v5);
        all.find(|(keyword, _)| keyword.eq_ignore_ascii_case(word)).map(|(_, token)| token.clone())
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
            let Some(length) = comment_length(self.rest) else {
                return;
            };
            self.take(length);
        }
    }
}

/// A comment runs from `--` to the end of its line, which has to be there, or from `/*` to `*/`.
fn comment_length(text: &str) -> Option<usize> {
    if text.starts_with("--") {
        return text.find(['\n', '\r']).map(|end| end + 1);
    }
    let inner = text.strip_prefix("/*")?;
    inner.find("*/").map(|end| end + 4)
}

/// The longest number that the text begins with: `5`, `5l`, `5.5`, `5.`, `.5`, `5e10`. A whole number other than 0
/// does not begin with 0.
fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(0);
    let with_point = if bytes.get(whole) == Some(&b'.') {
        let fraction = digits(whole + 1);
        (whole + fraction > 0).then_some(whole + 1 + fraction)
    } else {
        None
    };
    let exponent = |from: usize| {
        let is_marked = matches!(bytes.get(from), Some(b'e' | b'E'));
        let start = from + 1 + usize::from(matches!(bytes.get(from + 1), Some(b'+' | b'-')));
        let count = if is_marked && start <= bytes.len() { digits(start) } else { 0 };
        (count > 0).then_some(start + count)
    };
    match (with_point, whole) {
        (Some(end), _) => Some(exponent(end).unwrap_or(end)),
        (None, 0) => None,
        (None, _) => Some(exponent(whole).unwrap_or_else(|| whole_length(bytes, whole))),
    }
}

fn whole_length(bytes: &[u8], digits: usize) -> usize {
    if bytes[0] == b'0' { 1 } else { digits + usize::from(matches!(bytes.get(digits), Some(b'l' | b'L'))) }
}

/// The longest quoted text that begins here; a doubled quote stands for one.
fn text_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut end) = (1, None);
    while at < bytes.len() {
        if bytes[at] == b'\'' {
            end = Some(at + 1);
            if bytes.get(at + 1) != Some(&b'\'') {
                break;
            }
            at += 1;
        }
        at += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Token> {
        let mut lexer = Lexer::new(text, Profile::V5);
        let mut words = Vec::new();
        loop {
            match lexer.next() {
                Ok(Token::End) => return words,
                Ok(word) => words.push(word),
                Err(why) => panic!("{text}: {why}"),
            }
        }
    }

    #[test]
    fn numbers_are_as_long_as_possible() {
        let whole = |text: &str| Token::Whole(text.to_owned());
        let floating = |text: &str| Token::Floating(text.to_owned());
        assert_eq!(
            words("5 5l 010 5. .5 5e3"),
            [
                whole("5"),
                whole("5l"),
                whole("0"),
                whole("10"),
                floating("5."),
                floating(".5"),
                floating("5e3"),
            ]
        );
        assert_eq!(words("5e"), [whole("5"), Token::Property("e".to_owned())]);
    }

    #[test]
    fn quotes_are_doubled_and_comments_skipped() {
        assert_eq!(
            words("'it''s' -- a comment\n /* another * one */ ''"),
            [Token::Text("it's".to_owned()), Token::Text(String::new()),]
        );
        assert_eq!(words("- -5"), [Token::Minus, Token::Minus, Token::Whole("5".to_owned())]);
        assert!(Lexer::new("'open", Profile::V5).next().is_err());
    }

    #[test]
    fn keywords_of_v5_are_names_in_v4() {
        assert_eq!(Lexer::new("contains", Profile::V5).next(), Ok(Token::Contains));
        assert_eq!(Lexer::new("contains", Profile::V4).next(), Ok(Token::Property("contains".to_owned())));
    }
}
