//! What a source file names, read from its text: its imports and its paths, without comments, texts and tests.

/// A path that a `use` brings in, under the name by which the file knows it (`*`: all that stands there).
#[derive(Debug, PartialEq)]
pub struct Import {
    pub path: Vec<String>,
    pub name: String,
    /// `pub use`: passed on to others.
    pub public: bool,
}

/// The part of a file that is compiled into the program.
#[derive(Debug, Default)]
pub struct Source {
    pub imports: Vec<Import>,
    /// Paths of two or more names outside of imports.
    pub paths: Vec<Vec<String>>,
    /// Every single name outside of imports.
    pub names: Vec<String>,
    /// Modules that are compiled for tests only.
    pub test_modules: Vec<String>,
}

impl Source {
    pub fn read(text: &str) -> Self {
        let mut source = Self::default();
        let tokens = source.without_tests(&tokens(&without_texts(text)));
        let mut at = 0;
        while at < tokens.len() {
            if tokens[at] == "use" {
                let public = at > 0 && (tokens[at - 1] == "pub" || tokens[at - 1] == ")");
                at += 1;
                source.tree(&tokens, &mut at, Vec::new(), public);
            } else if is_name(&tokens[at]) {
                let mut path = vec![tokens[at].clone()];
                while tokens.get(at + 1).is_some_and(|next| next == "::")
                    && tokens.get(at + 2).is_some_and(|next| is_name(next))
                {
                    path.push(tokens[at + 2].clone());
                    at += 2;
                }
                source.names.push(path[0].clone());
                if path.len() > 1 {
                    source.paths.push(path);
                }
            }
            at += 1;
        }
        source
    }

    /// Reads one branch of a `use` and stands behind it afterwards.
    fn tree(&mut self, tokens: &[String], at: &mut usize, mut path: Vec<String>, public: bool) {
        let mut alias = None;
        while let Some(token) = tokens.get(*at) {
            match token.as_str() {
                "{" => {
                    while tokens.get(*at).is_some_and(|token| token != "}") {
                        *at += 1;
                        if tokens.get(*at).is_some_and(|token| token != "}") {
                            self.tree(tokens, at, path.clone(), public);
                        }
                    }
                    *at += 1;
                    return;
                }
                ";" | "," | "}" => break,
                "as" => {
                    alias = tokens.get(*at + 1).cloned();
                    *at += 1;
                }
                "::" => {}
                name => path.push(name.to_owned()),
            }
            *at += 1;
        }
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if let Some(name) = alias.or_else(|| path.last().cloned()) {
            self.imports.push(Import { path, name, public });
        }
    }

    /// Leaves out each item behind `#[cfg(test)]`, and remembers the modules among them.
    fn without_tests(&mut self, tokens: &[String]) -> Vec<String> {
        const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
        let mut kept = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            if !tokens[at..].iter().map(String::as_str).take(MARK.len()).eq(MARK) {
                kept.push(tokens[at].clone());
                at += 1;
                continue;
            }
            let start = at;
            at += length_of_item(&tokens[at..]);
            let item = &tokens[start..at];
            if let Some(word) = item.iter().position(|token| token == "mod")
                && item.last().is_some_and(|last| last == ";")
            {
                self.test_modules.push(item[word + 1].clone());
            }
        }
        kept
    }
}

/// The tokens of the part of a file that is compiled into the program.
pub fn without_tests_and_texts(text: &str) -> Vec<String> {
    Source::default().without_tests(&tokens(&without_texts(text)))
}

/// Tokens up to the end of an item, a field or a variant, its attributes before it.
fn length_of_item(tokens: &[String]) -> usize {
    let (mut depth, mut item) = (0, false);
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "}" | "]" | ")" if depth == 0 => return at,
            "{" | "[" | "(" => depth += 1,
            "}" | "]" | ")" => depth -= 1,
            "fn" | "mod" | "use" | "impl" | "struct" | "enum" | "trait" | "type" | "const" => item = true,
            _ => {}
        }
        if depth == 0 && (token == ";" || token == "}" || (token == "," && !item)) {
            return at + 1;
        }
    }
    tokens.len()
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Names, `::`, and single characters.
fn tokens(code: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(rest[..length].to_owned());
        }
        rest = &rest[length..];
    }
    tokens
}

/// The code with comments, texts and characters taken out.
fn without_texts(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word_before = code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            1 + quoted(&rest[1..], '"')
        } else if first == '\'' {
            character(rest)
        } else if !word_before {
            raw(rest)
        } else {
            0
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

/// Length up to and with the closing quote, escapes passed over.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

/// Length of a character literal; zero for the quote of a lifetime.
fn character(rest: &str) -> usize {
    let inside = &rest[1..];
    let mut characters = inside.chars();
    match (characters.next(), characters.next()) {
        (Some('\\'), _) => 1 + quoted(inside, '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

/// Length of a raw text `r#"…"#`, with `b` before it or not; zero if there is none.
fn raw(rest: &str) -> usize {
    let Some(marks) = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')) else { return 0 };
    let hashes = marks.len() - marks.trim_start_matches('#').len();
    let Some(body) = marks[hashes..].strip_prefix('"') else { return 0 };
    let end = format!("\"{}", "#".repeat(hashes));
    let before = rest.len() - body.len();
    body.find(&end).map_or(rest.len(), |at| before + at + end.len())
}
