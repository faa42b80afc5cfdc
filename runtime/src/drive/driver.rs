//! impl Park: sleep until event, deadline or nudge; then hand back wakers.
