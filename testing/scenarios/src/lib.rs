//! Stories through the real binary, one file each under `tests/it`. The crate itself is empty.
