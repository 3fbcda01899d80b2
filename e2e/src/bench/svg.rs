//! Line charts as SVG: small enough to be read, and to be looked at in any browser.

use std::fmt::Write;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 52.0;
const COLOURS: [&str; 6] = ["#2f6db3", "#c8553d", "#3c8d5a", "#8a5ab0", "#b08a2e", "#555555"];
/// Lines of the grid in each direction, roughly.
const GRID: f64 = 6.0;

/// One line of a chart.
#[derive(Debug, Clone)]
pub struct Series {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// A chart with its axes from zero.
#[derive(Debug, Clone)]
pub struct Chart {
    pub title: String,
    pub x: String,
    pub y: String,
    pub series: Vec<Series>,
}

impl Chart {
    pub fn to_svg(&self) -> String {
        let points = || self.series.iter().flat_map(|series| series.points.iter());
        let (x_max, y_max) = (top(points().map(|p| p.0)), top(points().map(|p| p.1)));
        let x = |value: f64| LEFT + value / x_max * (WIDTH - LEFT - RIGHT);
        let y = |value: f64| HEIGHT - BOTTOM - value / y_max * (HEIGHT - TOP - BOTTOM);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
             font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
             <text x=\"{LEFT}\" y=\"24\" font-size=\"15\" font-weight=\"bold\">{}</text>\n",
            escape(&self.title)
        );
        for value in steps(x_max) {
            let (at, end) = (x(value), HEIGHT - BOTTOM);
            line(&mut svg, (at, TOP), (at, end));
            text(&mut svg, (at, end + 18.0), "middle", &label(value));
        }
        for value in steps(y_max) {
            let (at, end) = (y(value), WIDTH - RIGHT);
            line(&mut svg, (LEFT, at), (end, at));
            text(&mut svg, (LEFT - 8.0, at + 4.0), "end", &label(value));
        }
        text(&mut svg, ((LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12.0), "middle", &self.x);
        text(&mut svg, (LEFT, TOP - 6.0), "start", &self.y);
        for (index, series) in self.series.iter().enumerate() {
            let colour = COLOURS[index % COLOURS.len()];
            let path: Vec<String> = series.points.iter().map(|(a, b)| format!("{:.1},{:.1}", x(*a), y(*b))).collect();
            // Writing to a string cannot fail.
            let _ = writeln!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>",
                path.join(" ")
            );
            let at = TOP + 10.0 + 20.0 * index as f64;
            let from = WIDTH - RIGHT + 14.0;
            let _ =
                writeln!(svg, "<rect x=\"{from}\" y=\"{}\" width=\"14\" height=\"4\" fill=\"{colour}\"/>", at - 6.0);
            text(&mut svg, (from + 20.0, at), "start", &series.name);
        }
        svg.push_str("</svg>\n");
        svg
    }
}

/// The largest value, or something to draw an empty chart with.
fn top(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
    if most > 0.0 { most * 1.05 } else { 1.0 }
}

/// Round values from zero to `most`.
fn steps(most: f64) -> Vec<f64> {
    let rough = most / GRID;
    let magnitude = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * magnitude).find(|step| *step >= rough).unwrap_or(rough);
    let mut all = vec![0.0];
    while all[all.len() - 1] + step <= most {
        all.push(all[all.len() - 1] + step);
    }
    all
}

fn label(value: f64) -> String {
    if value.fract().abs() < 1e-6 { format!("{value:.0}") } else { format!("{value:.2}") }
}

fn line(svg: &mut String, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    let _ = writeln!(svg, "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#dddddd\"/>");
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let _ =
        writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#333\">{}</text>", escape(text));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_draws_every_series_within_its_frame() {
        let series = |name: &str| Series { name: name.to_owned(), points: vec![(0.0, 1.0), (10.0, 250.0)] };
        let (x, y) = ("orders/s".to_owned(), "ms".to_owned());
        let chart = Chart { title: "a < b".to_owned(), x, y, series: vec![series("p50"), series("p99")] };
        let svg = chart.to_svg();
        assert_eq!(svg.matches("<polyline").count(), 2);
        assert!(svg.contains("a &lt; b"));
    }

    #[test]
    fn the_grid_is_round() {
        assert_eq!(steps(12.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]);
    }
}
