//! The bytes of a load file -> what `-R` is to do, which is not done.

#![no_main]

use conntrack_cli::cli::load;
use conntrack_fuzz::files;
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|file: &[u8]| -> Corpus {
    if files::are_named(file) {
        return Corpus::Reject;
    }
    match load::read_from(file, "file".into(), &mut Vec::new()) {
        Ok(load) => assert!(!format!("{load:?}").is_empty()),
        Err(error) => assert!(error.report().ends_with(b"\n"), "{error}"),
    }
    Corpus::Keep
});
