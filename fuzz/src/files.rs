//! Which inputs name files: reading a command line opens label maps and load files, of which some never end.

/// What may stand behind a slash: a mask, but no directory of devices, pipes or sockets.
const BEHIND_A_SLASH: &[u8] = b"0123456789f \t\n\0";

/// What is standard input where a load file is wanted.
const STDIN: [&[u8]; 3] = [b"-", b"=-", b"R-"];

/// Whether reading these bytes as words might open more than a plain file of the directory that the target runs in.
pub fn are_named(words: &[u8]) -> bool {
    let harmless = |pair: &[u8]| pair[0] != b'/' || BEHIND_A_SLASH.contains(&pair[1]);
    let stdin = |word: &[u8]| word == STDIN[0] || STDIN[1..].iter().any(|end| word.ends_with(end));
    !words.windows(2).all(harmless) || words.split(|byte| *byte == 0).any(stdin)
}
