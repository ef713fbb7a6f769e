//! Measures shapes.
const std = @import("std");
const base = @import("base.zig");

/// The greatest size.
const limit: u32 = 10;
var counter: u32 = 0;

pub const Point = struct {
    x: f64,

    pub fn norm(self: Point) f64 {
        if (self.x > limit) {
            return self.x;
        }
        return -self.x;
    }
};

const Kind = enum { dot, line };

const Value = union(enum) {
    int: i64,
};

pub fn describe(allocator: std.mem.Allocator, parts: []const u8) !void {
    for (parts) |part| {
        std.debug.print("value {d}\n", .{part}); // one each
    }
    while (true) {
        break;
    }
    const text =
        \\many
        \\lines
    ;
    _ = text;
    _ = allocator;
    _ = 'x';
}

test "norm" {
    try std.testing.expect(true);
}
