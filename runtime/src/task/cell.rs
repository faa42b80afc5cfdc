//! one allocation: header, then future or output in the same bytes, then cold data.
