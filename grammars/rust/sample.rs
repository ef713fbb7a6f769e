//! Measures shapes.
use std::collections::HashMap;
use std::{fmt, io::Read as R};
extern crate serde;
mod tests;

/// The greatest size.
const LIMIT: f64 = 10.0;
static NAME: &str = "shape";

/* plain
   block */
#[derive(Debug)]
pub struct Point<T> {
    x: T,
}

pub enum Shape {
    Dot,
    Line { length: f64 },
}

pub trait Area {
    fn area(&self) -> f64;
}

type Table = HashMap<String, f64>;

impl Area for Shape {
    fn area(&self) -> f64 {
        match self {
            Shape::Dot => 0.0,
            Shape::Line { length } => *length,
        }
    }
}

pub async fn describe(shapes: &[Shape]) -> String {
    let mut out = String::new();
    for s in shapes {
        if s.area() > LIMIT {
            out.push_str(&format!("{}\n", s.area())); // one each
        }
    }
    let add = |a: i32, b: i32| a + b;
    println!(r#"raw "text" "#);
    out
}

macro_rules! square {
    ($x:expr) => { $x * $x };
}

union Bits { a: u32, b: f32 }
