//! A server of files, for one reader on the same machine.

use crate::out;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

/// Serves the folder until the process is stopped.
pub fn serve(folder: PathBuf, port: u16) -> Result<(), String> {
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    out::line(format_args!("http://{address}/ until ctrl-c"));
    for stream in listener.incoming().flatten() {
        let folder = folder.clone();
        // A reader who goes away is no fault of the server's.
        std::thread::spawn(move || drop(answer(&folder, stream)));
    }
    Ok(())
}

fn answer(folder: &Path, stream: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    loop {
        let mut head = String::new();
        if reader.read_line(&mut head)? == 0 || head == "\r\n" {
            break;
        }
    }
    let mut stream = stream;
    let (status, kind, body) = match file(folder, &line) {
        Some(path) => ("200 OK", kind(&path), fs::read(path)?),
        None => {
            let page = fs::read(folder.join("404.html")).unwrap_or_default();
            ("404 Not Found", "text/html; charset=utf-8", page)
        }
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// The file that a request line asks for, if it is in the folder.
fn file(folder: &Path, line: &str) -> Option<PathBuf> {
    let path = line.strip_prefix("GET /")?.split([' ', '?', '#']).next()?;
    let name = if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_string()
    };
    let strange = |part: &str| part.is_empty() || part == ".." || part.contains(['\\', '%', ':']);
    let inside = !name.split('/').any(strange);
    Some(folder.join(name)).filter(|file| inside && file.is_file())
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css",
        "js" => "text/javascript",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" => "application/json",
        "woff2" => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_folder_are_served() {
        let folder = crate::scratch("serve");
        fs::write(folder.join("index.html"), "x").unwrap();
        let of = |line| file(&folder, line);
        let index = Some(folder.join("index.html"));
        assert_eq!(of("GET / HTTP/1.1\r\n"), index);
        assert_eq!(of("GET /index.html?x=1 HTTP/1.1\r\n"), index);
        assert_eq!(of("GET /../index.html HTTP/1.1\r\n"), None);
        assert_eq!(of("GET //index.html HTTP/1.1\r\n"), None);
        assert_eq!(of("GET /gone.html HTTP/1.1\r\n"), None);
        assert_eq!(of("POST / HTTP/1.1\r\n"), None);
        fs::remove_dir_all(&folder).unwrap();
    }
}
