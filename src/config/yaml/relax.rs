//! What PyYAML reads and the parser refuses, written so that the parser reads it: indentation and surrogate pairs.
//!
//! YAML's grammar asks that the lines of `[…]`, `{…}` and quoted texts are indented deeper than the key before them.
//! PyYAML, and with it every W&B file, does not. Such lines are moved to the right here; inside brackets and quotes
//! leading spaces mean nothing. `"\ud83d\ude00"`, as `json.dumps` writes an emoji, becomes `"\U0001f600"`. The places of
//! what the parser then reports are led back to the original by [`Relaxed::original`].

/// A rewritten source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Relaxed {
    /// The text for the parser; its lines are those of the original.
    pub text: String,
    edits: Vec<ColumnShift>,
}

/// From a column of a line on, all columns have moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ColumnShift {
    /// From 1.
    line: usize,
    /// In the rewritten line, from 1.
    column: usize,
    /// How far to the right.
    by: isize,
}

impl Relaxed {
    /// The column in the original of a column in the rewritten text, both from 1.
    pub fn original(&self, line: usize, column: usize) -> usize {
        let first = self.edits.partition_point(|edit| edit.line < line);
        let on_line = self.edits.iter().skip(first).take_while(|edit| edit.line == line);
        let by: isize = on_line.filter(|edit| edit.column <= column).map(|edit| edit.by).sum();
        column.saturating_add_signed(-by).max(1)
    }
}

/// The rewritten source; `None` where there is nothing to rewrite.
pub(super) fn relax(source: &str) -> Option<Relaxed> {
    let mut scanner = YamlScanner::new(source);
    scanner.scan();
    if scanner.edits.is_empty() {
        return None;
    }
    let rest = scanner.at;
    scanner.out.extend(scanner.chars.get(rest..).unwrap_or_default());
    Some(Relaxed { text: scanner.out, edits: scanner.edits })
}

/// Follows the tokens as PyYAML's scanner finds them, just far enough to know what a line stands in.
struct YamlScanner {
    chars: Vec<char>,
    at: usize,
    line: usize,
    /// Column in the original, from 0.
    column: usize,
    /// Brackets that are open.
    flow: usize,
    /// Column of the innermost block collection; -1 outside of all.
    indent: isize,
    outer: Vec<isize>,
    /// Where a key may have started: its column and line.
    key: Option<(usize, usize)>,
    /// What was moved on this line so far.
    moved: isize,
    out: String,
    edits: Vec<ColumnShift>,
}

impl YamlScanner {
    fn new(source: &str) -> Self {
        Self {
            chars: source.chars().collect(),
            at: 0,
            line: 1,
            column: 0,
            flow: 0,
            indent: -1,
            outer: Vec::new(),
            key: None,
            moved: 0,
            out: String::with_capacity(source.len() + 64),
            edits: Vec::new(),
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// Whether a blank, a line's end or the end of the text stands at a distance.
    fn blank(&self, ahead: usize) -> bool {
        self.peek(ahead).is_none_or(|c| matches!(c, ' ' | '\t' | '\r' | '\n'))
    }

    fn keep(&mut self, count: usize) {
        for _ in 0..count {
            let Some(c) = self.peek(0) else { return };
            self.out.push(c);
            self.at += 1;
            self.column += 1;
            if c == '\n' {
                (self.line, self.column, self.moved) = (self.line + 1, 0, 0);
            }
        }
    }

    fn keep_while(&mut self, good: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&good) {
            self.keep(1);
        }
    }

    /// At the start of a line inside brackets or quotes: moves it to the right of the block that it belongs to.
    fn indent_line(&mut self) {
        let spaces = self.chars.iter().skip(self.at).take_while(|c| **c == ' ').count();
        if self.peek(spaces).is_none_or(|c| matches!(c, '\n' | '\r')) || self.is_marker() {
            return;
        }
        let wanted = usize::try_from(self.indent + 1).unwrap_or(0);
        if spaces < wanted {
            let by = wanted - spaces;
            self.out.extend(std::iter::repeat_n(' ', by));
            self.moves(by.cast_signed());
        }
    }

    /// From here on the line has moved.
    fn moves(&mut self, by: isize) {
        self.moved += by;
        let column = self.column.saturating_add_signed(self.moved) + 1;
        self.edits.push(ColumnShift { line: self.line, column, by });
    }

    /// `---` or `...` at the start of a line.
    fn is_marker(&self) -> bool {
        let three = |c: char| (0..3).all(|i| self.peek(i) == Some(c));
        self.column == 0 && (three('-') || three('.')) && self.blank(3)
    }

    fn scan(&mut self) {
        loop {
            self.skip_blanks();
            if self.flow == 0 {
                self.unwind(self.column.cast_signed());
            }
            let Some(c) = self.peek(0) else { return };
            if self.is_marker() {
                if self.flow > 0 {
                    return;
                }
                self.unwind(-1);
                self.keep(3);
                self.key = None;
                continue;
            }
            self.token(c);
        }
    }

    fn token(&mut self, c: char) {
        match c {
            '%' if self.column == 0 => self.keep_while(|c| c != '\n'),
            '[' | '{' => {
                self.may_be_key();
                self.flow += 1;
                self.keep(1);
            }
            ']' | '}' => {
                self.flow = self.flow.saturating_sub(1);
                self.keep(1);
            }
            ',' if self.flow > 0 => self.keep(1),
            '-' | '?' if self.flow == 0 && self.blank(1) => {
                self.enter(self.column);
                self.key = None;
                self.keep(1);
            }
            '?' if self.blank(1) => self.keep(1),
            ':' if self.flow > 0 || self.blank(1) => {
                if let Some((column, line)) = self.key.take()
                    && self.flow == 0
                    && line == self.line
                {
                    self.enter(column);
                }
                self.keep(1);
            }
            '*' | '&' | '!' => {
                self.may_be_key();
                let flow = self.flow > 0;
                self.keep(1);
                self.keep_while(|c| !(c.is_whitespace() || flow && ",[]{}".contains(c)));
            }
            '|' | '>' if self.flow == 0 => self.block_text(),
            '\'' | '"' => {
                self.may_be_key();
                self.quoted(c);
            }
            _ => {
                self.may_be_key();
                self.plain();
            }
        }
    }

    /// A key of a block mapping may start here; an anchor or tag before it is part of it.
    fn may_be_key(&mut self) {
        if self.flow == 0 && self.key.is_none_or(|(_, line)| line != self.line) {
            self.key = Some((self.column, self.line));
        }
    }

    fn enter(&mut self, column: usize) {
        let column = column.cast_signed();
        if column > self.indent {
            self.outer.push(self.indent);
            self.indent = column;
        }
    }

    fn unwind(&mut self, column: isize) {
        while self.indent > column {
            self.indent = self.outer.pop().unwrap_or(-1);
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            if self.column == 0 && self.flow > 0 && self.moved == 0 {
                self.indent_line();
            }
            self.keep_while(|c| matches!(c, ' ' | '\t' | '\r' | '\u{feff}'));
            if self.peek(0) == Some('#') {
                self.keep_while(|c| c != '\n');
            }
            if self.peek(0) != Some('\n') {
                return;
            }
            self.keep(1);
            if self.flow == 0 {
                self.key = None;
            }
        }
    }

    fn quoted(&mut self, quote: char) {
        self.keep(1);
        while let Some(c) = self.peek(0) {
            match c {
                '\n' => {
                    self.keep(1);
                    self.indent_line();
                }
                '\'' if quote == '\'' && self.peek(1) == Some('\'') => self.keep(2),
                '\\' if quote == '"' => self.escape(),
                c if c == quote => {
                    self.keep(1);
                    return;
                }
                _ => self.keep(1),
            }
        }
    }

    /// A backslash in `"…"`.
    fn escape(&mut self) {
        match (self.unit(0), self.unit(6)) {
            (Some(high @ 0xd800..=0xdbff), Some(low @ 0xdc00..=0xdfff)) => {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                self.out.push_str(&format!("\\U{code:08x}"));
                self.at += 12;
                self.column += 12;
                self.moves(-2);
            }
            _ if self.peek(1) == Some('\n') => {
                self.keep(2);
                self.indent_line();
            }
            _ => self.keep(2),
        }
    }

    /// The number in `\uXXXX` at a distance.
    fn unit(&self, ahead: usize) -> Option<u32> {
        if self.peek(ahead) != Some('\\') || self.peek(ahead + 1) != Some('u') {
            return None;
        }
        (2..6).try_fold(0, |code, i| Some(code * 16 + self.peek(ahead + i)?.to_digit(16)?))
    }

    fn plain(&mut self) {
        let least = self.indent + 1;
        loop {
            let mut any = false;
            while let Some(c) = self.peek(0) {
                let ends = self.blank(0)
                    || c == ':'
                        && (self.blank(1)
                            || self.flow > 0 && self.peek(1).is_some_and(|c| ",[]{}".contains(c)))
                    || self.flow > 0 && ",[]{}".contains(c);
                if ends {
                    break;
                }
                self.keep(1);
                any = true;
            }
            if !any || !self.blank(0) {
                // What no scalar starts with is passed over: the parser will say so.
                self.keep(usize::from(!any && self.peek(0).is_some_and(|c| !",[]{}:".contains(c))));
                if !any && self.peek(0) == Some(':') {
                    self.keep(1);
                }
                return;
            }
            self.keep_while(|c| matches!(c, ' ' | '\t' | '\r'));
            let mut broken = false;
            while self.peek(0) == Some('\n') {
                self.keep(1);
                broken = true;
                if self.flow > 0 {
                    self.indent_line();
                }
                if self.is_marker() {
                    return;
                }
                self.keep_while(|c| matches!(c, ' ' | '\t' | '\r'));
            }
            if broken {
                self.key = None;
            }
            if self.peek(0) == Some('#') || self.flow == 0 && self.column.cast_signed() < least {
                return;
            }
        }
    }

    /// `|` or `>` and all that is indented deeper than the block it stands in.
    fn block_text(&mut self) {
        self.key = None;
        let mut least = usize::try_from(self.indent + 1).unwrap_or(0);
        let header: String = self.chars.iter().skip(self.at).take_while(|c| **c != '\n').collect();
        let code = header.split(" #").next().unwrap_or_default();
        let told = code.chars().find_map(|c| c.to_digit(10)).map(|digit| digit as usize);
        if let Some(told) = told {
            least = usize::try_from(self.indent.max(0)).unwrap_or(0) + told;
        }
        self.keep_while(|c| c != '\n');
        let mut found = told.is_some();
        while self.peek(0) == Some('\n') {
            let line = self.chars.iter().skip(self.at + 1);
            let spaces = line.clone().take_while(|c| **c == ' ').count();
            let first = line.clone().nth(spaces).copied();
            let empty = first.is_none_or(|c| matches!(c, '\n' | '\r'));
            if !empty && spaces < least {
                return;
            }
            if !empty && !found {
                (least, found) = (spaces.max(least), true);
            }
            self.keep(1);
            self.keep_while(|c| c != '\n');
        }
    }
}

#[cfg(test)]
#[path = "relax_tests.rs"]
mod tests;
