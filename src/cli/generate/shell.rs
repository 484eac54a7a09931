//! How a shell writes a table, and what it does with the tables.

use super::tables::{self, Row};

type Rows = fn() -> Vec<Row>;

/// The tables that every script has, by name.
const TABLES: [(&str, Rows); 5] = [
    ("commands", tables::commands),
    ("valued", tables::valued),
    ("offered", tables::offered),
    ("foreign", tables::foreign),
    ("values", tables::values),
];

/// The one for shells that say what an option does beside it.
const HELPS: (&str, Rows) = ("helps", tables::helps);

pub struct Shell {
    /// What the script begins with.
    head: &'static str,
    /// What stands before the name of a table, between that and its rows, and behind them.
    table: [&'static str; 3],
    /// What stands before the key of a row, between that and its words, and behind them.
    row: [&'static str; 3],
    /// A quote within quotes.
    quote: &'static str,
    /// What it has beside [`TABLES`].
    more: &'static [(&'static str, Rows)],
    /// What looks the tables up.
    functions: &'static str,
}

pub static BASH: Shell = Shell {
    head: "# Completions of conntrack for bash.\n",
    table: ["\ndeclare -gA _conntrack_", "=(\n", ")\n"],
    row: ["    ['", "']='", "'\n"],
    quote: "'\\''",
    more: &[],
    functions: include_str!("conntrack.bash"),
};

pub static ZSH: Shell = Shell {
    head: "#compdef conntrack\n",
    table: ["\ntypeset -gA _conntrack_", "=(\n", ")\n"],
    row: ["    '", "' '", "'\n"],
    quote: "'\\''",
    more: &[HELPS],
    functions: include_str!("conntrack.zsh"),
};

pub static FISH: Shell = Shell {
    head: "# Completions of conntrack for fish.\n",
    table: [
        "\nfunction _conntrack_",
        "\n    switch \"$argv\"\n",
        "    end\nend\n",
    ],
    row: ["        case '", "'\n            printf '%s\\n' '", "'\n"],
    quote: "\\'",
    more: &[HELPS],
    functions: include_str!("conntrack.fish"),
};

impl Shell {
    pub fn script(&self) -> String {
        let tables = TABLES.iter().chain(self.more);
        let tables: String = tables
            .map(|(name, rows)| self.table(name, &rows()))
            .collect();
        [self.head, &tables, "\n", self.functions].concat()
    }

    fn table(&self, name: &str, rows: &[Row]) -> String {
        let [before_key, before_words, behind] = self.row;
        let row = |(key, words): &Row| {
            let words = words.replace('\'', self.quote);
            [before_key, key, before_words, &words, behind].concat()
        };
        let rows: String = rows.iter().map(row).collect();
        let [before, opening, closing] = self.table;
        [before, name, opening, &rows, closing].concat()
    }
}
