//! Words and punctuation, with the lines that they stand on.

use std::path::Path;

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
    let mut line = 1;
    let mut rest = text.chars().peekable();
    while let Some(&next) = rest.peek() {
        match next {
            '\n' => {
                line += 1;
                rest.next();
            }
            c if c.is_whitespace() => {
                rest.next();
            }
            '#' => while rest.next_if(|c| *c != '\n').is_some() {},
            ';' | '{' | '}' => {
                rest.next();
                let token = match next {
                    ';' => Token::End,
                    '{' => Token::Open,
                    _ => Token::Close,
                };
                found.push((token, line));
            }
            quote @ ('"' | '\'') => {
                let start = line;
                rest.next();
                let word = quoted(&mut rest, quote, &mut line);
                let word = word.ok_or_else(|| {
                    Location::new(file, start)
                        .error(format!("the quote {quote} is not closed; add one where the text ends"))
                })?;
                found.push((Token::Word(word), start));
            }
            _ => found.push((Token::Word(bare(&mut rest, &mut line)), line)),
        }
    }
    Ok(found)
}

type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Up to the closing quote; none if there is none.
fn quoted(rest: &mut Rest<'_>, quote: char, line: &mut usize) -> Option<String> {
    let mut word = String::new();
    loop {
        match rest.next()? {
            c if c == quote => return Some(word),
            '\\' => word.push_str(&escaped(rest.next()?)),
            c => {
                *line += usize::from(c == '\n');
                word.push(c);
            }
        }
    }
}

/// Up to a space or punctuation. `${name}` keeps its braces.
fn bare(rest: &mut Rest<'_>, line: &mut usize) -> String {
    let mut word = String::new();
    let mut in_variable = false;
    while let Some(&c) = rest.peek() {
        match c {
            '{' if word.ends_with('$') => in_variable = true,
            '}' if in_variable => in_variable = false,
            ';' | '{' | '}' => break,
            c if c.is_whitespace() => break,
            '\\' => {
                rest.next();
                let Some(next) = rest.next() else { break };
                *line += usize::from(next == '\n');
                word.push_str(&escaped(next));
                continue;
            }
            _ => {}
        }
        word.push(c);
        rest.next();
    }
    word
}

/// What stands behind a backslash. What is nothing special keeps its backslash, since regular expressions need it.
fn escaped(c: char) -> String {
    match c {
        't' => "\t".to_owned(),
        'r' => "\r".to_owned(),
        'n' => "\n".to_owned(),
        '"' | '\'' | '\\' | ' ' | ';' | '{' | '}' => c.to_string(),
        other => format!("\\{other}"),
    }
}
