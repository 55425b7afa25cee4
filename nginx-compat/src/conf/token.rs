//! Words and punctuation, with the lines that they stand on.

use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

use super::{Error, Location};

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(String),
    /// `;`
    End,
    /// `{`
    Open,
    /// `}`
    Close,
}

/// All tokens of a text.
pub(super) fn tokens(file: &Path, text: &str) -> Result<Vec<(Token, usize)>, Error> {
    let mut found = Vec::new();
    let mut rest = Rest { chars: text.chars().peekable(), line: 1 };
    while let Some(next) = rest.peek() {
        let line = rest.line;
        let wrong = |what: String| Location::new(file, line).error(what);
        let token = match next {
            c if is_space(c) => {
                rest.next();
                continue;
            }
            '#' => {
                while rest.peek().is_some_and(|c| c != '\n') {
                    rest.next();
                }
                continue;
            }
            ';' | '{' | '}' => {
                rest.next();
                match next {
                    ';' => Token::End,
                    '{' => Token::Open,
                    _ => Token::Close,
                }
            }
            quote @ ('"' | '\'') => {
                let word = quoted(&mut rest, quote).ok_or_else(|| {
                    wrong(format!("the quote {quote} is not closed; add one where the text ends"))
                })?;
                if rest.peek().is_some_and(|c| !is_space(c) && !matches!(c, ';' | '{' | ')')) {
                    return Err(wrong(format!("a space or `;` is missing behind {quote}{word}{quote}")));
                }
                Token::Word(word)
            }
            _ => Token::Word(bare(&mut rest)),
        };
        found.push((token, line));
    }
    Ok(found)
}

pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// What has not been read, and its line.
struct Rest<'a> {
    chars: Peekable<Chars<'a>>,
    line: usize,
}

impl Rest<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.chars.next()?;
        self.line += usize::from(next == '\n');
        Some(next)
    }
}

/// Up to the closing quote; none if there is none.
fn quoted(rest: &mut Rest<'_>, quote: char) -> Option<String> {
    rest.next();
    let mut word = String::new();
    loop {
        match rest.next()? {
            c if c == quote => return Some(word),
            '\\' => escaped(&mut word, rest.next()?),
            c => word.push(c),
        }
    }
}

/// Up to a space, `;` or `{`. `${name}` keeps its braces.
fn bare(rest: &mut Rest<'_>) -> String {
    let mut word = String::new();
    let mut is_variable = false;
    while let Some(c) = rest.peek() {
        let ends = is_space(c) || c == ';' || (c == '{' && !is_variable);
        if ends {
            break;
        }
        is_variable = c == '$';
        rest.next();
        if c != '\\' {
            word.push(c);
        } else if let Some(next) = rest.next() {
            escaped(&mut word, next);
        } else {
            word.push(c);
        }
    }
    word
}

/// What stands behind a backslash. What is nothing special keeps its backslash, since regular expressions need it.
fn escaped(word: &mut String, c: char) {
    match c {
        't' => word.push('\t'),
        'r' => word.push('\r'),
        'n' => word.push('\n'),
        '"' | '\'' | '\\' => word.push(c),
        other => word.extend(['\\', other]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let tokens = tokens(Path::new("x"), text).unwrap().into_iter();
        let word = |(token, _)| if let Token::Word(word) = token { Some(word) } else { None };
        tokens.filter_map(word).collect()
    }

    #[test]
    fn words_are_split_as_nginx_does_it() {
        for (text, expected) in [
            ("live on;", &["live", "on"][..]),
            ("a\tb\r\nc;", &["a", "b", "c"]),
            ("a 'b c' \"d;{}#e\";", &["a", "b c", "d;{}#e"]),
            ("a '';", &["a", ""]),
            ("a#b # c\n;", &["a#b"]),
            (r#"a "say \"yes\"\t\\";"#, &["a", "say \"yes\"\t\\"]),
            (r"~ \.m3u8$ a\ b c\;d;", &["~", r"\.m3u8$", r"a\ b", r"c\;d"]),
            ("exec ${name}_${app};", &["exec", "${name}_${app}"]),
            ("a b}c;", &["a", "b}c"]),
            ("a b'c';", &["a", "b'c'"]),
            ("server{listen 1;}", &["server", "listen", "1"]),
            ("a\\", &["a\\"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn lines_are_those_where_words_begin() {
        let lines: Vec<_> = tokens(Path::new("x"), "a 'x\ny\\\nz'\nb\\\nc\n;").unwrap();
        let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, [1, 1, 4, 6]);
    }

    #[test]
    fn quotes_end_where_they_are_closed() {
        for (text, expected) in
            [("a\n'b", "x:2: the quote ' is not closed"), ("'a'b;", "x:1: a space or `;` is missing")]
        {
            let error = tokens(Path::new("x"), text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(0_u8..=255, 0..200)) {
            let _ = tokens(Path::new("x"), &String::from_utf8_lossy(&bytes));
        }
    }
}
