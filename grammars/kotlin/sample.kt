package org.example.shapes

import kotlin.math.abs
import java.util.Date as Day

const val LIMIT = 10 // the limit

/* A shape. */
abstract class Shape(val name: String) : Base(), Drawable {
    private var sides: Int = 4

    init {
        println("made")
    }

    fun norm(x: Int): Int {
        if (x > LIMIT) {
            return x
        }
        for (i in 1..3) {
            println("value $i of ${x + 1}")
        }
        return when (x) {
            0 -> 0
            else -> -x
        }
    }

    companion object {
        fun origin() = abs(0)
    }
}

interface Area {
    fun area(): Double
}

data class Point(val x: Int, val y: Int)

enum class Kind { DOT, LINE }

object Registry {
    val all = mutableListOf<Shape>()
}

typealias Table = Map<String, Int>

fun describe(shapes: List<Shape>): String = shapes.joinToString { it.name }
