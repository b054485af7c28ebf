//! Parses arguments; a subcommand runs in [`blockscope::cli`], none opens the window.

use std::process::ExitCode;

fn main() -> ExitCode {
    blockscope::cli::main()
}
