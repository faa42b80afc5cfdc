//! A file of the source as a page: its lines with numbers, each with an anchor.

use crate::page::walk;
use std::fs;
use std::path::Path;

const HEAD: &str = r#"<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; }
body { margin: 0; font: 0.9em/1.5 "Source Code Pro", Consolas, "DejaVu Sans Mono", monospace;
  color: #111; background: #fff; }
h1 { font-size: 1em; padding: 0.6em 1em; margin: 0; border-bottom: 1px solid #888;
  overflow-wrap: anywhere; }
pre { margin: 0; padding: 0.5em 1em; overflow-x: auto; font: inherit; }
ul { line-height: 2; }
a { color: #1b578f; }
.n { display: inline-block; width: 3.5em; color: #595959; text-decoration: none;
  user-select: none; }
.line:target, .line.in { background: #fff3c4; }
a:focus-visible, pre:focus-visible { outline: 3px solid #1b578f; }
@media (prefers-color-scheme: dark) {
  body { color: #d5d6e3; background: #161923; }
  a { color: #6fb7e0; }
  .n { color: #9d9fb4; }
  .line:target, .line.in { background: #3d3a1c; }
}
</style>
"#;
/// Marks the lines of `#L10-L20`, which no element is called.
const MARK: &str = r#"<script>
function mark() {
  var range = /^#L(\d+)-L(\d+)$/.exec(location.hash);
  document.querySelectorAll('.in').forEach(function (line) { line.classList.remove('in'); });
  if (!range) return;
  for (var n = +range[1]; n <= +range[2]; n++) {
    var line = document.getElementById('L' + n);
    if (line) line.classList.add('in');
  }
}
addEventListener('hashchange', mark);
mark();
</script>
"#;

/// The page's path below `source/`. No dot but the last: mdBook rewrites what looks like `.md`.
pub fn name(root: &Path, file: &str) -> String {
    if root.join(file).is_dir() {
        return format!("{}/index.html", file.trim_end_matches('/'));
    }
    let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}{}.html", name.replace('.', "-"))
}

/// Writes the page of a file, or of a folder and all that is in it.
pub fn write(root: &Path, out: &Path, file: &str, anchors: &[String]) -> Result<(), String> {
    let to = out.join(name(root, file));
    let full = root.join(file);
    let text = if full.is_dir() {
        let mut files = Vec::new();
        walk(&full, &mut files);
        let mut items = String::new();
        for path in files {
            let short = path.strip_prefix(&full).unwrap_or(&path).to_string_lossy().into_owned();
            let whole = format!("{file}/{short}");
            write(root, out, &whole, &[])?;
            let name = name(root, &whole);
            let link = name.strip_prefix(&format!("{file}/")).unwrap_or(&name);
            items += &format!("<li><a href=\"{}\">{}</a></li>\n", escape(link), escape(&short));
        }
        page(file, &format!("<ul>\n{items}</ul>\n"))
    } else {
        let text = fs::read(&full).map_err(|error| format!("{file}: {error}"))?;
        page(file, &lines(&String::from_utf8_lossy(&text), anchors))
    };
    let failed = |error: std::io::Error| format!("{}: {error}", to.display());
    fs::create_dir_all(to.parent().unwrap_or(out)).map_err(failed)?;
    // A page of a folder must not take the anchors from one that is linked with them.
    if anchors.is_empty() && to.exists() {
        return Ok(());
    }
    fs::write(&to, text).map_err(failed)
}

fn page(file: &str, body: &str) -> String {
    let file = escape(file);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>{file}</title>\n{HEAD}</head>\n\
         <body>\n<main>\n<h1>{file}</h1>\n{body}</main>\n{MARK}</body>\n</html>\n"
    )
}

fn lines(text: &str, anchors: &[String]) -> String {
    let mut body = String::from("<pre tabindex=\"0\">");
    for (number, line) in (1..).zip(text.lines()) {
        let begins = |anchor: &&String| anchor.starts_with(&format!("L{number}-"));
        for anchor in anchors.iter().filter(begins) {
            body += &format!("<a id=\"{}\"></a>", escape(anchor));
        }
        let line = escape(line);
        body += &format!("<span class=\"line\" id=\"L{number}\">");
        body += &format!("<a class=\"n\" href=\"#L{number}\">{number}</a>{line}\n</span>");
    }
    body + "</pre>\n"
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
