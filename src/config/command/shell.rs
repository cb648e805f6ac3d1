//! Reading a shell script far enough to know where each `${name}` stands: bare, in `'…'` or in `"…"`.
//!
//! The grammar is that of POSIX `sh` (XCU 2.2 "Quoting", 2.3 "Token recognition"). Where it is not certain
//! how the shell would read a place, the place is [`QuotePosition::Refused`]: a config with a value there is an error.

use super::script::{Part, QuotePosition, Scan, Slot};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Commands; `depth` counts open parentheses, `inner` marks `$(…)`.
    Commands {
        depth: usize,
        inner: bool,
    },
    Single,
    Double,
    Comment,
    Backquotes,
    /// `${…}` of the shell's own; `double`: inside `"…"`, where quotes mean something else.
    Braces {
        double: bool,
    },
    Arithmetic {
        depth: usize,
    },
}

const BACKQUOTES: &str = "it stands inside backquotes; write $(…) instead";
const BRACES: &str = "it stands inside another ${…}; set a shell variable first";
const HEREDOC: &str = "it stands inside a here-document; set a shell variable first, or write ${raw:…}";
const CASE: &str =
    "a `case` inside $(…) stands before it; move the `case` out, or set a shell variable first";
const STRANGE: &str =
    "the shell syntax before it is read differently by different shells; set a shell variable first";

/// Reads a script; `is_name` says which names are parameters.
pub fn scan(script: &str, is_name: &dyn Fn(&str) -> bool) -> Scan {
    let mut scanner = ShellScanner {
        chars: script.chars().collect(),
        at: 0,
        modes: vec![Mode::Commands { depth: 0, inner: false }],
        text: String::new(),
        parts: Vec::new(),
        left: Vec::new(),
        word_start: true,
        after_variable: false,
        unsafe_from_here: None,
        heredocs: Vec::new(),
        is_name,
    };
    while scanner.at < scanner.chars.len() {
        scanner.step();
    }
    scanner.finish()
}

struct ShellScanner<'a> {
    chars: Vec<char>,
    at: usize,
    modes: Vec<Mode>,
    text: String,
    parts: Vec<Part>,
    left: Vec<String>,
    word_start: bool,
    after_variable: bool,
    unsafe_from_here: Option<&'static str>,
    heredocs: Vec<(String, bool)>,
    is_name: &'a dyn Fn(&str) -> bool,
}

impl ShellScanner<'_> {
    fn mode(&self) -> Mode {
        self.modes.last().copied().unwrap_or(Mode::Commands { depth: 0, inner: false })
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn starts(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(i, c)| self.peek(i) == Some(c))
    }

    /// Copies characters to the script.
    fn keep(&mut self, count: usize) {
        let end = (self.at + count).min(self.chars.len());
        self.text.extend(self.chars.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    fn enter(&mut self, mode: Mode, opening: usize) {
        self.keep(opening);
        self.modes.push(mode);
        self.word_start = true;
    }

    fn leave(&mut self, closing: usize) {
        self.keep(closing);
        self.modes.pop();
        self.word_start = false;
    }

    /// The `${…}` at a distance: its content and length.
    fn braced(&self, ahead: usize) -> Option<(String, usize)> {
        if self.peek(ahead) != Some('$') || self.peek(ahead + 1) != Some('{') {
            return None;
        }
        let content: String = self
            .chars
            .iter()
            .skip(self.at + ahead + 2)
            .take_while(|c| **c != '}' && **c != '\n')
            .take(300)
            .collect();
        let length = content.chars().count();
        (self.peek(ahead + 2 + length) == Some('}')).then_some((content, length + 3))
    }

    /// The parameter at a distance: its name, whether it is raw, its length.
    fn slot(&self, ahead: usize) -> Option<(String, bool, usize)> {
        let (content, length) = self.braced(ahead)?;
        if (self.is_name)(&content) {
            return Some((content, false, length));
        }
        let name = content.strip_prefix("raw:")?;
        (self.is_name)(name).then(|| (name.to_owned(), true, length))
    }

    fn step(&mut self) {
        let after_variable = std::mem::take(&mut self.after_variable);
        if let Some((name, raw, length)) = self.slot(0) {
            self.put(name, raw, length, false, false, after_variable);
            return;
        }
        if self.mode() != Mode::Comment {
            if self.peek(0) == Some('$')
                && let Some((name, raw, length)) = self.slot(1)
            {
                self.at += 1;
                self.put(name, raw, length, false, true, false);
                return;
            }
            if let Some((content, _)) = self.braced(0) {
                self.left.push(content);
            }
        }
        match self.mode() {
            Mode::Commands { depth, inner } => self.commands(depth, inner),
            Mode::Single if self.peek(0) == Some('\'') => self.leave(1),
            Mode::Single => self.keep(1),
            Mode::Double => self.double(),
            Mode::Comment if self.peek(0) == Some('\n') => {
                self.modes.pop();
            }
            Mode::Comment => self.keep(1),
            Mode::Backquotes => match self.peek(0) {
                Some('\\') => self.backslash(),
                Some('`') => self.leave(1),
                _ => self.keep(1),
            },
            Mode::Braces { double } => self.braces(double),
            Mode::Arithmetic { depth } => self.arithmetic(depth),
        }
    }

    fn put(&mut self, name: String, raw: bool, length: usize, backslash: bool, dollar: bool, variable: bool) {
        let place = match (self.unsafe_from_here, self.mode()) {
            (Some(reason), _) => QuotePosition::Refused(reason),
            (_, Mode::Commands { .. }) => QuotePosition::Bare,
            (_, Mode::Single) => QuotePosition::Single,
            (_, Mode::Double) => QuotePosition::Double,
            (_, Mode::Comment) => QuotePosition::Comment,
            (_, Mode::Backquotes) => QuotePosition::Refused(BACKQUOTES),
            (_, Mode::Braces { .. }) => QuotePosition::Refused(BRACES),
            (_, Mode::Arithmetic { .. }) => QuotePosition::Arithmetic,
        };
        self.at += length;
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
        let before_hash = self.peek(0) == Some('#');
        self.parts.push(Part::Slot(Slot {
            name,
            raw,
            place,
            after_backslash: backslash,
            after_dollar: dollar,
            after_variable: variable,
            before_hash,
        }));
        self.word_start = false;
    }

    /// A backslash outside of single quotes.
    fn backslash(&mut self) {
        self.word_start = false;
        match self.slot(1) {
            Some((name, raw, length)) => {
                self.keep(1);
                self.put(name, raw, length, true, false, false);
            }
            None => self.keep(2),
        }
    }

    /// A `$` that starts no parameter of ours.
    fn dollar(&mut self, double: bool) {
        self.word_start = false;
        if self.starts("$((") {
            self.enter(Mode::Arithmetic { depth: 2 }, 3);
        } else if self.starts("$(") {
            self.enter(Mode::Commands { depth: 0, inner: true }, 2);
        } else if self.starts("${") {
            self.enter(Mode::Braces { double }, 2);
        } else if self.starts("$'") && !double {
            self.unsafe_from_here = Some(STRANGE);
            self.keep(1);
        } else {
            let name = |c: char| c.is_ascii_alphabetic() || c == '_';
            let length = match self.peek(1) {
                Some(c) if name(c) => {
                    let rest = self.chars.iter().skip(self.at + 1);
                    self.after_variable = true;
                    1 + rest.take_while(|c| name(**c) || c.is_ascii_digit()).count()
                }
                Some(c) if c.is_ascii_digit() || "$?!#*@-".contains(c) => 2,
                _ => 1,
            };
            self.keep(length);
        }
    }

    fn commands(&mut self, depth: usize, inner: bool) {
        let Some(c) = self.peek(0) else { return };
        if inner && self.word_start && self.starts("case") && self.peek(4).is_some_and(char::is_whitespace) {
            self.unsafe_from_here = Some(CASE);
        }
        match c {
            '\\' => self.backslash(),
            '\'' => self.enter(Mode::Single, 1),
            '"' => self.enter(Mode::Double, 1),
            '`' => self.enter(Mode::Backquotes, 1),
            '$' => self.dollar(false),
            '#' if self.word_start => self.enter(Mode::Comment, 1),
            '(' if self.starts("((") && self.word_start => self.enter(Mode::Arithmetic { depth: 2 }, 2),
            '(' => self.parenthesis(Mode::Commands { depth: depth + 1, inner }),
            ')' if depth == 0 && inner => self.leave(1),
            ')' => self.parenthesis(Mode::Commands { depth: depth.saturating_sub(1), inner }),
            '<' if self.starts("<<<") => self.keep(3),
            '<' if self.starts("<<") => self.heredoc(),
            '\n' => self.newline(),
            _ => {
                self.word_start = c.is_whitespace() || ";&|<>".contains(c);
                self.keep(1);
            }
        }
    }

    fn parenthesis(&mut self, mode: Mode) {
        self.keep(1);
        if let Some(top) = self.modes.last_mut() {
            *top = mode;
        }
        self.word_start = true;
    }

    fn double(&mut self) {
        match self.peek(0) {
            Some('\\') => self.backslash(),
            Some('"') => self.leave(1),
            Some('`') => self.enter(Mode::Backquotes, 1),
            Some('$') => self.dollar(true),
            _ => self.keep(1),
        }
    }

    fn braces(&mut self, double: bool) {
        match self.peek(0) {
            Some('}') => self.leave(1),
            Some('\\') => self.backslash(),
            Some('`') => self.enter(Mode::Backquotes, 1),
            Some('$') => self.dollar(double),
            Some('\'' | '"') if double => {
                self.unsafe_from_here = Some(STRANGE);
                self.keep(1);
            }
            Some('\'') => self.enter(Mode::Single, 1),
            Some('"') => self.enter(Mode::Double, 1),
            _ => self.keep(1),
        }
    }

    fn arithmetic(&mut self, depth: usize) {
        match self.peek(0) {
            Some('(') => self.parenthesis(Mode::Arithmetic { depth: depth + 1 }),
            Some(')') if depth <= 1 => self.leave(1),
            Some(')') => self.parenthesis(Mode::Arithmetic { depth: depth - 1 }),
            Some('\'' | '"' | '`' | '\\' | '#' | '<') => {
                // It may be a sub-shell after all: `$((cd x; ls) | wc)`.
                self.unsafe_from_here = Some(STRANGE);
                self.keep(1);
            }
            Some('$') if !self.starts("$((") && self.starts("$(") => {
                self.unsafe_from_here = Some(STRANGE);
                self.keep(1);
            }
            Some('$') => self.dollar(true),
            _ => self.keep(1),
        }
    }

    /// `<<WORD`: remembers the word; the body starts after the line.
    fn heredoc(&mut self) {
        self.keep(2);
        let tabs = self.peek(0) == Some('-');
        if tabs {
            self.keep(1);
        }
        while matches!(self.peek(0), Some(' ' | '\t')) {
            self.keep(1);
        }
        let quote = self.peek(0).filter(|c| matches!(c, '\'' | '"'));
        self.keep(usize::from(quote.is_some()));
        let good = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let word: String = self.chars.iter().skip(self.at).take_while(good).collect();
        self.keep(word.len());
        let ends = match (quote, self.peek(0)) {
            (Some(quote), Some(c)) => c == quote,
            (Some(_), None) => false,
            (None, c) => c.is_none_or(|c| c.is_whitespace() || ";&|<>)".contains(c)),
        };
        self.keep(usize::from(quote.is_some() && ends));
        if word.is_empty() || !ends {
            self.unsafe_from_here = Some(STRANGE);
        } else {
            self.heredocs.push((word, tabs));
        }
        self.word_start = false;
    }

    /// The end of a line: bodies of here-documents follow.
    fn newline(&mut self) {
        self.keep(1);
        self.word_start = true;
        for (word, tabs) in std::mem::take(&mut self.heredocs) {
            while self.at < self.chars.len() {
                let line: String = self.chars.iter().skip(self.at).take_while(|c| **c != '\n').collect();
                let length = line.chars().count() + 1;
                let ends = if tabs { line.trim_start_matches('\t') == word } else { line == word };
                self.body(length);
                if ends {
                    break;
                }
            }
        }
    }

    /// One line of a here-document, in which no value may stand.
    fn body(&mut self, length: usize) {
        let end = (self.at + length).min(self.chars.len());
        let outside = self.unsafe_from_here.replace(HEREDOC);
        while self.at < end {
            match self.slot(0) {
                Some((name, raw, length)) => self.put(name, raw, length, false, false, false),
                None => self.keep(1),
            }
        }
        self.unsafe_from_here = outside;
        self.word_start = true;
    }

    fn finish(mut self) -> Scan {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(self.text));
        }
        let certain = self.unsafe_from_here.is_none();
        let unclosed = self.modes.iter().skip(1).find_map(|mode| match mode {
            Mode::Commands { .. } => Some("$("),
            Mode::Single => Some("'"),
            Mode::Double => Some("\""),
            Mode::Backquotes => Some("`"),
            Mode::Braces { .. } => Some("${"),
            Mode::Arithmetic { .. } => Some("(("),
            Mode::Comment => None,
        });
        Scan { parts: self.parts, unclosed: unclosed.filter(|_| certain), left: self.left }
    }
}
