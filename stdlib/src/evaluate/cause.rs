//! What a diagnose found, and what `cause is X` rests on (L30, R6).

use super::{Scope, Truth, compare, judge};
use crate::value::Value;
use heal_lang::catalogue::{Dim, Type};
use heal_lang::plan::Diagnose;
use heal_lang::syntax::tree::BinaryOp;

/// Numbers are written in whole percent; their differences are not exact.
const EPSILON: f64 = 1e-9;

/// One row, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// The cause.
    pub name: String,
    /// The author's number, 0 to 1.
    pub confidence: f64,
    /// Whether its condition holds.
    pub holds: Truth,
}

/// All rows of a diagnose, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// In the order of the playbook.
    pub rows: Vec<Ranked>,
    /// Least number that counts.
    pub accept: f64,
    /// Least lead over the others.
    pub margin: f64,
}

/// Judges every row.
#[must_use]
pub fn rank(diagnose: &Diagnose, scope: &dyn Scope) -> Ranking {
    Ranking {
        rows: diagnose
            .rows
            .iter()
            .map(|row| Ranked { name: row.cause.clone(), confidence: row.confidence, holds: judge(&row.when, scope) })
            .collect(),
        accept: diagnose.accept,
        margin: diagnose.margin,
    }
}

impl Ranking {
    /// The leading row among those that hold; the earlier one of two that are equal. It may still be ambiguous, or too
    /// weak: see [`Ranking::found`].
    #[must_use]
    pub fn best(&self) -> Option<&Ranked> {
        let mut best: Option<&Ranked> = None;
        for row in self.rows.iter().filter(|r| r.holds == Truth::Yes) {
            if best.is_none_or(|b| row.confidence > b.confidence) {
                best = Some(row);
            }
        }
        best
    }

    /// The cause that is found: it leads by the margin and is accepted.
    #[must_use]
    pub fn found(&self) -> Option<&Ranked> {
        self.best().filter(|b| self.is(&b.name, None) == Value::Bool(true))
    }

    /// Every row is unknown: nobody can tell anything.
    #[must_use]
    pub fn blind(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|r| matches!(r.holds, Truth::Unknown(_)))
    }

    /// Why nothing was found, in words; empty where something was.
    #[must_use]
    pub fn because(&self) -> String {
        match self.best() {
            Some(best) => self.obstacle(best).unwrap_or_default(),
            None => match self.rows.iter().find_map(|r| match &r.holds {
                Truth::Unknown(why) => Some((r, why)),
                _ => None,
            }) {
                Some((row, why)) => format!("no cause holds, and {} is not known: {why}", row.name),
                None => "no cause holds".to_owned(),
            },
        }
    }

    /// What keeps a row that holds from being the cause.
    fn obstacle(&self, row: &Ranked) -> Option<String> {
        if row.confidence + EPSILON < self.accept {
            return Some(format!(
                "{} has {:.0}%, {:.0}% is needed",
                row.name,
                row.confidence * 100.0,
                self.accept * 100.0
            ));
        }
        self.rival(row, false).or_else(|| self.rival(row, true)).map(|other| {
            let state = if other.holds == Truth::Yes { "holds too" } else { "is not known" };
            format!("ambiguous: {} {state} with {:.0}%", other.name, other.confidence * 100.0)
        })
    }

    /// Another row, true or unknown, that `row` does not lead by the margin.
    fn rival(&self, row: &Ranked, unknown: bool) -> Option<&Ranked> {
        self.rows
            .iter()
            .filter(|r| r.name != row.name)
            .filter(|r| match r.holds {
                Truth::Yes => !unknown,
                Truth::No => false,
                Truth::Unknown(_) => unknown,
            })
            .find(|r| row.confidence - r.confidence + EPSILON < self.margin)
    }

    /// `cause is name`, with the bound of `with confidence`.
    #[must_use]
    pub fn is(&self, name: &str, bound: Option<&(BinaryOp, Value)>) -> Value {
        let Some(row) = self.rows.iter().find(|r| r.name == name) else {
            return Value::Bool(false);
        };
        match &row.holds {
            Truth::No => return Value::Bool(false),
            Truth::Unknown(why) => return Value::no_data(format!("{name} is not known: {why}")),
            Truth::Yes => {}
        }
        if let Some((op, value)) = bound {
            let confidence = Value::Quantity(Dim::Ratio, row.confidence);
            match compare::ordered(*op, &confidence, value, &Type::RATIO) {
                Value::Bool(true) => {}
                other => return other,
            }
        }
        if row.confidence + EPSILON < self.accept || self.rival(row, false).is_some() {
            return Value::Bool(false);
        }
        match self.rival(row, true) {
            Some(other) => Value::no_data(format!("ambiguous: {} is not known", other.name)),
            None => Value::Bool(true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(rows: &[(&str, f64, Truth)]) -> Ranking {
        Ranking {
            rows: rows
                .iter()
                .map(|(n, c, h)| Ranked { name: (*n).to_owned(), confidence: *c, holds: h.clone() })
                .collect(),
            accept: 0.75,
            margin: 0.1,
        }
    }

    fn unknown() -> Truth {
        Truth::Unknown("no pods".to_owned())
    }

    #[test]
    fn a_lead_of_exactly_the_margin_is_enough() {
        let r = ranking(&[("release", 0.95, Truth::Yes), ("memory", 0.85, Truth::Yes)]);
        assert_eq!(r.is("release", None), Value::Bool(true));
        assert_eq!(r.is("memory", None), Value::Bool(false));
        assert_eq!(r.found().map(|f| f.name.as_str()), Some("release"));
    }

    #[test]
    fn an_unknown_rival_leaves_it_undecided() {
        let r = ranking(&[("release", 0.8, Truth::Yes), ("memory", 0.85, unknown())]);
        assert!(matches!(r.is("release", None), Value::NoData(_)));
        assert!(r.found().is_none());
        assert!(r.because().contains("memory"), "{}", r.because());
        let far = ranking(&[("release", 0.95, Truth::Yes), ("memory", 0.8, unknown())]);
        assert_eq!(far.is("release", None), Value::Bool(true));
    }

    #[test]
    fn a_weak_cause_is_not_accepted() {
        let r = ranking(&[("release", 0.7, Truth::Yes)]);
        assert_eq!(r.is("release", None), Value::Bool(false));
        assert!(r.because().contains("70%"), "{}", r.because());
        assert!(!r.blind());
        assert!(ranking(&[("release", 0.9, unknown())]).blind());
    }

    #[test]
    fn a_bound_counts_too() {
        let r = ranking(&[("release", 0.85, Truth::Yes)]);
        let bound = (BinaryOp::GreaterEqual, Value::Quantity(Dim::Ratio, 0.9));
        assert_eq!(r.is("release", Some(&bound)), Value::Bool(false));
    }
}
