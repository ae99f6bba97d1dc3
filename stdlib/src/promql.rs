//! What is known of a query from its text: whether it is well formed, and how far back it reads (R50).

use heal_lang::catalogue::Language;
use heal_lang::check::{QueryChecker, QueryError, QueryFacts};
use promql_parser::parser::{self, Expr};

/// The parser builds its tree without a limit of its own: what is larger is no query of a person.
const LONGEST: usize = 16 << 10;
/// Brackets within brackets.
const DEEPEST: usize = 64;

/// Asks PromQL's own parser.
#[derive(Clone, Copy, Debug, Default)]
pub struct Queries;

impl QueryChecker for Queries {
    fn check(&self, language: Language, text: &str) -> Result<QueryFacts, QueryError> {
        match language {
            Language::Promql => largest_range(text).map(|range_ms| QueryFacts { range_ms }),
            Language::JsonText => match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                Ok(_) => Ok(QueryFacts::default()),
                Err(error) => Err(QueryError { message: format!("it is no JSON: {error}") }),
            },
            // Their parsers come later (L63).
            Language::Logql | Language::Sql => Ok(QueryFacts::default()),
        }
    }
}

/// The largest range selector of a query, milliseconds; 0 where it has none. A subquery reads its own range and that of
/// what it repeats.
///
/// # Errors
/// Where the parser refuses the query.
pub fn largest_range(text: &str) -> Result<u64, QueryError> {
    let refuse = |message: String| QueryError { message };
    if text.len() > LONGEST {
        return Err(refuse(format!("the query is longer than {LONGEST} bytes")));
    }
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(refuse(format!("the query is nested deeper than {DEEPEST}")));
        }
    }
    let expr = parser::parse(text).map_err(|error| refuse(first_line(&error)))?;
    let mut largest = 0;
    // Of each part with what subqueries around it add; a stack of our own, since a long sum is a deep tree.
    let mut left: Vec<(&Expr, u64)> = vec![(&expr, 0)];
    while let Some((expr, around)) = left.pop() {
        let ms = |d: std::time::Duration| u64::try_from(d.as_millis()).unwrap_or(u64::MAX);
        match expr {
            Expr::MatrixSelector(m) => largest = largest.max(around.saturating_add(ms(m.range))),
            Expr::Subquery(s) => {
                let inside = around.saturating_add(ms(s.range));
                largest = largest.max(inside);
                left.push((&s.expr, inside));
            }
            Expr::Aggregate(a) => {
                left.push((&a.expr, around));
                left.extend(a.param.iter().map(|p| (p.as_ref(), around)));
            }
            Expr::Unary(u) => left.push((&u.expr, around)),
            Expr::Binary(b) => left.extend([(b.lhs.as_ref(), around), (b.rhs.as_ref(), around)]),
            Expr::Paren(p) => left.push((&p.expr, around)),
            Expr::Call(c) => left.extend(c.args.args.iter().map(|a| (a.as_ref(), around))),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::VectorSelector(_) | Expr::Extension(_) => {}
        }
    }
    Ok(largest)
}

fn first_line(error: &str) -> String {
    error.lines().next().unwrap_or_default().trim().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> u64 {
        largest_range(text).unwrap_or_else(|e| panic!("{text}: {}", e.message))
    }

    #[test]
    fn the_largest_selector_counts() {
        assert_eq!(range("up"), 0);
        assert_eq!(range("sum(rate(a[1m])) / sum(rate(b[5m]))"), 300_000);
        assert_eq!(range("max_over_time(rate(a[1m])[10m:30s])"), 660_000);
        assert_eq!(range("(sum(rate(x{code=~\"5..\"}[90s])) or vector(0)) > 1"), 90_000);
        assert_eq!(range("histogram_quantile(0.99, sum by (le) (rate(d_bucket[1m])))"), 60_000);
        assert_eq!(range("topk(3, increase(a[2h]))"), 7_200_000);
    }

    #[test]
    fn a_wrong_query_is_refused_with_words() {
        assert!(!largest_range("rate(a[1m]").unwrap_err().message.is_empty());
        assert!(largest_range("sum(").is_err());
        assert!(largest_range("").is_err());
    }

    #[test]
    fn no_query_is_too_odd() {
        assert!(largest_range(&"(".repeat(100_000)).is_err());
        assert!(largest_range(&"-".repeat(10_000)).is_err());
        let long = vec!["a"; 5_000].join(" + ");
        let _ = largest_range(&long);
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_fail(text in "[a-z0-9(){}\\[\\]\"=~,.+*/ :-]{0,60}") {
            let _ = largest_range(&text);
        }
    }
}
