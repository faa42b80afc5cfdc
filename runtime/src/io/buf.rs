//! BufReader, BufWriter, lines.
