//! Whether what is read, line by line, is well-formed XML: names that match, quoted attributes, known entities, and no
//! character that XML does not allow.

const DECLARATION: &str = r#"<?xml version="1.0" encoding="utf-8"?>"#;
const ENTITIES: [&str; 5] = ["lt;", "gt;", "amp;", "quot;", "apos;"];

#[derive(Default)]
pub struct Document {
    begun: bool,
    /// The elements that are open.
    open: Vec<String>,
    /// What was wrong first.
    pub wrong: Option<String>,
}

impl Document {
    pub fn line(&mut self, line: &[u8]) {
        if self.wrong.is_some() {
            return;
        }
        let text = std::str::from_utf8(line).ok();
        if text
            .and_then(|text| self.read(text.trim_end_matches('\n')))
            .is_none()
        {
            self.wrong = Some(String::from_utf8_lossy(line).into_owned());
        }
    }

    /// Whether every element that was opened is closed again.
    pub fn is_whole(&self) -> bool {
        self.wrong.is_none() && self.open.is_empty()
    }

    fn read(&mut self, line: &str) -> Option<()> {
        if !std::mem::replace(&mut self.begun, true) {
            return (line == DECLARATION).then_some(());
        }
        let mut rest = line;
        while let Some((text, tagged)) = rest.split_once('<') {
            is_text(text).then_some(())?;
            let (tag, behind) = tagged.split_once('>')?;
            self.tag(tag)?;
            rest = behind;
        }
        is_text(rest).then_some(())
    }

    fn tag(&mut self, tag: &str) -> Option<()> {
        if let Some(name) = tag.strip_prefix('/') {
            return (self.open.pop()? == name).then_some(());
        }
        let (tag, is_empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        while !attributes.is_empty() {
            let (key, rest) = attributes.split_once("=\"")?;
            let (value, rest) = rest.split_once('"')?;
            (is_name(key) && is_text(value)).then_some(())?;
            attributes = rest.strip_prefix(' ').unwrap_or(rest);
        }
        if !is_empty {
            self.open.push(name.to_owned());
        }
        is_name(name).then_some(())
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_text(text: &str) -> bool {
    let escaped = |rest: &str| ENTITIES.iter().any(|entity| rest.starts_with(entity));
    !text.contains(|c: char| c.is_control() || c == '<') && text.split('&').skip(1).all(escaped)
}
