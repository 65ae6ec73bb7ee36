//! People and devices through their public types, on real files.

mod people;
