//! aborts
