import Foundation
@testable import Shapes

let limit = 10 // the limit

/* A shape. */
class Shape: Base, Drawable {
    private var sides: Int = 4

    init(name: String) {
        self.name = name
    }

    func norm(_ x: Int) -> Int {
        if x > limit {
            return x
        }
        for i in 1...3 {
            print("value \(i + x) here")
        }
        return 0
    }

    static func origin() -> Shape { Shape(name: "origin") }

    deinit {
        print("gone")
    }
}

protocol Area {
    func area() -> Double
}

struct Point {
    let x: Int
}

enum Kind {
    case dot
    case line(length: Double)
}

extension Shape {
    var big: Bool { sides > limit }
}

typealias Table = [String: Int]

func describe(_ shapes: [Shape]) -> String {
    return shapes.map { $0.name }.joined()
}
