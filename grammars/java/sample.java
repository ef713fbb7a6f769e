package org.example.shapes;

import java.util.List;
import static java.lang.Math.*;

/** A shape. */
public abstract class Shape<T> extends Base implements Drawable {
    private static final int LIMIT = 10; // the limit
    private final String name;

    public Shape(String name) {
        this.name = name;
    }

    @Override
    public String toString() {
        for (int i = 0; i < LIMIT; i++) {
            if (i > 3) {
                return "shape " + name;
            }
        }
        Runnable task = () -> {
            System.out.println('x');
        };
        return """
            a text
            block
            """;
    }

    interface Area {
        double area(int scale);
    }

    enum Kind { DOT, LINE }

    record Point(int x, int y) {}
}

@interface Marker {
    String value();
}
