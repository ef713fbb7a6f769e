<!DOCTYPE html>
<p>Before</p>
<?php
declare(strict_types=1);

namespace App\Shapes;

use App\Base;
use App\Util\{Reader, Writer as W};
use function App\helper;
require_once 'vendor/autoload.php';

const LIMIT = 10;

/** A shape. */
abstract class Shape extends Base implements Drawable
{
    use Loggable;

    private string $name = "shape"; // its name

    public function __construct(string $name)
    {
        $this->name = $name;
    }

    public static function area(int $width): int
    {
        # the area
        if ($width > LIMIT) {
            return $width;
        }
        foreach ([1, 2] as $i) {
            echo "value $i of {$width}\n";
        }
        return 0;
    }
}

interface HasArea
{
    public function area(int $width): int;
}

trait Loggable
{
}

enum Kind: string
{
    case Dot = 'dot';
}

function describe(array $shapes): string
{
    $join = function ($a) {
        return $a;
    };
    return implode(',', array_map(fn($s) => $s->name, $shapes));
}
?>
<p>After</p>
