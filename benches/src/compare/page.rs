//! the page: one file that needs nothing else, drawn from the data and from nothing else.

mod bars;
mod chart;
mod html;
mod lab;
mod short;
mod table;

use super::data::{Data, Section};
use html::{escape, id_of};

const STYLE: &str = include_str!("page/page.css");

/// The whole of it. It asks for no other file, and the policy in its head would not let it.
pub fn page(data: &Data) -> String {
    let title = "Mainspring beside tokio and smol";
    let nav: String = parts(data)
        .iter()
        .map(|(id, name)| format!("<li><a href=\"#{id}\">{}</a></li>\n", escape(name)))
        .collect();
    let sections: String = data.sections.iter().map(section).collect();
    let labs: String = data.labs.iter().map(lab::lab).collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; img-src data:\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#short\">To the results</a>\n\
         <header>\n<h1>{title}</h1>\n{}</header>\n\
         <nav aria-label=\"Contents\">\n<ul>\n{nav}</ul>\n</nav>\n\
         <main>\n{}{sections}{labs}{}{}</main>\n</body>\n</html>\n",
        short::when(data),
        short::short(data),
        short::how_to_read(),
        short::where_and_how(data),
    )
}

/// The parts of the page: where they are, and what they are called.
fn parts(data: &Data) -> Vec<(String, String)> {
    let plain = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    let mut all = vec![plain("short", "In short")];
    all.extend(data.sections.iter().map(|of| (id_of(&of.flavor), of.flavor.clone())));
    all.extend(data.labs.iter().map(|lab| (id_of(&lab.name), lab.name.clone())));
    all.extend([plain("read", "How to read it"), plain("where", "Where and how")]);
    all
}

fn section(of: &Section) -> String {
    let (id, name) = (id_of(&of.flavor), escape(&of.flavor));
    let workers = match of.workers {
        Some(1) => "One worker beside the thread of the root future.".to_owned(),
        Some(n) => format!("{n} workers beside the thread of the root future."),
        None => "One thread: the one of the root future.".to_owned(),
    };
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{name}</h2>\n<p>{workers}</p>\n{}{}\
         </section>\n",
        table::table(of),
        bars::all(of),
    )
}

#[cfg(test)]
#[path = "page/tests.rs"]
mod tests;
