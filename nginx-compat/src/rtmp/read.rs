//! From directives to servers and applications.

use std::path::Path;

use super::{Application, Configuration, Recorder, Server, Settings};
use crate::conf::{self, Directive, Error, value};
use crate::directives::{Context, check, find};

impl Configuration {
    /// Reads a configuration file with everything that it includes.
    pub fn read(file: &Path) -> Result<Self, Error> {
        Self::understand(&conf::read(file)?)
    }

    /// Understands a text; `file` serves the errors, and includes are not followed.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Error> {
        Self::understand(&conf::parse(file, text)?)
    }

    fn understand(directives: &[Directive]) -> Result<Self, Error> {
        let mut found = Self::default();
        for directive in directives {
            match directive.name.as_str() {
                "rtmp" => found.rtmp(directive)?,
                "http" => found.http(directive)?,
                name if find(name).is_some_and(|known| known.contexts.contains(&Context::Main)) => {
                    found.note(directive, Context::Main)?;
                }
                _ => found.other.push(directive.clone()),
            }
        }
        Ok(found)
    }

    pub(super) fn note(&mut self, directive: &Directive, context: Context) -> Result<(), Error> {
        check(directive, context)?;
        let line = Directive { block: None, ..directive.clone() };
        self.used.push(line);
        Ok(())
    }

    /// The plain directives of a block, checked; its blocks are left for whoever knows them.
    fn plain(&mut self, block: &Directive, context: Context) -> Result<Vec<Directive>, Error> {
        let mut plain = Vec::new();
        for inner in block.block.iter().flatten() {
            self.note(inner, context)?;
            if inner.block.is_none() {
                plain.push(inner.clone());
            }
        }
        Ok(plain)
    }

    fn rtmp(&mut self, rtmp: &Directive) -> Result<(), Error> {
        self.note(rtmp, Context::Main)?;
        let mut settings = Settings::default();
        settings.override_with(&self.plain(rtmp, Context::Rtmp)?);
        for server in rtmp.all("server") {
            self.server(server, settings.clone())?;
        }
        Ok(())
    }

    fn server(&mut self, server: &Directive, mut settings: Settings) -> Result<(), Error> {
        settings.override_with(&self.plain(server, Context::Server)?);
        let listen = server
            .all("listen")
            .map(|listen| value::listen(listen.first()).map_err(|why| listen.at.error(why)));
        let mut listen = listen.collect::<Result<Vec<_>, _>>()?;
        if listen.is_empty() {
            // There it would listen nowhere, which nobody means.
            listen.extend(value::listen("1935"));
        }
        let mut applications: Vec<Application> = Vec::new();
        for block in server.all("application") {
            let name = block.first().to_owned();
            if applications.iter().any(|other| other.name == name) {
                return Err(block.at.error(format!("application `{name}` is there already")));
            }
            let mut own = settings.clone();
            own.override_with(&self.plain(block, Context::Application)?);
            let mut recorders = Vec::new();
            for recorder in block.all("recorder") {
                let mut its = own.clone();
                its.override_with(&self.plain(recorder, Context::Recorder)?);
                recorders.push(Recorder { name: recorder.first().to_owned(), settings: its });
            }
            applications.push(Application { name, settings: own, recorders });
        }
        self.servers.push(Server { listen, settings, applications });
        Ok(())
    }
}
