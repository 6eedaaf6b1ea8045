#pragma once
// What the doctor examines: derivatives against differences of values, bits against threads.

#include <string>
#include <vector>

namespace dualtape::tools {

struct Finding {
    std::string what;          // "Hessian-vector product against central differences"
    double measured = 0;       // an error, or an order of convergence
    double low = 0, high = 0;  // measured is sound inside
    bool is_sound() const { return measured >= low && measured <= high; }
};

// On a smooth network (tanh, gelu) with random directions u and v:
//   |L(theta + h v) - L - h g'v|                 falls as h^2, with - h^2 v'Hv / 2 as h^3
//   H v against (g(theta + h v) - g(theta - h v)) / 2h
//   u'Hv = v'Hu, v'(Hv) = v'Hv, Gauss-Newton v'Gv = v'(Gv) >= 0
std::vector<Finding> examine_derivatives();

// Gradient, Hessian block and a training of 20 steps on 2, 3 and 7 threads against one: entries
// whose bits differ.
std::vector<Finding> examine_threads();

}  // namespace dualtape::tools
