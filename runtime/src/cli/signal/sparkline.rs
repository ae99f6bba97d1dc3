//! A series in one line of block characters, and a line of marks under it.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `width` columns, each the mean of its points; a column without any is blank. Marks (`^`) stand under the columns that
/// hold a marked point; a line of them only where there are any.
pub(super) fn sparkline(values: &[f64], marks: &[bool], width: usize) -> String {
    let width = width.min(values.len()).max(1);
    let columns = (0..width).map(|c| (c * values.len() / width, ((c + 1) * values.len() / width).min(values.len())));
    let columns: Vec<(usize, usize)> = columns.collect();
    let means: Vec<f64> = columns
        .iter()
        .map(|&(from, to)| {
            let present: Vec<f64> = values[from..to].iter().copied().filter(|v| v.is_finite()).collect();
            #[allow(clippy::cast_precision_loss, reason = "a column holds few points")]
            let mean = present.iter().map(|v| v / present.len() as f64).sum::<f64>();
            if present.is_empty() { f64::NAN } else { mean }
        })
        .collect();
    let (low, high) =
        means.iter().filter(|v| v.is_finite()).fold((f64::MAX, f64::MIN), |(l, h), &v| (l.min(v), h.max(v)));
    let mut text: String = means
        .iter()
        .map(|&v| {
            if !v.is_finite() {
                return ' ';
            }
            let share = if high > low { (v / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) } else { 0.0 };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 7")]
            BLOCKS[((share * 7.0).round() as usize).min(7)]
        })
        .collect();
    if marks.iter().any(|m| *m) {
        text.push('\n');
        let under = columns.iter().map(|&(from, to)| if marks[from..to].iter().any(|m| *m) { '^' } else { ' ' });
        text.push_str(under.collect::<String>().trim_end());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn a_series_becomes_blocks_and_marks_stand_below() {
        let values = [0.0, 1.0, 2.0, f64::NAN, 7.0, 0.0];
        let marks = [false, false, false, false, true, false];
        assert_eq!(sparkline(&values, &marks, 72), "▁▂▃ █▁\n    ^");
        assert_eq!(sparkline(&[5.0; 4], &[false; 4], 2), "▁▁");
        assert_eq!(sparkline(&[f64::NAN; 3], &[false; 3], 72), "   ");
    }
}
