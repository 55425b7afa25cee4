//! As much of XML as the page needs.

use std::fmt::{Display, Write};

pub(super) struct Xml(String);

impl Xml {
    pub(super) fn new(stylesheet: Option<&str>) -> Self {
        let mut xml = Self("<?xml version=\"1.0\" encoding=\"utf-8\" ?>\r\n".to_owned());
        if let Some(stylesheet) = stylesheet {
            xml.0.push_str("<?xml-stylesheet type=\"text/xsl\" href=\"");
            xml.escaped(stylesheet);
            xml.0.push_str("\" ?>\r\n");
        }
        xml
    }

    pub(super) fn element(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        let _ = write!(self.0, "<{name}>\r\n");
        content(self);
        let _ = write!(self.0, "</{name}>\r\n");
    }

    pub(super) fn text(&mut self, name: &str, text: impl Display) {
        let _ = write!(self.0, "<{name}>");
        self.escaped(&text.to_string());
        let _ = write!(self.0, "</{name}>\r\n");
    }

    /// Left out where it is empty.
    pub(super) fn some(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.text(name, text);
        }
    }

    pub(super) fn empty(&mut self, name: &str) {
        let _ = write!(self.0, "<{name}/>\r\n");
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Names come from peers. Characters that XML cannot have at all are left out.
    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '&' => self.0.push_str("&amp;"),
                '"' => self.0.push_str("&quot;"),
                c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {}
                '\u{fffe}' | '\u{ffff}' => {}
                c => self.0.push(c),
            }
        }
    }
}
