//! Tokens to checked conditions.

use super::ast::{Condition, Entity, NumberOp, OrderTerm, Subject, Test, TextOp};
use super::error::FilterError;
use super::lexer::{FilterToken, tokens};
use super::vocabulary::{AttributeKind, Vocabulary};

/// Most conditions of a filter: far from what a database's expressions can hold.
const MOST_CONDITIONS: usize = 200;
/// Most terms of an order: each may be a join, of which SQLite takes 64.
const MOST_TERMS: usize = 50;
/// Most bytes of a pattern, SQLite's limit.
const LONGEST_PATTERN: usize = 50_000;

/// Reads a filter such as `` metrics.loss < 0.5 AND tags.`mlflow.parentRunId` = 'abc' ``; an empty one has no
/// conditions.
pub fn parse_filter(text: &str, vocabulary: &Vocabulary) -> Result<Vec<Condition>, FilterError> {
    let mut parser = FilterParser { tokens: tokens(text)?.into_iter(), vocabulary };
    let mut conditions = Vec::new();
    let mut next = parser.tokens.next();
    while let Some(token) = next {
        if conditions.len() == MOST_CONDITIONS {
            return Err(FilterError::new(format!("The filter has more than {MOST_CONDITIONS} conditions")));
        }
        conditions.push(parser.condition(token)?);
        next = match parser.tokens.next() {
            None => None,
            Some(FilterToken::Word(word)) if word.eq_ignore_ascii_case("AND") => {
                Some(parser.expect("a condition")?)
            }
            Some(other) => return Err(only_and(&other)),
        };
    }
    Ok(conditions)
}

/// Reads the terms of an `order_by` list, such as `metrics.loss DESC`; the same subject twice is an error.
pub fn parse_order_by<T: AsRef<str>>(
    terms: &[T],
    vocabulary: &Vocabulary,
) -> Result<Vec<OrderTerm>, FilterError> {
    if terms.len() > MOST_TERMS {
        return Err(FilterError::new(format!("`order_by` has more than {MOST_TERMS} fields")));
    }
    let mut orders: Vec<OrderTerm> = Vec::with_capacity(terms.len());
    for term in terms {
        let term = term.as_ref();
        let order = order(term, vocabulary)?;
        if orders.iter().any(|earlier| earlier.subject == order.subject) {
            return Err(FilterError::new(format!("`order_by` contains duplicate fields: '{term}'")));
        }
        orders.push(order);
    }
    Ok(orders)
}

fn order(term: &str, vocabulary: &Vocabulary) -> Result<OrderTerm, FilterError> {
    let wrong = || FilterError::new(format!("Invalid order_by clause '{term}'. Could not be parsed."));
    let mut tokens = tokens(term).map_err(|_| wrong())?.into_iter();
    let subject = subject(tokens.next().ok_or_else(wrong)?, vocabulary)?;
    if !matches!(
        subject.entity,
        Entity::Attribute | Entity::Metric | Entity::Param | Entity::Tag | Entity::Metadata
    ) {
        let word = entity_word(subject.entity);
        return Err(FilterError::new(format!("Invalid identifier type '{word}' in order_by")));
    }
    let ascending = match tokens.next() {
        None => true,
        Some(FilterToken::Word(word)) if word.eq_ignore_ascii_case("ASC") => true,
        Some(FilterToken::Word(word)) if word.eq_ignore_ascii_case("DESC") => false,
        Some(_) => {
            return Err(FilterError::new(format!("Invalid ordering key in order_by clause '{term}'.")));
        }
    };
    if tokens.next().is_some() {
        return Err(wrong());
    }
    Ok(OrderTerm { subject, ascending })
}

fn only_and(found: &FilterToken) -> FilterError {
    FilterError::new(format!(
        "Invalid clause(s) in filter string: '{found}'. Conditions are joined by AND alone; there is no OR, NOT or parenthesis."
    ))
}

fn subject(token: FilterToken, vocabulary: &Vocabulary) -> Result<Subject, FilterError> {
    let (entity, key) = match token {
        FilterToken::Word(key) | FilterToken::Name { entity: None, key } => (Entity::Attribute, key),
        FilterToken::Name { entity: Some(word), key } => (entity(&word)?, key),
        other => {
            return Err(FilterError::new(format!(
                "Invalid comparison clause. Expected 'Identifier' found '{other}'"
            )));
        }
    };
    if entity == Entity::Attribute {
        return attribute(&key, vocabulary).map(|(name, _)| Subject { entity, key: name.to_owned() });
    }
    if !vocabulary.entities.contains(&entity) {
        return Err(FilterError::new(format!("Invalid entity type '{}'", entity_word(entity))));
    }
    if entity == Entity::Dataset && !["name", "digest", "context"].contains(&key.as_str()) {
        return Err(FilterError::new(format!(
            "Invalid dataset key '{key}' specified. Valid keys are 'name', 'digest', 'context'"
        )));
    }
    Ok(Subject { entity, key })
}

fn entity(word: &str) -> Result<Entity, FilterError> {
    Ok(match word {
        "metric" | "metrics" => Entity::Metric,
        "param" | "params" | "parameter" | "parameters" => Entity::Param,
        "tag" | "tags" => Entity::Tag,
        "attribute" | "attributes" | "attr" | "run" | "trace" => Entity::Attribute,
        "dataset" | "datasets" => Entity::Dataset,
        "metadata" | "request_metadata" => Entity::Metadata,
        "span" => Entity::Span,
        "feedback" => Entity::Feedback,
        "expectation" => Entity::Expectation,
        other => {
            return Err(FilterError::new(format!(
                "Invalid entity type '{other}'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']"
            )));
        }
    })
}

fn entity_word(entity: Entity) -> &'static str {
    match entity {
        Entity::Attribute => "attribute",
        Entity::Metric => "metric",
        Entity::Param => "parameter",
        Entity::Tag => "tag",
        Entity::Dataset => "dataset",
        Entity::Metadata => "metadata",
        Entity::Span => "span",
        Entity::Feedback => "feedback",
        Entity::Expectation => "expectation",
    }
}

fn attribute(word: &str, vocabulary: &Vocabulary) -> Result<(&'static str, AttributeKind), FilterError> {
    vocabulary
        .attributes
        .iter()
        .find(|(name, ..)| *name == word)
        .map(|&(_, name, kind)| (name, kind))
        .ok_or_else(|| {
            let known: Vec<_> = vocabulary.attributes.iter().map(|(name, ..)| format!("'{name}'")).collect();
            FilterError::new(format!(
                "Invalid attribute key '{word}' specified. Valid keys are {}",
                known.join(", ")
            ))
        })
}

struct FilterParser<'v> {
    tokens: std::vec::IntoIter<FilterToken>,
    vocabulary: &'v Vocabulary,
}

impl FilterParser<'_> {
    fn expect(&mut self, what: &str) -> Result<FilterToken, FilterError> {
        self.tokens.next().ok_or_else(|| {
            FilterError::new(format!("Invalid filter string: it ends where {what} is expected"))
        })
    }

    fn condition(&mut self, first: FilterToken) -> Result<Condition, FilterError> {
        let subject = subject(first, self.vocabulary)?;
        let test = match self.expect("a comparator")? {
            FilterToken::Operator(sign) => self.comparison(&subject, &sign)?,
            FilterToken::Word(word) => self.keyword(&subject, &word.to_ascii_uppercase())?,
            other => return Err(FilterError::new(format!("Expected a comparator, found '{other}'"))),
        };
        Ok(Condition { subject, test })
    }

    fn kind(&self, subject: &Subject) -> AttributeKind {
        let kind_of = |name: &str| {
            self.vocabulary.attributes.iter().find(|(_, known, _)| *known == name).map(|(_, _, kind)| *kind)
        };
        match subject.entity {
            Entity::Metric => AttributeKind::Number,
            Entity::Attribute => kind_of(&subject.key).unwrap_or(AttributeKind::Text),
            _ => AttributeKind::Text,
        }
    }

    fn comparison(&mut self, subject: &Subject, sign: &str) -> Result<Test, FilterError> {
        let value = self.expect("a value")?;
        let said = matches!(subject.entity, Entity::Feedback | Entity::Expectation);
        if self.kind(subject) == AttributeKind::Number || said && sign.starts_with(['<', '>']) {
            let op = match sign {
                "=" => NumberOp::Eq,
                "!=" => NumberOp::Ne,
                "<" => NumberOp::Lt,
                "<=" => NumberOp::Le,
                ">" => NumberOp::Gt,
                ">=" => NumberOp::Ge,
                other => return Err(wrong_comparator(other, subject)),
            };
            return match value {
                FilterToken::Number(number) => Ok(Test::Number(op, number)),
                other => Err(FilterError::new(format!(
                    "Expected numeric value type for {} '{}'. Found {other}",
                    entity_word(subject.entity),
                    subject.key
                ))),
            };
        }
        let op = match sign {
            "=" => TextOp::Eq,
            "!=" => TextOp::Ne,
            other => return Err(wrong_comparator(other, subject)),
        };
        text(subject, value).map(|text| Test::Text(op, text))
    }

    fn keyword(&mut self, subject: &Subject, word: &str) -> Result<Test, FilterError> {
        if self.kind(subject) == AttributeKind::Number {
            return Err(wrong_comparator(word, subject));
        }
        match word {
            "LIKE" | "ILIKE" => {
                let op = if word == "LIKE" { TextOp::Like } else { TextOp::ILike };
                let value = self.expect("a pattern")?;
                let pattern = text(subject, value)?;
                if pattern.len() > LONGEST_PATTERN {
                    return Err(FilterError::new("The pattern is too long"));
                }
                Ok(Test::Text(op, pattern))
            }
            "IN" => self.list(subject).map(Test::In),
            "NOT" => {
                self.expect_word("IN", subject)?;
                self.list(subject).map(Test::NotIn)
            }
            "IS" => {
                let negated = match self.expect("NULL")? {
                    FilterToken::Word(word) if word.eq_ignore_ascii_case("NULL") => false,
                    FilterToken::Word(word) if word.eq_ignore_ascii_case("NOT") => {
                        self.expect_word("NULL", subject)?;
                        true
                    }
                    other => return Err(wrong_comparator(&format!("IS {other}"), subject)),
                };
                if !self.vocabulary.nullable.contains(&subject.entity) {
                    return Err(FilterError::new(format!(
                        "IS NULL / IS NOT NULL is only supported for tags and params, not for '{}' '{}'",
                        entity_word(subject.entity),
                        subject.key
                    )));
                }
                Ok(if negated { Test::Present } else { Test::Missing })
            }
            other => Err(wrong_comparator(other, subject)),
        }
    }

    fn expect_word(&mut self, word: &str, subject: &Subject) -> Result<(), FilterError> {
        match self.expect(word)? {
            FilterToken::Word(found) if found.eq_ignore_ascii_case(word) => Ok(()),
            other => Err(wrong_comparator(&other.to_string(), subject)),
        }
    }

    fn list(&mut self, subject: &Subject) -> Result<Vec<String>, FilterError> {
        let allowed = matches!(subject.entity, Entity::Dataset | Entity::Span)
            || (subject.entity == Entity::Attribute && self.vocabulary.lists.contains(&subject.key.as_str()));
        if !allowed {
            return Err(FilterError::new(format!(
                "Only {:?} attributes support comparison with a list of quoted string values.",
                self.vocabulary.lists
            )));
        }
        let wrong = || {
            FilterError::new(
                "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.",
            )
        };
        if self.expect("a list")? != FilterToken::Open {
            return Err(wrong());
        }
        let mut values = Vec::new();
        loop {
            match self.expect("a quoted string")? {
                FilterToken::Text(text) => values.push(text),
                FilterToken::Close if !values.is_empty() => return Ok(values),
                _ => return Err(wrong()),
            }
            match self.expect("`,` or `)`")? {
                FilterToken::Comma => {}
                FilterToken::Close => return Ok(values),
                _ => return Err(wrong()),
            }
        }
    }
}

fn text(subject: &Subject, value: FilterToken) -> Result<String, FilterError> {
    match value {
        FilterToken::Text(text) => Ok(text),
        other => Err(FilterError::new(format!(
            "Expected a quoted string value for {} (e.g. 'my-value'). Got value {other}",
            entity_word(subject.entity)
        ))),
    }
}

fn wrong_comparator(found: &str, subject: &Subject) -> FilterError {
    FilterError::new(format!(
        "Invalid comparator '{found}' for {} '{}'",
        entity_word(subject.entity),
        subject.key
    ))
}
