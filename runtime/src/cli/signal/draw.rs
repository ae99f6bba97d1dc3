//! A chart of a series as SVG: axes with times and units, bands, marks; readable on light and dark ground.

use std::fmt::Write;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 44.0;

// Plain colours, the dark ones on top: variables are beyond many viewers.
const STYLE: &str = "\
text{font:12px system-ui,sans-serif}.ground{fill:#fff}.title{fill:#1f2328;font-size:14px;font-weight:600}\
.tick{fill:#656d76}.grid{stroke:#e4e8ec}.line{fill:none;stroke:#0969da;stroke-width:1.3}.ahead{stroke-dasharray:5 3}\
.band{fill:#0969da;opacity:.18}.anomaly{fill:#cf222e;stroke:#fff}.change{stroke:#9a6700;stroke-dasharray:3 3}\
.level{stroke:#9a6700;stroke-width:2}\
@media(prefers-color-scheme:dark){.ground{fill:#0d1117}.title{fill:#e6edf3}.tick{fill:#9198a1}.grid{stroke:#262c36}\
.line{stroke:#58a6ff}.band{fill:#58a6ff}.anomaly{fill:#ff7b72;stroke:#0d1117}.change{stroke:#d29922}.level{stroke:#d29922}}";

/// What a mark stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// A point that stands out: a dot.
    Anomaly,
    /// A new level begins: an upright line.
    Change,
}

/// A step of a forecast: time, value, lower and upper end.
pub(super) type Ahead = (i64, f64, f64, f64);

/// A chart in the making. Times are Unix milliseconds; values that are not finite are gaps.
pub(super) struct Chart {
    title: String,
    unit: String,
    line: Vec<(i64, f64)>,
    fan: Vec<Ahead>,
    marks: Vec<(Mark, i64, f64, String)>,
    levels: Vec<(i64, i64, f64)>,
}

impl Chart {
    /// An empty chart; `unit` stands at the axis of values.
    pub(super) fn new(title: &str, unit: &str) -> Chart {
        Chart {
            title: title.to_owned(),
            unit: unit.to_owned(),
            line: Vec::new(),
            fan: Vec::new(),
            marks: Vec::new(),
            levels: Vec::new(),
        }
    }

    /// The series.
    pub(super) fn line(&mut self, points: Vec<(i64, f64)>) {
        // Twice the largest number is none.
        self.line = points.into_iter().map(|(at, v)| (at, v.clamp(-1e300, 1e300))).collect();
    }

    /// The forecast and its band.
    pub(super) fn fan(&mut self, ahead: Vec<Ahead>) {
        self.fan = ahead;
    }

    /// A mark, and what a pointer that rests on it is told.
    pub(super) fn mark(&mut self, mark: Mark, at: i64, value: f64, tip: &str) {
        self.marks.push((mark, at, value, tip.to_owned()));
    }

    /// A level that held from one time to another.
    pub(super) fn level(&mut self, from: i64, to: i64, value: f64) {
        self.levels.push((from, to, value));
    }

    /// The drawing.
    pub(super) fn svg(&self) -> String {
        let scale = self.scale();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
             role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             <rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
             <text class=\"title\" x=\"{LEFT}\" y=\"20\">{title}</text>\n",
            title = escaped(&self.title)
        );
        self.axes(&mut svg, &scale);
        if !self.fan.is_empty() {
            let upper = self.fan.iter().map(|a| scale.point(a.0, a.3));
            let lower = self.fan.iter().rev().map(|a| scale.point(a.0, a.2));
            let points: Vec<String> = upper.chain(lower).collect();
            let _ = writeln!(svg, "<polygon class=\"band\" points=\"{}\"/>", points.join(" "));
        }
        for part in thinned(&self.line, &scale) {
            let _ = writeln!(svg, "<polyline class=\"line\" points=\"{}\"/>", part.join(" "));
        }
        if !self.fan.is_empty() {
            let newest = self.line.iter().rev().find(|p| p.1.is_finite()).map(|p| scale.point(p.0, p.1));
            let points: Vec<String> =
                newest.into_iter().chain(self.fan.iter().map(|a| scale.point(a.0, a.1))).collect();
            let _ = writeln!(svg, "<polyline class=\"line ahead\" points=\"{}\"/>", points.join(" "));
        }
        for (from, to, value) in &self.levels {
            let (x1, x2, y) = (scale.x(*from), scale.x(*to), scale.y(*value));
            let _ = writeln!(svg, "<line class=\"level\" x1=\"{x1:.1}\" y1=\"{y:.1}\" x2=\"{x2:.1}\" y2=\"{y:.1}\"/>");
        }
        for (mark, at, value, tip) in &self.marks {
            let (x, y, tip) = (scale.x(*at), scale.y(*value), escaped(tip));
            let _ = match mark {
                Mark::Anomaly => writeln!(
                    svg,
                    "<circle class=\"anomaly\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"><title>{tip}</title></circle>"
                ),
                Mark::Change => writeln!(
                    svg,
                    "<line class=\"change\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{}\"><title>{tip}</title></line>",
                    HEIGHT - BOTTOM
                ),
            };
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn axes(&self, svg: &mut String, scale: &Scale) {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        let _ = writeln!(svg, "<text class=\"tick\" x=\"8\" y=\"{}\">{}</text>", TOP - 6.0, escaped(&self.unit));
        let step = nice((scale.high - scale.low) / 5.0);
        let mut value = (scale.low / step).ceil() * step;
        while value <= scale.high + step * 1e-9 {
            let y = scale.y(value);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\
                 <text class=\"tick\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                plain(value, step)
            );
            value += step;
        }
        let (step, ticks) = times(scale.from, scale.to);
        for at in ticks {
            let x = scale.x(at);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
                 <text class=\"tick\" x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                bottom + 18.0,
                time(at, step)
            );
        }
        let span = format!("{} to {} (UTC)", time(scale.from, 0), time(scale.to, 0));
        let _ = writeln!(
            svg,
            "<text class=\"tick\" x=\"{right}\" y=\"{}\" text-anchor=\"end\">{span}</text>",
            HEIGHT - 8.0
        );
    }

    fn scale(&self) -> Scale {
        let times = self.line.iter().map(|p| p.0).chain(self.fan.iter().map(|a| a.0));
        let (from, to) = times.fold((i64::MAX, i64::MIN), |(l, h), t| (l.min(t), h.max(t)));
        let values = self.line.iter().map(|p| p.1).chain(self.fan.iter().flat_map(|a| [a.1, a.2, a.3]));
        let (low, high) =
            values.filter(|v| v.is_finite()).fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        // Room above and below; a flat line stands in the middle.
        let room = (high / 20.0 - low / 20.0).max(high.abs().max(low.abs()) * 1e-6).max(1e-12);
        Scale { from: from.min(to), to: to.max(from), low: low - room, high: high + room }
    }
}

struct Scale {
    from: i64,
    to: i64,
    low: f64,
    high: f64,
}

impl Scale {
    #[allow(clippy::cast_precision_loss, reason = "half a pixel of a time")]
    fn x(&self, at: i64) -> f64 {
        let span = (self.to.saturating_sub(self.from)).max(1) as f64;
        LEFT + (WIDTH - LEFT - RIGHT) * at.saturating_sub(self.from) as f64 / span
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    }

    fn point(&self, at: i64, value: f64) -> String {
        format!("{:.1},{:.1}", self.x(at), self.y(value))
    }
}

/// The line in parts between gaps. Of many points on one pixel the first, the lowest, the highest and the last stay, in
/// their order: a spike of one point is never lost.
fn thinned(line: &[(i64, f64)], scale: &Scale) -> Vec<Vec<String>> {
    let mut parts: Vec<Vec<String>> = Vec::new();
    let mut pixel: Vec<(i64, f64)> = Vec::new();
    let mut part: Vec<String> = Vec::new();
    let flush = |pixel: &mut Vec<(i64, f64)>, part: &mut Vec<String>| {
        let order = |a: &&(i64, f64), b: &&(i64, f64)| a.1.total_cmp(&b.1);
        let mut keep: Vec<(i64, f64)> =
            [pixel.first(), pixel.iter().min_by(order), pixel.iter().max_by(order), pixel.last()]
                .into_iter()
                .flatten()
                .copied()
                .collect();
        keep.sort_by_key(|p| p.0);
        keep.dedup();
        part.extend(keep.iter().map(|p| scale.point(p.0, p.1)));
        pixel.clear();
    };
    for &(at, value) in line {
        if !value.is_finite() {
            flush(&mut pixel, &mut part);
            parts.push(std::mem::take(&mut part));
            continue;
        }
        if pixel.first().is_some_and(|p| scale.x(at) - scale.x(p.0) >= 1.0) {
            flush(&mut pixel, &mut part);
        }
        pixel.push((at, value));
    }
    flush(&mut pixel, &mut part);
    parts.push(part);
    parts.retain(|p| !p.is_empty());
    parts
}

/// The next of 1, 2, 5 times a power of ten.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * power >= step * 0.999).unwrap_or(10.0);
    factor * power
}

/// A tick's number with as many digits as its step asks for.
fn plain(value: f64, step: f64) -> String {
    let size = value.abs().max(step);
    if !(1e-4..1e7).contains(&size) {
        return if value == 0.0 { "0".to_owned() } else { format!("{value:.2e}") };
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 5")]
    let digits = (-step.log10().floor()).clamp(0.0, 8.0) as usize;
    let text = format!("{value:.digits$}");
    if text.trim_start_matches('-').chars().all(|c| matches!(c, '0' | '.')) { "0".to_owned() } else { text }
}

const MINUTE: i64 = 60_000;
const DAY: i64 = 1_440 * MINUTE;

/// At most eight round times within a span, and the step between them.
fn times(from: i64, to: i64) -> (i64, Vec<i64>) {
    const STEPS: [i64; 22] = [
        1,
        10,
        100,
        1_000,
        5_000,
        15_000,
        MINUTE,
        5 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        60 * MINUTE,
        180 * MINUTE,
        360 * MINUTE,
        720 * MINUTE,
        DAY,
        2 * DAY,
        7 * DAY,
        14 * DAY,
        30 * DAY,
        91 * DAY,
        365 * DAY,
        3_650 * DAY,
    ];
    let span = to.saturating_sub(from).max(1);
    let step = STEPS.into_iter().find(|s| span / s <= 8).unwrap_or(span / 8);
    let first = from.saturating_add(step - 1).div_euclid(step).saturating_mul(step);
    (step, (0..9).map(|k| first.saturating_add(k * step)).filter(|t| *t <= to).collect())
}

/// A time as far as its step tells it apart; step 0: to the minute, with its day.
fn time(at: i64, step: i64) -> String {
    let form = match step {
        0 => "%Y-%m-%d %H:%M",
        s if s < 1_000 => "%H:%M:%S%.3f",
        s if s < MINUTE => "%H:%M:%S",
        s if s < 360 * MINUTE => "%H:%M",
        s if s < DAY => "%m-%d %H:%M",
        _ => "%Y-%m-%d",
    };
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |t| t.strftime(form).to_string())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(nice(0.23), 0.5);
        assert_eq!(nice(7.0), 10.0);
        assert_eq!(plain(0.30000000000000004, 0.1), "0.3");
        assert_eq!(plain(-0.0, 5.0), "0");
        assert_eq!(plain(2.5e9, 5e8), "2.50e9");
        let (step, ticks) = times(1_396_310_400_000, 1_396_310_400_000 + 20 * 60 * MINUTE);
        assert_eq!((step, ticks.len()), (180 * MINUTE, 7));
        assert_eq!(time(ticks[1], step), "03:00");
    }

    #[test]
    fn a_spike_of_one_point_among_many_is_still_drawn() {
        let mut points: Vec<(i64, f64)> = (0..100_000).map(|i| (i, 1.0)).collect();
        points[61_803].1 = 9.0;
        let mut chart = Chart::new("a <b>", "ms");
        chart.line(points);
        let svg = chart.svg();
        let top = chart.scale().y(9.0);
        assert!(svg.contains(&format!(",{top:.1} ")), "the spike's height");
        assert!(svg.len() < 100_000, "a few points a pixel, not all: {}", svg.len());
        assert!(svg.contains("a &lt;b&gt;") && !svg.contains("a <b>"));
    }

    #[test]
    fn nothing_is_drawn_that_is_no_number() {
        let mut chart = Chart::new("gaps", "");
        chart.line(vec![(0, f64::NAN), (1, 1e300), (2, -1e300), (3, f64::NAN), (4, 5.0)]);
        let svg = chart.svg();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert_eq!(svg.matches("<polyline").count(), 2, "a gap parts the line");
    }
}
