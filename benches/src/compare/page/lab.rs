//! a lab on the page: what it says of itself, its curves, its tables, its command.

use super::chart;
use super::html::{escape, id_of, list, scroll};
use crate::labs::sheet::{Grid, Sheet};

pub fn lab(of: &Sheet) -> String {
    let (id, name) = (id_of(&of.name), escape(&of.name));
    let plots: String = of.plots.iter().map(chart::plot).collect();
    let plots = match plots.is_empty() {
        true => plots,
        false => format!("<div class=\"plots\">\n{plots}</div>\n"),
    };
    let grids: String = of.grids.iter().enumerate().map(|(at, g)| grid(&of.name, at, g)).collect();
    let command = match of.command.is_empty() {
        true => String::new(),
        false => format!("<p>Rounds: {}. <code>{}</code></p>\n", of.rounds, escape(&of.command)),
    };
    let says = paragraphs(&of.says);
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">Lab: {name}</h2>\n{command}\
         <details>\n<summary>What {name} measures</summary>\n{says}</details>\n{plots}{grids}{}\
         </section>\n",
        list(&of.notes)
    )
}

/// A paragraph for each sentence's end at the end of a line.
fn paragraphs(text: &str) -> String {
    let mut all = vec![String::new()];
    for line in text.trim().lines() {
        let last = all.last_mut().expect("there is one");
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(line);
        if line.ends_with('.') {
            all.push(String::new());
        }
    }
    let full = all.iter().filter(|paragraph| !paragraph.is_empty());
    full.map(|paragraph| format!("<p>{}</p>\n", escape(paragraph))).collect()
}

fn grid(lab: &str, at: usize, of: &Grid) -> String {
    let head = |head: &String| match head.is_empty() {
        true => "<td></td>".to_owned(),
        false => format!("<th scope=\"col\">{}</th>", escape(head)),
    };
    let heads: String = of.heads.iter().map(head).collect();
    let row = |row: &Vec<String>| {
        let cell = |(column, cell): (usize, &String)| match column {
            0 => format!("<th scope=\"row\">{}</th>", escape(cell)),
            _ if is_word(cell) => format!("<td class=\"word\">{}</td>", escape(cell)),
            _ => format!("<td>{}</td>", escape(cell)),
        };
        format!("<tr>{}</tr>\n", row.iter().enumerate().map(cell).collect::<String>())
    };
    let rows: String = of.rows.iter().map(row).collect();
    let table =
        format!("<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n");
    scroll(&format!("Table {} of {lab}", at + 1), &table)
}

/// Does it stand on the left?
fn is_word(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_alphabetic() || c == '≤' || c == '=')
}
