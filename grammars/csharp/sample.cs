using System;
using static System.Math;
using Text = System.Text;

namespace Shapes;

/// <summary>A shape.</summary>
public abstract class Shape<T> : Base, IDrawable
{
    private const int Limit = 10; // the limit
    public string Name { get; set; } = "shape";

    public Shape(string name)
    {
        Name = name;
    }

    public override string ToString()
    {
        foreach (var part in Parts)
        {
            if (part.Size > Limit)
            {
                return $"shape {part.Size} of {Name}";
            }
        }
        /* nothing */
        Func<int, int> square = x => x * x;
        return @"verbatim" + 'x';
    }

    private int Area(int scale) => scale * Limit;
}

public interface IArea
{
    double Area(int scale);
}

public struct Point
{
    public int X;
}

public record Size(int Width, int Height);

public enum Kind { Dot, Line }

public delegate void Changed(object sender);
