//! Reading a configuration with everything that it includes.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Directive, Error, Location, MAX_FILE, MAX_FILES, MAX_INCLUDES, glob, parse};

/// A configuration file, with its includes in their places. Relative names start from the folder of `file`.
pub fn read(file: &Path) -> Result<Vec<Directive>, Error> {
    let base = file.parent().unwrap_or(Path::new(""));
    let mut reader = Reader { base, open: Vec::new(), files: 0, directives: 0 };
    reader.file(file).map_err(|failure| match failure {
        Failure::Here(error) => error,
        Failure::Unreadable(why) => {
            Location::new(file, 1).error(format!("{why}; name a file that can be read"))
        }
    })
}

struct Reader<'a> {
    base: &'a Path,
    /// Files that are being read, the outermost first.
    open: Vec<PathBuf>,
    files: usize,
    directives: usize,
}

enum Failure {
    /// It is known where.
    Here(Error),
    /// To be told where the file is asked for.
    Unreadable(String),
}

impl Reader<'_> {
    fn file(&mut self, file: &Path) -> Result<Vec<Directive>, Failure> {
        let text = text(file).map_err(|why| Failure::Unreadable(format!("{} {why}", file.display())))?;
        self.files += 1;
        let directives = parse::counted(file, &text, &mut self.directives).map_err(Failure::Here)?;
        self.open.push(fs::canonicalize(file).unwrap_or_else(|_| file.to_owned()));
        let expanded = self.expand(directives).map_err(Failure::Here);
        self.open.pop();
        expanded
    }

    fn expand(&mut self, directives: Vec<Directive>) -> Result<Vec<Directive>, Error> {
        let mut expanded = Vec::with_capacity(directives.len());
        for mut directive in directives {
            if directive.name == "include" && directive.block.is_none() {
                self.include(&directive, &mut expanded)?;
                continue;
            }
            if let Some(block) = directive.block.take() {
                directive.block = Some(self.expand(block)?);
            }
            expanded.push(directive);
        }
        Ok(expanded)
    }

    fn include(&mut self, include: &Directive, into: &mut Vec<Directive>) -> Result<(), Error> {
        let [pattern] = &include.arguments[..] else {
            return Err(include
                .at
                .error("`include` takes one file name; name others in includes of their own"));
        };
        let files = glob::files(&self.base.join(pattern)).map_err(|why| include.at.error(why))?;
        for file in files {
            if self.open.contains(&fs::canonicalize(&file).unwrap_or_else(|_| file.clone())) {
                return Err(include.at.error(format!("{} includes itself; take this away", file.display())));
            }
            if self.open.len() > MAX_INCLUDES {
                return Err(include.at.error(format!("{pattern} is included more than {MAX_INCLUDES} deep")));
            }
            if self.files >= MAX_FILES {
                return Err(include
                    .at
                    .error(format!("more than {MAX_FILES} files; this is no configuration")));
            }
            into.extend(self.file(&file).map_err(|failure| match failure {
                Failure::Here(error) => error,
                Failure::Unreadable(why) => include.at.error(why),
            })?);
        }
        Ok(())
    }
}

fn text(file: &Path) -> Result<String, String> {
    let open = File::open(file).map_err(|error| format!("cannot be read: {error}"))?;
    let mut bytes = Vec::new();
    // What a pipe or a device has is known only when it has been read.
    open.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(format!("has more than {MAX_FILE} bytes; this is no configuration"));
    }
    // Comments may be in any encoding.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        folder
    }

    fn names(directives: &[Directive]) -> Vec<&str> {
        directives.iter().map(|directive| directive.name.as_str()).collect()
    }

    fn complaint(files: &[(&str, &str)]) -> String {
        let folder = folder(files);
        let error = read(&folder.path().join("main.conf")).unwrap_err().to_string();
        error.replace(&format!("{}/", folder.path().display()), "")
    }

    #[test]
    fn includes_stand_in_their_places() {
        let folder = folder(&[
            ("main.conf", "one;\nrtmp { include d/*.conf; last; }\ninclude none/*.conf;"),
            ("d/b.conf", "b;"),
            ("d/a.conf", "a;\n# comment\nc;"),
        ]);
        let read = read(&folder.path().join("main.conf")).unwrap();
        let inside = read[1].block.as_ref().unwrap();
        assert_eq!((read.len(), names(inside)), (2, vec!["a", "c", "b", "last"]));
        assert!(inside[1].at.to_string().ends_with("d/a.conf:3"));
    }

    #[test]
    fn folders_have_wildcards_too_and_names_start_from_the_main_file() {
        let folder = folder(&[
            ("main.conf", "include sites/*/[!_]*.conf;"),
            ("sites/b/on.conf", "b; include shared.conf;"),
            ("sites/a/on.conf", "a;"),
            ("sites/a/_off.conf", "off;"),
            ("sites/file", ""),
            ("shared.conf", "shared;"),
        ]);
        assert_eq!(names(&read(&folder.path().join("main.conf")).unwrap()), ["a", "b", "shared"]);
    }

    #[test]
    fn a_file_may_be_included_twice() {
        let folder = folder(&[("main.conf", "include a.conf; include a.conf;"), ("a.conf", "a;")]);
        assert_eq!(names(&read(&folder.path().join("main.conf")).unwrap()), ["a", "a"]);
    }

    #[test]
    fn what_cannot_be_included_is_told_where_it_is_asked_for() {
        let gone = complaint(&[("main.conf", "\ninclude gone.conf;")]);
        assert!(gone.starts_with("main.conf:2: gone.conf cannot be read: "), "{gone}");
        let itself = complaint(&[("main.conf", "include d/*.conf;"), ("d/a.conf", "a;\ninclude main.conf;")]);
        assert_eq!(itself, "d/a.conf:2: main.conf includes itself; take this away");
        let two = complaint(&[("main.conf", "include a b;")]);
        assert!(two.starts_with("main.conf:1: `include` takes one file name"), "{two}");
        assert!(complaint(&[]).starts_with("main.conf:1: main.conf cannot be read"));
    }

    #[test]
    fn includes_end() {
        let mut files: Vec<(String, String)> =
            (0..20).map(|n| (format!("{n}.conf"), format!("include {}.conf;", n + 1))).collect();
        files.push(("main.conf".into(), "include 0.conf;".into()));
        files.push(("20.conf".into(), "end;".into()));
        let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let error = complaint(&files);
        assert_eq!(error, "15.conf:1: 16.conf is included more than 16 deep");
    }

    #[test]
    fn a_device_without_an_end_is_no_configuration() {
        let error = read(Path::new("/dev/zero")).unwrap_err().to_string();
        assert!(error.contains("has more than 16777216 bytes"), "{error}");
    }
}
