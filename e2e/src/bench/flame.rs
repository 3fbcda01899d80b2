//! Stacks from `perf script`, added up, and a flame graph of them: width is processor time, the program at the bottom.

use std::collections::BTreeMap;
use std::fmt::Write;

const WIDTH: f64 = 1400.0;
const ROW: f64 = 17.0;
const TOP: f64 = 40.0;
/// What is narrower than this many pixels is left out.
const NARROWEST: f64 = 0.4;
/// Pixels per character of a label.
const LETTER: f64 = 6.6;

/// A function, called from the one that it hangs below.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Frame {
    pub samples: u64,
    pub calls: BTreeMap<String, Frame>,
}

/// Adds up the samples of `perf script`: a line that names the command, then its frames, the innermost first, then an
/// empty line.
pub fn fold(script: &str) -> Frame {
    let mut root = Frame::default();
    let mut command = None;
    let mut frames: Vec<String> = Vec::new();
    for line in script.lines().chain([""]) {
        if line.trim().is_empty() {
            if let Some(command) = command.take() {
                root.add(std::iter::once(command).chain(frames.drain(..).rev()));
            }
        } else if line.starts_with(char::is_whitespace) && command.is_some() {
            // The address, then the name.
            let name = line.trim().split_once(' ').map_or("?", |(_, name)| name.trim());
            frames.push(short(name));
        } else {
            // The command's name may hold spaces; the thread's number is the first word that is one.
            let words = line.split_whitespace().take_while(|word| word.parse::<u64>().is_err());
            command = Some(words.collect::<Vec<_>>().join(" "));
        }
    }
    root
}

/// Without the hash that rustc appends.
fn short(name: &str) -> String {
    let end = name.rfind("::h").filter(|at| name.len() - at == 19).unwrap_or(name.len());
    name[..end].to_owned()
}

impl Frame {
    fn add(&mut self, stack: impl Iterator<Item = String>) {
        self.samples += 1;
        let mut frame = self;
        for name in stack {
            frame = frame.calls.entry(name).or_default();
            frame.samples += 1;
        }
    }

    fn depth(&self) -> usize {
        1 + self.calls.values().map(Frame::depth).max().unwrap_or(0)
    }
}

/// The graph as SVG; a frame tells its whole name and share when pointed at.
pub fn draw(title: &str, root: &Frame) -> String {
    let height = TOP + ROW * (root.depth() as f64 + 1.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"monospace\" \
         font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"24\" font-size=\"15\">{}</text>\n",
        escape(title)
    );
    let total = root.samples.max(1) as f64;
    draw_calls(&mut svg, root, total, (0.0, height - ROW));
    svg.push_str("</svg>\n");
    svg
}

fn draw_calls(svg: &mut String, frame: &Frame, total: f64, (mut x, y): (f64, f64)) {
    for (name, call) in &frame.calls {
        let width = call.samples as f64 / total * WIDTH;
        if width >= NARROWEST {
            let share = call.samples as f64 / total * 100.0;
            let fits = (width / LETTER) as usize;
            let label: String = if fits > 3 { name.chars().take(fits).collect() } else { String::new() };
            // Writing to a string cannot fail.
            let _ = writeln!(
                svg,
                "<g><title>{} {share:.2} %</title><rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
                 height=\"{}\" fill=\"{}\"/><text x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
                escape(name),
                ROW - 1.0,
                colour(name),
                x + 2.0,
                y + 12.0,
                escape(&label)
            );
            draw_calls(svg, call, total, (x, y - ROW));
        }
        x += width;
    }
}

/// The same for the same name, and warm.
fn colour(name: &str) -> String {
    let hash = name.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
    format!("hsl({},80%,{}%)", 10 + hash % 45, 62 + hash / 64 % 14)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "order 12 1.5: cycles:\n\t    ffff work::h0123456789abcdef\n\t  aaaa main\n\n\
                          order 13 1.6: cycles:\n\t  aaaa main\n\nkafka io 14 1.7: cycles:\n\t bb [unknown]\n";

    #[test]
    fn stacks_add_up_from_the_outermost_call() {
        let root = fold(SCRIPT);
        assert_eq!(root.samples, 3);
        let main = &root.calls["order"].calls["main"];
        assert_eq!((main.samples, main.calls["work"].samples), (2, 1));
        assert_eq!(root.calls["kafka io"].samples, 1);
    }

    #[test]
    fn every_frame_is_drawn() {
        assert_eq!(draw("a", &fold(SCRIPT)).matches("<g>").count(), 5);
    }
}
