//! Commands written as words in the first place, as tutorials show them: `conntrack list`, `conntrack expect delete`.

/// The words, and the options that they stand for.
const VERBS: [(&str, &str); 14] = [
    ("list", "--dump"),
    ("dump", "--dump"),
    ("get", "--get"),
    ("create", "--create"),
    ("add", "--add"),
    ("update", "--update"),
    ("delete", "--delete"),
    ("flush", "--flush"),
    ("event", "--event"),
    ("count", "--count"),
    ("stats", "--stats"),
    ("load", "--load-file"),
    ("help", "--help"),
    ("version", "--version"),
];

const EXPECT: &str = "expect";

/// Replaces a command word in the first place by its option. After `expect` a second one names the command on that
/// table, which is its list otherwise.
pub fn as_options(mut args: Vec<String>) -> Vec<String> {
    let option = |word: Option<&String>| {
        word.and_then(|word| VERBS.iter().find(|(verb, _)| verb == word))
            .map(|(_, option)| *option)
    };
    if args.first().is_some_and(|word| word == EXPECT) {
        match option(args.get(1)) {
            Some(_) => args.swap(0, 1),
            None => args.insert(0, String::new()),
        }
        args[0] = option(args.first()).unwrap_or("--dump").to_owned();
    } else if let Some(command) = option(args.first()) {
        args[0] = command.to_owned();
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_in_the_first_place_is_its_option() {
        for (words, options) in [
            ("list -p tcp", "--dump -p tcp"),
            ("list expect", "--dump expect"),
            ("load file", "--load-file file"),
            ("expect", "--dump expect"),
            ("expect -o xml", "--dump expect -o xml"),
            ("expect delete -s 1.2.3.4", "--delete expect -s 1.2.3.4"),
            ("-L list", "-L list"),
            ("foo list", "foo list"),
        ] {
            let split = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(as_options(split(words)), split(options));
        }
    }
}
