#include <vector>
#include "shapes.hpp"
using namespace std;
using std::string;
using Table = std::vector<int>;

#define LIMIT 10

/* A namespace. */
namespace geo {

template <typename T>
class Point : public Base {
public:
    explicit Point(T x) : x_(x) {}
    ~Point();

    T norm() const {
        if (x_ > LIMIT) {
            return x_;
        }
        return -x_;
    }

    static int count;

private:
    T x_; // the only coordinate
};

struct Size {
    int width = 0;
};

enum class Kind { Dot, Line };

template <typename T>
Point<T>::~Point() {}

auto add = [](int a, int b) {
    return a + b;
};

}  // namespace geo

int main(int argc, char **argv) {
    for (auto i : Table{1, 2}) {
        std::cout << "value " << i << R"(raw)" << 'x';
    }
    return 0;
}
