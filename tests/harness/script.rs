//! What is to be done, and what is expected, in blocks: golden and live trials, and what is stated of twin cases.
//!
//!     # Comments, at the top only.
//!     @receive 5c0000…            a block: its name, and the rest of the line
//!     @run -L -o xml
//!     <?xml version="1.0" …       its body: the lines up to the next block, in the notation of `words::shown`

use std::fs;
use std::path::{Path, PathBuf};

pub struct Script {
    pub name: String,
    pub path: PathBuf,
    pub comments: String,
    pub blocks: Vec<Block>,
}

pub struct Block {
    pub line: usize,
    pub name: String,
    pub rest: String,
    pub body: String,
}

impl Script {
    /// Every `.txt` below tests/DIRECTORY, by name.
    pub fn all(directory: &str) -> Vec<Self> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(directory);
        let entries = fs::read_dir(directory).expect("a directory of scripts");
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.expect("a script").path())
            .collect();
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "txt"));
        paths.sort();
        paths.into_iter().map(Self::read).collect()
    }

    pub fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("a readable script");
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let mut script = Self {
            name,
            path,
            comments: String::new(),
            blocks: Vec::new(),
        };
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            match (line.strip_prefix('@'), script.blocks.last_mut()) {
                (Some(head), _) => {
                    let (name, rest) = head
                        .trim_end()
                        .split_once(' ')
                        .unwrap_or((head.trim_end(), ""));
                    script.blocks.push(Block {
                        line: number,
                        name: name.into(),
                        rest: rest.into(),
                        body: String::new(),
                    });
                }
                (None, Some(block)) => block.body.push_str(line),
                (None, None) => script.comments.push_str(line),
            }
        }
        script
    }

    /// What the blocks of a name say in their first line.
    pub fn each<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.blocks.iter().filter(move |block| block.name == name);
        named.map(|block| block.rest.as_str())
    }
}
