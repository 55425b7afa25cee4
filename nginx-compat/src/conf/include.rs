//! Reading a configuration with everything that it includes.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Directive, Error, Location, MAX_FILE, MAX_INCLUDES, folder, parse};

/// A configuration file, with its includes in their places. Relative names start from the folder of `file`; `*` and `?` stand for what
/// they stand for in a shell.
pub fn read(file: &Path) -> Result<Vec<Directive>, Error> {
    let text = text(file).map_err(|error| {
        Location::new(file, 1).error(format!("cannot be read: {error}; name a file that can be read"))
    })?;
    let directives = parse(file, &text)?;
    expand(directives, &folder(file), 0)
}

fn expand(directives: Vec<Directive>, base: &Path, depth: usize) -> Result<Vec<Directive>, Error> {
    let mut expanded = Vec::with_capacity(directives.len());
    for mut directive in directives {
        if directive.name != "include" {
            if let Some(block) = directive.block.take() {
                directive.block = Some(expand(block, base, depth)?);
            }
            expanded.push(directive);
            continue;
        }
        let [pattern] = &directive.arguments[..] else {
            return Err(directive.at.error("include takes one file name"));
        };
        if depth >= MAX_INCLUDES {
            return Err(directive.at.error(format!(
                "{pattern} is included more than {MAX_INCLUDES} deep: does it include itself?"
            )));
        }
        for file in files(&base.join(pattern)).map_err(|why| directive.at.error(why))? {
            let text = text(&file)
                .map_err(|error| directive.at.error(format!("{} cannot be read: {error}", file.display())))?;
            expanded.extend(expand(parse(&file, &text)?, base, depth + 1)?);
        }
    }
    Ok(expanded)
}

fn text(file: &Path) -> Result<String, String> {
    let about = fs::metadata(file).map_err(|error| error.to_string())?;
    if about.len() > MAX_FILE {
        return Err(format!("it has {} bytes, more than any configuration", about.len()));
    }
    let bytes = fs::read(file).map_err(|error| error.to_string())?;
    // Comments may be in any encoding.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The files that a name with wildcards in its last part means, in their order; one without has to be there.
fn files(pattern: &Path) -> Result<Vec<PathBuf>, String> {
    let name = pattern.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !name.contains(['*', '?']) {
        return Ok(vec![pattern.to_owned()]);
    }
    let folder = folder(pattern);
    let entries = match fs::read_dir(&folder) {
        // As there: wildcards may mean nothing.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|error| format!("{} cannot be read: {error}", folder.display()))?,
    };
    let matching = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| {
        let found = path.file_name().and_then(|found| found.to_str()).unwrap_or_default();
        !found.starts_with('.') && matches(name.as_bytes(), found.as_bytes())
    });
    let mut files: Vec<_> = matching.collect();
    files.sort();
    Ok(files)
}

/// Whether a name fits; without recursion, so that no pattern takes for ever.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let mut at = 0;
    let mut of = 0;
    let mut star: Option<(usize, usize)> = None;
    while of < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(c) if *c == b'?' || *c == name[of] => {
                at += 1;
                of += 1;
            }
            _ => match star {
                // One more of the name belongs to the star.
                Some((back, taken)) => {
                    star = Some((back, taken + 1));
                    at = back + 1;
                    of = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_mean_what_they_mean_in_a_shell() {
        for (pattern, name, fits) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.conf.bak", false),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXbYY", false),
            ("?.conf", "ab.conf", false),
            ("*", "anything", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn includes_stand_in_their_places() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        fs::create_dir(folder.path().join("d")).unwrap();
        write("main.conf", "one;\nrtmp { include d/*.conf; last; }\ninclude none/*.conf;");
        write("d/b.conf", "b;");
        write("d/a.conf", "a;\n# comment\nc;");
        let read = read(&folder.path().join("main.conf")).unwrap();
        let inside: Vec<_> = read[1].block.iter().flatten().map(|inner| inner.name.as_str()).collect();
        assert_eq!((read.len(), inside), (2, vec!["a", "c", "b", "last"]));
        let c = &read[1].block.as_ref().unwrap()[1];
        assert!(c.at.to_string().ends_with("d/a.conf:3"));
    }

    #[test]
    fn what_cannot_be_included_is_told_where_it_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("main.conf");
        fs::write(&main, "\ninclude gone.conf;").unwrap();
        let error = read(&main).unwrap_err().to_string();
        assert!(error.contains("main.conf:2: ") && error.contains("gone.conf cannot be read"), "{error}");
        fs::write(&main, "include main.conf;").unwrap();
        assert!(read(&main).unwrap_err().to_string().contains("does it include itself?"));
    }
}
