//! A command as somebody types it, in words: quotes are read, a shell is not asked.

/// Why a command is not run without a shell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandLineError {
    /// A quote is opened and never closed.
    #[error("a quote in the command is never closed")]
    OpenQuote,
    /// What only a shell can do.
    #[error("`{0}` needs a shell, and none is used")]
    ForShell(String),
    /// A variable before the program.
    #[error("`{0}` before the program needs a shell, and none is used")]
    Variable(String),
    /// There is no word.
    #[error("the command is empty")]
    Empty,
}

/// The words of a command.
///
/// # Errors
/// Where only a shell could run it.
pub fn command_words(text: &str) -> Result<Vec<String>, CommandLineError> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => word.get_or_insert_default().push_str(&quoted(&mut chars, '\'')?),
            '"' => word.get_or_insert_default().push_str(&quoted(&mut chars, '"')?),
            '\\' => match chars.next() {
                // A broken line goes on.
                Some('\n') | None => {}
                Some(next) => word.get_or_insert_default().push(next),
            },
            '|' | '&' | ';' | '<' | '>' | '`' | '$' | '(' | ')' => {
                return Err(CommandLineError::ForShell(c.to_string()));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    match words.first() {
        None => Err(CommandLineError::Empty),
        Some(first) if first.split_once('=').is_some_and(|(name, _)| !name.contains('/')) => {
            Err(CommandLineError::Variable(first.clone()))
        }
        Some(_) => Ok(words),
    }
}

/// The text up to the closing quote.
fn quoted(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    quote: char,
) -> Result<String, CommandLineError> {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => return Ok(text),
            '\\' if quote == '"' => match chars.peek().copied() {
                Some(next @ ('"' | '\\' | '$' | '`')) => {
                    chars.next();
                    text.push(next);
                }
                _ => text.push('\\'),
            },
            '$' | '`' if quote == '"' => return Err(CommandLineError::ForShell(c.to_string())),
            c => text.push(c),
        }
    }
    Err(CommandLineError::OpenQuote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parted_as_a_shell_parts_them() {
        let words = command_words("python  'my train.py' --x \"a \\\"b\" c\\ d ''").unwrap();
        assert_eq!(words, ["python", "my train.py", "--x", "a \"b", "c d", ""]);
        assert_eq!(command_words("a 'b"), Err(CommandLineError::OpenQuote));
        assert_eq!(command_words("cd x && python t.py"), Err(CommandLineError::ForShell("&".into())));
        assert_eq!(command_words("A=1 python t.py"), Err(CommandLineError::Variable("A=1".into())));
        assert_eq!(command_words("  "), Err(CommandLineError::Empty));
        assert_eq!(command_words("./a=b/run").unwrap(), ["./a=b/run"]);
    }
}
