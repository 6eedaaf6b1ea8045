// L(theta) = sum of theta^4, so H v = 12 theta^2 * v; exits with 1 when the product is another one.
#include <cmath>
#include <cstdio>

#include "engine/dualtape.h"

int main() {
    dualtape::Graph<double> graph;
    const auto theta = graph.parameter("theta", 3);
    const dualtape::Model<double> model(graph, sum_squares(square(theta)));
    dualtape::Workspace<double> workspace(model);

    const dualtape::Vec<double> at{{1.0, -2.0, 0.5}};
    const dualtape::Mat<double> v{{1.0}, {1.0}, {2.0}};
    dualtape::Mat<double> hv(3, 1);
    model.at(workspace, at, model.batch()).hessian(v, hv);
    std::printf("%g %g %g\n", hv(0), hv(1), hv(2));
    return std::abs(hv(0) - 12) + std::abs(hv(1) - 48) + std::abs(hv(2) - 6) < 1e-12 ? 0 : 1;
}
