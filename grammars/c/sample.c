#include <stdio.h>
#include "shapes.h"

#define LIMIT 10
#define SQUARE(x) ((x) * (x))

/* A point
 * in the plane. */
struct point {
    double x, y;
};

typedef struct {
    int width;
} size_t2;

typedef unsigned long ulong;

enum kind { DOT, LINE };

union bits {
    int i;
};

static const char *name = "shape"; // its name
int counter = 0;

int area(int width, int height);

static double norm(const struct point *p)
{
    if (p->x > LIMIT) {
        return p->x;
    }
    for (int i = 0; i < 3; i++) {
        printf("%d %c\n", i, 'x');
    }
    return 0;
}

char *describe(void) {
    return name;
}
