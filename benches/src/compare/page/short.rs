//! what stands first and what stands last: the outcome in short, and where it comes from.

use super::super::data::{Data, Place, Row, Section};
use super::html::{escape, id_of, list, scroll};

/// The line below the title.
pub fn when(data: &Data) -> String {
    let fact = |wanted: &str| {
        let of = data.about.iter().find(|(key, _)| key == wanted);
        of.map_or(String::new(), |(_, value)| escape(value))
    };
    let (when, commit) = (fact("when"), fact("mainspring"));
    format!("<p>Mainspring {commit}, measured {when} by <code>{}</code>.</p>\n", fact("command"))
}

/// Warnings, the outcome of each scheduler, and every line that is slower or misses its goal.
pub fn short(data: &Data) -> String {
    let warning =
        |text: &String| format!("<p class=\"warning\"><b>Warning.</b> {}</p>\n", escape(text));
    let warnings: String = data.warnings.iter().map(warning).collect();
    let rows: String = data.sections.iter().map(outcome).collect();
    let heads = [
        "scheduler",
        "faster than tokio",
        "even",
        "above, within the noise",
        "slower",
        "goals reached",
        "goals not reached",
        "geometric mean ÷ tokio",
        "÷ smol",
    ];
    let heads: String = heads.iter().map(|h| format!("<th scope=\"col\">{h}</th>")).collect();
    let table =
        format!("<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n");
    format!(
        "<section aria-labelledby=\"short\">\n<h2 id=\"short\">In short</h2>\n{warnings}{}{}{}\
         </section>\n",
        scroll("Outcome of each scheduler", &table),
        lists(data),
        quiet(data),
    )
}

fn outcome(of: &Section) -> String {
    let count = |place| of.rows.iter().filter(|row| row.standing == Some(place)).count();
    let mean = |mean: Option<f64>| mean.map_or("–".to_owned(), |mean| format!("{mean:.2}"));
    let (id, name) = (id_of(&of.flavor), escape(&of.flavor));
    let counts = [Place::Faster, Place::Even, Place::WithinNoise, Place::Slower].map(count);
    let mut cells = counts.map(|count| count.to_string()).to_vec();
    cells.extend([of.reached, of.goals - of.reached.min(of.goals)].map(|count| count.to_string()));
    cells.extend([mean(of.mean_to_tokio), mean(of.mean_to_smol)]);
    let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<tr><th scope=\"row\"><a href=\"#{id}\">{name}</a></th>{cells}</tr>\n")
}

/// The losses by name, whatever the rest looks like.
fn lists(data: &Data) -> String {
    let rows = || data.sections.iter().flat_map(|section| &section.rows);
    let name = |row: &Row| match row.to_tokio {
        Some(ratio) => format!("{}, {}: {:.2} × tokio", row.row, row.flavor, ratio.of_medians),
        None => format!("{}, {}", row.row, row.flavor),
    };
    let slower = rows().filter(|row| row.standing == Some(Place::Slower));
    let slower: Vec<String> = slower.map(name).collect();
    let missed = rows().filter(|row| row.of_goal.is_some_and(|part| part > 1.0));
    let part = |row: &Row| {
        format!("{}, goal {}: {:.2} of it", name(row), row.goal, row.of_goal.unwrap_or(f64::NAN))
    };
    let missed: Vec<String> = missed.map(part).collect();
    let block = |head: &str, all: &[String]| {
        let rest = if all.is_empty() { "<p>None.</p>\n".to_owned() } else { list(all) };
        format!("<div>\n<h3>{head} ({})</h3>\n{rest}</div>\n", all.len())
    };
    format!(
        "<div class=\"pair\">\n{}{}</div>\n",
        block("Slower than tokio", &slower),
        block("Goals not reached", &missed)
    )
}

fn quiet(data: &Data) -> String {
    let quiet = &data.quiet;
    let mut items = vec![format!("A/A run: {}.", quiet.says)];
    let cores = |value: f64| format!("{value:.2} cores in the mean over the run");
    items.extend(quiet.others.map(|others| format!("Other processes used {}.", cores(others))));
    items.extend(quiet.stolen.map(|stolen| format!("The host kept {} to itself.", cores(stolen))));
    format!("<h3>Was the machine quiet?</h3>\n{}", list(&items))
}

/// What the columns mean.
pub fn how_to_read() -> String {
    let items = [
        "Figures are medians over the rounds, of medians over the batches of a round: time per \
         operation, or what stands behind the name. Less is better in every row.",
        "In a round each runtime is measured once in every row, in a process of its own, from the \
         same source; every second round goes backwards (A B B A).",
        "÷ tokio is Mainspring's median divided by tokio's. Its error bar is the 95 % interval of \
         the median of the ratios within the rounds, by order statistics: nothing is assumed about \
         the noise. Five rounds give their range, which is worth 93.75 %.",
        "In the drawn error bar the long mark is tokio, the short one the goal, and the band what \
         tokio was to itself in the same rounds; the scale is logarithmic, from 0.05 to 4.",
        "tokio ÷ itself: the same build measured twice a round under two names. That is the noise.",
        "Slower than tokio: the median of at least five interleaved rounds is more than 5 % above \
         tokio's, and outside the spread of that A/A run.",
        "floor: the same operation without a runtime. Nobody can be below it and do the same.",
        "fastest: the runtime with the least, and those above it by less than the noise, which is \
         counted as at most 5 %.",
        "The geometric mean is over the rows of the design's table. Other rows are in grey.",
        "Figures belong to this machine and hour. Only ratios carry over.",
    ];
    let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
    format!(
        "<section aria-labelledby=\"read\">\n<h2 id=\"read\">How to read it</h2>\n{}</section>\n",
        list(&items)
    )
}

/// The machine, the versions, and the commands that measured the parts.
pub fn where_and_how(data: &Data) -> String {
    let fact = |(key, value): &(String, String)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(key), escape(value))
    };
    let facts: String = data.about.iter().map(fact).collect();
    let part = |part: &super::super::data::Part| {
        let (what, command) = (escape(&part.what), escape(&part.command));
        let time = format!("{:.0} s", part.seconds);
        format!(
            "<tr><th scope=\"row\">{what}</th><td class=\"word\"><code>{command}</code></td>\
             <td>{time}</td></tr>\n"
        )
    };
    let parts: String = data.parts.iter().map(part).collect();
    let table = format!(
        "<table>\n<thead><tr><th scope=\"col\">part</th>\
         <th scope=\"col\" class=\"word\">command</th><th scope=\"col\">took</th></tr></thead>\n\
         <tbody>\n{parts}</tbody>\n</table>\n"
    );
    format!(
        "<section aria-labelledby=\"where\">\n<h2 id=\"where\">Where and how</h2>\n\
         <dl>\n{facts}</dl>\n{}<p>The same figures, round by round, are in \
         <code>compare.json</code> beside this page.</p>\n</section>\n",
        scroll("Commands", &table)
    )
}
