//! The README's own commands, where the data that they are shown on is there.

use crate::support::{Workplace, root, shared};

/// Every `$ blockscope` line in order, with the output shown under it.
fn commands(readme: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ blockscope ").filter(|_| inside) {
            found.push((command.to_owned(), Vec::new()));
        } else if let (true, Some((_, output))) = (inside, found.last_mut()) {
            output.push(line.to_owned());
        }
    }
    found
}

/// What does not depend on the processor's rounding: the words, not the numbers.
fn words(line: &str) -> String {
    line.chars().filter(|c| c.is_alphabetic() || *c == '%').collect()
}

#[cfg(unix)]
#[test]
fn the_commands_of_the_readme_do_what_it_shows() {
    let Some(data) = shared("data/ag-news-minilm") else { return };
    let w = Workplace::new();
    std::os::unix::fs::symlink(data.canonicalize().unwrap(), w.path("ag-news")).unwrap();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let commands = commands(&readme);
    assert!(commands.len() >= 6);
    for (command, shown) in commands {
        let printed = w.run(&command).ok().stdout;
        let printed: Vec<&str> = printed.lines().collect();
        assert_eq!(printed.len(), shown.len(), "{command}\n{printed:#?}");
        if command.starts_with("features") || command.starts_with("inspect") {
            // Which points come first may change with the last digit of a number.
            continue;
        }
        for (printed, shown) in printed.iter().zip(&shown) {
            assert_eq!(words(printed), words(shown), "{command}");
        }
    }
}
