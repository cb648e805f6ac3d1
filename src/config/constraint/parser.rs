//! From tokens to a tree, by recursive descent with Python's precedences.

use super::ConstraintError;
use super::lexer::{ConstraintToken, PlacedToken, syntax};
use crate::space::Value;

/// Deepest nesting of brackets and signs.
const MAX_DEPTH: usize = 50;

/// The functions and how many arguments they take (`None`: one or more).
pub const FUNCTIONS: [(&str, Option<usize>); 12] = [
    ("abs", Some(1)),
    ("ceil", Some(1)),
    ("exp", Some(1)),
    ("floor", Some(1)),
    ("len", Some(1)),
    ("log", Some(1)),
    ("log10", Some(1)),
    ("log2", Some(1)),
    ("max", None),
    ("min", None),
    ("round", Some(1)),
    ("sqrt", Some(1)),
];

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A literal.
    Literal(Value),
    /// A parameter.
    Name(String),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `!` or `-` before an operand.
    Unary(&'static str, Box<Expr>),
    /// An operator between two operands.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `a < b < c`: every neighbouring pair must hold.
    Chain(Box<Expr>, Vec<(&'static str, Expr)>),
    /// A function of its arguments.
    Call(&'static str, Vec<Expr>),
}

impl Expr {
    /// Collects the parameters it names.
    pub fn names(&self, out: &mut Vec<String>) {
        match self {
            Self::Literal(_) => {}
            Self::Name(name) => out.push(name.clone()),
            Self::List(items) | Self::Call(_, items) => items.iter().for_each(|item| item.names(out)),
            Self::Unary(_, a) => a.names(out),
            Self::Binary(_, a, b) => {
                a.names(out);
                b.names(out);
            }
            Self::Chain(a, rest) => {
                a.names(out);
                rest.iter().for_each(|(_, b)| b.names(out));
            }
        }
    }
}

/// Reads a whole expression.
pub fn parse(tokens: &[PlacedToken]) -> Result<Expr, ConstraintError> {
    let mut parser = ConstraintParser { tokens, at: 0, depth: 0 };
    let expr = parser.or()?;
    match parser.peek() {
        ConstraintToken::End => Ok(expr),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct ConstraintParser<'a> {
    tokens: &'a [PlacedToken],
    at: usize,
    depth: usize,
}

type Parsed = Result<Expr, ConstraintError>;

impl ConstraintParser<'_> {
    fn peek(&self) -> &ConstraintToken {
        self.tokens.get(self.at).map_or(&ConstraintToken::End, |(token, _)| token)
    }

    fn place(&self) -> usize {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(0, |(_, at)| at - 1)
    }

    fn unexpected(&self, wanted: &str) -> ConstraintError {
        syntax(self.place(), format!("expected {wanted}"))
    }

    /// The next token, if it is one of the symbols.
    fn take(&mut self, symbols: &[&'static str]) -> Option<&'static str> {
        let ConstraintToken::Symbol(symbol) = self.peek() else { return None };
        let found = symbols.iter().find(|s| *s == symbol).copied();
        self.at += usize::from(found.is_some());
        found
    }

    fn expect(&mut self, symbol: &'static str) -> Result<(), ConstraintError> {
        self.take(&[symbol]).map(|_| ()).ok_or_else(|| self.unexpected(&format!("`{symbol}`")))
    }

    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(syntax(self.place(), "the expression is nested too deeply"));
        }
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn left(&mut self, symbols: &[&'static str], next: fn(&mut Self) -> Parsed) -> Parsed {
        let mut left = next(self)?;
        while let Some(symbol) = self.take(symbols) {
            left = Expr::Binary(symbol, Box::new(left), Box::new(next(self)?));
        }
        Ok(left)
    }

    fn or(&mut self) -> Parsed {
        self.left(&["||"], Self::and)
    }

    fn and(&mut self) -> Parsed {
        self.left(&["&&"], Self::not)
    }

    fn not(&mut self) -> Parsed {
        if self.take(&["!"]).is_some() {
            return self.deeper(|p| Ok(Expr::Unary("!", Box::new(p.not()?))));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed {
        let first = self.sum()?;
        let mut rest = Vec::new();
        loop {
            let symbol = if let Some(symbol) = self.take(&["==", "!=", "<=", ">=", "<", ">", "in"]) {
                symbol
            } else if self.take(&["!"]).is_some() {
                self.expect("in")?;
                "not in"
            } else {
                break;
            };
            rest.push((symbol, self.sum()?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Chain(Box::new(first), rest) })
    }

    fn sum(&mut self) -> Parsed {
        self.left(&["+", "-"], Self::product)
    }

    fn product(&mut self) -> Parsed {
        self.left(&["*", "//", "/", "%"], Self::sign)
    }

    fn sign(&mut self) -> Parsed {
        if self.take(&["-"]).is_some() {
            return self.deeper(|p| Ok(Expr::Unary("-", Box::new(p.sign()?))));
        }
        if self.take(&["+"]).is_some() {
            return self.deeper(Self::sign);
        }
        let base = self.atom()?;
        if self.take(&["**"]).is_some() {
            return self.deeper(|p| Ok(Expr::Binary("**", Box::new(base), Box::new(p.sign()?))));
        }
        Ok(base)
    }

    fn atom(&mut self) -> Parsed {
        let start = self.place();
        match self.peek().clone() {
            ConstraintToken::Literal(value) => {
                self.at += 1;
                Ok(Expr::Literal(value))
            }
            ConstraintToken::Name(name) => {
                self.at += 1;
                if self.take(&["("]).is_none() {
                    return Ok(Expr::Name(name));
                }
                let Some((function, arity)) = FUNCTIONS.into_iter().find(|(f, _)| *f == name) else {
                    let known: Vec<&str> = FUNCTIONS.iter().map(|(f, _)| *f).collect();
                    return Err(syntax(
                        start,
                        format!("there is no function `{name}` (there are {})", known.join(", ")),
                    ));
                };
                let arguments = self.items(")")?;
                if arity.map_or(arguments.is_empty(), |n| n != arguments.len()) {
                    return Err(syntax(
                        start,
                        format!(
                            "`{function}` takes {} value(s)",
                            arity.map_or("some".to_owned(), |n| n.to_string())
                        ),
                    ));
                }
                Ok(Expr::Call(function, arguments))
            }
            ConstraintToken::Symbol("(") => {
                self.at += 1;
                let inner = self.deeper(Self::or)?;
                self.expect(")")?;
                Ok(inner)
            }
            ConstraintToken::Symbol("[") => {
                self.at += 1;
                Ok(Expr::List(self.items("]")?))
            }
            _ => Err(self.unexpected("a parameter, a number or a text")),
        }
    }

    fn items(&mut self, close: &'static str) -> Result<Vec<Expr>, ConstraintError> {
        let mut items = Vec::new();
        while self.take(&[close]).is_none() {
            if !items.is_empty() {
                self.expect(",")?;
            }
            if self.take(&[close]).is_some() {
                break;
            }
            items.push(self.deeper(Self::or)?);
        }
        Ok(items)
    }
}
