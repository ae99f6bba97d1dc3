//! Actions, values and the expression evaluator.
