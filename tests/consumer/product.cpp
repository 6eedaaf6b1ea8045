// L(theta) = sum of theta^4, so H v = 12 theta^2 * v.
#include <cmath>

#include "engine/dualtape.h"
#include "parts.h"  // layer-ok: of this project

bool product_is_right() {
    dualtape::Graph<double> graph;
    const auto theta = graph.parameter("theta", 3);
    const dualtape::Model<double> model(graph, sum_squares(square(theta)));
    dualtape::Workspace<double> workspace(model);

    const dualtape::Vec<double> at{{1.0, -2.0, 0.5}};
    const dualtape::Mat<double> v{{1.0}, {1.0}, {2.0}};
    dualtape::Mat<double> hv(3, 1);
    model.at(workspace, at, model.batch()).hessian(v, hv);
    return std::abs(hv(0) - 12) + std::abs(hv(1) - 48) + std::abs(hv(2) - 6) < 1e-12;
}
