//! Tokens to an expression.

use super::lex::{ConditionToken, character, tokens};
use super::{Comparison, Expression, Literal, Operand};
use crate::error::{Code, Error, Result};

/// How deep parentheses and `not` may stand within each other: the parser calls itself for each.
const DEEPEST: usize = 100;

/// Reads a whole condition.
///
/// # Errors
/// [`Code::Usage`] with the place and what was expected.
pub fn parse(text: &str) -> Result<Expression> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    let expression = parser.condition()?;
    match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.expected("\"and\", \"or\" or the end")),
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(usize, ConditionToken)>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&ConditionToken> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn expected(&self, what: &str) -> Error {
        let found = match self.tokens.get(self.at) {
            None => "the condition ends".to_owned(),
            Some((at, token)) => {
                let found = match token {
                    ConditionToken::Word(word) => format!("{word:?}"),
                    ConditionToken::Name(name) => format!("the column {name:?}"),
                    ConditionToken::Number(digits) => format!("the number {digits}"),
                    ConditionToken::Text(text) => format!("the text '{text}'"),
                    ConditionToken::Sign(sign) => format!("{sign:?}"),
                };
                format!("found {found} at character {}", character(self.text, *at))
            }
        };
        Error::new(Code::Usage, format!("condition {:?}: expected {what}, {found}", self.text))
            .help("for example: amount > 100 and activity != 'Draft'")
    }

    /// Takes a word of the grammar if it comes next.
    fn word(&mut self, word: &str) -> bool {
        let found =
            matches!(self.peek(), Some(ConditionToken::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(ConditionToken::Sign(next)) if *next == sign);
        self.at += usize::from(found);
        found
    }

    fn condition(&mut self) -> Result<Expression> {
        let mut parts = vec![self.conjunction()?];
        while self.word("or") {
            parts.push(self.conjunction()?);
        }
        Ok(joined(parts, Expression::Any))
    }

    fn conjunction(&mut self) -> Result<Expression> {
        let mut parts = vec![self.negation()?];
        while self.word("and") {
            parts.push(self.negation()?);
        }
        Ok(joined(parts, Expression::All))
    }

    fn negation(&mut self) -> Result<Expression> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::new(Code::Usage, format!("the condition is nested more than {DEEPEST} deep")));
        }
        let found = match self.word("not") {
            true => Expression::Not(Box::new(self.negation()?)),
            false => self.predicate()?,
        };
        self.depth -= 1;
        Ok(found)
    }

    fn predicate(&mut self) -> Result<Expression> {
        if self.sign("(") {
            let inner = self.condition()?;
            return match self.sign(")") {
                true => Ok(inner),
                false => Err(self.expected("\")\"")),
            };
        }
        let left = self.operand("a column, a value or \"(\"")?;
        if let Some(comparison) = self.comparison() {
            return Ok(Expression::Compare(left, comparison, self.operand("a column or a value")?));
        }
        if self.word("is") {
            let not = self.word("not");
            if !self.word("null") {
                return Err(self.expected("\"null\""));
            }
            return Ok(negated(not, Expression::IsNull(self.column(left)?)));
        }
        let not = self.word("not");
        if self.word("in") {
            return Ok(negated(not, Expression::In(left, self.list()?)));
        }
        if self.word("between") {
            let low = self.operand("a column or a value")?;
            if !self.word("and") {
                return Err(self.expected("\"and\""));
            }
            let high = self.operand("a column or a value")?;
            let above = Expression::Compare(left.clone(), Comparison::GreaterOrEqual, low);
            let below = Expression::Compare(left, Comparison::LessOrEqual, high);
            return Ok(negated(not, Expression::All(vec![above, below])));
        }
        if self.word("like") {
            let name = self.column(left)?;
            let Some(ConditionToken::Text(pattern)) = self.peek() else {
                return Err(self.expected("a pattern in single quotes"));
            };
            let pattern = pattern.clone();
            self.at += 1;
            return Ok(negated(not, Expression::Like(name, pattern)));
        }
        if not {
            return Err(self.expected("\"in\", \"between\" or \"like\""));
        }
        Ok(Expression::Alone(left))
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let Some(ConditionToken::Sign(sign)) = self.peek() else { return None };
        let comparison = match *sign {
            "=" | "==" => Comparison::Equal,
            "!=" | "<>" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return None,
        };
        self.at += 1;
        Some(comparison)
    }

    fn column(&self, operand: Operand) -> Result<String> {
        match operand {
            Operand::Column(name) => Ok(name),
            Operand::Literal(literal) => Err(literal.is_not_a_column()),
        }
    }

    fn operand(&mut self, what: &str) -> Result<Operand> {
        let operand = match self.peek() {
            Some(ConditionToken::Word(word)) if is_reserved(word) => return Err(self.expected(what)),
            Some(ConditionToken::Word(word)) => match word.to_ascii_lowercase().as_str() {
                "true" => Operand::Literal(Literal::Boolean(true)),
                "false" => Operand::Literal(Literal::Boolean(false)),
                _ => Operand::Column(word.clone()),
            },
            Some(ConditionToken::Name(name)) => Operand::Column(name.clone()),
            Some(ConditionToken::Number(digits)) => Operand::Literal(Literal::Number(digits.clone())),
            Some(ConditionToken::Text(text)) => Operand::Literal(Literal::Text(text.clone())),
            Some(ConditionToken::Sign(_)) | None => return Err(self.expected(what)),
        };
        self.at += 1;
        Ok(operand)
    }

    fn list(&mut self) -> Result<Vec<Literal>> {
        if !self.sign("(") {
            return Err(self.expected("\"(\""));
        }
        let mut literals = Vec::new();
        loop {
            match self.operand("a value")? {
                Operand::Literal(literal) => literals.push(literal),
                Operand::Column(name) => {
                    return Err(Error::new(
                        Code::Usage,
                        format!("expected a value in the list, found {name:?}"),
                    )
                    .help("put text in a list in single quotes"));
                }
            }
            if self.sign(")") {
                return Ok(literals);
            }
            if !self.sign(",") {
                return Err(self.expected("\",\" or \")\""));
            }
        }
    }
}

/// One expression as it is, several joined.
fn joined(mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => join(parts),
    }
}

fn negated(not: bool, expression: Expression) -> Expression {
    if not { Expression::Not(Box::new(expression)) } else { expression }
}

/// Words that can't be the name of a column without quotes.
fn is_reserved(word: &str) -> bool {
    ["and", "or", "not", "is", "in", "between", "like", "null"].iter().any(|it| word.eq_ignore_ascii_case(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn and_binds_more_than_or_and_not_more_than_both() {
        let shown = |text: &str| format!("{:?}", parse(text).unwrap());
        assert_eq!(shown("a or b and not c"), shown("a or (b and (not c))"));
        assert_eq!(shown("NOT a = 1 AND b"), shown("(not (a = 1)) and b"));
        assert_ne!(shown("a or b and c"), shown("(a or b) and c"));
        assert_eq!(shown("a not between 1 and 2 and b"), shown("(not (a >= 1 and a <= 2)) and b"));
    }

    #[test]
    fn mistakes_are_reported_with_their_place_and_what_was_expected() {
        for (text, expected) in [
            ("", "expected a column, a value or \"(\", the condition ends"),
            ("amount >", "expected a column or a value, the condition ends"),
            ("amount 100", "expected \"and\", \"or\" or the end, found the number 100 at character 8"),
            ("(a = 1", "expected \")\", the condition ends"),
            ("a is 1", "expected \"null\", found the number 1 at character 6"),
            ("a in 1", "expected \"(\", found the number 1"),
            ("a in (1 2)", "expected \",\" or \")\", found the number 2"),
            ("a in (b)", "expected a value in the list, found \"b\""),
            ("a = null", "expected a column or a value, found \"null\""),
            ("a not = 1", "expected \"in\", \"between\" or \"like\", found \"=\""),
            ("a between 1 or 2", "expected \"and\", found \"or\""),
            ("a like b", "expected a pattern in single quotes, found \"b\""),
            ("'a' is null", "expected a column, found the value 'a'"),
            ("a = 1 and", "expected a column, a value or \"(\", the condition ends"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.code(), Code::Usage);
            assert!(error.what().contains(expected), "{text}: {error}");
        }
        assert!(parse(&"not ".repeat(100_000)).is_err());
        assert!(parse(&"(".repeat(100_000)).is_err());
    }
}
