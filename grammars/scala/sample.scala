package org.example.shapes

import scala.collection.mutable
import scala.util.{Try, Success as Ok}

/* A shape. */
abstract class Shape(val name: String) extends Base with Drawable {
  private val limit = 10 // the limit
  var sides: Int = 4

  def norm(x: Int): Int = {
    if (x > limit) {
      x
    } else {
      -x
    }
  }

  def describe(): String = s"shape $name of ${sides + 1}"
}

trait Area {
  def area: Double
}

case class Point(x: Int, y: Int)

object Registry {
  type Table = Map[String, Int]

  def all: List[Shape] = {
    for (i <- 1 to 3) {
      println("value")
    }
    Nil
  }
}

enum Kind {
  case Dot, Line
}

given ordering: Ordering[Point] = ???
