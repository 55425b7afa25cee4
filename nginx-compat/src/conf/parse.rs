//! From tokens to directives.

use std::path::Path;

use super::token::{Token, tokens};
use super::{Directive, Error, Location, MAX_DEPTH, MAX_DIRECTIVES};

/// The directives of a text; includes stay as they are. `file` serves the errors.
pub fn parse(file: &Path, text: &str) -> Result<Vec<Directive>, Error> {
    counted(file, text, &mut 0)
}

/// The same where other files have been read before; `count`: directives of all of them.
pub(super) fn counted(file: &Path, text: &str, count: &mut usize) -> Result<Vec<Directive>, Error> {
    let mut tokens = tokens(file, text)?.into_iter();
    block(file, &mut tokens, 0, count)
}

type Tokens = std::vec::IntoIter<(Token, usize)>;

fn block(file: &Path, tokens: &mut Tokens, depth: usize, count: &mut usize) -> Result<Vec<Directive>, Error> {
    let mut directives = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut at = 1;
    while let Some((token, line)) = tokens.next() {
        let here = Location::new(file, line);
        match token {
            Token::Word(word) => {
                if words.is_empty() {
                    at = line;
                }
                words.push(word);
                continue;
            }
            Token::Close if depth == 0 => {
                return Err(here.error("this `}` closes nothing; take it away, or open its block"));
            }
            Token::Close if words.is_empty() => return Ok(directives),
            Token::Close => {
                return Err(
                    Location::new(file, at).error(format!("`{}` has no `;` behind it", words.join(" ")))
                );
            }
            Token::End | Token::Open if words.is_empty() => {
                return Err(here.error("a directive is missing in front of this"));
            }
            Token::End | Token::Open => {}
        }
        *count += 1;
        if *count > MAX_DIRECTIVES {
            return Err(
                here.error(format!("more than {MAX_DIRECTIVES} directives; this is no configuration"))
            );
        }
        let name = words.remove(0);
        let arguments = std::mem::take(&mut words);
        let mut directive = Directive { name, arguments, block: None, at: Location::new(file, at) };
        if token == Token::Open {
            if depth >= MAX_DEPTH {
                return Err(here.error(format!("blocks are nested more than {MAX_DEPTH} deep")));
            }
            directive.block = Some(nested(file, tokens, depth + 1, count, &directive)?);
        }
        directives.push(directive);
    }
    if let Some(first) = words.first() {
        return Err(
            Location::new(file, at).error(format!("`{first}` has no `;` behind it, and the file ends"))
        );
    }
    if depth > 0 {
        return Err(Location::new(file, at).error("the file ends within a block; a `}` is missing"));
    }
    Ok(directives)
}

/// A block within another directive; where it is not closed, its owner is what is wrong.
fn nested(
    file: &Path,
    tokens: &mut Tokens,
    depth: usize,
    count: &mut usize,
    owner: &Directive,
) -> Result<Vec<Directive>, Error> {
    block(file, tokens, depth, count).map_err(|error| {
        if error.what.starts_with("the file ends within") {
            return owner.at.error(format!("the block of `{}` is not closed; a `}}` is missing", owner.name));
        }
        error
    })
}
