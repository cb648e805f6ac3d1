//! Hands over to [`sweep::main`], and is alone in ending the process.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(sweep::main())
}
