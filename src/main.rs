//! Hands over to [`sweep::cli`], and is alone in ending the process.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(sweep::cli::main())
}
